import SchemaBuilder, {
  BasePlugin,
  type PothosOutputFieldConfig,
  type SchemaTypes,
} from '@pothos/core';
import type { RateLimit } from './rateLimits.ts';

declare global {
  export namespace PothosSchemaTypes {
    export interface Plugins<Types extends SchemaTypes> {
      rateLimit: RateLimitPlugin<Types>;
    }
    export interface FieldOptions {
      /** How often it may be called. For root fields: before an operation runs these alone are counted. */
      rateLimit?: RateLimit;
      /** Of a root field: it needs no request of the day (unmetered.ts). */
      unmetered?: true;
    }
  }
}

interface Declared {
  readonly rateLimit?: RateLimit;
  readonly unmetered?: true;
}

/** Carries what is declared into the schema's `extensions`; src/app/limits enforces it. */
class RateLimitPlugin<Types extends SchemaTypes> extends BasePlugin<Types> {
  override onOutputFieldConfig(
    config: PothosOutputFieldConfig<Types>,
  ): PothosOutputFieldConfig<Types> {
    const { rateLimit, unmetered } = config.pothosOptions as Declared;
    if (rateLimit === undefined && unmetered === undefined) return config;
    if (!['Query', 'Mutation', 'Subscription'].includes(config.kind)) {
      throw new Error(`${config.parentType}.${config.name}: only root fields are counted`);
    }
    return { ...config, extensions: { ...config.extensions, rateLimit, unmetered } };
  }
}

SchemaBuilder.registerPlugin('rateLimit', RateLimitPlugin);

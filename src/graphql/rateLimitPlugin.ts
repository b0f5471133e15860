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
    }
  }
}

/** Carries what is declared into the schema's `extensions`; src/app/limits/fieldLimits.ts enforces it. */
class RateLimitPlugin<Types extends SchemaTypes> extends BasePlugin<Types> {
  override onOutputFieldConfig(
    config: PothosOutputFieldConfig<Types>,
  ): PothosOutputFieldConfig<Types> {
    const { rateLimit } = config.pothosOptions as { rateLimit?: RateLimit };
    if (rateLimit === undefined) return config;
    if (!['Query', 'Mutation', 'Subscription'].includes(config.kind)) {
      throw new Error(`${config.parentType}.${config.name}: only a root field has a rate limit`);
    }
    return { ...config, extensions: { ...config.extensions, rateLimit } };
  }
}

SchemaBuilder.registerPlugin('rateLimit', RateLimitPlugin);

import SchemaBuilder, {
  BasePlugin,
  type PothosOutputFieldConfig,
  type SchemaTypes,
} from '@pothos/core';
import type { FieldCost } from './fieldCost.ts';

declare global {
  export namespace PothosSchemaTypes {
    export interface Plugins<Types extends SchemaTypes> {
      cost: CostPlugin<Types>;
    }
    export interface FieldOptions {
      /** What it costs, where that is more or less than its type suggests (see fieldCost.ts). */
      cost?: Partial<FieldCost>;
    }
  }
}

/** Carries what is declared into the schema's `extensions`; costOfField reads it there. */
class CostPlugin<Types extends SchemaTypes> extends BasePlugin<Types> {
  override onOutputFieldConfig(
    config: PothosOutputFieldConfig<Types>,
  ): PothosOutputFieldConfig<Types> {
    const { cost } = config.pothosOptions as { cost?: Partial<FieldCost> };
    if (cost === undefined) return config;
    return { ...config, extensions: { ...config.extensions, cost } };
  }
}

SchemaBuilder.registerPlugin('cost', CostPlugin);

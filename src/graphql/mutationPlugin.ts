import SchemaBuilder, {
  BasePlugin,
  type PothosOutputFieldConfig,
  type SchemaTypes,
} from '@pothos/core';

declare global {
  export namespace PothosSchemaTypes {
    export interface Plugins<Types extends SchemaTypes> {
      mutation: MutationPlugin<Types>;
    }
  }
}

type Resolve = PothosOutputFieldConfig<SchemaTypes>['resolve'];

const own = new Map<string, Resolve>();

/**
 * Lets a mutation field's own resolver stand in the schema. In front of it plugin-relay (4.8.1) puts one that
 * keeps the clientMutationId for the answer, also where fields have none ('omit'): a WeakMap's entry and a
 * Map for each request, 1.5 µs and work for the garbage collection.
 */
class MutationPlugin<Types extends SchemaTypes> extends BasePlugin<Types> {
  override onOutputFieldConfig(
    config: PothosOutputFieldConfig<Types>,
  ): PothosOutputFieldConfig<Types> {
    if (config.kind !== 'Mutation') return config;
    const resolve = own.get(config.name);
    return resolve === undefined ? config : { ...config, resolve };
  }
}

SchemaBuilder.registerPlugin('mutation', MutationPlugin);

/** For a builder whose fields have no clientMutationId. */
export function keepOwnResolvers(builder: { relayMutationField: unknown }): void {
  const declare = builder.relayMutationField as (name: string, ...rest: unknown[]) => unknown;
  builder.relayMutationField = (name: string, ...rest: unknown[]) => {
    const [, { resolve }] = rest as [unknown, { resolve: Resolve }];
    own.set(name, resolve);
    return declare.call(builder, name, ...rest);
  };
}

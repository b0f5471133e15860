import SchemaBuilder, {
  BasePlugin,
  type PothosOutputFieldConfig,
  type SchemaTypes,
} from '@pothos/core';
import type { GraphQLFieldResolver } from 'graphql';
import type { Permission } from '../auth/permissions.ts';
import type { OperationContext } from './context.ts';

/**
 * `'public'`: for everyone; `'caller'`: for everyone with a credential, in a business or not;
 * `'person'`: the same, but for API keys; `'signedIn'`: for everyone in a business; else the
 * permission that it needs there.
 */
export type Access = Permission | 'public' | 'caller' | 'person' | 'signedIn';

const permissionOf = (access: Access): Permission | null =>
  access.includes(':') ? (access as Permission) : null;

declare global {
  export namespace PothosSchemaTypes {
    export interface Plugins<Types extends SchemaTypes> {
      access: AccessPlugin<Types>;
    }
    export interface FieldOptions {
      /** Who may read or call this field. Every root field says it. */
      access?: Access;
      /**
       * Whether this parent has something here at all. Where it has not, the field is null for
       * everyone: a refusal would only spoil answers that have nothing to withhold.
       */
      present?(parent: never): boolean;
    }
  }
}

/** Root fields are nullable, whatever declares them: one that is refused takes no other with it. */
const roots: readonly string[] = ['Query', 'Mutation', 'Subscription'];

/**
 * Permissions are declared on fields and enforced here, in one place, whatever path leads to the
 * field: alias, fragment or interface. The check is a look into a Set, so it costs no query.
 */
class AccessPlugin<Types extends SchemaTypes> extends BasePlugin<Types> {
  override onOutputFieldConfig(
    config: PothosOutputFieldConfig<Types>,
  ): PothosOutputFieldConfig<Types> {
    const access = accessOf(config);
    const type = roots.includes(config.kind) ? { ...config.type, nullable: true } : config.type;
    if (access === undefined) return { ...config, type };
    const directives = {
      ...(config.extensions?.directives as object | undefined),
      ...(permissionOf(access) === null ? {} : { requiresPermission: [{ permission: access }] }),
    };
    return { ...config, type, extensions: { ...config.extensions, access, directives } };
  }

  override wrapResolve(
    resolve: GraphQLFieldResolver<unknown, Types['Context'], object>,
    config: PothosOutputFieldConfig<Types>,
  ): GraphQLFieldResolver<unknown, Types['Context'], object> {
    const access = accessOf(config);
    if (access === undefined || access === 'public') return resolve;
    const { present } = config.pothosOptions as { present?: (parent: never) => boolean };
    return (source, args, context, info) => {
      if (present?.(source as never) === false) return null;
      const operation = context as unknown as OperationContext;
      if (access === 'caller') operation.requireCaller();
      else if (access === 'person') operation.requirePerson();
      else if (access === 'signedIn') operation.requireSignIn();
      else operation.require(access);
      return resolve(source, args, context, info);
    };
  }
}

function accessOf(config: { pothosOptions: unknown }): Access | undefined {
  return (config.pothosOptions as { access?: Access }).access;
}

SchemaBuilder.registerPlugin('access', AccessPlugin);

import {
  type GraphQLNamedType,
  type GraphQLSchema,
  isInterfaceType,
  isNonNullType,
  isObjectType,
  isUnionType,
} from 'graphql';
import {
  isRoot,
  type OutputField,
  outputFields,
  rootTypes,
  type SchemaRule,
  targetOf,
} from './walkSchema.ts';

const accessOf = (field: OutputField): string | undefined =>
  field.extensions.access as string | undefined;

const isPermission = (access: string | undefined): access is string =>
  access?.includes(':') ?? false;

/** `Product` → `products:read`: what the root fields that lead to a type ask for. */
export function ownAccess(schema: GraphQLSchema): Map<string, Set<string>> {
  const own = new Map<string, Set<string>>();
  for (const field of Object.values(schema.getQueryType()?.getFields() ?? {})) {
    const access = accessOf(field);
    if (!isPermission(access)) continue;
    const { name } = targetOf(field);
    own.set(name, (own.get(name) ?? new Set()).add(access));
  }
  return own;
}

/** Who may write may see what was written: `products:write` stands for `products:read` on its path. */
const withReading = (access: string): string[] => [access, access.replace(/:write$/, ':read')];

const concreteTypes = (schema: GraphQLSchema, type: GraphQLNamedType) =>
  isInterfaceType(type) || isUnionType(type) ? schema.getPossibleTypes(type) : [type];

/**
 * Walks every path from the roots, carrying the permissions that its fields asked for. `node` and
 * `nodes` are left out: their loaders ask, which servedContract.test.ts sees on a running server.
 */
function findUnguarded(schema: GraphQLSchema): string[] {
  const own = ownAccess(schema);
  const findings = new Set<string>();
  const seen = new Set<string>();
  const walk = (type: GraphQLNamedType, held: ReadonlySet<string>): void => {
    const state = [type.name, ...[...held].sort()].join(' ');
    if (!isObjectType(type) || seen.has(state)) return;
    seen.add(state);
    for (const field of Object.values(type.getFields())) {
      if (type === schema.getQueryType() && ['node', 'nodes'].includes(field.name)) continue;
      const access = accessOf(field);
      const now = isPermission(access) ? new Set([...held, ...withReading(access)]) : held;
      for (const target of concreteTypes(schema, targetOf(field))) {
        const needed = own.get(target.name);
        if (needed && ![...needed].some((each) => now.has(each))) {
          findings.add(`${type.name}.${field.name} → ${target.name}`);
        } else {
          walk(target, now);
        }
      }
    }
  };
  for (const root of rootTypes(schema)) walk(root, new Set());
  return [...findings];
}

export const accessRules: readonly SchemaRule[] = [
  {
    name: 'a root field says who may use it',
    find: (schema) =>
      outputFields(schema)
        .filter(({ owner, field }) => isRoot(schema, owner) && accessOf(field) === undefined)
        .map(({ at }) => at),
  },
  { name: 'no path leads to a type past the permission that it needs', find: findUnguarded },
  {
    name: 'root fields and gated fields are nullable: a refusal takes nothing else with it',
    find: (schema) =>
      outputFields(schema)
        .filter(({ owner, field }) => isRoot(schema, owner) || isPermission(accessOf(field)))
        .filter(({ field }) => isNonNullType(field.type))
        .map(({ at }) => at),
  },
];

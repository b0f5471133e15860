import {
  type GraphQLNamedType,
  type GraphQLSchema,
  isInterfaceType,
  isNonNullType,
  isObjectType,
  isUnionType,
} from 'graphql';
import {
  isNode,
  isRoot,
  type OutputField,
  outputFields,
  ownTypes,
  rootTypes,
  type SchemaRule,
  targetOf,
} from './walkSchema.ts';

const accessOf = (field: OutputField): string | undefined =>
  field.extensions.access as string | undefined;

const isPermission = (access: string | undefined): access is string =>
  access?.includes(':') ?? false;

/** What a field asks for in the built schema: its own permission and that of the type it leads to. */
const permissionsOf = (field: OutputField): readonly string[] => {
  const { checks, access } = field.extensions as { checks?: readonly string[]; access?: string };
  return checks ?? (isPermission(access) ? [access] : []);
};

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
      const now = new Set([...held, ...permissionsOf(field).flatMap(withReading)]);
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

/** Types that are opened with something larger; every other is opened by its own name, `Product` → `products`. */
const openedWith: Readonly<Record<string, string>> = {
  AuditEvent: 'audit',
  CannedReply: 'conversations',
  Invitation: 'members',
  Message: 'conversations',
  Tenant: 'tenant',
  TenantDomain: 'tenant',
};

const camelCase = (name: string): string => `${name.slice(0, 1).toLowerCase()}${name.slice(1)}`;

const subjectOf = ({ name }: GraphQLNamedType): string => openedWith[name] ?? `${camelCase(name)}s`;

/** `productUpdate` → Product: the longest name of a type with an id that a mutation begins with. */
function entityOf(schema: GraphQLSchema, { name }: OutputField): GraphQLNamedType | undefined {
  return ownTypes(schema)
    .filter(isNode)
    .filter((type) => name.startsWith(camelCase(type.name)))
    .sort((one, other) => other.name.length - one.name.length)[0];
}

const isChanging = (access: string, subject: string): boolean =>
  access.startsWith(`${subject}:`) && !access.endsWith(':read');

/** A type or mutation that asks for another thing's permission: most likely copied from there. */
function findMisnamed(schema: GraphQLSchema): string[] {
  const types = ownTypes(schema)
    .filter(isNode)
    .filter(
      (type) => ![`${subjectOf(type)}:read`, undefined].includes(type.extensions.access as string),
    )
    .map(({ name }) => name);
  const mutations = Object.values(schema.getMutationType()?.getFields() ?? {}).filter((field) => {
    const entity = entityOf(schema, field);
    const access = accessOf(field);
    return entity && isPermission(access) && !isChanging(access, subjectOf(entity));
  });
  return [...types, ...mutations.map(({ name }) => `Mutation.${name}`)];
}

export const accessRules: readonly SchemaRule[] = [
  {
    name: 'a root field says who may use it',
    find: (schema) =>
      outputFields(schema)
        .filter(({ owner, field }) => isRoot(schema, owner) && accessOf(field) === undefined)
        .map(({ at }) => at),
  },
  {
    name: 'a type with an id says what reading it needs',
    find: (schema) =>
      ownTypes(schema)
        .filter(isNode)
        .filter(({ extensions }) => extensions.access === undefined)
        .map(({ name }) => name),
  },
  { name: 'a permission is asked for by what it is named after', find: findMisnamed },
  { name: 'no path leads to a type past the permission that it needs', find: findUnguarded },
  {
    name: 'root fields and gated fields are nullable: a refusal takes nothing else with it',
    find: (schema) =>
      outputFields(schema)
        .filter(({ owner, field }) => isRoot(schema, owner) || permissionsOf(field).length > 0)
        .filter(({ field }) => isNonNullType(field.type))
        .map(({ at }) => at),
  },
];

import {
  type GraphQLField,
  type GraphQLNamedType,
  type GraphQLObjectType,
  type GraphQLSchema,
  getNamedType,
  isAbstractType,
  isObjectType,
} from 'graphql';
import { isPermission, type Permission, withImplied } from '../auth/permissions.ts';

type Field = Pick<GraphQLField<unknown, unknown>, 'name' | 'type' | 'extensions'>;

const accessOf = ({ extensions }: { extensions: Readonly<object> }): string | undefined =>
  (extensions as { access?: string }).access;

/** What reading an object of a type needs; a connection and an edge need what their rows need. */
export function guardOf(type: GraphQLNamedType): Permission | null {
  const declared = accessOf(type);
  if (isPermission(declared)) return declared;
  if (!isObjectType(type)) return null;
  const { edges, node } = type.getFields();
  if (type.name.endsWith('Connection') && edges) return guardOf(getNamedType(edges.type));
  if (type.name.endsWith('Edge') && node) return guardOf(getNamedType(node.type));
  return null;
}

/** Which permissions each field has to ask for, and which its caller has shown on the way to it. */
export interface AccessMap {
  /** All of them are needed; empty where the way there has asked for all. */
  checksOf(owner: GraphQLObjectType, field: Field): readonly Permission[];
  /** What everyone who gets an object of this type has, whatever way they came. */
  heldIn(owner: GraphQLObjectType): ReadonlySet<Permission>;
}

type Held = Map<GraphQLObjectType, ReadonlySet<Permission>>;

/**
 * Walks the schema from its roots. A field asks for its own permission and for that of the type it
 * leads to, unless every way to it has asked for that already: a list of conversations does not ask
 * again for each message, and the product in a mutation's answer was asked for by the mutation.
 */
export function mapAccess(schema: GraphQLSchema): AccessMap {
  const held = heldAtFirst(schema);
  let narrowed = true;
  while (narrowed) narrowed = narrow(schema, held);
  return {
    checksOf: (owner, field) => checksOf(schema, held, owner, field),
    heldIn: (owner) => held.get(owner) ?? new Set(),
  };
}

/** Missing: no way there was found yet. */
function heldAtFirst(schema: GraphQLSchema): Held {
  const held: Held = new Map();
  for (const type of Object.values(schema.getTypeMap())) {
    const guard = guardOf(type);
    if (isObjectType(type) && guard !== null) held.set(type, new Set(withImplied(guard)));
  }
  for (const root of rootsOf(schema)) held.set(root, new Set());
  return held;
}

/** Follows every field once; whether that took something from what is held somewhere. */
function narrow(schema: GraphQLSchema, held: Held): boolean {
  let narrowed = false;
  const ways = [...held.keys()].flatMap((owner) =>
    Object.values(owner.getFields()).map((field) => ({ owner, field })),
  );
  for (const { owner, field } of ways) {
    const shown = [
      ...(held.get(owner) ?? []),
      ...checksOf(schema, held, owner, field).flatMap(withImplied),
    ];
    for (const target of targetsOf(schema, field)) {
      if (rootsOf(schema).includes(target) || guardOf(target) !== null) continue;
      const known = held.get(target);
      const both = new Set(known ? shown.filter((each) => known.has(each)) : shown);
      if (known?.size === both.size) continue;
      held.set(target, both);
      narrowed = true;
    }
  }
  return narrowed;
}

function checksOf(
  schema: GraphQLSchema,
  held: Held,
  owner: GraphQLObjectType,
  field: Field,
): readonly Permission[] {
  const own = accessOf(field);
  const checks = new Set<Permission>(isPermission(own) ? [own] : []);
  const shown = new Set([...(held.get(owner) ?? []), ...[...checks].flatMap(withImplied)]);
  for (const target of targetsOf(schema, field)) {
    const guard = guardOf(target);
    if (guard !== null && !shown.has(guard)) checks.add(guard);
  }
  return [...checks];
}

const rootsOf = (schema: GraphQLSchema): GraphQLObjectType[] =>
  [schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()].filter(
    (type) => type !== null && type !== undefined,
  );

/**
 * The types that a field leads to; all that are possible, where it is an interface or a union. `node`
 * and `nodes` lead to everything and ask for the permission of the type that the id names.
 */
function targetsOf(schema: GraphQLSchema, field: Field): readonly GraphQLObjectType[] {
  const type = getNamedType(field.type);
  if (isObjectType(type)) return [type];
  if (type.name === 'Node' && ['node', 'nodes'].includes(field.name)) return [];
  return isAbstractType(type) ? schema.getPossibleTypes(type) : [];
}

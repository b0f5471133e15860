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

type Field = Pick<GraphQLField<unknown, unknown>, 'type' | 'extensions'>;

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

/**
 * Walks the schema from its roots. A field asks for its own permission and for that of the type it
 * leads to, unless every way to it has asked for that already: a list of conversations does not ask
 * again for each message, and the product in a mutation's answer was asked for by the mutation.
 */
export function mapAccess(schema: GraphQLSchema): AccessMap {
  const objects = Object.values(schema.getTypeMap()).filter(isObjectType);
  const roots = [schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()];
  /** Missing: no way there was found yet, which is as good as having everything. */
  const held = new Map<GraphQLObjectType, ReadonlySet<Permission>>();
  for (const root of roots) if (root) held.set(root, new Set());
  for (const type of objects) {
    const guard = guardOf(type);
    if (guard !== null) held.set(type, new Set(withImplied(guard)));
  }

  function checksOf(owner: GraphQLObjectType, field: Field): readonly Permission[] {
    const own = accessOf(field);
    const checks = new Set<Permission>(isPermission(own) ? [own] : []);
    const shown = new Set([...(held.get(owner) ?? []), ...[...checks].flatMap(withImplied)]);
    for (const target of targetsOf(schema, field)) {
      const guard = guardOf(target);
      if (guard !== null && !shown.has(guard)) checks.add(guard);
    }
    return [...checks];
  }

  let settled = false;
  while (!settled) {
    settled = true;
    for (const owner of objects) {
      const before = held.get(owner);
      if (before === undefined) continue;
      for (const field of Object.values(owner.getFields())) {
        const after = [...before, ...checksOf(owner, field).flatMap(withImplied)];
        for (const target of targetsOf(schema, field)) {
          if (roots.includes(target) || guardOf(target) !== null) continue;
          const known = held.get(target);
          const both = new Set(known ? after.filter((each) => known.has(each)) : after);
          if (known?.size === both.size) continue;
          held.set(target, both);
          settled = false;
        }
      }
    }
  }
  return { checksOf, heldIn: (owner) => held.get(owner) ?? new Set() };
}

/** `node` and `nodes` lead to everything; they ask for the permission of the type that the id names. */
function targetsOf(schema: GraphQLSchema, field: Field): readonly GraphQLObjectType[] {
  const type = getNamedType(field.type);
  if (isObjectType(type)) return [type];
  return isAbstractType(type) && type.name !== 'Node' ? schema.getPossibleTypes(type) : [];
}

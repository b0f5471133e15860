import {
  type GraphQLField,
  type GraphQLNamedType,
  type GraphQLObjectType,
  type GraphQLSchema,
  getNamedType,
  isAbstractType,
  isObjectType,
} from 'graphql';
import { featureGate, planGate, type Requirement } from '../auth/gates.ts';
import { isPermission, withImplied } from '../auth/permissions.ts';

type Field = Pick<GraphQLField<unknown, unknown>, 'name' | 'type' | 'extensions'>;

interface Declared {
  readonly access?: string;
  readonly feature?: string;
  readonly plan?: string;
}

/** The permission, the feature and the plan that a field or a type declares. */
export function declaredBy({
  extensions,
}: {
  extensions: Readonly<object>;
}): readonly Requirement[] {
  const { access, feature, plan } = extensions as Declared;
  return [
    ...(isPermission(access) ? [access] : []),
    ...(feature === undefined ? [] : [featureGate(feature)]),
    ...(plan === undefined ? [] : [planGate(plan)]),
  ];
}

/** What reading an object of a type needs; a connection and an edge need what their rows need. */
export function guardsOf(type: GraphQLNamedType): readonly Requirement[] {
  const declared = declaredBy(type);
  if (declared.length > 0 || !isObjectType(type)) return declared;
  const { edges, node } = type.getFields();
  if (type.name.endsWith('Connection') && edges) return guardsOf(getNamedType(edges.type));
  if (type.name.endsWith('Edge') && node) return guardsOf(getNamedType(node.type));
  return [];
}

/** Whoever gets an object of such a type has shown this much, by `node` too, and nothing more is sure. */
const isGuarded = (type: GraphQLNamedType): boolean => guardsOf(type).some(isPermission);

/** What each field has to ask for, and what its caller has shown on the way to it. */
export interface AccessMap {
  /** All of them are needed; empty where the way there has asked for all. */
  checksOf(owner: GraphQLObjectType, field: Field): readonly Requirement[];
  /** What everyone who gets an object of this type has, whatever way they came. */
  heldIn(owner: GraphQLObjectType): ReadonlySet<Requirement>;
}

type Held = Map<GraphQLObjectType, ReadonlySet<Requirement>>;

/**
 * Walks the schema from its roots. A field asks for what it declares and for what the type declares that
 * it leads to, unless every way to it has asked for that already: a list of conversations does not ask
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
    if (isObjectType(type) && isGuarded(type)) {
      held.set(type, new Set(guardsOf(type).flatMap(shownBy)));
    }
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
      ...checksOf(schema, held, owner, field).flatMap(shownBy),
    ];
    for (const target of targetsOf(schema, field)) {
      if (rootsOf(schema).includes(target) || isGuarded(target)) continue;
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
): readonly Requirement[] {
  const checks = new Set(declaredBy(field));
  const shown = new Set([...(held.get(owner) ?? []), ...[...checks].flatMap(shownBy)]);
  for (const target of targetsOf(schema, field)) {
    for (const guard of guardsOf(target)) if (!shown.has(guard)) checks.add(guard);
  }
  // Who may not anyway is not told to buy something.
  return [...checks].sort(
    (one, other) => Number(!isPermission(one)) - Number(!isPermission(other)),
  );
}

const shownBy = (requirement: Requirement): Requirement[] =>
  isPermission(requirement) ? withImplied(requirement) : [requirement];

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

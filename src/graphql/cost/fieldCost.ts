import {
  type GraphQLArgument,
  type GraphQLField,
  type GraphQLNamedType,
  type GraphQLObjectType,
  type GraphQLSchema,
  getNamedType,
  getNullableType,
  isListType,
  isObjectType,
} from 'graphql';
import { maximumPageSize } from '../../lib/pagination.ts';

/**
 * What a field costs, in points: one is a row, or a look-up of one. The whole of a field is
 * `complexity + rows × (each + what is asked of a row)`.
 */
export interface FieldCost {
  /** What the field itself costs. */
  readonly complexity: number;
  /** What each of its rows, or each item of its input, adds. */
  readonly each: number;
  /** The arguments that say how many: `first`, `ids`, `input.products`. */
  readonly sizedBy: readonly string[];
  /** How many where none of them is given. */
  readonly otherwise: number;
}

/** What a list of rows is taken for where nobody says otherwise. */
const defaultPage = 20;
const defaultNestedPage = 10;

type Field = GraphQLField<unknown, unknown>;

export const isConnection = (type: GraphQLNamedType): boolean =>
  isObjectType(type) && type.name.endsWith('Connection') && type.getFields().pageInfo !== undefined;

/** `nodes` and `edges`: as many as the page that they are of. */
export const isRows = (owner: GraphQLObjectType, { name }: { readonly name: string }): boolean =>
  isConnection(owner) && (name === 'nodes' || name === 'edges');

/** More than a page holds is refused, so that no page costs more. */
export const mostRows = maximumPageSize;

const known = new WeakMap<Field, FieldCost>();

/** What a field of the schema costs: as it declares with `cost`, else as its type suggests. */
export function costOfField(
  schema: GraphQLSchema,
  owner: GraphQLObjectType,
  field: Field,
): FieldCost {
  let cost = known.get(field);
  if (cost === undefined) {
    const { cost: declared } = field.extensions as { cost?: Partial<FieldCost> };
    cost = { ...suggestedCost(schema, owner, field), ...declared };
    known.set(field, cost);
  }
  return cost;
}

/** What an argument adds to its field's cost where it is given, by its `extensions: { cost }`. */
export const costOfArgument = ({ extensions }: GraphQLArgument): number =>
  (extensions as { cost?: number }).cost ?? 0;

const free: FieldCost = { complexity: 0, each: 0, sizedBy: [], otherwise: 1 };

/**
 * A page is a statement and its rows; an object with an id is a look-up; a change is ten, for its
 * transaction, audit event and COMMIT; a value of a row was read with it.
 */
function suggestedCost(schema: GraphQLSchema, owner: GraphQLObjectType, field: Field): FieldCost {
  const type = getNamedType(field.type);
  const isRoot = owner === schema.getQueryType() || owner === schema.getSubscriptionType();
  if (owner === schema.getMutationType()) return { ...free, complexity: 10 };
  if (isConnection(type)) {
    const otherwise = isRoot ? defaultPage : defaultNestedPage;
    return { complexity: 1, each: 1, sizedBy: ['first', 'last'], otherwise };
  }
  if (isConnection(owner) || owner.name.endsWith('Edge')) return free;
  if (isRoot) return { ...free, complexity: 1 };
  // What was changed is at hand.
  if (owner.name.endsWith('Payload') || !isEntity(type)) return free;
  return isListType(getNullableType(field.type))
    ? { ...free, each: 1, otherwise: defaultNestedPage }
    : { ...free, complexity: 1 };
}

/** A thing of its own, with an id; everything else is part of one. */
const isEntity = (type: GraphQLNamedType): boolean =>
  type.name === 'Node' ||
  (isObjectType(type) && type.getInterfaces().some(({ name }) => name === 'Node'));

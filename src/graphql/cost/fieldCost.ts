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
  SchemaMetaFieldDef,
} from 'graphql';
import { maximumPageSize } from '../../lib/pagination.ts';

/**
 * What a field costs, in points: about 10 us of this server's and Postgres's processors (docs/limits.md
 * has what was measured). One is a row, or a look-up of one. The whole of a field is
 * `complexity + rows × (each + what is asked of a row)`.
 */
export interface FieldCost {
  /** What the field itself costs. */
  readonly complexity: number;
  /** What each of its rows, or each item of its input, adds. */
  readonly each: number;
  /** The arguments that say how many: `first`, `ids`, `input.products`; of a text, its thousands. */
  readonly sizedBy: readonly string[];
  /** How many where none of them is given. */
  readonly otherwise: number;
}

/** A statement of its own. What is asked below it mostly comes in the same one, or in one for all rows. */
const statement = 5;
/** Its transaction, its audit event and its COMMIT: as long as 80 rows, of which most is waiting. */
const change = 10;
/**
 * Checking or making a password's hash: 14 ms of a processor, which is 1 400 rows. It is no more, for such
 * calls have limits of their own (src/auth/attempts.ts).
 */
export const passwordCost = { complexity: 100 };

/** Grows with the list, which is walked from its beginning to its end. */
const count = 10;
/** GraphiQL's question for the whole schema: 10 to 17 ms of a processor, the answer has 300 kB. */
const introspection = 100;

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

/** A page is a statement and its rows, an object with an id a look-up; a value was read with its row. */
function suggestedCost(schema: GraphQLSchema, owner: GraphQLObjectType, field: Field): FieldCost {
  const type = getNamedType(field.type);
  const isRoot = owner === schema.getQueryType() || owner === schema.getSubscriptionType();
  if (owner === schema.getMutationType()) return { ...free, complexity: change };
  if (isConnection(type)) {
    const otherwise = isRoot ? defaultPage : defaultNestedPage;
    const complexity = isRoot ? statement : 1;
    return { complexity, each: 1, sizedBy: ['first', 'last'], otherwise };
  }
  if (isConnection(owner))
    return field.name === 'totalCount' ? { ...free, complexity: count } : free;
  if (owner.name.endsWith('Edge')) return free;
  if (field === SchemaMetaFieldDef) return { ...free, complexity: introspection };
  if (isRoot) return { ...free, complexity: isEntity(type) ? statement : 1 };
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

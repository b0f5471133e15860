import { buildSchema, type GraphQLSchema } from 'graphql';
import { goodSchemaText } from './goodSchema.ts';
import { outputFields, ownTypes } from './walkSchema.ts';

export const goodSchema = (): GraphQLSchema => build(goodSchemaText);

/** What is written in the good schema → what a plant puts there, and where it must be found. */
export interface Plant {
  readonly rule: string;
  readonly from: string;
  readonly to: string;
  readonly at: readonly string[];
}

const described = 'everything has a description that says more than its name';
const deprecated = 'what is deprecated says what to use, and until when it stays';
const noFloat = 'no number is a Float, which rounds';
const ids = 'what is named like an id is typed as one';
const money = 'what is named like money is typed as it';
const moment = 'what is named like a moment is typed as one';
const day = 'what is named like a day is typed as one';
const rootAccess = 'a root field says who may use it';
const typeAccess = 'a type with an id says what reading it needs';
const named = 'a permission is asked for by what it is named after';
const path = 'no path leads to a type past the permission that it needs';
const nullable = 'root fields and gated fields are nullable: a refusal takes nothing else with it';
const connection = 'a connection has nodes, edges, pageInfo and totalCount';
const paged = 'a connection is paged with first, after, last and before';
const listed = 'what has an id is listed page by page';
const mutation = 'a mutation takes one input and answers with its entity or userErrors';
const members = 'no list has null for a member';
const empty = 'a list is empty rather than null, or says what null means';

export const plants: readonly Plant[] = [
  { rule: described, from: '"""Is sold."""', to: '', at: ['Product'] },
  { rule: described, from: '"""To find it by."""', to: '"""Tags."""', at: ['Product.tags'] },
  { rule: described, from: '"""Which."""', to: '', at: ['Query.customer(id)'] },
  { rule: described, from: '"""Words."""', to: '', at: ['ProductCreateInput.tags'] },
  {
    rule: described,
    from: '"""It is too long."""',
    to: '"""Too long"""',
    at: ['ProductErrorCode.TOO_LONG'],
  },
  { rule: described, from: '"""The permission."""', to: '', at: ['@needs(access)'] },
  {
    rule: deprecated,
    from: 'tags: [String!]!',
    to: 'tags: [String!]! @deprecated(reason: "Use labels.")',
    at: ['Product.tags'],
  },
  {
    rule: deprecated,
    from: '  TOO_LONG',
    to: '  TOO_LONG @deprecated',
    at: ['ProductErrorCode.TOO_LONG'],
  },
  { rule: noFloat, from: 'amount: Decimal!', to: 'amount: Float!', at: ['Money.amount'] },
  {
    rule: ids,
    from: 'customer("""Which.""" id: ID!)',
    to: 'customer("""Which.""" id: String!)',
    at: ['Query.customer(id)'],
  },
  { rule: money, from: 'price: Money!', to: 'price: Decimal!', at: ['Product.price'] },
  {
    rule: moment,
    from: 'createdAt: DateTime!',
    to: 'createdAt: String!',
    at: ['Product.createdAt'],
  },
  {
    rule: day,
    from: 'createdAt: DateTime!',
    to: 'releaseDate: String!',
    at: ['Product.releaseDate'],
  },
  {
    rule: rootAccess,
    from: ': Customer @needs(access: "customers:read")\n}\n"""What',
    to: ': Customer\n}\n"""What',
    at: ['Query.customer'],
  },
  {
    rule: typeAccess,
    from: 'Customer implements Node @needs(access: "customers:read")',
    to: 'Customer implements Node',
    at: ['Customer'],
  },
  {
    rule: named,
    from: 'type Customer implements Node @needs(access: "customers:read")',
    to: 'type Customer implements Node @needs(access: "products:read")',
    at: ['Customer'],
  },
  {
    rule: named,
    from: '@needs(access: "products:write")',
    to: '@needs(access: "customers:write")',
    at: ['Mutation.productCreate'],
  },
  {
    rule: path,
    from: 'buyer: Customer @needs(access: "customers:read")',
    to: 'buyer: Customer',
    at: ['Product.buyer → Customer'],
  },
  {
    rule: path,
    from: 'buyer: Customer @needs(access: "customers:read")',
    to: 'buyer: Node',
    at: ['Product.buyer → Customer'],
  },
  {
    rule: nullable,
    from: ': ProductConnection @needs',
    to: ': ProductConnection! @needs',
    at: ['Query.products'],
  },
  {
    rule: nullable,
    from: 'buyer: Customer @needs',
    to: 'buyer: Customer! @needs',
    at: ['Product.buyer'],
  },
  {
    rule: connection,
    from: '  nodes: [Product!]!',
    to: '  rows: [Product!]!',
    at: ['ProductConnection.nodes'],
  },
  { rule: connection, from: '  node: Product!', to: '  node: Product', at: ['ProductEdge.node'] },
  { rule: paged, from: '"""From the end."""\n    last: Int', to: '', at: ['Query.products'] },
  {
    rule: listed,
    from: 'buyer: Customer @needs(access: "customers:read")',
    to: 'variants: [Product!]!',
    at: ['Product.variants'],
  },
  {
    rule: mutation,
    from: 'input: ProductCreateInput!):',
    to: 'data: ProductCreateInput!):',
    at: ['Mutation.productCreate'],
  },
  {
    rule: mutation,
    from: '  product: Product',
    to: '  product: Product!',
    at: ['ProductCreatePayload.product'],
  },
  {
    rule: mutation,
    from: 'code: ProductErrorCode!',
    to: 'code: String!',
    at: ['ProductUserError.code'],
  },
  {
    rule: mutation,
    from: '[ProductUserError!]!',
    to: '[ProductUserError!]',
    at: ['ProductCreatePayload.userErrors'],
  },
  { rule: members, from: 'tags: [String!]!', to: 'tags: [String]!', at: ['Product.tags'] },
  {
    rule: members,
    from: '  tags: [String!]\n',
    to: '  tags: [String]\n',
    at: ['ProductCreateInput.tags'],
  },
  { rule: empty, from: 'tags: [String!]!', to: 'tags: [String!]', at: ['Product.tags'] },
];

/** Throws where the text that a plant replaces is not there once. */
export function plantedSchema({ from, to }: Plant): GraphQLSchema {
  if (goodSchemaText.split(from).length !== 2)
    throw new Error(`The good schema must have this once: ${from}`);
  return build(goodSchemaText.replace(from, to));
}

function build(text: string): GraphQLSchema {
  const schema = buildSchema(text);
  const fields = outputFields(schema).map(({ field }) => field);
  for (const place of [...fields, ...ownTypes(schema)]) {
    const value = place.astNode?.directives?.[0]?.arguments?.[0]?.value;
    if (value?.kind === 'StringValue') place.extensions = { access: value.value };
  }
  return schema;
}

import {
  type GraphQLNamedType,
  type GraphQLObjectType,
  getNamedType,
  getNullableType,
  isEnumType,
  isListType,
  isNonNullType,
  isObjectType,
} from 'graphql';
import {
  type Finding,
  inputPlaces,
  isConnection,
  isList,
  isNode,
  isRoot,
  type OutputField,
  outputFields,
  ownTypes,
  type SchemaRule,
} from './walkSchema.ts';

const capitalized = (name: string): string => `${name.slice(0, 1).toUpperCase()}${name.slice(1)}`;

/** `Type.field` for every field that is missing or not of the type that is written. */
function differences(
  type: GraphQLNamedType | undefined,
  expected: Record<string, string>,
): Finding[] {
  if (!isObjectType(type)) return [`${type?.name ?? 'a type'} is not an object`];
  const fields = type.getFields();
  return Object.entries(expected)
    .filter(([name, printed]) => String(fields[name]?.type) !== printed)
    .map(([name]) => `${type.name}.${name}`);
}

function connectionDifferences(type: GraphQLObjectType): Finding[] {
  const row = type.name.replace(/Connection$/, '');
  const edge = type.getFields().edges;
  return [
    ...differences(type, {
      edges: `[${row}Edge!]!`,
      nodes: `[${row}!]!`,
      pageInfo: 'PageInfo!',
      totalCount: 'Int',
    }),
    ...differences(edge && getNamedType(edge.type), { node: `${row}!`, cursor: 'String!' }),
  ];
}

const pageArguments = { first: 'Int', after: 'String', last: 'Int', before: 'String' };

function hasPageArguments({ args }: OutputField): boolean {
  return Object.entries(pageArguments).every(([name, type]) =>
    args.some((argument) => argument.name === name && String(argument.type) === type),
  );
}

function mutationDifferences(mutation: OutputField): Finding[] {
  const at = `Mutation.${mutation.name}`;
  const name = capitalized(mutation.name);
  const [input, ...more] = mutation.args;
  const payload = getNamedType(mutation.type);
  const isShaped =
    input?.name === 'input' && more.length === 0 && String(input.type) === `${name}Input!`;
  if (!isShaped) return [at];
  if (payload.name !== `${name}Payload` || !isObjectType(payload)) return [at];
  const fields = Object.values(payload.getFields());
  return [
    ...userErrorDifferences(payload),
    ...fields
      .filter(({ type }) => !isList(type) && isNonNullType(type) && isObjectType(type.ofType))
      .map((field) => `${payload.name}.${field.name}`),
  ];
}

function userErrorDifferences(payload: GraphQLObjectType): Finding[] {
  const { userErrors } = payload.getFields();
  const error = userErrors && getNamedType(userErrors.type);
  if (error === undefined || String(userErrors?.type) !== `[${error.name}!]!`) {
    return [`${payload.name}.userErrors`];
  }
  const { code } = isObjectType(error) ? error.getFields() : {};
  return [
    ...differences(error, { field: '[String!]', message: 'String!' }),
    ...(code && isNonNullType(code.type) && isEnumType(code.type.ofType)
      ? []
      : [`${error.name}.code`]),
  ];
}

export const shapeRules: readonly SchemaRule[] = [
  {
    name: 'a connection has nodes, edges, pageInfo and totalCount',
    find: (schema) => ownTypes(schema).filter(isConnection).flatMap(connectionDifferences),
  },
  {
    name: 'a connection is paged with first, after, last and before',
    find: (schema) =>
      outputFields(schema)
        .filter(({ field }) => isConnection(getNamedType(field.type)))
        .filter(({ field }) => !hasPageArguments(field))
        .map(({ at }) => at),
  },
  {
    // A payload lists what it was given; `nodes` are asked for by id.
    name: 'what has an id is listed page by page',
    find: (schema) =>
      outputFields(schema)
        .filter(({ owner }) => !isConnection(owner) && !owner.name.endsWith('Payload'))
        .filter(({ at }) => at !== 'Query.nodes')
        .filter(({ field }) => isList(field.type) && isNode(getNamedType(field.type)))
        .map(({ at }) => at),
  },
  {
    name: 'a mutation takes one input and answers with its entity or userErrors',
    find: (schema) =>
      Object.values(schema.getMutationType()?.getFields() ?? {}).flatMap(mutationDifferences),
  },
  {
    // In `nodes` a null keeps the place of an id that cannot be read, as Relay has it.
    name: 'no list has null for a member',
    find: (schema) => [
      ...outputFields(schema)
        .filter(({ field, at }) => at !== 'Query.nodes' && hasNullMembers(field.type))
        .map(({ at }) => at),
      ...inputPlaces(schema)
        .filter(({ input }) => hasNullMembers(input.type))
        .map(({ at }) => at),
    ],
  },
  {
    name: 'a list is empty rather than null, or says what null means',
    find: (schema) =>
      outputFields(schema)
        .filter(({ owner }) => !isRoot(schema, owner))
        .filter(({ field }) => isListType(field.type))
        .filter(({ field }) => !/\bnull\b/.test(field.description ?? ''))
        .map(({ at }) => at),
  },
];

function hasNullMembers(type: OutputField['type'] | Parameters<typeof getNullableType>[0]) {
  const nullable = getNullableType(type);
  return isListType(nullable) && !isNonNullType(nullable.ofType);
}

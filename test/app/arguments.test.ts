import {
  buildSchema,
  type FieldNode,
  type GraphQLField,
  type GraphQLScalarType,
  getArgumentValues,
  getOperationAST,
  Kind,
  parse,
} from 'graphql';
import { expect, test } from 'vitest';
import { argumentsReader } from '../../src/app/execution/arguments.ts';

// What graphql-js makes of a field's arguments, and what it says against them.

const schema = buildSchema(`
  scalar Day
  enum Size { SMALL LARGE }
  input Money { amount: Int! currency: String = "EUR" }
  type Query {
    field(
      int: Int, needed: Int! = 5, text: String = "default", size: Size, day: Day
      list: [Int], money: Money, list2: [Int!]! = [1]
    ): Int
    strict(needed: Int!, list: [Int!]!): Int
  }
`);
(schema.getType('Day') as GraphQLScalarType).parseLiteral = (node, given) =>
  node.kind === Kind.OBJECT ? `${given?.v}` : { day: node.kind };

const values = ['1', '2.5', '"x"', 'SMALL', 'HUGE', 'null', 'true', '[1]', '[1, $v]', '[null]'];
const objects = ['{ amount: 1 }', '{ amount: $v }', '{ currency: "USD" }', '{}', '$v', '$toString'];
const names = ['int', 'needed', 'text', 'size', 'day', 'list', 'money', 'list2'];
const fields = [
  'field',
  ...names.flatMap((name) => [...values, ...objects].map((value) => `field(${name}: ${value})`)),
  ...['field(list2: $v, int: $v, text: "x")', 'strict', 'strict(needed: 1)', 'strict(list: 1)'],
  ...[
    'strict(list: $v, needed: 2)',
    'strict(list: $v, needed: $v)',
    'strict(needed: $v, list: [])',
  ],
];
const variables = [{}, { v: 1 }, { v: null }, { v: undefined }, { v: [1] }, { v: { amount: 2 } }];

function fieldOf(text: string): [FieldNode, GraphQLField<unknown, unknown>] {
  const operation = getOperationAST(parse(`{ ${text} }`), undefined);
  const node = operation?.selectionSet.selections[0] as FieldNode;
  const definition = schema.getQueryType()?.getFields()[node.name.value];
  if (definition === undefined) throw new Error('no such field');
  return [node, definition];
}

test.each(fields)('%s', (text) => {
  const [node, definition] = fieldOf(text);
  const read = argumentsReader(definition, node);
  const told = (ask: () => unknown) => {
    try {
      return JSON.stringify(ask());
    } catch (error) {
      return String(error);
    }
  };
  for (const given of [...variables, ...variables]) {
    expect(told(() => read(given))).toBe(told(() => getArgumentValues(definition, node, given)));
  }
});

test.each(['money: { amount: 1 }', 'day: 1', 'list: [1]'])(
  'what one call does to an object of the document (%s), the next does not see',
  (text) => {
    const [node, definition] = fieldOf(`field(${text})`);
    const read = argumentsReader(definition, node);
    const first = read({});
    for (const value of Object.values(first)) Object.assign(value as object, { added: true });
    expect(first).not.toEqual(read({}));
  },
);

import {
  buildSchema,
  type GraphQLEnumType,
  type GraphQLScalarType,
  getOperationAST,
  getVariableValues,
  type OperationDefinitionNode,
  parse,
} from 'graphql';
import { describe, expect, test } from 'vitest';
import { readVariables } from '../../src/app/execution/variables.ts';

// What graphql-js makes of variables, and what it refuses.

const schema = buildSchema(`
  scalar Even
  enum Size { SMALL LARGE }
  input Money { amount: String! currency: String = "EUR" }
  input One @oneOf { text: String number: Int }
  input Loose { count: Int }
  input Thing {
    name: String!
    count: Int = 3
    size: Size
    even: Even
    price: Money
    prices: [Money!]
    matrix: [[Int]]
    one: One
    thing: Thing
    things: [Thing]
    needed: Boolean! = true
  }
  type Query { echo(thing: Thing): String }
`);
(schema.getType('Even') as GraphQLScalarType).parseValue = (value) => {
  if (value === 'throws') throw new Error('no');
  return typeof value === 'number' && value % 2 === 0 ? value : undefined;
};
Object.assign((schema.getType('Size') as GraphQLEnumType).getValue('SMALL') ?? {}, { value: 's' });

const types = [
  ...['Int', 'Int!', 'String', 'Boolean!', 'ID', 'Float', 'Even', 'Even!', 'Size', 'Size!'],
  ...['[Int]', '[Int!]', '[[Int!]!]!', '[Size]', 'Money', 'Money!', '[Money!]', 'One', 'One!'],
  ...['Thing', 'Thing!', '[Thing]', 'Loose', 'Query', 'Nothing'],
];

const full = {
  things: [{ name: 'inner', one: { text: 'x' } }, null],
  name: 'a thing',
  price: { currency: 'USD', amount: '1' },
  matrix: [[1, null], 2, null],
};

const values: readonly unknown[] = [
  ...[undefined, null, 0, 1, 2, 2.5, 3e9, '', 'SMALL', 'HUGE', 'throws', true, [], {}],
  ...[[1, 2], [1, null], [[1], [2]], [[1], null], ['SMALL', 'HUGE'], new Set([1, 2]), [undefined]],
  ...[{ amount: '1' }, { amount: 1 }, { amount: null }, { amount: undefined }, { currency: 'USD' }],
  ...[
    { amount: '1', currency: null },
    { amount: '1', other: 1 },
    { amount: '1', toString: 'x' },
  ],
  ...[{ text: 'x' }, { text: null }, { number: 1 }, { text: 'x', number: 1 }, { number: 'x' }],
  ...[
    full,
    [full],
    { ...full, size: 'LARGE', even: 4 },
    { ...full, even: 3 },
    { ...full, one: {} },
  ],
  ...[
    { ...full, needed: null },
    { ...full, count: null },
    { ...full, thing: full },
  ],
  ...[
    { ...full, thing: { ...full, thing: {} } },
    { ...full, things: full },
    { ...full, extra: 1 },
  ],
  JSON.parse('{"name": "x", "__proto__": {"size": "LARGE"}}'),
  Object.assign(Object.create({ name: 'inherited' }), { count: 1 }),
];

const operationOf = (text: string): OperationDefinitionNode => {
  const operation = getOperationAST(parse(text), undefined);
  if (!operation) throw new Error('no operation');
  return operation;
};

/** Both as JSON, for the order of keys counts too. */
function readBothWays(text: string, given: Record<string, unknown>) {
  const operation = operationOf(text);
  const { coerced } = getVariableValues(schema, operation.variableDefinitions ?? [], given);
  const read = [1, 2].map(() => JSON.stringify(readVariables(schema, operation, given)));
  return { read, wanted: [1, 2].map(() => JSON.stringify(coerced)) };
}

describe('variables are read as graphql-js reads them, or left to it', () => {
  test.each(types)('of type %s', (type) => {
    let right = 0;
    for (const value of values) {
      const { read, wanted } = readBothWays(`query ($v: ${type}) { __typename }`, { v: value });
      expect(read, JSON.stringify(value)).toEqual(wanted);
      if (wanted[0] !== undefined) right += 1;
    }
    // Neither all nor none: a type that takes nothing compares nothing.
    if (schema.getType(type.replaceAll(/[^\w]/g, '')) && type !== 'Query') {
      expect(right).toBeGreaterThan(0);
    }
    expect(right).toBeLessThan(values.length);
  });

  test.each([
    ['none declared', 'query { __typename }', { v: 1 }],
    ['one that is left out', 'query ($v: Int) { __typename }', {}],
    ['one that is needed and left out', 'query ($v: Int!) { __typename }', {}],
    ['a default', 'query ($v: Int = 5) { __typename }', {}],
    ['a default beside null', 'query ($v: Int = 5) { __typename }', { v: null }],
    ['a default of a needed one', 'query ($v: Int! = 5) { __typename }', {}],
    ['an object as a default', 'query ($v: Money = { amount: "1" }) { __typename }', {}],
    ['several', 'query ($b: Int, $a: Size!, $c: ID) { __typename }', { a: 'SMALL', b: 1, z: 1 }],
    ['one of several that is wrong', 'query ($a: Int, $b: Int) { __typename }', { a: 1, b: 'x' }],
    ['one that every object has', 'query ($toString: String) { __typename }', {}],
  ])('with %s', (_what, text, given) => {
    const { read, wanted } = readBothWays(text, given);
    expect(read).toEqual(wanted);
  });

  test('one called __proto__ is left to it', () => {
    const operation = operationOf('query ($__proto__: Int) { __typename }');
    expect(readVariables(schema, operation, JSON.parse('{"__proto__": 1}'))).toBeUndefined();
  });
});

test.each([
  ['a default', 'query ($v: Money = { amount: "1" }) { __typename }', {}],
  ['a list by default', 'query ($v: [Money!] = [{ amount: "1" }]) { __typename }', {}],
  ['what was sent', 'query ($v: Money) { __typename }', { v: { amount: '1' } }],
])('what one request does to %s, the next does not see', (_what, text, given) => {
  const operation = operationOf(text);
  const read = () => readVariables(schema, operation, given)?.v as object;
  const first = read();
  Object.assign(Array.isArray(first) ? first[0] : first, { amount: 'changed' });
  expect(first).not.toEqual(read());
});

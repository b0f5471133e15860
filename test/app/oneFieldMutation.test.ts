import {
  buildSchema,
  type ExecutionArgs,
  type ExecutionResult,
  execute,
  type GraphQLFieldResolver,
  type GraphQLObjectType,
  getOperationAST,
  parse,
} from 'graphql';
import { expect, test } from 'vitest';
import { executeCompiled } from '../../src/app/compiledExecution.ts';
import { asUnordered } from '../../src/app/oneFieldMutation.ts';

const schema = buildSchema(`
  type Query { a: Int }
  type Mutation { add(to: Int!, by: [Int!]): Sum!, maybe: Sum, refused: Sum }
  type Sum { value: Int!, before: Sum, missing: Int!, wrong: Int }
`);
const resolvers: Record<string, Record<string, GraphQLFieldResolver<unknown, unknown>>> = {
  Mutation: {
    add: async (_root, { to, by }: { to: number; by?: number[] }) => ({
      value: [to, ...(by ?? [])].reduce((sum, each) => sum + each),
    }),
    maybe: () => null,
    refused: async () => {
      throw new Error('No.');
    },
  },
  Sum: {
    before: async () => ({ value: 0 }),
    wrong: () => {
      throw new Error('This is wrong.');
    },
  },
};
for (const [type, fields] of Object.entries(resolvers)) {
  const object = schema.getType(type) as GraphQLObjectType;
  for (const [name, resolve] of Object.entries(fields)) {
    Object.assign(object.getFields()[name] ?? {}, { resolve });
  }
}

const asText = ({ errors, data }: ExecutionResult): string =>
  JSON.stringify({
    errors: errors?.map(({ message, path, locations }) => ({ message, path, locations })),
    data,
  });

test.each([
  ['its value', '{ add(to: 1, by: [2, 3]) { value before { value __typename } } }'],
  ['its type', '{ __typename }'],
  ['an alias', '{ sum: add(to: 1) { v: value w: value } }'],
  ['a fragment below', '{ add(to: 1) { ...f } } fragment f on Sum { value }'],
  ['null', '{ maybe { value } }'],
  ['what is thrown', '{ refused { value } }'],
  ['what is thrown below', '{ add(to: 1) { value wrong } }'],
  ['null where none may be', '{ add(to: 1) { missing } }'],
  ['what a directive leaves out', '{ add(to: 1) @skip(if: true) { value } }'],
])(
  'a mutation with one field, compiled without an order, answers as graphql-js does: %s',
  async (_what, text) => {
    const document = parse(`mutation ${text}`);
    const args: ExecutionArgs = { schema, document };
    const expected = asText(await execute(args));
    // The first time it is interpreted.
    for (let time = 0; time < 3; time += 1)
      expect(asText(await executeCompiled(args))).toBe(expected);
  },
);

test.each([
  ['mutation ($to: Int!) { add(to: $to) { value } }', true],
  ['mutation { add(to: 1) { value } other: add(to: 1) { value } }', false],
  ['mutation { ...f } fragment f on Mutation { add(to: 1) { value } }', false],
  ['{ a }', false],
])('only a mutation with one field is compiled so: %s', (text, expected) => {
  const document = parse(text);
  const operation = getOperationAST(document);
  if (operation == null) throw new Error('no operation');
  expect(asUnordered(schema, document, operation) !== undefined).toBe(expected);
});

test('variables are read as in any other operation', async () => {
  const document = parse('mutation ($to: Int!) { add(to: $to) { value } }');
  for (const variableValues of [{ to: 4 }, { to: 4 }, { to: 'four' }, {}]) {
    const args = { schema, document, variableValues };
    expect(asText(await executeCompiled(args))).toBe(asText(await execute(args)));
  }
});

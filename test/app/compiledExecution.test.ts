import {
  buildSchema,
  type ExecutionResult,
  execute,
  type GraphQLInterfaceType,
  type GraphQLObjectType,
  type GraphQLSchema,
  parse,
  validate,
} from 'graphql';
import { describe, expect, test } from 'vitest';
import { executeCompiled } from '../../src/app/compiledExecution.ts';
import { collect } from '../support/collections.ts';

// What no feature of ours does yet, and GraphQL allows: the answer is graphql-js's, errors included.

const schema: GraphQLSchema = buildSchema(`
  interface Named { name: String }
  type Cat implements Named { name: String lives: Int! friend: Named }
  type Dog implements Named { name: String barks: Boolean! }
  enum Size { SMALL LARGE }
  type Thing {
    text: String
    needed: String!
    late(fail: Boolean = false): String
    lateNeeded(fail: Boolean = false): String!
    throws: String
    throwsNeeded: String!
    errorAsValue: Int
    size: Size
    wrongSize: Size
    number: Int
    wrongNumber: Int!
    echo(a: Int, list: [Int!] = [1], text: String = "x"): String
    method(n: Int): Int
    getterThrows: String
    thing: Thing
    lateThing: Thing
    neededThing: Thing!
    lateNeededThing: Thing!
    things: [Thing!]
    holes: [Thing]!
    lateThings: [Thing!]!
    noList: [Int]
    matrix: [[Int!]]
    named: [Named]
    unknown: Named
    where: String
  }
  type Query { thing: Thing needed: Thing! broken: Thing! echo(a: Int!): Int }
  type Mutation { first: Int second: Thing third: Int! }
`);

const soon = <T>(value: T) => new Promise<T>((resolve) => setImmediate(resolve, value));
const lateError = async () => {
  await soon(null);
  throw new Error('late');
};

class Source {
  text = 'text';
  needed: string | null = 'needed';
  errorAsValue = new Error('a value');
  size = 'SMALL';
  wrongSize = 'HUGE';
  number = 1.0;
  wrongNumber = 'no number';
  noList = 1;
  matrix = [[1, 2], null, [3, null]];
  get getterThrows(): string {
    throw new Error('getter');
  }
  method({ n }: { n: number }) {
    return n + this.number;
  }
}

type Resolvers = Record<
  string,
  (source: unknown, args: never, context: never, info: never) => unknown
>;
function resolve(type: string, resolvers: Resolvers): void {
  const fields = (schema.getType(type) as GraphQLObjectType).getFields();
  for (const [name, resolver] of Object.entries(resolvers)) {
    const field = fields[name];
    if (field !== undefined) field.resolve = resolver as never;
  }
}

resolve('Thing', {
  late: (_source, { fail }: { fail: boolean }) => (fail ? lateError() : soon('late')),
  lateNeeded: (_source, { fail }: { fail: boolean }) => (fail ? lateError() : soon('late')),
  throws: () => {
    throw new Error('thrown');
  },
  throwsNeeded: () => {
    throw new Error('thrown');
  },
  echo: (_source, args) => JSON.stringify(args),
  thing: () => new Source(),
  lateThing: () => soon(new Source()),
  neededThing: () => new Source(),
  lateNeededThing: () => soon(new Source()),
  things: () => [new Source(), new Source()],
  holes: () => [new Source(), null, soon(new Source()), new Error('an item'), lateError()],
  lateThings: () => soon([soon(new Source()), new Source()]),
  named: () => [
    { name: 'Tom', lives: 9, is: 'Cat' },
    soon({ name: 'Rex', barks: true, is: 'Dog' }),
  ],
  unknown: () => ({ is: 'Query' }),
  where: (_source, _args, _context, info) => {
    const { path, fieldName, parentType, returnType, variableValues } = info as never as {
      path: { key: string; prev?: { key: string | number } };
    } & Record<string, unknown>;
    return JSON.stringify([
      path.key,
      path.prev?.key,
      fieldName,
      parentType,
      returnType,
      variableValues,
    ]);
  },
});
resolve('Cat', { friend: () => soon({ name: 'Rex', barks: null, is: 'Dog' }) });
resolve('Query', {
  thing: () => new Source(),
  needed: () => soon(new Source()),
  broken: () => null,
  echo: (_source, { a }: { a: number }) => a,
});
const order: string[] = [];
resolve('Mutation', {
  first: async () => {
    order.push('first');
    await soon(null);
    order.push('first done');
    return 1;
  },
  second: () => {
    order.push('second');
    return new Source();
  },
  third: () => {
    order.push('third');
    return null;
  },
});
const named = schema.getType('Named') as { resolveType?: unknown };
named.resolveType = (value: { is: string }) => (value.is === 'Dog' ? soon('Dog') : value.is);
(schema.getType('Dog') as GraphQLObjectType).isTypeOf = (value) =>
  soon((value as { is: string }).is === 'Dog');

const heard = ({ data, errors }: ExecutionResult) =>
  JSON.parse(
    JSON.stringify({
      data,
      errors: errors?.map(({ message, path, locations }) => ({ message, path, locations })),
    }),
  );

async function expectSame(
  query: string,
  variables: Record<string, unknown>[] = [{}],
): Promise<void> {
  const document = parse(query);
  expect(validate(schema, document)).toEqual([]);
  // Each twice: an operation is compiled when it comes again.
  for (const variableValues of [...variables, ...variables, ...variables]) {
    const args = { schema, document, variableValues, contextValue: {} };
    expect(heard(await executeCompiled(args))).toEqual(heard(await execute(args)));
  }
}

describe('what is compiled answers as graphql-js does', () => {
  test.each([
    [
      'values',
      '{ thing { text needed size number late lateNeeded matrix method(n: 2) __typename } }',
    ],
    [
      'names of JavaScript',
      '{ __proto__: thing { constructor: text toString: needed __proto__: number } }',
    ],
    ['a type that is wrong', '{ thing { wrongSize errorAsValue noList text } }'],
    ['an error where null may stand', '{ thing { throws text getterThrows late(fail: true) } }'],
    ['one where it may not', '{ thing { text thing { text throwsNeeded } } }'],
    ['one that comes later', '{ thing { lateThing { text lateNeeded(fail: true) } text } }'],
    [
      'through several that may not be null',
      '{ thing { thing { neededThing { neededThing { throwsNeeded } } } } }',
    ],
    [
      'the same, later',
      '{ thing { lateThing { lateNeededThing { lateNeededThing { lateNeeded(fail: true) } } } text } }',
    ],
    [
      'two in one object, one of them later',
      '{ thing { thing { lateNeeded(fail: true) throwsNeeded } text } }',
    ],
    ['up to the answer', '{ needed { lateNeeded(fail: true) } }'],
    ['nothing where something must be', '{ thing { text } broken { text } }'],
    ['a list whose items may not be null', '{ thing { things { needed wrongNumber } text } }'],
    ['one whose items may', '{ thing { holes { text } } }'],
    ['a list of promises', '{ thing { lateThings { text late lateThing { late } } } }'],
    ['one of them fails', '{ thing { lateThings { lateNeeded(fail: true) } text } }'],
    [
      'one field asked for twice',
      '{ thing { thing { text } ...F thing { number } } } fragment F on Thing { thing { size } }',
    ],
    [
      'types that are found out later',
      '{ thing { named { __typename name ... on Cat { lives friend { name ... on Dog { barks } } } ... on Dog { barks } } } }',
    ],
    ['the place of a field', '{ a: thing { things { b: where } lateThing { where } } }'],
    ['arguments', '{ thing { echo a: echo(a: 1, list: 2) b: echo(text: null) } }'],
  ])('%s', async (_what, query) => {
    await expectSame(query);
  });

  test('who says of which type an item is hears the place of the field', async () => {
    const document = parse('{ thing { things { named { name } } } }');
    const type = schema.getType('Named') as GraphQLInterfaceType;
    const { resolveType } = type;
    const placesOf = async (run: typeof executeCompiled) => {
      const places: unknown[] = [];
      type.resolveType = (value, context, info, abstract) => {
        places.push(JSON.parse(JSON.stringify(info.path)));
        return resolveType?.(value, context, info, abstract);
      };
      for (const _time of [1, 2, 3]) await run({ schema, document });
      type.resolveType = resolveType;
      return places;
    };
    const told = await placesOf(async (args) => execute(args));
    expect(told.length).toBe(12);
    expect(await placesOf(executeCompiled)).toEqual(told);
  });

  test('an object of no type that the field can have', async () => {
    const document = parse('{ thing { unknown { name } text } }');
    for (const _time of [1, 2, 3]) {
      const { data, errors } = heard(await executeCompiled({ schema, document }));
      expect(data).toEqual({ thing: { unknown: null, text: 'text' } });
      expect(errors).toMatchObject([{ path: ['thing', 'unknown'] }]);
    }
  });

  test('variables, with their defaults and without', async () => {
    await expectSame(
      'query ($a: Int, $list: [Int!], $t: String = "default") { thing { echo(a: $a, list: $list, text: $t) where } }',
      [{}, { a: 1, list: [1, 2] }, { t: null }, { a: 'wrong' }, { list: 3 }],
    );
    await expectSame('query ($a: Int!) { echo(a: $a) }', [{ a: 1 }, {}, { a: null }]);
  });

  test('every combination of skip and include', async () => {
    const both = [true, false].flatMap((a) => [true, false].map((b) => ({ a, b })));
    await expectSame(
      'query ($a: Boolean!, $b: Boolean = true) { thing { text @skip(if: $a) ...F @include(if: $b) number @include(if: $a) @skip(if: $b) } } fragment F on Thing { size thing @skip(if: $a) { text } }',
      [...both, { a: true }, { a: 'wrong' }],
    );
  });

  test('more combinations than are kept', async () => {
    const names = ['a', 'b', 'c', 'd', 'e'];
    const sets = Array.from({ length: 32 }, (_, bits) =>
      Object.fromEntries(names.map((name, index) => [name, ((bits >> index) & 1) === 1])),
    );
    await expectSame(
      `query (${names.map((name) => `$${name}: Boolean!`)}) { thing { ${names.map((name) => `${name}: text @skip(if: $${name})`).join(' ')} } }`,
      sets,
    );
  });

  test('what was compiled and is not used goes when there is much else', async () => {
    const heardOf: unknown[] = [];
    resolve('Query', {
      thing: (_source, _args, _context, info) => {
        heardOf.push((info as { fieldNodes: unknown }).fieldNodes);
        return new Source();
      },
    });
    const ask = (query: string) => {
      const document = parse(query);
      return async (times: number) => {
        for (let time = 0; time < times; time += 1) await executeCompiled({ schema, document });
        return heardOf.at(-1);
      };
    };
    const askFirst = ask('{ thing { text } }');
    const first = await askFirst(2);
    expect(await askFirst(1)).toBe(first);
    const many = Array.from({ length: 1_000 }, (_, index) => `a${index}: text`).join(' ');
    for (let index = 0; index < 60; index += 1) await ask(`{ thing { ${many} } }`)(2);
    expect(await askFirst(1)).not.toBe(first);
  });

  test('what was compiled of a document does not keep it', async () => {
    resolve('Query', { thing: () => new Source() });
    const documents: WeakRef<object>[] = [];
    for (let index = 0; index < 20; index += 1) {
      const document = parse(`{ thing { a${index}: text } }`);
      for (const _time of [1, 2, 3]) await executeCompiled({ schema, document });
      documents.push(new WeakRef(document.definitions[0] as object));
    }
    await soon(null);
    collect('major');
    // The last may still be in a register.
    expect(documents.filter((each) => each.deref() !== undefined).length).toBeLessThan(3);
  });

  test('one operation of several', async () => {
    const document = parse('query A { thing { text } } query B { thing { number } }');
    for (const operationName of ['A', 'B', 'A', 'B', 'A', 'B']) {
      const args = { schema, document, operationName };
      expect(heard(await executeCompiled(args))).toEqual(heard(await execute(args)));
    }
  });

  test('fields of a mutation run one after the other, and none after one that fails it all', async () => {
    await expectSame('mutation { first second { late text } again: first }');
    const document = parse('mutation { first third second { text } }');
    for (const _time of [1, 2, 3]) {
      order.length = 0;
      const { data } = await executeCompiled({ schema, document });
      expect(data).toBe(null);
      expect(order).toEqual(['first', 'first done', 'third']);
    }
  });

  test.each(['late throwsNeeded', 'late } broken { text'])(
    'nothing runs any more when the answer is there: %s',
    async (selection) => {
      let running = 0;
      const count = async <T>(value: T) => {
        running += 1;
        await soon(null);
        running -= 1;
        return value;
      };
      resolve('Query', { needed: () => count(new Source()) });
      resolve('Thing', { late: () => count('late') });
      const document = parse(`{ needed { ${selection} } }`);
      for (const _time of [1, 2, 3]) {
        expect((await executeCompiled({ schema, document })).data).toBe(null);
        expect(running).toBe(0);
      }
    },
  );
});

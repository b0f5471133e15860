import fc, { type GeneratorValue } from 'fast-check';
import {
  type GraphQLField,
  type GraphQLObjectType,
  getNamedType,
  isInterfaceType,
  isObjectType,
  isRequiredArgument,
  parse,
} from 'graphql';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { buildSchema } from '../../../src/app/schema.ts';
import { actualCost, requestedCost } from '../../../src/graphql/cost/evaluate.ts';
import { costOf, planOf } from '../../../src/graphql/cost/operationCost.ts';
import { type IdType, idPrefixes } from '../../../src/lib/ids.ts';
import { startTestServer, type TestServer } from '../../support/server.ts';

const schema = buildSchema();
let server: TestServer;
let token: string;
let ids: string[];
beforeAll(async () => {
  server = await startTestServer({ OPERATION_MAX_COST: '1000000' });
  token = await server.tokenOf('owner@lumen.example');
  const { body } = await server.ask(
    token,
    '{ products(first: 3) { nodes { id } } customers(first: 3) { nodes { id } } conversations(first: 3) { nodes { id messages(first: 1) { nodes { id } } } } }',
  );
  ids = [...JSON.stringify(body).matchAll(/"id":"(\w+)"/g)].map(([, id]) => id ?? '');
});
afterAll(() => server?.close());

/** What takes long, or says something else each time. */
const leftOut = [
  'isolationReport',
  'fieldAccess',
  'permissions',
  'estimateCost',
  'plans',
  'entitlement',
  'pageInfo',
];

/** A selection of some of a type's fields, three levels deep, pages small or as large as they come. */
function select(any: GeneratorValue, type: GraphQLObjectType, depth: number): string {
  const fields = Object.values(type.getFields()).filter(
    (field) => !leftOut.includes(field.name) && (depth > 0 || isLeaf(field)),
  );
  const named = (wanted: boolean) =>
    fields.filter((field) => isLeaf(field) === wanted).map(({ name }) => name);
  const [leaves, objects] = [named(true), named(false)];
  const pick = (names: string[]) => (names.length === 0 ? [] : [any(fc.constantFrom, ...names)]);
  const wanted = [
    ...pick(leaves),
    ...pick(objects),
    ...(type.name === 'Query' ? [] : pick(objects)),
  ];
  const some = fields.filter(({ name }) => wanted.includes(name));
  const asked = some.map((field, index) => {
    const named = getNamedType(field.type);
    const below = isObjectType(named)
      ? select(any, named, depth - (type.name.endsWith('Connection') ? 0 : 1))
      : isInterfaceType(named)
        ? `id ${schema.getPossibleTypes(named).map((each) => `... on ${each.name} { id ${rows(any, each, depth)} }`)}`
        : '';
    return `a${index}${type.name}: ${field.name}${args(any, field)} ${below === '' ? '' : `{ ${below} }`}`;
  });
  return ['__typename', ...asked].join(' ');
}

const rows = (any: GeneratorValue, type: GraphQLObjectType, depth: number): string =>
  any(fc.boolean) ? select(any, type, Math.min(depth - 1, 1)) : '';

const isLeaf = ({ type }: GraphQLField<unknown, unknown>): boolean => {
  const named = getNamedType(type);
  return !isObjectType(named) && !isInterfaceType(named);
};

const prefixOf = ({ type }: GraphQLField<unknown, unknown>): string =>
  idPrefixes[getNamedType(type).name as IdType];

function args(any: GeneratorValue, field: GraphQLField<unknown, unknown>): string {
  const given = field.args.flatMap((argument) => {
    if (argument.name === 'first') {
      const size = any(fc.constantFrom, null, null, 0, 1, 3, 100);
      return size === null ? [] : [`first: ${size}`];
    }
    if (argument.name === 'ids') return [`ids: ${JSON.stringify(any(fc.shuffledSubarray, ids))}`];
    if (argument.name === 'id') {
      const fitting = ids.filter((id) => field.name === 'node' || id.startsWith(prefixOf(field)));
      return [`id: "${any(fc.constantFrom, ...fitting, 'prd_x')}"`];
    }
    if (argument.name === 'search')
      return any(fc.boolean) || isRequiredArgument(argument) ? ['search: "lamp"'] : [];
    if (String(argument.type) === 'ActivitySpan!')
      return [`by: ${any(fc.constantFrom, 'HOUR', 'DAY')}`];
    if (argument.name === 'by') return ['by: { meter: MEMBERS }'];
    if (argument.name === 'reference') return ['reference: { sku: "nothing" }'];
    return isRequiredArgument(argument) ? [`${argument.name}: "x"`] : [];
  });
  return given.length === 0 ? '' : `(${given.join(', ')})`;
}

test('no operation comes to more than was said before it ran, interpreted or compiled', async () => {
  const query = schema.getQueryType() as GraphQLObjectType;
  const seen = { rows: 0, partly: 0 };
  await fc.assert(
    fc.asyncProperty(fc.gen(), async (any) => {
      const text = `{ ${select(any, query, 3)} }`;
      const asked = { schema, document: parse(text) };
      const { fields } = planOf(asked) ?? { fields: [] };
      for (const turn of ['interpreted', 'compiled']) {
        const { body } = await server.ask(token, text);
        expect(body.data, `${turn}: ${JSON.stringify(body.errors)}`).toBeDefined();
        const most = requestedCost(fields, {});
        // Not what `actual` says, which is cut off at the most that was asked for.
        const actual = actualCost(fields, body.data, {});
        expect(actual).toBeLessThanOrEqual(most);
        expect(costOf(asked).actual(body.data)).toBe(Math.max(1, actual));
        if (actual > 30) seen.rows += 1;
        if (actual < most) seen.partly += 1;
      }
    }),
    { numRuns: 120 },
  );
  expect(seen.rows).toBeGreaterThan(10);
  expect(seen.partly).toBeGreaterThan(10);
});

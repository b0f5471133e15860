import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { askWith, type WireAnswer } from '../../support/askWith.ts';
import { startTestServer, type TestServer } from '../../support/server.ts';

let server: TestServer;
let owner: string;
beforeAll(async () => {
  server = await startTestServer();
  owner = await server.tokenOf('owner@lumen.example');
});
afterAll(() => server?.close());

const create =
  'mutation ($input: ProductCreateInput!) { productCreate(input: $input) { product { id name createdAt metadata } userErrors { code } } }';
const price = { amount: '1.00', currencyCode: 'EUR' };
const named = (name: string, more: object = {}) => ({ input: { name, price, ...more } });
const uniqueName = () => `product ${randomUUID()}`;

const keyed = (
  key: string,
  query: string,
  variables?: object,
  credential = owner,
): Promise<WireAnswer> =>
  askWith(server.url, credential, { 'Idempotency-Key': key }, query, variables);

const dataOf = ({ text }: WireAnswer) => /"data":(.*?)(?:,"extensions":|\}$)/.exec(text)?.[1];

async function countOf(name: string): Promise<number> {
  const rows = await server.asAdmin(
    `select count(*)::int as products, (select count(*)::int from app.audit_events where after ->> 'name' = $1) as events
     from app.products where name = $1`,
    [name],
  );
  expect(rows[0]?.events).toBe(rows[0]?.products);
  return Number(rows[0]?.products);
}

describe('the same key with the same input', () => {
  test('has one effect and the same data to the byte, and says that it is a replay', async () => {
    const [key, name] = [randomUUID(), uniqueName()];
    const input = named(name, { metadata: { z: 1, a: [1.5, null], 10: 'ten' } });
    const first = await keyed(key, create, input);
    expect(first.body.data.productCreate.userErrors).toEqual([]);
    expect(first.headers.get('Idempotency-Replayed')).toBeNull();
    expect(first.body.extensions?.idempotency).toBeUndefined();
    const again = await keyed(key, create, input);
    expect(dataOf(again)).toBe(dataOf(first));
    expect(dataOf(first)).toContain(name);
    expect(again.headers.get('Idempotency-Replayed')).toBe('true');
    expect(again.body.extensions.idempotency).toEqual({ replayed: true });
    expect(again.status).toBe(200);
    expect(await countOf(name)).toBe(1);
  });
});

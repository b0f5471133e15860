import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { mutate } from '../../support/accounts.ts';
import { askAt } from '../../support/ask.ts';
import { startTestServer, type TestServer } from '../../support/server.ts';
import { type ServerProcess, spawnServer } from '../../support/serverProcess.ts';
import { countsOf, limit } from './support/meters.ts';

// Two server processes, one database: what two of them can do to each other's counting.

let server: TestServer;
let beside: ServerProcess;
let urls: string[];
let credentials: string[];
let conversations: string[];
let customer: string;

beforeAll(async () => {
  server = await startTestServer();
  beside = spawnServer(server.environment);
  const owner = await server.tokenOf('owner@lumen.example');
  const made = [1, 2].map((n) =>
    mutate(
      server,
      'apiKeyCreate',
      { name: `Key ${n}`, scopes: ['conversations:write', 'products:write'] },
      'secret',
      owner,
    ),
  );
  credentials = [owner, ...(await Promise.all(made)).map(({ secret }) => secret)];
  const read = '{ conversations(first: 60) { nodes { id customer { id } } } }';
  const { nodes } = (await server.ask(owner, read)).body.data.conversations;
  conversations = nodes.map(({ id }: { id: string }) => id);
  customer = nodes[0].customer.id;
  urls = [server.url, await beside.url];
});
afterAll(async () => {
  await beside?.end('SIGTERM');
  await server?.close();
});

/** A root field with its number in it, and the meter that it counts. */
const works = {
  MESSAGES_PER_DAY: (n: number) =>
    `messageSend(input: { conversationId: "${conversations[n % 60]}", body: "No. ${n}" }) { message { id } userErrors { code message } }`,
  CONVERSATIONS_PER_MONTH: (n: number) =>
    `conversationCreate(input: { customerId: "${customer}", subject: "No. ${n}" }) { conversation { id } userErrors { code message } }`,
  PRODUCTS: (n: number) =>
    `productCreate(input: { name: "No. ${n}", price: { amount: "1", currencyCode: "EUR" } }) { product { id } userErrors { code message } }`,
} as const;

interface Outcome {
  readonly userErrors: readonly { code: string; message: string }[];
}

/** Sends fields as one operation, with some credential, to one of the servers. */
async function send(place: number, fields: readonly string[]): Promise<Outcome[]> {
  const document = `mutation { ${fields.map((field, n) => `a${n}: ${field}`).join(' ')} }`;
  const credential = credentials[place % 3] ?? null;
  const { body } = await askAt(urls[place % 2] ?? '', credential, document);
  if (body.errors) throw new Error(JSON.stringify(body.errors));
  return Object.values(body.data);
}

const left = 12;

describe.each(Object.keys(works) as (keyof typeof works)[])('%s', (meter) => {
  it(`lets exactly ${left} of ${4 * left} pass, as requests and as aliases, on two servers`, async () => {
    const before = await countsOf(server, 'lumen', meter);
    await limit(server, 'lumen', { [meter]: before.counted + left });
    const field = works[meter];
    const alone = Array.from({ length: 2 * left }, (_, n) => [field(n)]);
    const together = Array.from({ length: 4 }, (_, n) =>
      // Conversations of their own: two that lock the same in another order wait for each other anyway.
      Array.from({ length: left / 2 }, (_each, m) => field(30 + n * 6 + m)),
    );
    const answers = await Promise.all(
      [...together, ...alone].map((fields, place) => send(place, fields)),
    );
    const outcomes = answers.flat();
    expect(outcomes).toHaveLength(4 * left);
    const refused = outcomes.flatMap(({ userErrors }) => userErrors);
    expect(new Set(refused.map(({ code }) => code))).toEqual(new Set(['QUOTA_EXCEEDED']));
    expect(refused).toHaveLength(3 * left);
    const after = await countsOf(server, 'lumen', meter);
    expect(after).toEqual({ counted: before.counted + left, ledger: before.ledger + left });
  });
});

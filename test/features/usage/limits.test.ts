import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { useMeter, useMeterPartly } from '../../../src/features/usage/useMeter.ts';
import { mutate } from '../../support/accounts.ts';
import { startTestServer, type TestServer } from '../../support/server.ts';
import { countsOf, limit, somebody, within } from './support/meters.ts';

let server: TestServer;
let owner: string;
let conversations: string[];
beforeAll(async () => {
  server = await startTestServer();
  owner = await server.tokenOf('owner@lumen.example');
  const read = '{ conversations(first: 60) { nodes { id } } }';
  const { nodes } = (await server.ask(owner, read)).body.data.conversations;
  conversations = nodes.map(({ id }: { id: string }) => id);
});
afterAll(() => server?.close());
beforeEach(async () => {
  await server.asAdmin('delete from app.notifications');
});

const product = (reference: string) => ({
  externalReference: reference,
  name: reference,
  price: { amount: '1', currencyCode: 'EUR' },
});
const send = (n: number, internal = false) =>
  mutate(
    server,
    'messageSend',
    { conversationId: conversations[n], body: `No. ${n}`, internal },
    'message { id }',
    owner,
  );

/** Leaves room for so many, on a clock of its own. */
async function leave(meter: string, room: number): Promise<{ counted: number; ledger: number }> {
  const before = await countsOf(server, 'lumen', meter);
  await limit(server, 'lumen', { [meter]: before.counted + room });
  return before;
}

describe('a refusal', () => {
  it('says what is used, the limit, when it starts again, and which plan has more', async () => {
    const { counted } = await leave('MESSAGES_PER_DAY', 0);
    const { message, userErrors } = await send(0);
    expect(message).toBeNull();
    const day = new Date(Date.now() + 86_400_000).toISOString().slice(0, 10);
    expect(userErrors).toEqual([
      {
        field: null,
        code: 'QUOTA_EXCEEDED',
        message: `Your plan allows ${counted} messages a day; ${counted} are used. The count starts again at ${day}T00:00Z. Basic allows 1,000.`,
      },
    ]);
    // Notes for colleagues are no messages.
    expect((await send(0, true)).userErrors).toEqual([]);
    expect((await countsOf(server, 'lumen', 'MESSAGES_PER_DAY')).counted).toBe(counted);
  });

  it('undoes its field alone, with what it would have counted', async () => {
    const before = await leave('PRODUCTS', 5);
    const create = (sku: string) =>
      `productCreate(input: { name: "P", sku: "${sku}", price: { amount: "1", currencyCode: "EUR" } }) { userErrors { code } }`;
    const document = `mutation { a: ${create('ONCE')} b: ${create('ONCE')} c: ${create('TWICE')} }`;
    const { data } = (await server.ask(owner, document)).body;
    expect(data).toMatchObject({
      a: { userErrors: [] },
      b: { userErrors: [{ code: 'SKU_TAKEN' }] },
    });
    const failing = `mutation { a: ${create('UNDONE')} b: productArchive(input: { id: "nonsense" }) { userErrors { code } } }`;
    expect((await server.ask(owner, failing)).body.data ?? null).toBeNull();
    const after = await countsOf(server, 'lumen', 'PRODUCTS');
    expect(after).toEqual({ counted: before.counted + 2, ledger: before.ledger + 2 });
  });
});

describe('many at once', () => {
  it('are all taken or all refused by a bulk write', async () => {
    const before = await leave('PRODUCTS', 3);
    const upsert = (names: string[]) =>
      mutate(server, 'productBulkUpsert', { products: names.map(product) }, 'created', owner);
    const over = await upsert(['a1', 'a2', 'a3', 'a4']);
    expect(over).toMatchObject({
      created: 0,
      userErrors: [{ code: 'QUOTA_EXCEEDED', field: ['input', 'products', '3'] }],
    });
    expect((await upsert(['a1', 'a2', 'a3'])).userErrors).toEqual([]);
    // What is there already is changed at the limit too.
    const again = await upsert(['a1', 'a2']);
    expect(again).toMatchObject({ created: 0, userErrors: [] });
    expect((await countsOf(server, 'lumen', 'PRODUCTS')).counted).toBe(before.counted + 3);
  });

  it('are taken as far as there is room by an import, which names the others', async () => {
    const before = await leave('PRODUCTS', 2);
    const content = Array.from({ length: 5 }, (_, n) =>
      JSON.stringify({ ...line, sku: `I${n}` }),
    ).join('\n');
    const { report } = await mutate(
      server,
      'productImport',
      { source: { content }, format: 'JSONL', onError: 'SKIP' },
      'report { created failed problems { line code } }',
      owner,
    );
    expect(report).toEqual({
      created: 2,
      failed: 3,
      problems: [3, 4, 5].map((row) => ({ line: row, code: 'QUOTA_EXCEEDED' })),
    });
    expect((await countsOf(server, 'lumen', 'PRODUCTS')).counted).toBe(before.counted + 2);
  });

  const line = { name: 'Lamp', price: { amount: '3.00', currencyCode: 'EUR' } };

  it('come from few slots, so that others are not kept waiting', async () => {
    await limit(server, 'harbor', { AI_TOKENS_PER_MONTH: 1_000 });
    const use = (amount: number) =>
      ({ meter: 'AI_TOKENS_PER_MONTH', amount, feature: 'test' }) as const;
    await within(server, 'harbor', async (tx) => {
      await useMeter(tx, somebody, use(500));
      await within(server, 'harbor', async (other) => {
        expect(await useMeterPartly(other, somebody, use(100))).toBe(100);
      });
    });
    expect(await countsOf(server, 'harbor', 'AI_TOKENS_PER_MONTH')).toEqual({
      ...{ counted: 600, ledger: 600 },
    });
  });
});

describe('a transaction that stays open', () => {
  const used = { meter: 'MESSAGES_PER_DAY', amount: 1, feature: 'test' } as const;
  /** Counts, and stays open while `work` runs; undone or committed at its end. */
  const holding = <T>(commits: boolean, work: () => Promise<T>) => {
    let result: T;
    return within(server, 'lumen', async (tx) => {
      await useMeter(tx, somebody, used);
      result = await work();
      if (!commits) throw new Error('undone');
    }).then(
      () => result,
      (error: Error) => {
        if (error.message !== 'undone') throw error;
        return result;
      },
    );
  };

  it('keeps nobody waiting far from the limit, the first of a day included', async () => {
    await server.asAdmin(`delete from app.usage_slots where meter = 'MESSAGES_PER_DAY'`);
    await limit(server, 'lumen', { MESSAGES_PER_DAY: 1_000 });
    // Each counts while those before it are open.
    const passed = await holding(true, () =>
      holding(true, () => holding(true, async () => (await send(1)).userErrors)),
    );
    expect(passed).toEqual([]);
    expect((await countsOf(server, 'lumen', 'MESSAGES_PER_DAY')).counted).toBe(4);
  });

  it.each([
    [true, 'and is committed is counted for'],
    [false, 'and is undone gives its place'],
  ])('with the last place %s: %s', async (commits) => {
    const { counted } = await leave('MESSAGES_PER_DAY', 1);
    const waiting = { others: Promise.resolve([] as object[]) };
    await holding(commits, async () => {
      waiting.others = Promise.all([1, 2, 3].map(async (n) => (await send(n)).userErrors));
      // They wait for what this one comes to.
      const waiters = async () =>
        (
          await server.asAdmin(
            `select count(*)::int as count from pg_stat_activity
             where datname = current_database() and wait_event_type = 'Lock'`,
          )
        )[0]?.count;
      await expect.poll(waiters, { interval: 5 }).toBe(3);
    });
    const refused = (await waiting.others).filter((errors) => Object.keys(errors).length > 0);
    expect(refused).toHaveLength(commits ? 3 : 2);
    expect((await countsOf(server, 'lumen', 'MESSAGES_PER_DAY')).counted).toBe(counted + 1);
  });
});

it('a change that finds every slot held is told to come again, and none is uncounted', async () => {
  const { counted } = await leave('MESSAGES_PER_DAY', 1_000);
  const held = `select pg_advisory_xact_lock(app.slot_lock(id, 'MESSAGES_PER_DAY') | slot)
    from app.tenants, generate_series(0, 15) as slot where slug = $1`;
  const text =
    'mutation ($input: MessageSendInput!) { messageSend(input: $input) { message { id } userErrors { code } } }';
  const input = { conversationId: conversations[1], body: 'Held up' };
  await server.holding(held, ['lumen'], async () => {
    const { body } = await server.ask(owner, text, { input });
    expect(body.errors[0].extensions.code).toBe('TIMED_OUT');
  });
  expect((await countsOf(server, 'lumen', 'MESSAGES_PER_DAY')).counted).toBe(counted);
  expect((await server.ask(owner, text, { input })).body.data.messageSend.userErrors).toEqual([]);
  expect((await countsOf(server, 'lumen', 'MESSAGES_PER_DAY')).counted).toBe(counted + 1);
});

describe('a limit that changes', () => {
  const used = (amount: number) => ({ meter: 'STORAGE_BYTES', amount, feature: 'test' }) as const;
  const take = (amount: number) =>
    within(server, 'lumen', (tx) => useMeterPartly(tx, somebody, used(amount)));

  it('holds at once, lowered and raised', async () => {
    await limit(server, 'lumen', { STORAGE_BYTES: 10_000 });
    expect(await take(500)).toBe(500);
    await limit(server, 'lumen', { STORAGE_BYTES: 600 });
    const taken = await Promise.all(Array.from({ length: 12 }, () => take(10)));
    expect(taken.reduce((sum, amount) => sum + amount)).toBe(100);
    expect((await countsOf(server, 'lumen', 'STORAGE_BYTES')).counted).toBe(600);
    await limit(server, 'lumen', {});
    expect(await take(5_000)).toBe(5_000);
    await limit(server, 'lumen', { STORAGE_BYTES: 5_000 });
    expect(await take(1)).toBe(0);
    await limit(server, 'lumen', { STORAGE_BYTES: 5_700 });
    expect(await take(1_000)).toBe(100);
  });
});

describe('the turn of a day and of a month', () => {
  const setClock = (moment: string | null) =>
    server.asAdmin(
      `create or replace function app.usage_today() returns date language sql stable parallel safe
       as $$ select (${moment === null ? 'now()' : `timestamptz '${moment}'`} at time zone 'utc')::date $$`,
    );
  const use = (meter: 'AI_TOKENS_PER_MONTH' | 'STORAGE_BYTES' | 'MESSAGES_PER_DAY') =>
    within(server, 'lumen', (tx) =>
      useMeterPartly(tx, somebody, { meter, amount: 6, feature: 'test' }),
    );

  it('begins a new count by the clock of the database, in UTC', async () => {
    await limit(server, 'lumen', { MESSAGES_PER_DAY: 10, AI_TOKENS_PER_MONTH: 10 });
    try {
      await setClock('2031-01-30 23:59:59+00');
      expect([await use('MESSAGES_PER_DAY'), await use('MESSAGES_PER_DAY')]).toEqual([6, 4]);
      expect(await use('AI_TOKENS_PER_MONTH')).toBe(6);
      // An hour east of Greenwich it was the 31st before.
      await setClock('2031-01-31 00:30:00+01');
      expect(await use('MESSAGES_PER_DAY')).toBe(0);
      await setClock('2031-01-31 00:00:00+00');
      expect(await use('MESSAGES_PER_DAY')).toBe(6);
      expect(await use('AI_TOKENS_PER_MONTH')).toBe(4);
      await setClock('2031-02-01 00:00:00+00');
      expect(await use('MESSAGES_PER_DAY')).toBe(6);
      expect(await use('AI_TOKENS_PER_MONTH')).toBe(6);
      const read =
        '{ usage(meters: [AI_TOKENS_PER_MONTH]) { used remaining resetsAt daily(days: 3) { day used } } }';
      expect((await server.ask(owner, read)).body.data.usage).toEqual([
        {
          ...{ used: 6, remaining: 4, resetsAt: '2031-03-01T00:00:00.000Z' },
          daily: [
            { day: '2031-01-30', used: 6 },
            { day: '2031-01-31', used: 4 },
            { day: '2031-02-01', used: 6 },
          ],
        },
      ]);
    } finally {
      await setClock(null);
    }
  });
});

describe('warnings', () => {
  const percents = async (meter: string) =>
    (
      await server.asAdmin(
        `select data ->> 'percent' as percent from app.notifications where data ->> 'meter' = $1 order by data -> 'percent'`,
        [meter],
      )
    ).map(({ percent }) => percent);

  it('come at four fifths and at the limit, once, whoever gets there at once', async () => {
    await server.asAdmin(`delete from app.usage_slots where meter = 'MESSAGES_PER_DAY'`);
    await limit(server, 'lumen', { MESSAGES_PER_DAY: 40 });
    const sendSome = (from: number, to: number) =>
      Promise.all(Array.from({ length: to - from }, (_, n) => send(from + n)));
    await sendSome(0, 31);
    expect(await percents('MESSAGES_PER_DAY')).toEqual([]);
    await sendSome(31, 39);
    expect(await percents('MESSAGES_PER_DAY')).toEqual(['80']);
    await sendSome(39, 50);
    expect(await percents('MESSAGES_PER_DAY')).toEqual(['80', '100']);
    expect((await countsOf(server, 'lumen', 'MESSAGES_PER_DAY')).counted).toBe(40);
  });

  it('are undone with the work that would have caused them', async () => {
    await limit(server, 'harbor', { AI_TOKENS_PER_MONTH: 1_000 });
    const use = { meter: 'AI_TOKENS_PER_MONTH', amount: 900, feature: 'test' } as const;
    await server.asAdmin(`delete from app.usage_slots where meter = 'AI_TOKENS_PER_MONTH'`);
    const undone = within(server, 'harbor', async (tx) => {
      await useMeter(tx, somebody, use);
      throw new Error('undone');
    });
    await expect(undone).rejects.toThrow('undone');
    expect(await percents('AI_TOKENS_PER_MONTH')).toEqual([]);
    await within(server, 'harbor', (tx) => useMeter(tx, somebody, use));
    expect(await percents('AI_TOKENS_PER_MONTH')).toEqual(['80']);
  });
});

import { afterAll, beforeAll, expect, test } from 'vitest';
import { useMeter } from '../../../src/features/usage/useMeter.ts';
import { Refusal } from '../../../src/lib/errors.ts';
import { startTestServer, type TestServer } from '../../support/server.ts';
import { countsOf, limit, somebody, within } from './support/meters.ts';

// Whoever needs the room that a transaction in flight has taken waits for how that ends.

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server?.close());
const meter = 'AI_TOKENS_PER_MONTH';
const use = (amount: number) => ({ meter, amount, feature: 'test' }) as const;

/** A transaction that has counted, in one slot and far from a mark, and goes on until it is told how to end. */
async function hold(amount: number): Promise<(end: 'commit' | 'rollback') => Promise<void>> {
  const counted = Promise.withResolvers<void>();
  const told = Promise.withResolvers<'commit' | 'rollback'>();
  const undone = new Error('undone');
  const ended = within(server, 'lumen', async (tx) => {
    await useMeter(tx, somebody, use(amount));
    counted.resolve();
    if ((await told.promise) === 'rollback') throw undone;
  }).catch((error: unknown) => {
    if (error !== undone) throw error;
  });
  await Promise.race([counted.promise, ended]);
  return (end) => {
    told.resolve(end);
    return ended;
  };
}

/** How one ended that wanted more: null, or the code of its refusal. */
async function ask(amount: number): Promise<string | null> {
  try {
    await within(server, 'lumen', (tx) => useMeter(tx, somebody, use(amount)));
    return null;
  } catch (error) {
    if (error instanceof Refusal) return error.issues[0]?.code ?? '';
    throw error;
  }
}

/** Resolves when somebody holds every slot but one. */
async function untilOneWaits(): Promise<void> {
  const waiting = `select pid from pg_locks where locktype = 'advisory' and granted
    and database = (select oid from pg_database where datname = current_database())
    group by pid having count(*) = 16`;
  while ((await server.asAdmin(waiting)).length === 0);
}

async function startAnew(): Promise<void> {
  await server.asAdmin(`delete from app.usage_slots where meter = '${meter}'`);
  await server.asAdmin(`delete from app.usage_days where meter = '${meter}'`);
  await limit(server, 'lumen', { [meter]: 1_000 });
}

test.each([
  // 300 and 750 are more than 1 000.
  ['is rolled back has the room', 'rollback', null, 750],
  ['commits is refused', 'commit', 'QUOTA_EXCEEDED', 300],
] as const)('who waits for one that %s', async (_name, end, expected, counted) => {
  // At some of these it ends between two looks of who waits.
  for (let turn = 0; turn < 15; turn += 1) {
    await startAnew();
    const endWith = await hold(300);
    const asked = ask(750);
    await Promise.race([untilOneWaits(), asked]);
    await endWith(end);
    expect(await asked).toBe(expected);
    expect(await countsOf(server, 'lumen', meter)).toEqual({ counted, ledger: counted });
  }
});

test('where one who has counted waits behind another, no room beyond the mark is given out unseen', async () => {
  await startAnew();
  await server.asAdmin('delete from app.notifications');
  const [counted, goOn] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const one = within(server, 'lumen', async (tx) => {
    await useMeter(tx, somebody, use(300));
    counted.resolve();
    await goOn.promise;
    await useMeter(tx, somebody, use(650)).catch(() => undefined);
  });
  await counted.promise;
  const other = ask(450);
  await untilOneWaits();
  goOn.resolve();
  expect(await other).toBeNull();
  await one;
  expect(await countsOf(server, 'lumen', meter)).toMatchObject({ counted: 750 });
  // More than the first one's slot still has.
  expect(await ask(120)).toBeNull();
  expect(
    await server.asAdmin(`select data -> 'percent' as percent from app.notifications`),
  ).toEqual([{ percent: 80 }]);
});

test('a slot without room is kept from nobody', async () => {
  await startAnew();
  expect(await ask(1)).toBeNull();
  await server.asAdmin(`update app.usage_slots set share = used where meter = '${meter}'`);
  // On a connection of its own: its first plans are made for their values, and sort conditions by price.
  const held = await server.holding(
    `select set_config('app.tenant_id', id::text, true),
       app.use_meter($1, 1, false, 'test', '00000000-0000-0000-0000-000000000000')
     from app.tenants where slug = 'lumen'`,
    [meter],
    () =>
      server.asAdmin(
        `select (objid::bigint & 31)::int as slot from pg_locks where locktype = 'advisory'
         and database = (select oid from pg_database where datname = current_database())`,
      ),
  );
  expect(held).toHaveLength(1);
  expect(held).not.toContainEqual({ slot: 0 });
});

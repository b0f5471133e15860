import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import type { DatabaseOptions, TenantOperation } from '../../src/db/database.ts';
import { flushText, type Place } from '../../src/db/sharedFlush.ts';
import { nameFor } from '../../src/db/statementBook.ts';
import { startProxy, type TcpProxy, type Verdict } from './support/proxy.ts';
import {
  createTwoTenants,
  insertCustomer,
  type OpenedDatabase,
  type TwoTenants,
  until,
} from './support/twoTenants.ts';

let world: TwoTenants;
let proxy: TcpProxy;
let db: OpenedDatabase;

const stopClockAt = (moment: number) => vi.spyOn(performance, 'now').mockReturnValue(moment);

/** Two connections at rest, and no flush that becomes late on a busy machine. */
async function open(options: Partial<DatabaseOptions> = {}): Promise<OpenedDatabase> {
  db = world.open({ url: proxy.urlFor(world.serverUrl), poolSize: 2, ...options });
  await Promise.all([db.ping(), db.ping()]);
  stopClockAt(performance.now() + 1);
  proxy.sent.length = 0;
  return db;
}

beforeAll(async () => {
  world = await createTwoTenants();
});
afterAll(() => world.close());
beforeEach(async () => {
  proxy = await startProxy(world.serverUrl);
});
afterEach(async () => {
  vi.restoreAllMocks();
  await db.close();
  await proxy.close();
});

const isFlush = (piece: Buffer): boolean =>
  piece.includes(flushText) || piece.includes(nameFor(flushText));
const flushes = (): number => proxy.sent.filter(isFlush).length;

/** What happens to the first flush, the second … */
function judgeFlushes(...verdicts: (() => Verdict)[]): void {
  proxy.judge = (piece, direction) =>
    direction === 'toServer' && isFlush(piece) ? (verdicts.shift()?.() ?? 'pass') : 'pass';
}

const late = (): Verdict => {
  proxy.delayMs = 200;
  queueMicrotask(() => {
    proxy.delayMs = 0;
  });
  return 'pass';
};

/**
 * Six writes at once on two connections. The first two find nobody waiting, the last one nobody any more:
 * these flush themselves, the third to the fifth wait for a flush that is shared.
 */
const crowd = (name: string): Promise<unknown>[] =>
  Array.from({ length: 6 }, () =>
    db.withTenant(world.a, { mode: 'write' }, (tx) => tx.query(insertCustomer, [world.a, name])),
  );

async function outcomes(writes: Promise<unknown>[]): Promise<string> {
  const settled = await Promise.allSettled(writes);
  return settled
    .map((each) => (each.status === 'fulfilled' ? 'done' : String(each.reason.code)))
    .join(' ');
}

const doubt = 'COMMIT_IN_DOUBT';

const wanted: Place = { isWanted: true, leave: () => undefined };

describe('writes that others wait for', () => {
  test('are answered when a flush that they share is through', async () => {
    await open();
    expect(await outcomes(crowd('shared'))).toBe('done done done done done done');
    expect(flushes()).toBeGreaterThan(0);
    expect(flushes()).toBeLessThan(4);
    expect(await world.countOf('shared')).toBe(6);
  });

  test('are in doubt when no flush answers in time, though Postgres has committed them', async () => {
    await open({ closeTimeoutMs: 800 });
    judgeFlushes(() => 'blackHole');
    const all = crowd('swallowed');
    await until(async () => (await world.countOf('swallowed')) === 6);
    expect(await outcomes(all)).toBe(`done done ${doubt} ${doubt} ${doubt} done`);
    expect(db.events.filter(({ type }) => type === 'commitInDoubt')).toHaveLength(3);
    proxy.resetAll();
  });

  test('are not covered by a flush that began before', async () => {
    await open();
    const { promise: after, resolve: letPass } = Promise.withResolvers<void>();
    judgeFlushes(
      () => ({ after }),
      () => 'blackHole',
    );
    const all = crowd('began before');
    const ended = outcomes(all);
    await all.at(-1); // all others have committed before it
    expect(flushes()).toBe(1);
    letPass();
    await until(() => flushes() === 2);
    proxy.resetAll();
    const [first, second, ...rest] = (await ended).split(' ');
    // The third or the fourth, whichever committed first.
    expect([first, second, ...rest.slice(0, 2).sort(), ...rest.slice(2)]).toEqual([
      ...['done', 'done', doubt, 'done', doubt, 'done'],
    ]);
  });

  test('are not covered by a connection that was not open when they began: Postgres may have crashed since', async () => {
    db = world.open({ url: proxy.urlFor(world.serverUrl), poolSize: 3 });
    await db.ping();
    const isCommit = (piece: Buffer) => piece.includes('COMMIT\0');
    const { promise: after, resolve: letPass } = Promise.withResolvers<void>();
    const verdicts: Verdict[] = [{ after }];
    let held = false;
    proxy.judge = (piece, direction) => {
      if (direction === 'toServer') return isFlush(piece) && flushes() === 1 ? 'blackHole' : 'pass';
      if (!isCommit(piece)) return 'pass';
      held = true;
      return verdicts.shift() ?? 'pass';
    };
    const write = () =>
      db.withTenant(world.a, { mode: 'write', place: wanted }, (tx) =>
        tx.query(insertCustomer, [world.a, 'reopened']),
      );
    const early = outcomes([write()]);
    await until(() => held);
    const late = outcomes([write()]); // on a connection that is opened for it
    await until(() => flushes() === 1);
    letPass();
    expect(await early).toBe('done'); // by a flush of its own
    proxy.resetAll();
    expect(await late).toBe(doubt);
  });

  test('are all in doubt when its connection breaks: another might flush a Postgres that has lost them', async () => {
    await open();
    judgeFlushes(() => 'blackHole');
    const all = crowd('broken');
    const ended = outcomes(all);
    await all.at(-1); // all others have committed before it
    proxy.resetAll();
    expect(await ended).toBe(`done done ${doubt} ${doubt} ${doubt} done`);
    expect(flushes()).toBe(1);
    expect(await outcomes(crowd('broken'))).toBe('done done done done done done');
  });

  test('wait no longer for one that takes long: of a dead connection others need not know', async () => {
    await open();
    judgeFlushes(() => 'blackHole');
    const write = () =>
      db.withTenant(world.a, { mode: 'write', place: wanted }, (tx) =>
        tx.query(insertCustomer, [world.a, 'later']),
      );
    const first = outcomes([write()]);
    await until(() => flushes() === 1);
    stopClockAt(performance.now() + 1_000);
    expect(await outcomes([write()])).toBe('done');
    proxy.resetAll();
    expect(await first).toBe(doubt);
  });

  test('flush themselves with a pool of one, where nobody gains', async () => {
    await open({ poolSize: 1 });
    expect(await outcomes(crowd('of one'))).toBe('done done done done done done');
    expect(flushes()).toBe(0);
  });

  test('flush themselves through a pooler, which could hide that Postgres came back', async () => {
    proxy.judge = (piece, direction) => {
      // BackendKeyData: its length, the process id, the key. A pooler makes its own up.
      const at = piece.indexOf(Buffer.from([0x4b, 0, 0, 0, 12]));
      if (direction === 'toServer' || at === -1) return 'pass';
      const changed = Buffer.from(piece);
      changed.writeInt32BE(changed.readInt32BE(at + 5) + 1, at + 5);
      return changed;
    };
    await open();
    expect(await outcomes(crowd('pooled'))).toBe('done done done done done done');
    expect(flushes()).toBe(0);
  });

  test('wait for no flush where the operator does without', async () => {
    const name = new URL(world.adminUrl).pathname.slice(1);
    const role = `alter role tenantry_server in database "${name}"`;
    await world.admin.query(`${role} set synchronous_commit = off`);
    await open();
    await world.admin.query(`${role} reset synchronous_commit`);
    expect(await outcomes(crowd('without'))).toBe('done done done done done done');
    expect(flushes()).toBe(0);
  });
});

describe('while it waits for its flush', () => {
  let left: boolean;
  const place: Place = {
    isWanted: true,
    leave: () => {
      left = true;
    },
  };

  async function committing(): Promise<{ operation: TenantOperation; committed: Promise<string> }> {
    left = false;
    const operation = db.operation(world.a, { mode: 'write', place });
    await operation.tx.query(insertCustomer, [world.a, 'placed']);
    const committed = operation.commit().then(
      () => 'done',
      (error) => error.code,
    );
    return { operation, committed };
  }

  test('a write has left its place', async () => {
    await open();
    judgeFlushes(late);
    const { committed } = await committing();
    await until(() => left);
    expect(await Promise.race([committed, Promise.resolve('waits')])).toBe('waits');
    expect(await committed).toBe('done');
  });

  test('its listeners are not told', async () => {
    await open();
    judgeFlushes(() => 'blackHole');
    let told = false;
    const { operation, committed } = await committing();
    operation.tx.afterCommit(() => {
      told = true;
    });
    await until(() => left);
    proxy.resetAll();
    expect(await committed).toBe(doubt);
    expect(told).toBe(false);
  });

  test('closing the database lets it come', async () => {
    await open();
    judgeFlushes(late);
    const { committed } = await committing();
    await until(() => left);
    await db.close();
    expect(await committed).toBe('done');
  });
});

test('the success of a write that changed nothing covers what it saw', async () => {
  await open();
  await world.admin.query('begin; set local synchronous_commit = off');
  await world.admin.query(insertCustomer, [world.a, 'seen']);
  await world.admin.query('commit');
  const { rows } = await world.admin.query('select pg_current_wal_insert_lsn() as written');
  await db.withTenant(world.a, { mode: 'write' }, (tx) => tx.query('select 1'));
  const flushed = await world.admin.query('select pg_current_wal_flush_lsn() >= $1 as covers', [
    rows[0].written,
  ]);
  expect(flushed.rows).toEqual([{ covers: true }]);
});

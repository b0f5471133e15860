import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { watchProcess } from './support/faults.ts';
import { startProxy } from './support/proxy.ts';
import {
  allCustomers,
  createTwoTenants,
  insertCustomer,
  type OpenedDatabase,
  type TwoTenants,
  until,
} from './support/twoTenants.ts';

let world: TwoTenants;
let db: OpenedDatabase;
let watched: ReturnType<typeof watchProcess>;

beforeAll(async () => {
  world = await createTwoTenants();
});
afterAll(() => world.close());
beforeEach(async () => {
  watched = watchProcess();
  db = world.open({ poolSize: 1, maxWaiting: 2, acquireTimeoutMs: 200 });
  await db.ping();
});
afterEach(async () => {
  const { rows } = await db.withTenant(world.b, { mode: 'read' }, (tx) =>
    tx.query<{ tenant_id: string }>(allCustomers),
  );
  expect(new Set(rows.map((row) => row.tenant_id))).toEqual(new Set([world.b]));
  await db.close();
  await until(async () => (await world.backends()).length === 0);
  watched.stop();
  expect(watched.faults).toEqual([]);
});

const kinds = (): string[] => db.events.map((event) => event.type);

async function timed<T>(work: Promise<T>): Promise<{ ms: number; error: unknown }> {
  const started = performance.now();
  const error = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  return { ms: performance.now() - started, error };
}

describe('an exhausted pool', () => {
  test('refuses one waiter too many at once, and the others when their time is up', async () => {
    const holder = db.operation(world.a, { mode: 'write' });
    await holder.tx.query('select 1');
    const read = () => db.withTenant(world.b, { mode: 'read' }, (tx) => tx.query('select 1'));
    const waiting = [timed(read()), timed(read())];
    const refused = await Promise.all([
      timed(read()),
      timed(db.lookup('select 1', [])),
      timed(db.ping()),
    ]);
    for (const { ms, error } of refused) {
      expect(error).toMatchObject({ code: 'DATABASE_UNAVAILABLE', reason: 'TOO_MANY_WAITERS' });
      expect(ms).toBeLessThan(100);
    }
    for (const { ms, error } of await Promise.all(waiting)) {
      expect(error).toMatchObject({ code: 'DATABASE_UNAVAILABLE', reason: 'ACQUIRE_TIMED_OUT' });
      expect(ms).toBeGreaterThan(150);
    }
    await holder.tx.query(insertCustomer, [world.a, 'holder']);
    await holder.commit();
    expect(await world.countOf('holder')).toBe(1);
  });

  test('bounds its waiters also when they all come in one burst', async () => {
    const burst = Array.from({ length: 10 }, () =>
      timed(db.withTenant(world.a, { mode: 'read' }, (tx) => tx.query('select pg_sleep(0.01)'))),
    );
    const errors = (await Promise.all(burst)).map(({ error }) => error);
    expect(errors.filter((error) => error === undefined)).toHaveLength(3);
    for (const error of errors.filter(Boolean))
      expect(error).toMatchObject({ reason: 'TOO_MANY_WAITERS' });
  });

  test('gives way at once to a waiter that hangs up', async () => {
    const holder = db.operation(world.a, { mode: 'write' });
    await holder.tx.query('select 1');
    const client = new AbortController();
    const waiting = timed(
      db.withTenant(world.b, { mode: 'write', signal: client.signal }, (tx) =>
        tx.query('select 1'),
      ),
    );
    setTimeout(() => client.abort(), 10);
    const { ms, error } = await waiting;
    expect(error).toMatchObject({ code: 'OPERATION_CANCELLED' });
    expect(ms).toBeLessThan(150);
    await holder.commit();
  });
});

describe('a client that hangs up', () => {
  test('before its first statement never takes a connection, and commits nothing', async () => {
    const operation = db.operation(world.a, { mode: 'write', signal: AbortSignal.abort() });
    await expect(operation.tx.query('select 1')).rejects.toMatchObject({
      code: 'OPERATION_CANCELLED',
    });
    await expect(operation.commit()).rejects.toMatchObject({
      code: 'TRANSACTION_FAILED',
      cause: { code: 'OPERATION_CANCELLED' },
    });
    expect(operation.started).toBe(false);
  });

  test('between statements is rolled back, and its connection is kept', async () => {
    const client = new AbortController();
    const operation = db.operation(world.a, { mode: 'write', signal: client.signal });
    await operation.tx.query(insertCustomer, [world.a, 'hung up']);
    client.abort();
    await expect(operation.tx.query('select 1')).rejects.toMatchObject({
      code: 'OPERATION_CANCELLED',
    });
    await expect(operation.commit()).rejects.toMatchObject({ code: 'OPERATION_CANCELLED' });
    expect(await world.countOf('hung up')).toBe(0);
    expect(db.statistics.idle).toBe(1);
    expect(kinds()).not.toContain('connectionDestroyed');
  });

  test('during a long statement is answered at once; the statement is cancelled and its connection never used again', async () => {
    const client = new AbortController();
    const [before] = await world.backends();
    const operation = db.operation(world.a, { mode: 'write', signal: client.signal });
    await operation.tx.query(insertCustomer, [world.a, 'hung up']);
    const sleeping = operation.tx.query('select pg_sleep(10)');
    await until(async () => (await world.backends())[0]?.state === 'active');
    client.abort();
    const { ms, error } = await timed(sleeping);
    expect(error).toMatchObject({ code: 'OPERATION_CANCELLED' });
    expect(ms).toBeLessThan(50);
    await operation.rollback();
    expect(kinds()).toEqual(['connectionOpened', 'cancelSent', 'connectionDestroyed']);
    await until(async () => (await world.backends()).length === 0);
    await db.ping();
    expect((await world.backends())[0]?.pid).not.toBe(before?.pid);
    expect(await world.countOf('hung up')).toBe(0);
  });

  test('during a short statement costs no cancel: the ROLLBACK behind it is answered in time', async () => {
    const client = new AbortController();
    const operation = db.operation(world.a, { mode: 'read', signal: client.signal });
    const flushes = db.statistics.flushes;
    const short = operation.tx.query('select pg_sleep(0.02)');
    await until(() => db.statistics.flushes > flushes);
    client.abort();
    await expect(short).rejects.toMatchObject({ code: 'OPERATION_CANCELLED' });
    await operation.rollback();
    expect(kinds()).toEqual(['connectionOpened']);
    expect(db.statistics.idle).toBe(1);
  });

  test('while COMMIT is under way does not stop it', async () => {
    const proxy = await startProxy(world.serverUrl);
    const slow = world.open({ url: proxy.urlFor(world.serverUrl), poolSize: 1 });
    const client = new AbortController();
    const operation = slow.operation(world.a, { mode: 'write', signal: client.signal });
    await operation.tx.query(insertCustomer, [world.a, 'committed']);
    proxy.delayMs = 60;
    const flushes = slow.statistics.flushes;
    const committing = operation.commit();
    await until(() => slow.statistics.flushes > flushes);
    client.abort();
    await expect(committing).resolves.toBeUndefined();
    expect(await world.countOf('committed')).toBe(1);
    expect(slow.events.map((event) => event.type)).toEqual(['connectionOpened']);
    await slow.close();
    await proxy.close();
  });

  test('before COMMIT has been written gets a definite answer', async () => {
    const client = new AbortController();
    const operation = db.operation(world.a, { mode: 'write', signal: client.signal });
    void operation.tx.query(insertCustomer, [world.a, 'held']);
    const committing = operation.commit(); // held with its statement until the tenant is set
    client.abort();
    await expect(committing).rejects.toMatchObject({ code: 'OPERATION_CANCELLED' });
    await operation.rollback();
    expect(await world.countOf('held')).toBe(0);
  });
});

describe('before COMMIT has been written', () => {
  test('a hang-up in the very tick of commit() is a definite abort', async () => {
    const client = new AbortController();
    const operation = db.operation(world.a, { mode: 'write', signal: client.signal });
    await operation.tx.query(insertCustomer, [world.a, 'same tick']);
    const committing = operation.commit();
    client.abort();
    await expect(committing).rejects.toMatchObject({ code: 'OPERATION_CANCELLED' });
    await operation.rollback();
    await until(() => db.statistics.idle === 1);
    expect(await world.countOf('same tick')).toBe(0);
  });

  test('a connection lost between two statements frees its place at once, and nothing commits', async () => {
    const operation = db.operation(world.a, { mode: 'write' });
    await operation.tx.query(insertCustomer, [world.a, 'lost']);
    await world.admin.query('select pg_terminate_backend($1)', [(await world.backends())[0]?.pid]);
    await until(() => db.statistics.total === 0);
    await db.ping();
    await expect(operation.commit()).rejects.toMatchObject({
      code: 'DATABASE_UNAVAILABLE',
      reason: 'CONNECTION_LOST',
    });
    expect(await world.countOf('lost')).toBe(0);
  });
});

describe('time-outs', () => {
  test('an operation that takes too long is cancelled and rolled back', async () => {
    const short = world.open({ poolSize: 1, operationTimeoutMs: 600 });
    const work = short.withTenant(world.a, { mode: 'write' }, async (tx) => {
      await tx.query(insertCustomer, [world.a, 'too long']);
      await tx.query('select pg_sleep(10)');
    });
    const { ms, error } = await timed(work);
    expect(error).toMatchObject({ code: 'OPERATION_TIMED_OUT', phase: 'OPERATION' });
    expect(ms).toBeLessThan(5_000);
    await short.close();
    await until(async () => (await world.backends()).length === 1);
    expect(await world.countOf('too long')).toBe(0);
  });

  test('an operation that idles too long is rolled back, and its connection is kept', async () => {
    const short = world.open({ poolSize: 1, operationTimeoutMs: 600 });
    const operation = short.operation(world.a, { mode: 'write' });
    await operation.tx.query(insertCustomer, [world.a, 'idled']);
    await until(() => short.statistics.idle === 1);
    await expect(operation.tx.query('select 1')).rejects.toMatchObject({
      code: 'OPERATION_TIMED_OUT',
    });
    await expect(operation.commit()).rejects.toMatchObject({ code: 'OPERATION_TIMED_OUT' });
    expect(await world.countOf('idled')).toBe(0);
    await short.close();
  });

  test('a look-up that takes too long is cancelled', async () => {
    const short = world.open({ poolSize: 1, operationTimeoutMs: 600 });
    await expect(short.lookup('select pg_sleep(10)', [])).rejects.toMatchObject({
      code: 'OPERATION_TIMED_OUT',
    });
    await until(async () => (await world.backends()).length === 1);
    await short.close();
  });

  test('a rollback behind a long statement ends in time', async () => {
    const short = world.open({ poolSize: 1, closeTimeoutMs: 60 });
    const operation = short.operation(world.a, { mode: 'read' });
    const sleeping = operation.tx.query('select pg_sleep(10)');
    await until(async () => (await world.backends()).some(({ state }) => state === 'active'));
    const { ms } = await timed(operation.rollback());
    expect(ms).toBeLessThan(1_000);
    await expect(sleeping).rejects.toMatchObject({ code: 'HANDLE_CLOSED' });
    await until(async () => (await world.backends()).length === 1);
    await short.close();
  });

  test('closing lets work under way finish, refuses those who wait, and ends in time', async () => {
    const other = world.open({ poolSize: 1, closeTimeoutMs: 150 });
    const finishing = other.withTenant(world.a, { mode: 'write' }, async (tx) => {
      await tx.query(insertCustomer, [world.a, 'finishing']);
      await tx.query('select pg_sleep(0.05)');
    });
    await until(() => other.statistics.statements === 4);
    const waiting = timed(other.ping());
    const closing = timed(other.close());
    await expect(finishing).resolves.toBeUndefined();
    expect((await waiting).error).toMatchObject({ reason: 'CLOSED' });
    expect((await closing).ms).toBeLessThan(1_000);
    expect(await world.countOf('finishing')).toBe(1);

    const stuck = world.open({ poolSize: 1, closeTimeoutMs: 50 });
    const never = timed(
      stuck.withTenant(world.a, { mode: 'read' }, (tx) => tx.query('select pg_sleep(2)')),
    );
    await until(async () => (await world.backends()).some(({ state }) => state === 'active'));
    expect((await timed(stuck.close())).ms).toBeLessThan(1_000);
    expect((await never).error).toMatchObject({ code: 'DATABASE_UNAVAILABLE' });
    await world.admin.query(`select pg_terminate_backend(pid) from pg_stat_activity
      where datname = current_database() and usename = 'tenantry_server' and state = 'active'`);
  });
});

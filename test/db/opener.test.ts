import { describe, expect, test } from 'vitest';
import type { TenantTransaction } from '../../src/db/database.ts';
import { useOpenerOfOne } from './support/openerOfOne.ts';
import { allCustomers, insertCustomer, until } from './support/twoTenants.ts';

const here = useOpenerOfOne();

describe('the tenant', () => {
  const setting = `select current_setting('app.tenant_id', true) as value`;

  test('is gone from the connection after COMMIT, rollback and error, and without one there are no rows', async () => {
    const leftOver = async (): Promise<unknown[]> => {
      const [row] = await here.db.lookup<{ value: string | null }>(setting, []);
      return [row?.value || null, (await here.db.lookup(allCustomers, [])).length];
    };
    expect(await leftOver()).toEqual([null, 0]);
    await here.db.withTenant(here.world.a, { mode: 'write' }, (tx) => tx.query('select 1'));
    expect(await leftOver()).toEqual([null, 0]);
    await expect(
      here.db.withTenant(here.world.a, { mode: 'write' }, (tx) => tx.query('select 1/0')),
    ).rejects.toThrow();
    expect(await leftOver()).toEqual([null, 0]);
    const operation = here.db.operation(here.world.a, { mode: 'read' });
    await operation.tx.query('select 1');
    await operation.rollback();
    expect(await leftOver()).toEqual([null, 0]);
  });

  test('that is no uuid opens nothing', async () => {
    for (const mode of ['read', 'write'] as const) {
      await expect(
        here.db.withTenant('nonsense', { mode }, (tx) => tx.query(allCustomers)),
      ).rejects.toMatchObject({ sqlState: '22P02' });
    }
  });

  test('of another can not be written', async () => {
    const work = here.db.withTenant(here.world.a, { mode: 'write' }, (tx) =>
      tx.query(insertCustomer, [here.world.b, 'foreign']),
    );
    await expect(work).rejects.toMatchObject({ sqlState: '42501' });
  });
});

describe('look-ups', () => {
  test('one fails alone, and its connection is kept', async () => {
    await expect(here.db.lookup('select 1/0', [])).rejects.toMatchObject({
      code: 'STATEMENT_FAILED',
      sqlState: '22012',
    });
    await until(() => here.db.statistics.idle === 1);
    expect(await here.db.lookup('select $1::int as n', [7])).toEqual([{ n: 7 }]);
    await expect(here.db.lookup('begin', [])).rejects.toMatchObject({
      code: 'FORBIDDEN_STATEMENT',
    });
  });

  test('ping gives up with its signal', async () => {
    await expect(here.db.ping(AbortSignal.abort())).rejects.toMatchObject({
      code: 'OPERATION_CANCELLED',
    });
    await expect(here.db.ping()).resolves.toBeUndefined();
  });
});

test('a closed database refuses', async () => {
  const other = here.world.open();
  await other.ping();
  await other.close();
  await expect(other.ping()).rejects.toMatchObject({
    code: 'DATABASE_UNAVAILABLE',
    reason: 'CLOSED',
  });
});

test('what waits for the commit is told of it, unless its frame was undone', async () => {
  const told: string[] = [];
  const note = (tx: TenantTransaction, what: string) => tx.afterCommit(() => told.push(what));
  const operation = here.db.operation(here.world.a, { mode: 'write' });
  const { tx } = operation;
  note(tx, 'whole');
  await tx.query('select 1');
  await tx.savepoint(async (kept) => {
    await kept.query('select 1');
    await kept.savepoint(async (inner) => note(inner, 'inner'));
    note(kept, 'kept');
  });
  const undone = tx.savepoint(async (frame) => {
    note(frame, 'undone');
    await frame.savepoint(async (inner) => note(inner, 'in undone'));
    throw new Error('no');
  });
  await expect(undone).rejects.toThrow('no');
  expect(told).toEqual([]);
  await operation.commit();
  expect(told).toEqual(['whole', 'inner', 'kept']);

  const failing = here.db.withTenant(here.world.a, { mode: 'write' }, async (handle) => {
    note(handle, 'rolled back');
    await handle.query('select 1/0');
  });
  await expect(failing).rejects.toThrow();
  expect(told).not.toContain('rolled back');
});

test('what waits for the end is told of it, committed or not', async () => {
  const ends = async (work: (tx: TenantTransaction) => Promise<unknown>): Promise<string[]> => {
    const told: string[] = [];
    const note = (tx: TenantTransaction, what: string) => tx.afterEnd(() => told.push(what));
    const done = here.db.withTenant(here.world.a, { mode: 'write' }, async (tx) => {
      note(tx, 'whole');
      await tx
        .savepoint(async (frame) => {
          note(frame, 'undone');
          throw new Error('no');
        })
        .catch(() => undefined);
      await work(tx);
      expect(told).toEqual([]);
    });
    await done.catch(() => undefined);
    return told;
  };
  expect(await ends((tx) => tx.query('select 1'))).toEqual(['whole', 'undone']);
  expect(await ends(async () => undefined)).toEqual(['whole', 'undone']);
  expect(await ends((tx) => tx.query('select 1/0'))).toEqual(['whole', 'undone']);
  // A failure that only COMMIT meets.
  expect(await ends(async (tx) => void tx.query('select 1/0'))).toEqual(['whole', 'undone']);
  const late: string[] = [];
  const operation = here.db.operation(here.world.a, { mode: 'write' });
  await operation.rollback();
  operation.tx.afterEnd(() => late.push('after it'));
  expect(late).toEqual(['after it']);
});

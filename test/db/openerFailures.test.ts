import { describe, expect, test } from 'vitest';
import { add, useOpenerOfOne } from './support/openerOfOne.ts';
import { until } from './support/twoTenants.ts';

const here = useOpenerOfOne();

describe('a failure', () => {
  const broken = 'select 1/0';

  test('that is swallowed never commits', async () => {
    const operation = here.db.operation(here.world.a, { mode: 'write' });
    await add(operation.tx, 'swallowed');
    await operation.tx.query(broken).catch(() => undefined);
    await expect(operation.tx.query('select 1')).rejects.toMatchObject({
      code: 'TRANSACTION_FAILED',
    });
    await expect(operation.commit()).rejects.toMatchObject({
      code: 'TRANSACTION_FAILED',
      cause: { sqlState: '22012' },
    });
    expect(await here.world.countOf('swallowed')).toBe(0);
  });

  test('that a read swallows is met by its caller all the same', async () => {
    const work = here.db.withTenant(here.world.a, { mode: 'read' }, async (tx) => {
      await tx.query(broken).catch(() => undefined);
      return 'half an answer';
    });
    await expect(work).rejects.toMatchObject({
      code: 'TRANSACTION_FAILED',
      cause: { sqlState: '22012' },
    });
  });

  test('of a statement sent together with COMMIT is met in commit(), and its connection is kept', async () => {
    const operation = here.db.operation(here.world.a, { mode: 'write' });
    await add(operation.tx, 'together');
    void operation.tx.query(broken);
    void add(operation.tx, 'together');
    const before = here.db.statistics.flushes;
    await expect(operation.commit()).rejects.toMatchObject({
      code: 'TRANSACTION_FAILED',
      cause: { sqlState: '22012' },
    });
    expect(here.db.statistics.flushes - before).toBe(1);
    expect(await here.world.countOf('together')).toBe(0);
    expect(here.db.statistics.idle).toBe(1);
  });

  test('makes what was pipelined behind it fail with its name, not with 25P02', async () => {
    const operation = here.db.operation(here.world.a, { mode: 'read' });
    const [first, second] = await Promise.allSettled([
      operation.tx.query(broken),
      operation.tx.query('select 1'),
    ]);
    await operation.rollback();
    expect(first).toMatchObject({ reason: { code: 'STATEMENT_FAILED', sqlState: '22012' } });
    expect(second).toMatchObject({
      reason: { code: 'TRANSACTION_FAILED', cause: { sqlState: '22012' } },
    });
  });

  test('in a savepoint is cleared by undoing the savepoint', async () => {
    await here.db.withTenant(here.world.a, { mode: 'write' }, async (tx) => {
      await add(tx, 'outer');
      const failing = tx.savepoint(async (inner) => {
        await add(inner, 'inner');
        void inner.query('select pg_sleep(0.01)');
        await inner.query(broken);
      });
      await expect(failing).rejects.toMatchObject({ sqlState: '22012' });
      const refused = tx.savepoint(async (inner) => {
        await add(inner, 'inner');
        throw new Error('not today');
      });
      await expect(refused).rejects.toThrow('not today');
      await add(tx, 'outer');
    });
    expect([await here.world.countOf('outer'), await here.world.countOf('inner')]).toEqual([2, 0]);
  });

  test('that a savepoint swallows undoes the savepoint all the same', async () => {
    await here.db.withTenant(here.world.a, { mode: 'write' }, async (tx) => {
      await add(tx, 'around');
      const work = tx.savepoint(async (inner) => {
        await add(inner, 'swallowed inside');
        await inner.query(broken).catch(() => undefined);
      });
      await expect(work).rejects.toMatchObject({ sqlState: '22012' });
      const unawaited = tx.savepoint(async (inner) => {
        void add(inner, 'swallowed inside');
        void inner.query(broken);
      });
      await expect(unawaited).rejects.toMatchObject({ sqlState: '22012' });
    });
    expect([
      await here.world.countOf('around'),
      await here.world.countOf('swallowed inside'),
    ]).toEqual([1, 0]);
  });

  test('inside an inner savepoint leaves the middle one usable', async () => {
    await here.db.withTenant(here.world.a, { mode: 'write' }, (tx) =>
      tx.savepoint(async (middle) => {
        await add(middle, 'middle');
        await middle.savepoint((inner) => inner.query(broken)).catch(() => undefined);
        await add(middle, 'middle');
      }),
    );
    expect(await here.world.countOf('middle')).toBe(2);
  });

  test('of the outer frame that arrives while a savepoint is open dooms both', async () => {
    const operation = here.db.operation(here.world.a, { mode: 'write' });
    await add(operation.tx, 'doomed');
    void operation.tx.query(broken);
    await expect(operation.tx.savepoint((inner) => add(inner, 'doomed'))).rejects.toMatchObject({
      code: 'TRANSACTION_FAILED',
      cause: { sqlState: '22012' },
    });
    await expect(operation.commit()).rejects.toMatchObject({ code: 'TRANSACTION_FAILED' });
    expect(await here.world.countOf('doomed')).toBe(0);
  });

  test('in COMMIT itself is a definite abort, and its connection is kept', async () => {
    await here.world.admin.query(
      'create table if not exists app.deferred (tenant_id uuid, v int unique deferrable initially deferred)',
    );
    await here.world.admin.query('grant insert on app.deferred to tenantry_server');
    const insert = 'insert into app.deferred (tenant_id, v) values ($1, 1), ($1, 1)';
    const work = here.db.withTenant(here.world.a, { mode: 'write' }, (tx) =>
      tx.query(insert, [tx.tenantId]),
    );
    await expect(work).rejects.toMatchObject({
      code: 'TRANSACTION_FAILED',
      cause: { sqlState: '23505', constraint: 'deferred_v_key' },
    });
    await until(() => here.db.statistics.idle === 1);
    expect(here.db.statistics.total).toBe(1);
  });

  test('names constraint and table', async () => {
    const twice = here.db.withTenant(here.world.a, { mode: 'write' }, (tx) =>
      tx.query(
        `insert into app.customers (tenant_id, id, phone) values ($1, gen_random_uuid(), '+5215510000001')`,
        [tx.tenantId],
      ),
    );
    await expect(twice).rejects.toMatchObject({
      code: 'STATEMENT_FAILED',
      sqlState: '23505',
      table: 'customers',
      constraint: 'customers_tenant_id_phone_key',
    });
  });
});

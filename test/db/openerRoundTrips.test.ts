import { describe, expect, test } from 'vitest';
import { add, useOpenerOfOne } from './support/openerOfOne.ts';
import { allCustomers, type CustomerRow, customersEach } from './support/twoTenants.ts';

const here = useOpenerOfOne();

describe('round trips', () => {
  test('a read: its opening and everything issued in one burst go out in one piece, and that is all', async () => {
    const operation = here.db.operation(here.world.a, { mode: 'read' });
    const cost = await here.costOf(async () => {
      await Promise.all([
        operation.tx.query(allCustomers),
        Promise.resolve().then(() => operation.tx.query('select 1')),
        new Promise(process.nextTick).then(() => operation.tx.query('select 2')),
      ]);
      expect(here.db.statistics.idle).toBe(1);
      await operation.commit();
    });
    expect(cost).toEqual({ flushes: 1, statements: 4 });
    expect(here.proxy.sent).toHaveLength(1);
  });

  test('a read that goes on brings the tenant along again', async () => {
    const operation = here.db.operation(here.world.a, { mode: 'read' });
    const cost = await here.costOf(async () => {
      await operation.tx.query('select 1');
      expect((await operation.tx.query(allCustomers)).rows).toHaveLength(customersEach);
    });
    expect(cost).toEqual({ flushes: 2, statements: 4 });
  });

  test('two waves of a read under way at once have the tenant each', async () => {
    here.proxy.delayMs = 5;
    const operation = here.db.operation(here.world.a, { mode: 'read' });
    const first = operation.tx.query(allCustomers);
    await new Promise((resolve) => setImmediate(resolve));
    const second = operation.tx.query(allCustomers);
    for (const { rows } of await Promise.all([first, second])) {
      expect(rows).toHaveLength(customersEach);
    }
    here.proxy.delayMs = 0;
  });

  test('a read changes nothing, and between its waves nothing is open', async () => {
    const operation = here.db.operation(here.world.a, { mode: 'read' });
    await operation.tx.query('select 1');
    expect(await here.world.backends()).toMatchObject([{ state: 'idle', xact: false }]);
    await expect(add(operation.tx, 'by a read')).rejects.toMatchObject({ sqlState: '25006' });
    expect(await here.world.countOf('by a read')).toBe(0);
  });

  test('a write: BEGIN, the tenant and what is issued first are one batch; COMMIT is the next', async () => {
    const operation = here.db.operation(here.world.a, { mode: 'write' });
    const cost = await here.costOf(async () => {
      await Promise.all([add(operation.tx, 'with opening'), add(operation.tx, 'with opening')]);
      await operation.commit();
    });
    expect(cost).toEqual({ flushes: 2, statements: 5 });
    expect(await here.world.countOf('with opening')).toBe(2);
  });

  test('a write whose statement is not waited for goes out with its COMMIT', async () => {
    const operation = here.db.operation(here.world.a, { mode: 'write' });
    const cost = await here.costOf(async () => {
      const row = add(operation.tx, 'with commit');
      await operation.commit();
      expect((await row).rowCount).toBe(1);
    });
    expect(cost).toEqual({ flushes: 1, statements: 4 });
    expect(await here.world.countOf('with commit')).toBe(1);
  });

  test('SAVEPOINT goes with its first statement, RELEASE with what follows; an empty one costs nothing', async () => {
    const cost = await here.costOf(() =>
      here.db.withTenant(here.world.a, { mode: 'write' }, async (tx) => {
        await tx.savepoint(async (inner) => add(inner, 'in savepoint'));
        await tx.savepoint(async () => undefined);
        await tx.savepoint((one) => one.savepoint((two) => add(two, 'in savepoint')));
      }),
    );
    // opening + s1 + insert; release s1 + s1 + s2 + insert; release s2 + release s1 + COMMIT
    expect(cost).toEqual({ flushes: 3, statements: 11 });
    expect(await here.world.countOf('in savepoint')).toBe(2);
  });

  test('an operation that sends nothing takes no connection', async () => {
    const operation = here.db.operation(here.world.a, { mode: 'write' });
    const cost = await here.costOf(async () => operation.commit());
    expect(operation.started).toBe(false);
    expect(cost).toEqual({ flushes: 0, statements: 0 });
  });

  test('without pipelining one batch goes out at a time', async () => {
    const plain = here.world.open({ pipeline: false, namedStatements: false, poolSize: 1 });
    await plain.withTenant(here.world.a, { mode: 'write' }, async (tx) => {
      await Promise.all([add(tx, 'unpipelined'), add(tx, 'unpipelined')]);
      const failing = tx.savepoint((inner) =>
        Promise.all([inner.query('select 1/0'), inner.query('select 1')]),
      );
      await expect(failing).rejects.toMatchObject({ code: 'STATEMENT_FAILED', sqlState: '22012' });
    });
    // opening + two; s1 + two; rollback to + release; COMMIT
    expect(plain.statistics).toMatchObject({ flushes: 4, statements: 10 });
    expect(await here.world.countOf('unpipelined')).toBe(2);
    const rows = await plain.withTenant(here.world.b, { mode: 'read' }, (tx) =>
      tx.query<CustomerRow>(allCustomers),
    );
    expect(new Set(rows.rows.map((row) => row.tenant_id))).toEqual(new Set([here.world.b]));
  });
});

describe('names', () => {
  const prepared = `select name from pg_prepared_statements where statement like 'select 4%'`;

  test('a text is named when it comes a second time, and not before', async () => {
    const names = await here.db.withTenant(here.world.a, { mode: 'read' }, async (tx) => {
      await tx.query('select 41');
      const before = await tx.query(prepared);
      await tx.query('select 41');
      return [before.rowCount, (await tx.query(prepared)).rowCount];
    });
    expect(names).toEqual([0, 1]);
  });

  test('the book is bounded: further texts stay unnamed', async () => {
    const few = here.world.open({ poolSize: 1 });
    const named = await few.withTenant(here.world.a, { mode: 'read' }, async (tx) => {
      for (let n = 0; n < 400; n += 1) {
        void tx.query(`select ${1_000_000 + n}`);
        void tx.query(`select ${1_000_000 + n}`);
      }
      const { rows } = await tx.query<{ n: number }>(
        'select count(*) as n from pg_prepared_statements',
      );
      return rows[0]?.n;
    });
    expect(named).toBeGreaterThan(290);
    expect(named).toBeLessThanOrEqual(310);
  });

  test('switched off, nothing is prepared under a name', async () => {
    const unnamed = here.world.open({ namedStatements: false, poolSize: 1 });
    const { rowCount } = await unnamed.withTenant(here.world.a, { mode: 'read' }, async (tx) => {
      await tx.query('select 42', [], { name: 'mine' });
      await tx.query('select 42', [], { name: 'mine' });
      return tx.query('select from pg_prepared_statements');
    });
    expect(rowCount).toBe(0);
  });

  test('a name belongs to one text', async () => {
    const operation = here.db.operation(here.world.a, { mode: 'read' });
    await operation.tx.query('select 43', [], { name: 'forty_three' });
    await expect(
      operation.tx.query('select 44', [], { name: 'forty_three' }),
    ).rejects.toMatchObject({ code: 'FORBIDDEN_STATEMENT' });
    await operation.rollback();
  });
});

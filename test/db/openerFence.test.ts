import { describe, expect, test } from 'vitest';
import { add, useOpenerOfOne } from './support/openerOfOne.ts';
import { until } from './support/twoTenants.ts';

const here = useOpenerOfOne();

describe('the fence', () => {
  test.each([
    'commit',
    'rollback',
    ' ROLLBACK',
    'begin',
    'start transaction',
    'end',
    'abort',
    'savepoint x',
    'release savepoint x',
    'rollback to savepoint x',
    "prepare transaction 'x'",
    "set local app.tenant_id = 'x'",
    'reset all',
    'discard all',
    'copy app.customers to stdout',
    'declare c cursor for select 1',
    'fetch c',
    'listen x',
    'notify x',
    'do $$ begin end $$',
    'call x()',
    'lock table app.customers',
    'create table x()',
    'vacuum',
    '/* a */ commit',
    '/* /* */ select */ commit',
    '-- select\ncommit',
    '',
    ';',
    'select 1\0',
    'execute x',
    'deallocate all',
    'truncate app.customers',
    "select set_config('app.tenant_id', $1, true)",
    'select "app" . "set_tenant"($1)',
    'select pg_advisory_lock(1)',
    'select pg_try_advisory_lock_shared(1)',
    'select pg_advisory_unlock_all()',
  ])('refuses %j', async (text) => {
    const operation = here.db.operation(here.world.a, { mode: 'write' });
    await expect(operation.tx.query(text)).rejects.toMatchObject({ code: 'FORBIDDEN_STATEMENT' });
    expect(operation.started).toBe(false);
  });

  test('refuses callbacks, foreign shapes and more values than the protocol can count', async () => {
    const { tx } = here.db.operation(here.world.a, { mode: 'read' });
    const loose = tx.query.bind(tx) as (...args: unknown[]) => Promise<unknown>;
    await expect(loose('select 1', [], () => undefined)).rejects.toMatchObject({
      code: 'FORBIDDEN_STATEMENT',
    });
    for (const args of [
      ['select 1', () => undefined],
      [{ text: 'select 1' }],
      ['select 1', new Array(65_536).fill(1)],
    ]) {
      const other = here.db.operation(here.world.a, { mode: 'read' }).tx.query as typeof loose;
      await expect(
        other.call(here.db.operation(here.world.a, { mode: 'read' }).tx, ...args),
      ).rejects.toMatchObject({ code: 'FORBIDDEN_STATEMENT' });
    }
  });

  test.each(['select 1; commit', 'select 1; select 2'])(
    'stacked statements fail: %s',
    async (text) => {
      await expect(
        here.db.withTenant(here.world.a, { mode: 'write' }, (tx) => tx.query(text)),
      ).rejects.toMatchObject({
        code: 'STATEMENT_FAILED',
        sqlState: '42601',
      });
    },
  );

  test('a read can not write', async () => {
    await expect(
      here.db.withTenant(here.world.a, { mode: 'read' }, (tx) => add(tx, 'by a read')),
    ).rejects.toMatchObject({ sqlState: '25006' });
  });

  test('a handle is closed after commit, after rollback, and after its savepoint', async () => {
    const committed = here.db.operation(here.world.a, { mode: 'write' });
    await add(committed.tx, 'kept');
    const before = here.db.statistics.statements;
    const committing = committed.commit();
    await expect(committed.tx.query('select 1')).rejects.toMatchObject({ code: 'HANDLE_CLOSED' });
    await committing;
    expect(here.db.statistics.statements - before).toBe(1); // COMMIT, and nothing behind it
    await expect(committed.tx.query('select 1')).rejects.toMatchObject({ code: 'HANDLE_CLOSED' });
    await expect(committed.tx.savepoint(async () => 1)).rejects.toMatchObject({
      code: 'HANDLE_CLOSED',
    });
    await expect(committed.tx.db.execute('select 1')).rejects.toMatchObject({
      code: 'HANDLE_CLOSED',
    });

    const rolledBack = here.db.operation(here.world.a, { mode: 'write' });
    await add(rolledBack.tx, 'undone');
    await rolledBack.rollback();
    await expect(rolledBack.tx.query('select 1')).rejects.toMatchObject({ code: 'HANDLE_CLOSED' });
    await expect(rolledBack.commit()).rejects.toMatchObject({ code: 'HANDLE_CLOSED' });

    await here.db.withTenant(here.world.a, { mode: 'write' }, async (tx) => {
      let inner = tx;
      await tx.savepoint(async (handle) => {
        inner = handle;
        await add(handle, 'kept');
      });
      await expect(inner.query('select 1')).rejects.toMatchObject({ code: 'HANDLE_CLOSED' });
    });
    expect([await here.world.countOf('kept'), await here.world.countOf('undone')]).toEqual([2, 0]);
  });

  test('a savepoint is closed to latecomers while its last statements are being answered', async () => {
    await here.db.withTenant(here.world.a, { mode: 'write' }, async (tx) => {
      const late = Promise.withResolvers<unknown>();
      await tx.savepoint(async (inner) => {
        void inner.query('select pg_sleep(0.05)');
        setTimeout(
          () => late.resolve(add(inner, 'latecomer').catch((error: unknown) => error)),
          10,
        );
      });
      expect(await late.promise).toMatchObject({ code: 'HANDLE_CLOSED' });
    });
    expect(await here.world.countOf('latecomer')).toBe(0);
  });

  test('the outer handle is refused while a savepoint is open, and then nothing commits', async () => {
    const operation = here.db.operation(here.world.a, { mode: 'write' });
    const work = operation.tx.savepoint(async (inner) => {
      await add(inner, 'beside');
      await expect(add(operation.tx, 'beside')).rejects.toMatchObject({ code: 'HANDLE_CLOSED' });
    });
    await expect(work).rejects.toMatchObject({ code: 'HANDLE_CLOSED' });
    await expect(operation.commit()).rejects.toMatchObject({ code: 'TRANSACTION_FAILED' });
    expect(await here.world.countOf('beside')).toBe(0);
  });

  test('savepoints side by side are refused, and then nothing commits', async () => {
    const operation = here.db.operation(here.world.a, { mode: 'write' });
    const both = await Promise.allSettled(
      [1, 2].map(() => operation.tx.savepoint((inner) => add(inner, 'parallel'))),
    );
    expect(both.map((one) => one.status)).toEqual(['rejected', 'rejected']);
    await expect(operation.commit()).rejects.toMatchObject({ code: 'TRANSACTION_FAILED' });
    expect(await here.world.countOf('parallel')).toBe(0);
  });

  test('commit() while a savepoint is open rolls back', async () => {
    const operation = here.db.operation(here.world.a, { mode: 'write' });
    const gate = Promise.withResolvers<void>();
    const work = operation.tx.savepoint(async (inner) => {
      await add(inner, 'half');
      await gate.promise;
    });
    await until(() => operation.started);
    await expect(operation.commit()).rejects.toMatchObject({ code: 'TRANSACTION_FAILED' });
    gate.resolve();
    await expect(work).rejects.toMatchObject({ code: 'HANDLE_CLOSED' });
    expect(await here.world.countOf('half')).toBe(0);
  });
});

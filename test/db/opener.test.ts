import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Database, TenantTransaction } from '../../src/db/database.ts';
import { startProxy, type Proxy } from './support/proxy.ts';
import { allCustomers, createTwoTenants, type CustomerRow, customersEach, insertCustomer, type TwoTenants, until } from './support/twoTenants.ts';

let world: TwoTenants;
let proxy: Proxy;
let db: Database;

beforeAll(async () => {
  world = await createTwoTenants();
  proxy = await startProxy(world.serverUrl);
  db = world.open({ url: proxy.urlFor(world.serverUrl), poolSize: 1 });
  await db.ping();
});

afterAll(async () => {
  await world.close();
  await proxy.close();
});

beforeEach(async () => {
  await until(() => db.statistics.idle === 1);
  proxy.sent.length = 0;
});

/** Flushes and statements that `work` cost. */
async function costOf(work: () => Promise<unknown>): Promise<{ flushes: number; statements: number }> {
  const before = db.statistics;
  await work();
  const after = db.statistics;
  return { flushes: after.flushes - before.flushes, statements: after.statements - before.statements };
}

const add = (tx: TenantTransaction, name: string) => tx.query(insertCustomer, [tx.tenantId, name]);

describe('round trips', () => {
  test('a read: BEGIN, the tenant and everything issued in one burst go out in one piece', async () => {
    const operation = db.operation(world.a, { mode: 'read' });
    const cost = await costOf(() =>
      Promise.all([
        operation.tx.query(allCustomers),
        Promise.resolve().then(() => operation.tx.query('select 1')),
        new Promise(process.nextTick).then(() => operation.tx.query('select 2')),
      ]),
    );
    expect(cost).toEqual({ flushes: 1, statements: 5 });
    expect(proxy.sent).toHaveLength(1);
    await operation.commit();
    expect(proxy.sent).toHaveLength(2);
  });

  test('a read that commits in the same burst costs one flush altogether', async () => {
    const operation = db.operation(world.a, { mode: 'read' });
    const cost = await costOf(async () => {
      const rows = operation.tx.query(allCustomers);
      await operation.commit();
      expect((await rows).rows).toHaveLength(customersEach);
    });
    expect(cost).toEqual({ flushes: 1, statements: 4 });
  });

  test('a write holds its first statement until BEGIN and the tenant have been answered', async () => {
    const insertsBeforeAnswer: boolean[] = [];
    let answered = false;
    proxy.judge = (piece, direction) => {
      if (direction === 'toClient') answered = true;
      else if (piece.includes('insert into')) insertsBeforeAnswer.push(!answered);
      return 'pass';
    };
    const operation = db.operation(world.a, { mode: 'write' });
    const cost = await costOf(async () => {
      await add(operation.tx, 'held');
      await operation.commit();
    });
    proxy.judge = undefined;
    expect(insertsBeforeAnswer).toEqual([false]);
    expect(cost).toEqual({ flushes: 3, statements: 4 });
  });

  test('a create whose statement is not waited for shares its flush with COMMIT', async () => {
    const operation = db.operation(world.a, { mode: 'write' });
    const cost = await costOf(async () => {
      const row = add(operation.tx, 'with commit');
      await operation.commit();
      expect((await row).rowCount).toBe(1);
    });
    expect(cost).toEqual({ flushes: 2, statements: 4 });
    expect(await world.countOf('with commit')).toBe(1);
  });

  test('SAVEPOINT goes with its first statement, RELEASE with what follows; an empty one costs nothing', async () => {
    const cost = await costOf(() =>
      db.withTenant(world.a, { mode: 'write' }, async (tx) => {
        await tx.savepoint(async (inner) => add(inner, 'in savepoint'));
        await tx.savepoint(async () => undefined);
        await tx.savepoint((one) => one.savepoint((two) => add(two, 'in savepoint')));
      }),
    );
    // opening; s1 + insert; release s1 + s1 + s2 + insert; release s2 + release s1 + COMMIT
    expect(cost).toEqual({ flushes: 4, statements: 11 });
    expect(await world.countOf('in savepoint')).toBe(2);
  });

  test('withTenant answers a read without waiting for its COMMIT, and the connection comes back by itself', async () => {
    await db.withTenant(world.a, { mode: 'read' }, (tx) => tx.query('select 1'));
    expect(db.statistics.idle).toBe(0);
    await until(() => db.statistics.idle === 1);
  });

  test('an operation that sends nothing takes no connection', async () => {
    const operation = db.operation(world.a, { mode: 'write' });
    const cost = await costOf(async () => operation.commit());
    expect(operation.started).toBe(false);
    expect(cost).toEqual({ flushes: 0, statements: 0 });
  });

  test('without pipelining the same work runs one statement at a time', async () => {
    const plain = world.open({ pipeline: false, namedStatements: false, poolSize: 1 });
    await plain.withTenant(world.a, { mode: 'write' }, async (tx) => {
      await Promise.all([add(tx, 'unpipelined'), add(tx, 'unpipelined')]);
      const failing = tx.savepoint((inner) => Promise.all([inner.query('select 1/0'), inner.query('select 1')]));
      await expect(failing).rejects.toMatchObject({ code: 'STATEMENT_FAILED', sqlState: '22012' });
    });
    expect(plain.statistics).toMatchObject({ flushes: 10, statements: 10 });
    expect(await world.countOf('unpipelined')).toBe(2);
    const rows = await plain.withTenant(world.b, { mode: 'read' }, (tx) => tx.query<CustomerRow>(allCustomers));
    expect(new Set(rows.rows.map((row) => row.tenant_id))).toEqual(new Set([world.b]));
  });
});

describe('names', () => {
  const prepared = `select name from pg_prepared_statements where statement like 'select 4%'`;

  test('a text is named when it comes a second time, and not before', async () => {
    const names = await db.withTenant(world.a, { mode: 'read' }, async (tx) => {
      await tx.query('select 41');
      const before = await tx.query(prepared);
      await tx.query('select 41');
      return [before.rowCount, (await tx.query(prepared)).rowCount];
    });
    expect(names).toEqual([0, 1]);
  });

  test('the book is bounded: further texts stay unnamed', async () => {
    const few = world.open({ poolSize: 1 });
    const named = await few.withTenant(world.a, { mode: 'read' }, async (tx) => {
      for (let n = 0; n < 400; n += 1) {
        void tx.query(`select ${1_000_000 + n}`);
        void tx.query(`select ${1_000_000 + n}`);
      }
      const { rows } = await tx.query<{ n: number }>('select count(*) as n from pg_prepared_statements');
      return rows[0]?.n;
    });
    expect(named).toBeGreaterThan(290);
    expect(named).toBeLessThanOrEqual(310);
  });

  test('switched off, nothing is prepared under a name', async () => {
    const unnamed = world.open({ namedStatements: false, poolSize: 1 });
    const { rowCount } = await unnamed.withTenant(world.a, { mode: 'read' }, async (tx) => {
      await tx.query('select 42', [], { name: 'mine' });
      await tx.query('select 42', [], { name: 'mine' });
      return tx.query('select from pg_prepared_statements');
    });
    expect(rowCount).toBe(0);
  });

  test('a name belongs to one text', async () => {
    const operation = db.operation(world.a, { mode: 'read' });
    await operation.tx.query('select 43', [], { name: 'forty_three' });
    await expect(operation.tx.query('select 44', [], { name: 'forty_three' })).rejects.toMatchObject({ code: 'FORBIDDEN_STATEMENT' });
    await operation.rollback();
  });
});

describe('values', () => {
  const echo = async (type: string, value: unknown): Promise<unknown> => {
    const { rows } = await db.withTenant(world.a, { mode: 'read' }, (tx) =>
      tx.query<{ value: unknown }>(`select $1::${type} as value`, [value]),
    );
    return rows[0]?.value;
  };
  const moment = new Date('2026-01-02T03:04:05.678Z');

  test.each([
    ['text', 'it\'s "quoted" \\ {braces}', undefined],
    ['text', null, undefined],
    ['text[]', ['a', 'b,c', '"d"', '\\e', '', null, 'null'], undefined],
    ['int4[]', [], undefined],
    ['int4[]', [[1, 2], [3, 4]], undefined],
    ['uuid[]', ['00000000-0000-4000-8000-000000000001'], undefined],
    ['bytea', Buffer.from([0, 1, 255]), undefined],
    ['bytea[]', [Buffer.from([0, 255])], undefined],
    ['boolean', true, undefined],
    ['int8', 9_007_199_254_740_991, undefined],
    ['int8', 12n, 12],
    ['int8[]', [1, null, 3], undefined],
    ['numeric', '123456789012345678901234567890.5', undefined],
    ['timestamptz', moment, undefined],
    ['timestamp', '2026-01-02 03:04:05.678901', undefined],
    ['date', '2026-01-02', undefined],
    ['date[]', ['2026-01-02'], undefined],
    ['jsonb', { a: [1, '2', null] }, undefined],
    ['jsonb', '"123"', '123'],
    ['interval', '1 day 02:00:00', undefined],
  ])('%s goes there and back (%#)', async (type, value, back) => {
    expect(await echo(type, value)).toEqual(back ?? value);
  });

  test('a bigint beyond the safe integers is an error, not another number', async () => {
    await expect(echo('int8', '9007199254740993')).rejects.toMatchObject({ code: 'STATEMENT_FAILED', sqlState: '22003' });
  });

  test('a value that can not be serialised is refused before anything is sent, and nothing commits', async () => {
    const circular: Record<string, unknown> = {};
    circular['self'] = circular;
    for (const value of [circular, new Date(Number.NaN), Symbol('no'), () => 1, { toJSON: () => undefined }]) {
      const operation = db.operation(world.a, { mode: 'write' });
      await add(operation.tx, 'before refusal');
      await expect(operation.tx.query('select $1::text', [value])).rejects.toMatchObject({ code: 'FORBIDDEN_STATEMENT' });
      await expect(operation.commit()).rejects.toMatchObject({ code: 'TRANSACTION_FAILED' });
    }
    expect(await world.countOf('before refusal')).toBe(0);
  });
});

describe('the fence', () => {
  test.each([
    'commit', 'rollback', ' ROLLBACK', 'begin', 'start transaction', 'end', 'abort', 'savepoint x', 'release savepoint x',
    'rollback to savepoint x', 'prepare transaction \'x\'', 'set local app.tenant_id = \'x\'', 'reset all', 'discard all',
    'copy app.customers to stdout', 'declare c cursor for select 1', 'fetch c', 'listen x', 'notify x', 'do $$ begin end $$',
    'call x()', 'lock table app.customers', 'create table x()', 'vacuum', '/* a */ commit', '/* /* */ select */ commit',
    '-- select\ncommit', '', ';', 'select 1\0', 'execute x', 'deallocate all', 'truncate app.customers',
    'select set_config(\'app.tenant_id\', $1, true)', 'select "app" . "set_tenant"($1)', 'select pg_advisory_lock(1)',
    'select pg_try_advisory_lock_shared(1)', 'select pg_advisory_unlock_all()',
  ])('refuses %j', async (text) => {
    const operation = db.operation(world.a, { mode: 'write' });
    await expect(operation.tx.query(text)).rejects.toMatchObject({ code: 'FORBIDDEN_STATEMENT' });
    expect(operation.started).toBe(false);
  });

  test('refuses callbacks, foreign shapes and more values than the protocol can count', async () => {
    const { tx } = db.operation(world.a, { mode: 'read' });
    const loose = tx.query.bind(tx) as (...args: unknown[]) => Promise<unknown>;
    await expect(loose('select 1', [], () => undefined)).rejects.toMatchObject({ code: 'FORBIDDEN_STATEMENT' });
    for (const args of [['select 1', () => undefined], [{ text: 'select 1' }], ['select 1', new Array(65_536).fill(1)]]) {
      const other = db.operation(world.a, { mode: 'read' }).tx.query as typeof loose;
      await expect(other.call(db.operation(world.a, { mode: 'read' }).tx, ...args)).rejects.toMatchObject({ code: 'FORBIDDEN_STATEMENT' });
    }
  });

  test.each(['select 1; commit', 'select 1; select 2'])('stacked statements fail: %s', async (text) => {
    await expect(db.withTenant(world.a, { mode: 'write' }, (tx) => tx.query(text))).rejects.toMatchObject({
      code: 'STATEMENT_FAILED',
      sqlState: '42601',
    });
  });

  test('a read can not write', async () => {
    await expect(db.withTenant(world.a, { mode: 'read' }, (tx) => add(tx, 'by a read'))).rejects.toMatchObject({ sqlState: '25006' });
  });

  test('a handle is closed after commit, after rollback, and after its savepoint', async () => {
    const committed = db.operation(world.a, { mode: 'write' });
    await add(committed.tx, 'kept');
    const committing = committed.commit();
    await expect(committed.tx.query('select 1')).rejects.toMatchObject({ code: 'HANDLE_CLOSED' });
    await committing;
    await expect(committed.tx.query('select 1')).rejects.toMatchObject({ code: 'HANDLE_CLOSED' });
    await expect(committed.tx.savepoint(async () => 1)).rejects.toMatchObject({ code: 'HANDLE_CLOSED' });
    await expect(committed.tx.db.execute('select 1')).rejects.toMatchObject({ code: 'HANDLE_CLOSED' });

    const rolledBack = db.operation(world.a, { mode: 'write' });
    await add(rolledBack.tx, 'undone');
    await rolledBack.rollback();
    await expect(rolledBack.tx.query('select 1')).rejects.toMatchObject({ code: 'HANDLE_CLOSED' });
    await expect(rolledBack.commit()).rejects.toMatchObject({ code: 'HANDLE_CLOSED' });

    await db.withTenant(world.a, { mode: 'write' }, async (tx) => {
      let inner = tx;
      await tx.savepoint(async (handle) => {
        inner = handle;
        await add(handle, 'kept');
      });
      await expect(inner.query('select 1')).rejects.toMatchObject({ code: 'HANDLE_CLOSED' });
    });
    expect([await world.countOf('kept'), await world.countOf('undone')]).toEqual([2, 0]);
  });

  test('the outer handle is refused while a savepoint is open, and then nothing commits', async () => {
    const operation = db.operation(world.a, { mode: 'write' });
    const work = operation.tx.savepoint(async (inner) => {
      await add(inner, 'beside');
      await expect(add(operation.tx, 'beside')).rejects.toMatchObject({ code: 'HANDLE_CLOSED' });
    });
    await expect(work).rejects.toMatchObject({ code: 'HANDLE_CLOSED' });
    await expect(operation.commit()).rejects.toMatchObject({ code: 'TRANSACTION_FAILED' });
    expect(await world.countOf('beside')).toBe(0);
  });

  test('savepoints side by side are refused, and then nothing commits', async () => {
    const operation = db.operation(world.a, { mode: 'write' });
    const both = await Promise.allSettled([1, 2].map(() => operation.tx.savepoint((inner) => add(inner, 'parallel'))));
    expect(both.map((one) => one.status)).toEqual(['rejected', 'rejected']);
    await expect(operation.commit()).rejects.toMatchObject({ code: 'TRANSACTION_FAILED' });
    expect(await world.countOf('parallel')).toBe(0);
  });

  test('commit() while a savepoint is open rolls back', async () => {
    const operation = db.operation(world.a, { mode: 'write' });
    const gate = Promise.withResolvers<void>();
    const work = operation.tx.savepoint(async (inner) => {
      await add(inner, 'half');
      await gate.promise;
    });
    await until(() => operation.started);
    await expect(operation.commit()).rejects.toMatchObject({ code: 'TRANSACTION_FAILED' });
    gate.resolve();
    await expect(work).rejects.toMatchObject({ code: 'HANDLE_CLOSED' });
    expect(await world.countOf('half')).toBe(0);
  });
});

describe('a failure', () => {
  const broken = 'select 1/0';

  test('that is swallowed never commits', async () => {
    const operation = db.operation(world.a, { mode: 'write' });
    await add(operation.tx, 'swallowed');
    await operation.tx.query(broken).catch(() => undefined);
    await expect(operation.tx.query('select 1')).rejects.toMatchObject({ code: 'TRANSACTION_FAILED' });
    await expect(operation.commit()).rejects.toMatchObject({ code: 'TRANSACTION_FAILED', cause: { sqlState: '22012' } });
    expect(await world.countOf('swallowed')).toBe(0);
  });

  test('of a statement sent together with COMMIT is met in commit(), and its connection is kept', async () => {
    const operation = db.operation(world.a, { mode: 'write' });
    await add(operation.tx, 'together');
    void operation.tx.query(broken);
    void add(operation.tx, 'together');
    const before = db.statistics.flushes;
    await expect(operation.commit()).rejects.toMatchObject({ code: 'TRANSACTION_FAILED', cause: { sqlState: '22012' } });
    expect(db.statistics.flushes - before).toBe(1);
    expect(await world.countOf('together')).toBe(0);
    expect(db.statistics.idle).toBe(1);
  });

  test('makes what was pipelined behind it fail with its name, not with 25P02', async () => {
    const operation = db.operation(world.a, { mode: 'read' });
    const [first, second] = await Promise.allSettled([operation.tx.query(broken), operation.tx.query('select 1')]);
    await operation.rollback();
    expect(first).toMatchObject({ reason: { code: 'STATEMENT_FAILED', sqlState: '22012' } });
    expect(second).toMatchObject({ reason: { code: 'TRANSACTION_FAILED', cause: { sqlState: '22012' } } });
  });

  test('in a savepoint is cleared by undoing the savepoint', async () => {
    await db.withTenant(world.a, { mode: 'write' }, async (tx) => {
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
    expect([await world.countOf('outer'), await world.countOf('inner')]).toEqual([2, 0]);
  });

  test('that a savepoint swallows undoes the savepoint all the same', async () => {
    await db.withTenant(world.a, { mode: 'write' }, async (tx) => {
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
    expect([await world.countOf('around'), await world.countOf('swallowed inside')]).toEqual([1, 0]);
  });

  test('inside an inner savepoint leaves the middle one usable', async () => {
    await db.withTenant(world.a, { mode: 'write' }, (tx) =>
      tx.savepoint(async (middle) => {
        await add(middle, 'middle');
        await middle.savepoint((inner) => inner.query(broken)).catch(() => undefined);
        await add(middle, 'middle');
      }),
    );
    expect(await world.countOf('middle')).toBe(2);
  });

  test('of the outer frame that arrives while a savepoint is open dooms both', async () => {
    const operation = db.operation(world.a, { mode: 'write' });
    await add(operation.tx, 'doomed');
    void operation.tx.query(broken);
    await expect(operation.tx.savepoint((inner) => add(inner, 'doomed'))).rejects.toMatchObject({ code: 'TRANSACTION_FAILED', cause: { sqlState: '22012' } });
    await expect(operation.commit()).rejects.toMatchObject({ code: 'TRANSACTION_FAILED' });
    expect(await world.countOf('doomed')).toBe(0);
  });

  test('in COMMIT itself is a definite abort, and its connection is kept', async () => {
    await world.admin.query(`create table if not exists app.deferred (tenant_id uuid, v int unique deferrable initially deferred)`);
    await world.admin.query('grant insert on app.deferred to tenantry_server');
    const insert = 'insert into app.deferred (tenant_id, v) values ($1, 1), ($1, 1)';
    const work = db.withTenant(world.a, { mode: 'write' }, (tx) => tx.query(insert, [tx.tenantId]));
    await expect(work).rejects.toMatchObject({ code: 'TRANSACTION_FAILED', cause: { sqlState: '23505', constraint: 'deferred_v_key' } });
    await until(() => db.statistics.idle === 1);
    expect(db.statistics.total).toBe(1);
  });

  test('names constraint and table', async () => {
    const twice = db.withTenant(world.a, { mode: 'write' }, (tx) =>
      tx.query(`insert into app.customers (tenant_id, id, phone) values ($1, gen_random_uuid(), '+5215510000001')`, [tx.tenantId]),
    );
    await expect(twice).rejects.toMatchObject({
      code: 'STATEMENT_FAILED', sqlState: '23505', table: 'customers', constraint: 'customers_tenant_id_phone_key',
    });
  });
});

describe('the tenant', () => {
  const setting = `select current_setting('app.tenant_id', true) as value`;

  test('is gone from the connection after COMMIT, rollback and error, and without one there are no rows', async () => {
    const leftOver = async (): Promise<unknown[]> => {
      const [row] = await db.lookup<{ value: string | null }>(setting, []);
      return [row?.value || null, (await db.lookup(allCustomers, [])).length];
    };
    expect(await leftOver()).toEqual([null, 0]);
    await db.withTenant(world.a, { mode: 'write' }, (tx) => tx.query('select 1'));
    expect(await leftOver()).toEqual([null, 0]);
    await expect(db.withTenant(world.a, { mode: 'write' }, (tx) => tx.query('select 1/0'))).rejects.toThrow();
    expect(await leftOver()).toEqual([null, 0]);
    const operation = db.operation(world.a, { mode: 'read' });
    await operation.tx.query('select 1');
    await operation.rollback();
    expect(await leftOver()).toEqual([null, 0]);
  });

  test('that is no uuid opens nothing', async () => {
    for (const mode of ['read', 'write'] as const) {
      await expect(db.withTenant('nonsense', { mode }, (tx) => tx.query(allCustomers))).rejects.toMatchObject({ sqlState: '22P02' });
    }
  });

  test('of another can not be written', async () => {
    const work = db.withTenant(world.a, { mode: 'write' }, (tx) => tx.query(insertCustomer, [world.b, 'foreign']));
    await expect(work).rejects.toMatchObject({ sqlState: '42501' });
  });
});

describe('look-ups', () => {
  test('one fails alone, and its connection is kept', async () => {
    await expect(db.lookup('select 1/0', [])).rejects.toMatchObject({ code: 'STATEMENT_FAILED', sqlState: '22012' });
    await until(() => db.statistics.idle === 1);
    expect(await db.lookup('select $1::int as n', [7])).toEqual([{ n: 7 }]);
    await expect(db.lookup('begin', [])).rejects.toMatchObject({ code: 'FORBIDDEN_STATEMENT' });
  });

  test('ping gives up with its signal', async () => {
    await expect(db.ping(AbortSignal.abort())).rejects.toMatchObject({ code: 'OPERATION_CANCELLED' });
    await expect(db.ping()).resolves.toBeUndefined();
  });
});

test('a closed database refuses', async () => {
  const other = world.open();
  await other.ping();
  await other.close();
  await expect(other.ping()).rejects.toMatchObject({ code: 'DATABASE_UNAVAILABLE', reason: 'CLOSED' });
});

import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { DatabaseOptions } from '../../src/db/database.ts';
import { readPlainRows } from '../../src/db/query/plainRows.ts';
import type { StatementRequest } from '../../src/db/wire/statement.ts';
import { nameFor } from '../../src/db/wire/statementBook.ts';
import { watchProcess } from './support/faults.ts';
import { overwrite, startProxy, type TcpProxy, upTo, type Verdict } from './support/proxy.ts';
import {
  allCustomers,
  createTwoTenants,
  customersEach,
  insertCustomer,
  type OpenedDatabase,
  type TwoTenants,
  until,
} from './support/twoTenants.ts';

let world: TwoTenants;
let proxy: TcpProxy;
let db: OpenedDatabase;
let watched: ReturnType<typeof watchProcess>;

const open = (options: Partial<DatabaseOptions> = {}): OpenedDatabase =>
  world.open({ url: proxy.urlFor(world.serverUrl), poolSize: 1, ...options });

beforeAll(async () => {
  world = await createTwoTenants();
  // Without row-level security, so that a statement that runs outside of its transaction shows.
  await world.admin.query('create table app.open_door (n int)');
  await world.admin.query('grant select, insert on app.open_door to tenantry_server');
});
afterAll(() => world.close());
beforeEach(async () => {
  watched = watchProcess();
  proxy = await startProxy(world.serverUrl);
  db = open();
  await db.ping();
});
afterEach(async () => {
  proxy.judge = undefined;
  // Whatever was done to it, a pool of one serves the next tenant, and nothing is left open.
  const { rows } = await db.withTenant(world.b, { mode: 'read' }, (tx) =>
    tx.query<{ tenant_id: string }>(allCustomers),
  );
  expect(new Set(rows.map((row) => row.tenant_id))).toEqual(new Set([world.b]));
  await db.close();
  await proxy.close();
  await until(async () => (await world.backends()).every(({ xact }) => !xact));
  watched.stop();
  expect(watched.faults).toEqual([]);
});

const carries = (piece: Buffer, text: string): boolean =>
  piece.includes(text) || piece.includes(nameFor(text));

/** Applies a verdict to the first piece on its way to the server that carries a text. */
function judgeStatement(text: string, verdict: Verdict | ((piece: Buffer) => Verdict)): void {
  proxy.judge = (piece, direction) => {
    if (direction !== 'toServer' || !carries(piece, text)) return 'pass';
    proxy.judge = undefined;
    return typeof verdict === 'function' ? verdict(piece) : verdict;
  };
}

const write = (name: string): Promise<unknown> =>
  db.withTenant(world.a, { mode: 'write' }, (tx) => tx.query(insertCustomer, [tx.tenantId, name]));

describe('COMMIT', () => {
  test('cut before it arrived is in doubt, and was not done', async () => {
    judgeStatement('commit', 'reset');
    let hasEnded = false;
    const work = db.withTenant(world.a, { mode: 'write' }, (tx) => {
      tx.afterEnd(() => {
        hasEnded = true;
      });
      return tx.query(insertCustomer, [tx.tenantId, 'cut before']);
    });
    await expect(work).rejects.toMatchObject({ code: 'COMMIT_IN_DOUBT' });
    expect(hasEnded).toBe(false);
    await until(async () => (await world.backends()).length === 0);
    expect(await world.countOf('cut before')).toBe(0);
    expect(db.events.map((event) => event.type)).toContain('commitInDoubt');
  });

  test('cut after it arrived is in doubt, and was done', async () => {
    judgeStatement('commit', 'passThenReset');
    await expect(write('cut after')).rejects.toMatchObject({ code: 'COMMIT_IN_DOUBT' });
    await until(async () => (await world.countOf('cut after')) === 1);
  });

  test('swallowed by the network is in doubt after its time-out, and never cancelled', async () => {
    await db.close();
    db = open({ closeTimeoutMs: 1_000 });
    judgeStatement('commit', 'blackHole');
    const error = await write('swallowed').catch((reason: unknown) => reason);
    expect(error).toMatchObject({
      code: 'COMMIT_IN_DOUBT',
      cause: { code: 'OPERATION_TIMED_OUT', phase: 'CLOSING' },
    });
    expect(db.events.map((event) => event.type)).not.toContain('cancelSent');
    expect(db.statistics.total).toBe(0);
    proxy.resetAll();
  });

  test('whose backend is terminated in it is in doubt', async () => {
    await world.admin.query(`create function app.slowly() returns trigger language plpgsql as
      $$ begin perform pg_sleep(5); return null; end $$`);
    await world.admin.query(`create constraint trigger slow_commit after insert on app.open_door
      deferrable initially deferred for each row execute function app.slowly()`);
    const work = db.withTenant(world.a, { mode: 'write' }, (tx) =>
      tx.query('insert into app.open_door values (1)'),
    );
    const outcome = work.catch((error: unknown) => error);
    const sleeping = `select pg_terminate_backend(pid) from pg_stat_activity
      where usename = 'tenantry_server' and datname = current_database() and wait_event = 'PgSleep'`;
    await until(async () => (await world.admin.query(sleeping)).rowCount === 1);
    expect(await outcome).toMatchObject({ code: 'COMMIT_IN_DOUBT' });
    await world.admin.query('drop trigger slow_commit on app.open_door');
  });

  test('cut, when a statement before it is known to have failed, is a definite abort', async () => {
    const operation = db.operation(world.a, { mode: 'write' });
    await operation.tx.query(insertCustomer, [world.a, 'known']);
    proxy.judge = (piece, direction) =>
      direction === 'toServer' ? 'pass' : { last: upTo(piece, 'E') };
    void operation.tx.query('select 1/0');
    await expect(operation.commit()).rejects.toMatchObject({
      code: 'TRANSACTION_FAILED',
      cause: { sqlState: '22012' },
    });
    expect(db.statistics.total).toBe(0); // it was cut
    expect(await world.countOf('known')).toBe(0);
  });

  test('cut behind a row that only we could not read is in doubt all the same', async () => {
    const operation = db.operation(world.a, { mode: 'write' });
    await operation.tx.query(insertCustomer, [world.a, 'unreadable']);
    const unreadable = operation.tx.query('select 9007199254740993 as n');
    proxy.judge = (piece, direction) =>
      direction === 'toServer' ? 'pass' : { last: upTo(piece, 'Z') };
    await expect(operation.commit()).rejects.toMatchObject({ code: 'COMMIT_IN_DOUBT' });
    await expect(unreadable).rejects.toMatchObject({ sqlState: '22003' });
  });

  test('answered with any other tag is no commit', async () => {
    const operation = db.operation(world.a, { mode: 'write' });
    await operation.tx.query(insertCustomer, [world.a, 'other tag']);
    judgeStatement('commit', (piece) => overwrite(piece, 'commit', 'select'));
    await expect(operation.commit()).rejects.toMatchObject({ code: 'TRANSACTION_FAILED' });
    await until(async () => (await world.backends()).length === 0); // still in a transaction: destroyed
    expect(await world.countOf('other tag')).toBe(0);
  });
});

describe('the opening', () => {
  test('when BEGIN fails, the server discards the write that came with it', async () => {
    judgeStatement('begin', (piece) => overwrite(piece, 'begin', 'bogus'));
    const work = db.withTenant(world.a, { mode: 'write' }, (tx) =>
      tx.query('insert into app.open_door values (2)'),
    );
    await expect(work).rejects.toMatchObject({ sqlState: '42601' });
    expect(proxy.sent.some((piece) => piece.includes('open_door'))).toBe(true);
    expect((await world.admin.query('select from app.open_door where n = 2')).rowCount).toBe(0);
  });

  test.each([
    ['read', 'select app.open_read($1::uuid)'],
    ['write', 'select app.set_tenant($1::uuid)'],
  ] as const)(
    'when it sets no tenant, a %s delivers nothing and its connection goes',
    async (mode, opening) => {
      const [backend] = await world.backends();
      judgeStatement(opening, (piece) => overwrite(piece, opening, `select '-' || $1`));
      const work = db.withTenant(world.a, { mode }, (tx) => tx.query(allCustomers));
      await expect(work).rejects.toBeInstanceOf(Error);
      await until(async () => (await world.backends()).every(({ pid }) => pid !== backend?.pid));
    },
  );

  test.each(['read', 'write'] as const)(
    'when the tenant can not be set, a %s delivers and leaves nothing',
    async (mode) => {
      const functions = 'function app.set_tenant(uuid), app.open_read(uuid)';
      await world.admin.query(`revoke execute on ${functions} from tenantry_server`);
      const operation = db.operation(world.a, { mode });
      const answers = await Promise.allSettled([
        operation.tx.query('select 1'),
        operation.tx.query(mode === 'read' ? 'select 2' : 'insert into app.open_door values (3)'),
      ]);
      const committed = await operation.commit().catch((error: unknown) => error);
      await world.admin.query(`grant execute on ${functions} to tenantry_server`);
      for (const answer of answers) expect(answer).toMatchObject({ reason: { sqlState: '42501' } });
      expect(committed).toMatchObject({ sqlState: '42501' });
      expect((await world.admin.query('select from app.open_door where n = 3')).rowCount).toBe(0);
    },
  );

  test('of a whole write says whose the answers are: with another’s it is in doubt', async () => {
    const whole = (tenantId: string) =>
      db.withTenant(tenantId, { mode: 'write', mayComplete: true }, async (tx) => {
        const asked = tx.query('select name from app.customers limit 1', [], { name: 'whole' });
        tx.complete(1);
        return (await asked).rows;
      });
    await whole(world.a);
    await whole(world.b);
    let others: Buffer | undefined;
    proxy.judge = (piece, direction) => {
      if (direction !== 'toClient') return 'pass';
      if (others !== undefined) return others;
      others = Buffer.from(piece);
      return 'pass';
    };
    expect(await whole(world.b)).toEqual([{ name: `of ${world.b}` }]);
    await expect(whole(world.a)).rejects.toMatchObject({ code: 'COMMIT_IN_DOUBT' });
    proxy.judge = undefined;
  });

  test.each(['read', 'write'] as const)('may name its tenant in capitals: a %s', async (mode) => {
    const { rows } = await db.withTenant(world.a.toUpperCase(), { mode }, (tx) =>
      tx.query<{ tenant_id: string }>(allCustomers),
    );
    expect(new Set(rows.map((row) => row.tenant_id))).toEqual(new Set([world.a]));
  });

  test('of rows that went into a table misses none', async () => {
    const operation = db.operation(world.a, { mode: 'write' });
    await operation.tx.query('select name into temporary taken from app.customers');
    const { rowCount } = await operation.tx.query('select from taken');
    expect(rowCount).toBeGreaterThanOrEqual(customersEach);
    await operation.rollback();
  });

  test('of a write without its answers, what follows has none either', async () => {
    const operation = db.operation(world.a, { mode: 'write' });
    await operation.tx.query('select 1');
    proxy.judge = (_piece, direction) => {
      if (direction !== 'toClient') return 'pass';
      proxy.judge = undefined;
      return Buffer.from('Z\0\0\0\x05T', 'latin1');
    };
    const writing = operation.tx.query(insertCustomer, [world.a, 'unanswered']);
    await expect(writing).rejects.toMatchObject({ code: 'DATABASE_UNAVAILABLE' });
    await operation.rollback();
    expect(await world.countOf('unanswered')).toBe(0);
  });

  test('that parses a name anew closes it before, for a pooler may know it', async () => {
    const named = { text: 'select 41 + 1 as n', name: 'forty_two' };
    const message = (kind: string, rest: string): string =>
      `${kind}\0\0\0${String.fromCharCode(4 + rest.length)}${rest}`;
    const close = message('C', `S${named.name}\0`);
    const reading = (...requests: StatementRequest[]) =>
      db.withTenant(world.a, { mode: 'read' }, (tx) =>
        Promise.allSettled(requests.map((request) => tx.run(request, readPlainRows))),
      );
    await expect(reading({ text: 'select 1/0' }, named)).rejects.toMatchObject({
      cause: { sqlState: '22012' },
    });
    const before = proxy.sent.length;
    for (let time = 0; time < 2; time += 1) {
      expect(await reading(named)).toMatchObject([{ value: { rows: [{ n: 42 }] } }]);
    }
    const sent = Buffer.concat(proxy.sent.slice(before)).toString('latin1');
    expect(sent.split(close)).toHaveLength(2);
    expect(sent.indexOf(close)).toBeLessThan(sent.indexOf(named.text));
  });

  test.each(['read', 'write'] as const)(
    'on a backend that has just been terminated, a %s delivers and leaves nothing',
    async (mode) => {
      const [backend] = await world.backends();
      await world.admin.query('select pg_terminate_backend($1)', [backend?.pid]);
      const text = mode === 'read' ? allCustomers : 'insert into app.open_door values (4)';
      const outcome = await db
        .withTenant(world.a, { mode }, (tx) => tx.query(text))
        .catch((error: unknown) => error);
      // Whichever was noticed first: the loss of the idle connection, or the opening's failure.
      if (outcome instanceof Error) expect(outcome).toMatchObject({ code: 'DATABASE_UNAVAILABLE' });
      const left = (await world.admin.query('delete from app.open_door where n = 4')).rowCount;
      expect(left).toBe(mode === 'write' && !(outcome instanceof Error) ? 1 : 0);
    },
  );

  test('that is swallowed by the network ends in time', async () => {
    await db.close();
    db = open({ operationTimeoutMs: 1_000 });
    judgeStatement('begin', 'blackHole');
    await expect(write('unopened')).rejects.toMatchObject({
      code: 'OPERATION_TIMED_OUT',
      phase: 'OPERATION',
    });
    expect(db.statistics.total).toBe(0);
    proxy.resetAll();
  });

  test('a warning that the session is in another transaction is fatal', async () => {
    await world.admin.query(`create or replace function app.warn() returns int language plpgsql as
      $$ begin raise warning using errcode = '25001', message = 'as if'; return 1; end $$`);
    await world.admin.query('grant execute on function app.warn() to tenantry_server');
    const work = db.withTenant(world.a, { mode: 'write' }, async (tx) => {
      await tx.query(insertCustomer, [tx.tenantId, 'warned']);
      await tx.query('select app.warn()');
    });
    await expect(work).rejects.toMatchObject({ code: 'DATABASE_UNAVAILABLE' });
    expect(db.statistics.total).toBe(0);
    expect(await world.countOf('warned')).toBe(0);
  });
});

describe('a statement', () => {
  test('cut half-way through its rows delivers none of them', async () => {
    let pieces = 0;
    proxy.judge = (_piece, direction) =>
      direction === 'toClient' && ++pieces === 2 ? 'reset' : 'pass';
    const many = `select tenant_id, repeat('x', 4000) from app.customers, generate_series(1, 100)`;
    const work = db.withTenant(world.a, { mode: 'read' }, (tx) => tx.query(many));
    await expect(work).rejects.toMatchObject({
      code: 'DATABASE_UNAVAILABLE',
      reason: 'CONNECTION_LOST',
    });
  });

  test('swallowed by the network ends with the operation, and the connection is destroyed', async () => {
    await db.close();
    db = open({ operationTimeoutMs: 500 });
    const operation = db.operation(world.a, { mode: 'write' });
    await operation.tx.query(insertCustomer, [world.a, 'hole']);
    judgeStatement('select 5', 'blackHole');
    await expect(operation.tx.query('select 5')).rejects.toMatchObject({
      code: 'OPERATION_TIMED_OUT',
      phase: 'OPERATION',
    });
    await operation.rollback();
    expect(db.statistics.total).toBe(0);
    expect(await world.countOf('hole')).toBe(0);
    proxy.resetAll();
  });

  test('that leaves the transaction it ran in delivers nothing, and the connection is destroyed', async () => {
    const text = `select 'leaves'`;
    judgeStatement(text, (piece) => overwrite(piece, text, 'commit'));
    const work = db.withTenant(world.a, { mode: 'write' }, async (tx) => {
      await tx.query('select 1');
      return tx.query(text);
    });
    await expect(work).rejects.toMatchObject({ code: 'TRANSACTION_FAILED' });
    expect(db.statistics.total).toBe(0);
  });

  test('pipelined behind a cut is never delivered to anybody else', async () => {
    proxy.delayMs = 10;
    const operation = db.operation(world.a, { mode: 'read' });
    const late = Promise.allSettled([
      operation.tx.query(allCustomers),
      operation.tx.query(allCustomers),
    ]);
    await new Promise((resolve) => setTimeout(resolve, 15));
    await operation.rollback();
    for (const answer of await late) expect(answer.status).toBe('rejected');
    proxy.delayMs = 0;
  });
});

describe('a named statement', () => {
  test('whose result type changed fails once and heals', async () => {
    await world.admin.query('create table app.shifty (a int)');
    await world.admin.query('grant select on app.shifty to tenantry_server');
    const look = () =>
      db.withTenant(world.a, { mode: 'read' }, (tx) =>
        tx.query('select * from app.shifty', [], { name: 'shifty' }),
      );
    await look();
    await world.admin.query('alter table app.shifty alter a type text, add b int');
    await expect(look()).rejects.toMatchObject({ code: 'STATEMENT_FAILED', sqlState: '0A000' });
    await expect(look()).resolves.toMatchObject({ rowCount: 0 });
  });

  test('whose value can not be serialised is not spoilt', async () => {
    const run = (value: unknown) =>
      db.withTenant(world.a, { mode: 'read' }, (tx) =>
        tx.query('select $1::text as v', [value], { name: 'spoilt' }),
      );
    const throwing = {
      toJSON: () => {
        throw new Error('no');
      },
    };
    await expect(run(throwing)).rejects.toMatchObject({ code: 'FORBIDDEN_STATEMENT' });
    await expect(run('fine')).resolves.toMatchObject({ rows: [{ v: 'fine' }] });
    await expect(run(throwing)).rejects.toMatchObject({ code: 'FORBIDDEN_STATEMENT' });
    await expect(run('fine')).resolves.toMatchObject({ rows: [{ v: 'fine' }] });
    expect(db.statistics.total).toBe(1);
  });

  test('that was dropped behind our back fails once and heals', async () => {
    const run = () =>
      db.withTenant(world.a, { mode: 'read' }, (tx) =>
        tx.query('select 6', [], { name: 'dropped' }),
      );
    await run();
    await until(() => db.statistics.idle === 1);
    // As a pooler that swaps the server connection would: the next Bind finds nothing.
    judgeStatement('select 7', (piece) =>
      overwrite(piece, 'select 7 -- in its place', 'deallocate "dropped"'),
    );
    await db.lookup('select 7 -- in its place', []).catch(() => undefined);
    await expect(run()).rejects.toMatchObject({ code: 'STATEMENT_FAILED', sqlState: '26000' });
    await expect(run()).resolves.toMatchObject({ rowCount: 1 });
  });
});

test('a server that can not be reached is a fast typed error', async () => {
  proxy.refusing = true;
  proxy.resetAll();
  await until(() => db.statistics.total === 0);
  const started = performance.now();
  await expect(write('unreached')).rejects.toMatchObject({
    code: 'DATABASE_UNAVAILABLE',
    reason: 'CONNECT_FAILED',
  });
  await expect(db.ping()).rejects.toMatchObject({
    code: 'DATABASE_UNAVAILABLE',
    reason: 'CONNECT_FAILED',
  });
  expect(performance.now() - started).toBeLessThan(1_000);
  proxy.refusing = false;
});

test('a server that accepts and says nothing is given up in time', async () => {
  await db.close();
  db = open({ acquireTimeoutMs: 1_000 });
  proxy.judge = () => 'blackHole';
  await expect(write('silent')).rejects.toMatchObject({
    code: 'DATABASE_UNAVAILABLE',
    reason: 'CONNECT_FAILED',
  });
  proxy.judge = undefined;
});

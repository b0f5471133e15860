import { describe, expect, onTestFinished, test } from 'vitest';
import type { TenantTransaction } from '../../src/db/database.ts';
import { readPlainRows } from '../../src/db/plainRows.ts';
import { type OpenerOfOne, useOpenerOfOne } from './support/openerOfOne.ts';
import {
  allCustomers,
  type CustomerRow,
  customersEach,
  type OpenedDatabase,
  until,
} from './support/twoTenants.ts';

// Light reads that come in one turn of the event loop share a connection: each as if it were alone.

const here = useOpenerOfOne();

/** Another pool, closed when the test ends: the backends of the next one are looked at. */
function open(options: Parameters<OpenerOfOne['world']['open']>[0]): OpenedDatabase {
  const db = here.world.open(options);
  onTestFinished(() => db.close());
  return db;
}

/** A statement that may share, whatever it takes. */
const light = (tx: TenantTransaction, text = allCustomers, values: unknown[] = []) =>
  tx.run({ text, values, light: true }, readPlainRows<CustomerRow>);

const read = <T>(tenantId: string, work: (tx: TenantTransaction) => Promise<T>): Promise<T> =>
  here.db.withTenant(tenantId, { mode: 'read' }, work);

/** Of both tenants in turns. */
const tenants = (count: number): string[] =>
  Array.from({ length: count }, (_, n) => (n % 2 === 0 ? here.world.a : here.world.b));

const outcomeOf = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => 'done',
    (error: unknown) => error,
  );

const isActive = async () => (await here.world.backends()).some(({ state }) => state === 'active');

async function expectServing(): Promise<void> {
  for (const tenantId of tenants(2)) {
    const { rows } = await read(tenantId, (tx) => light(tx));
    expect(rows.map((row) => row.tenant_id)).toEqual(Array(customersEach).fill(tenantId));
  }
  await until(async () =>
    (await here.world.backends()).every(({ state, xact }) => state === 'idle' && !xact),
  );
}

describe('reads that come together', () => {
  test('go out in fours, each with its own tenant', async () => {
    const cost = await here.costOf(async () => {
      const asked = tenants(8);
      const answers = await Promise.all(asked.map((tenantId) => read(tenantId, (tx) => light(tx))));
      for (const [n, { rows }] of answers.entries()) {
        expect(rows.map((row) => row.tenant_id)).toEqual(Array(customersEach).fill(asked[n]));
      }
    });
    expect(cost).toEqual({ flushes: 2, statements: 16 });
  });

  test('see nothing of the one before them, not even its setting', async () => {
    const setting = `select current_setting('app.tenant_id') as tenant_id, current_setting('transaction_read_only') as name`;
    const answers = await Promise.all(
      tenants(4).map((tenantId) => read(tenantId, (tx) => light(tx, setting))),
    );
    expect(answers.flatMap(({ rows }) => rows)).toEqual(
      tenants(4).map((tenant_id) => ({ tenant_id, name: 'on' })),
    );
  });

  test('wait for none that is not light', async () => {
    const [a, b] = tenants(2) as [string, string];
    const two = open({ poolSize: 2 });
    await Promise.all([two.ping(), two.ping()]);
    const order: string[] = [];
    const reading = (tenantId: string, name: string, work: (tx: TenantTransaction) => unknown) =>
      two
        .withTenant(tenantId, { mode: 'read' }, async (tx) => void (await work(tx)))
        .then(() => order.push(name));
    await Promise.all([
      // Found to be heavy by its second statement, when the first is waiting for company.
      reading(a, 'mixed', (tx) =>
        Promise.all([light(tx), tx.query('select pg_sleep(0.2)'), light(tx)]),
      ),
      reading(b, 'light', (tx) => light(tx)),
      reading(a, 'light', (tx) => light(tx)),
    ]);
    expect(order).toEqual(['light', 'light', 'mixed']);
  });

  test('go on, each for itself', async () => {
    const { statements } = await here.costOf(() =>
      Promise.all(
        tenants(3).map((tenantId) =>
          read(tenantId, async (tx) => {
            const { rows } = await light(tx);
            const again = await light(tx, `${allCustomers} where id = $1`, [rows[0]?.id]);
            expect(again.rows).toEqual([rows[0]]);
          }),
        ),
      ),
    );
    expect(statements).toBe(12);
  });

  test('are one write each where the connection can not be pipelined', async () => {
    const plain = open({ pipeline: false, namedStatements: false, poolSize: 4 });
    await plain.ping();
    const { flushes } = plain.statistics;
    await Promise.all(
      tenants(4).map((tenantId) =>
        plain.withTenant(tenantId, { mode: 'read' }, async (tx) => {
          for (const row of (await light(tx)).rows) expect(row.tenant_id).toBe(tenantId);
        }),
      ),
    );
    expect(plain.statistics.flushes - flushes).toBe(4);
  });

  test('wait for a connection by the four, and are refused when too many do', async () => {
    const few = open({ poolSize: 1, maxWaiting: 1 });
    await few.ping();
    const outcomes = await Promise.all(
      tenants(12).map((tenantId) =>
        outcomeOf(few.withTenant(tenantId, { mode: 'read' }, (tx) => light(tx))),
      ),
    );
    expect(outcomes.slice(0, 8)).toEqual(Array(8).fill('done'));
    for (const outcome of outcomes.slice(8)) {
      expect(outcome).toMatchObject({ reason: 'TOO_MANY_WAITERS' });
    }
  });
});

describe('of those that come together', () => {
  const [divided, nothing] = ['select 1/$1::int as n', 'select 1'];

  test('one that is refused fails alone, and their connection is kept', async () => {
    const outcomes = await Promise.all(
      tenants(4).map((tenantId, n) =>
        outcomeOf(read(tenantId, (tx) => light(tx, divided, [n === 1 ? 0 : 1]))),
      ),
    );
    expect(outcomes).toEqual([
      'done',
      expect.objectContaining({ sqlState: '22012' }),
      'done',
      'done',
    ]);
    expect(here.db.statistics).toMatchObject({ idle: 1, total: 1 });
  });

  test('one without a tenant gets nothing, and the others all', async () => {
    const outcomes = await Promise.all([
      outcomeOf(read('nonsense', (tx) => light(tx))),
      ...tenants(2).map((tenantId) => outcomeOf(read(tenantId, (tx) => light(tx)))),
    ]);
    expect(outcomes).toEqual([expect.objectContaining({ sqlState: '22P02' }), 'done', 'done']);
  });

  test('one that spoils the connection has it closed when the others have their answers', async () => {
    await here.world.admin.query(
      `create or replace function app.spoil() returns int language plpgsql
       as $$ begin raise exception 'spoilt' using errcode = 'XX000'; end $$`,
    );
    const [before] = await here.world.backends();
    const outcomes = await Promise.all(
      tenants(4).map((tenantId, n) =>
        outcomeOf(read(tenantId, (tx) => light(tx, n === 1 ? 'select app.spoil()' : nothing))),
      ),
    );
    expect(outcomes).toEqual([
      'done',
      expect.objectContaining({ sqlState: 'XX000' }),
      'done',
      'done',
    ]);
    await expectServing();
    await until(async () => (await here.world.backends()).every(({ pid }) => pid !== before?.pid));
  });

  test('one that left a transaction open takes those behind it along', async () => {
    // ReadyForQuery says so; nothing that the fence lets through does it.
    here.proxy.judge = (piece, direction) => {
      const ready = piece.indexOf('Z\0\0\0\x05I', 0, 'latin1');
      if (direction !== 'toClient' || ready < 0) return 'pass';
      here.proxy.judge = undefined;
      const changed = Buffer.from(piece);
      changed.write('T', ready + 5, 'latin1');
      return changed;
    };
    const outcomes = await Promise.all(
      tenants(4).map((tenantId) => outcomeOf(read(tenantId, (tx) => light(tx)))),
    );
    // Its own rows were complete; of the others' nobody knows whose they are.
    expect(outcomes.slice(1)).toEqual(Array(3).fill(expect.any(Error)));
    await expectServing();
  });

  test('a lost connection takes all of them, and no more', async () => {
    const asleep = 'select pg_sleep(10)';
    const outcomes = Promise.all(
      tenants(3).map((tenantId) => outcomeOf(read(tenantId, (tx) => light(tx, asleep)))),
    );
    await until(isActive);
    await here.world.admin.query(
      `select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and application_name = 'torture'`,
    );
    for (const outcome of await outcomes) {
      expect(outcome).toMatchObject({ code: 'DATABASE_UNAVAILABLE', reason: 'CONNECTION_LOST' });
    }
    await expectServing();
  });
});

describe('a client that hangs up', () => {
  const asleep = 'select pg_sleep($1)';

  test('before they go out takes its own out', async () => {
    const client = new AbortController();
    const [a, b] = tenants(2) as [string, string];
    const cost = await here.costOf(async () => {
      const gone = here.db.withTenant(a, { mode: 'read', signal: client.signal }, (tx) =>
        light(tx),
      );
      const stays = read(b, (tx) => light(tx));
      client.abort();
      await expect(gone).rejects.toMatchObject({ code: 'OPERATION_CANCELLED' });
      expect((await stays).rows).toHaveLength(customersEach);
    });
    expect(cost).toEqual({ flushes: 1, statements: 2 });
  });

  test('cancels nothing that others wait for, and is answered at once', async () => {
    const client = new AbortController();
    const [a, b] = tenants(2) as [string, string];
    const gone = here.db.withTenant(a, { mode: 'read', signal: client.signal }, (tx) =>
      light(tx, asleep, [0.01]),
    );
    const stays = read(b, (tx) => light(tx, asleep, [0.5]));
    await until(isActive);
    client.abort();
    await expect(gone).rejects.toMatchObject({ code: 'OPERATION_CANCELLED' });
    expect((await stays).rowCount).toBe(1);
    expect(here.db.events.map(({ type }) => type)).not.toContain('cancelSent');
  });

  test('as the last of them has Postgres stop', async () => {
    const own = open({ poolSize: 1 });
    await own.ping();
    const clients = tenants(3).map((tenantId) => {
      const client = new AbortController();
      const outcome = outcomeOf(
        own.withTenant(tenantId, { mode: 'read', signal: client.signal }, (tx) =>
          light(tx, asleep, [10]),
        ),
      );
      return { client, outcome };
    });
    await until(isActive);
    for (const { client } of clients.slice(1)) client.abort();
    // Longer than a statement may go on that nobody waits for.
    await here.db.lookup('select pg_sleep(0.2)', []);
    expect(own.events).toHaveLength(1);
    clients[0]?.client.abort();
    await until(() => own.events.length === 3);
    await until(async () => !(await isActive()));
    expect(own.events.map(({ type }) => type)).toEqual([
      'connectionOpened',
      'cancelSent',
      'connectionDestroyed',
    ]);
    for (const { outcome } of clients) {
      expect(await outcome).toMatchObject({ code: 'OPERATION_CANCELLED' });
    }
  });
});

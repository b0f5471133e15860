import { describe, expect, onTestFinished, test } from 'vitest';
import type { TenantTransaction } from '../../src/db/database.ts';
import { readPlainRows } from '../../src/db/query/plainRows.ts';
import { type OpenerOfOne, useOpenerOfOne } from './support/openerOfOne.ts';
import { messagesOf, upTo } from './support/proxy.ts';
import {
  allCustomers,
  type CustomerRow,
  customersEach,
  type OpenedDatabase,
  until,
} from './support/twoTenants.ts';

// Light reads that come in one turn of the event loop share a connection: each as if it were alone. Here they do
// so whether or not the process is busy.

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

const asleep = 'select pg_sleep($1)';
const nothing = 'select 1';

/** Of both tenants in turns. */
const tenants = (count: number): string[] =>
  Array.from({ length: count }, (_, n) => (n % 2 === 0 ? here.world.a : here.world.b));

const outcomeOf = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => 'done',
    (error: unknown) => error,
  );

const isActive = async () => (await here.world.backends()).some(({ state }) => state === 'active');

const isGone = (gone: number | undefined) =>
  until(async () => (await here.world.backends()).every(({ pid }) => pid !== gone));

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

  test('go on with more, once Postgres is ready, where the connection can not be pipelined', async () => {
    const plain = open({ pipeline: false, namedStatements: false, poolSize: 1 });
    await plain.ping();
    await plain.withTenant(here.world.a, { mode: 'read' }, async (tx) => {
      const first = tx.query('select pg_sleep(0.05)');
      await new Promise(setImmediate);
      const [, { rows }] = await Promise.all([first, light(tx)]);
      expect(rows.map((row) => row.tenant_id)).toEqual(Array(customersEach).fill(here.world.a));
    });
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

test('share while the process is busy, and not while it has time', async () => {
  const own = open({ poolSize: 4, sharesReads: undefined });
  await Promise.all(tenants(4).map(() => own.ping()));
  const together = async () => {
    const { flushes } = own.statistics;
    await Promise.all(
      tenants(4).map((tenantId) => own.withTenant(tenantId, { mode: 'read' }, (tx) => light(tx))),
    );
    return own.statistics.flushes - flushes;
  };
  await until(async () => (await together()) === 4);
  let flushes = 4;
  const latest = performance.now() + 5_000;
  while (flushes > 1 && performance.now() < latest) {
    const work = performance.now() + 30;
    while (performance.now() < work);
    flushes = await together();
  }
  expect(flushes).toBe(1);
});

describe('of those that come together', () => {
  const divided = 'select 1/$1::int as n';

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

  test('one that left a transaction open is not believed, and the others read again', async () => {
    // ReadyForQuery says so; nothing that the fence lets through does it.
    here.proxy.judge = (piece, direction) => {
      const ready = piece.indexOf('Z\0\0\0\x05I', 0, 'latin1');
      if (direction !== 'toClient' || ready < 0) return 'pass';
      here.proxy.judge = undefined;
      const changed = Buffer.from(piece);
      changed.write('T', ready + 5, 'latin1');
      return changed;
    };
    const [before] = await here.world.backends();
    const asked = tenants(4);
    const answers = await Promise.allSettled(
      asked.map((tenantId) => read(tenantId, (tx) => light(tx))),
    );
    expect(answers[0]?.status).toBe('rejected');
    for (const [n, answer] of answers.entries()) {
      if (answer.status === 'rejected') continue;
      expect(answer.value.rows.map((row) => row.tenant_id)).toEqual(
        Array(customersEach).fill(asked[n]),
      );
    }
    expect(answers.slice(1).map(({ status }) => status)).toEqual(Array(3).fill('fulfilled'));
    await isGone(before?.pid);
    await expectServing();
  });

  test('one that goes on while it is under way does so when it has arrived', async () => {
    const own = open({ poolSize: 1 });
    await own.ping();
    const [a, b] = tenants(2) as [string, string];
    const first = own.withTenant(a, { mode: 'read' }, async (tx) => {
      await light(tx, asleep, [0.1]);
      return light(tx);
    });
    const second = own.withTenant(b, { mode: 'read' }, async (tx) => {
      const before = light(tx, asleep, [0.1]);
      await until(isActive);
      const [{ rows }, { rows: others }] = await Promise.all([light(tx), light(tx), before]);
      expect(others).toEqual(rows);
      return rows;
    });
    expect((await first).rows.map((row) => row.tenant_id)).toEqual(Array(customersEach).fill(a));
    expect((await second).map((row) => row.tenant_id)).toEqual(Array(customersEach).fill(b));
    expect(own.statistics).toMatchObject({ idle: 1, total: 1, waiting: 0 });
  });

  test.each([1, 2])('a cut takes the first alone, pool of %i', async (poolSize) => {
    const own = open({ url: here.proxy.urlFor(here.world.serverUrl), poolSize });
    await Promise.all(Array.from({ length: poolSize }, () => own.ping()));
    here.proxy.judge = (_piece, direction) => {
      if (direction !== 'toClient') return 'pass';
      here.proxy.judge = undefined;
      return 'reset';
    };
    const outcomes = await Promise.all(
      tenants(4).map((tenantId) =>
        outcomeOf(own.withTenant(tenantId, { mode: 'read' }, (tx) => light(tx))),
      ),
    );
    expect(outcomes).toEqual([
      expect.objectContaining({ code: 'DATABASE_UNAVAILABLE', reason: 'CONNECTION_LOST' }),
      ...Array(3).fill('done'),
    ]);
  });

  test('the first is lost with the connection, and the others read again', async () => {
    const own = open({ poolSize: 1 });
    await own.ping();
    const outcomes = Promise.all(
      tenants(4).map((tenantId, n) =>
        outcomeOf(
          own.withTenant(tenantId, { mode: 'read' }, (tx) => light(tx, asleep, [n === 0 ? 10 : 0])),
        ),
      ),
    );
    await until(isActive);
    await here.world.admin.query(
      `select pg_terminate_backend(pid) from pg_stat_activity
       where datname = current_database() and state = 'active' and application_name = 'torture'`,
    );
    expect(await outcomes).toEqual([
      expect.objectContaining({ code: 'DATABASE_UNAVAILABLE', reason: 'CONNECTION_LOST' }),
      ...Array(3).fill('done'),
    ]);
  });

  test('none waits long for another, and for a while nothing is shared then', async () => {
    const own = open({ poolSize: 4 });
    await Promise.all(tenants(4).map(() => own.ping()));
    const order: string[] = [];
    const reading = (tenantId: string, n: number) =>
      own
        .withTenant(tenantId, { mode: 'read' }, async (tx) => {
          await light(tx, asleep, [n === 0 ? 0.3 : 0]);
          return (await light(tx)).rows;
        })
        .then((rows) => {
          expect(rows.map((row) => row.tenant_id)).toEqual(Array(customersEach).fill(tenantId));
          order.push(n === 0 ? 'slow' : 'quick');
        });
    await Promise.all(tenants(4).map(reading));
    expect(order).toEqual(['quick', 'quick', 'quick', 'slow']);
    // What the quick ones had left behind is answered, too.
    await until(() => own.statistics.idle === own.statistics.total);
    expect(own.statistics.waiting).toBe(0);
    await Promise.all(tenants(3).map((tenantId) => reading(tenantId, 1)));
    const { flushes } = own.statistics;
    await Promise.all(
      tenants(4).map((tenantId) => own.withTenant(tenantId, { mode: 'read' }, (tx) => light(tx))),
    );
    expect(own.statistics.flushes - flushes).toBe(4);
  });

  test.each([
    ['others always wait for a connection', { poolSize: 2, opened: 2 }],
    ['another has to be opened', { poolSize: 2, opened: 1 }],
  ])('none waits long for another where %s', async (_where, { poolSize, opened }) => {
    const own = open({ poolSize });
    await Promise.all(Array.from({ length: opened }, () => own.ping()));
    const [a, b] = tenants(2) as [string, string];
    const order: string[] = [];
    const reading = (tenantId: string, name: string, seconds: number) =>
      own
        .withTenant(tenantId, { mode: 'read' }, (tx) => light(tx, asleep, [seconds]))
        .then(() => order.push(name));
    const together = [reading(a, 'slow', 1), ...[b, a, b].map((each) => reading(each, 'quick', 0))];
    const crowd = Array.from({ length: opened === 2 ? 4 : 0 }, async () => {
      while (order.length < 4) {
        await own.withTenant(a, { mode: 'read' }, (tx) => tx.query('select pg_sleep(0.005)'));
      }
    });
    await Promise.all(together);
    expect(order).toEqual(['quick', 'quick', 'quick', 'slow']);
    await Promise.all(crowd);
  });

  test('what one has left behind is given up when its answer does not come', async () => {
    const own = open({ url: here.proxy.urlFor(here.world.serverUrl), poolSize: 2 });
    await Promise.all([own.ping(), own.ping()]);
    const [a, b] = tenants(2) as [string, string];
    let answered = 0;
    here.proxy.judge = (piece, direction) => {
      if (direction !== 'toClient' || !piece.includes('Z\0\0\0\x05I')) return 'pass';
      answered += 1;
      // The second's, that went on elsewhere; the first's; and what the second had left behind it.
      return answered === 3 ? 'blackHole' : 'pass';
    };
    await Promise.all([
      own.withTenant(a, { mode: 'read' }, (tx) => light(tx, asleep, [0.2])),
      own.withTenant(b, { mode: 'read' }, (tx) => light(tx, asleep, [0.05])),
    ]);
    await until(() => own.events.some(({ type }) => type === 'connectionDestroyed'));
    here.proxy.judge = undefined;
    expect(own.statistics).toMatchObject({ idle: 1, total: 1 });
  });

  test.each([
    ['is lost', (piece: Buffer) => piece.subarray(piece.indexOf('Z\0\0\0\x05I') + 6)],
    ['comes twice', (piece: Buffer) => Buffer.concat([upTo(piece, 'Z'), piece])],
    ['is empty', (piece: Buffer) => Buffer.concat([Buffer.from('Z\0\0\0\x05I', 'latin1'), piece])],
    [
      'goes on after its end',
      (piece: Buffer) => {
        const messages = messagesOf(piece);
        const end = messages.findIndex((message) => message[0] === 0x5a);
        return Buffer.concat(messages.toSpliced(end, 0, messages[end - 1] ?? Buffer.alloc(0)));
      },
    ],
    ['lacks rows', (piece: Buffer) => Buffer.concat(messagesOf(piece).toSpliced(3, 2))],
  ])('an answer that %s is not taken for another’s', async (_what, change) => {
    const asked = tenants(4);
    await Promise.all(asked.map((tenantId) => read(tenantId, (tx) => light(tx))));
    here.proxy.judge = (piece, direction) => {
      if (direction !== 'toClient') return 'pass';
      here.proxy.judge = undefined;
      return change(piece);
    };
    const answers = await Promise.allSettled(
      asked.map((tenantId) => read(tenantId, (tx) => light(tx))),
    );
    expect(answers.filter(({ status }) => status === 'rejected')).toHaveLength(1);
    for (const [n, answer] of answers.entries()) {
      if (answer.status === 'rejected') continue;
      const rows = answer.value.rows.map((row) => row.tenant_id);
      expect(rows).toEqual(Array(customersEach).fill(asked[n]));
    }
    await expectServing();
  });

  test('one that sends much goes alone', async () => {
    const own = open({ poolSize: 2 });
    await Promise.all([own.ping(), own.ping()]);
    const [a, b] = tenants(2) as [string, string];
    const much = (tx: TenantTransaction) =>
      Promise.all(Array.from({ length: 5 }, () => light(tx, nothing)));
    const { flushes } = own.statistics;
    await Promise.all([
      own.withTenant(a, { mode: 'read' }, much),
      ...[b, a, b].map((tenantId) =>
        own.withTenant(tenantId, { mode: 'read' }, (tx) => light(tx, nothing)),
      ),
    ]);
    expect(own.statistics.flushes - flushes).toBe(2);
  });

  test('one that turns out heavy while all wait for a connection goes alone', async () => {
    const own = open({ poolSize: 1 });
    const [a, b] = tenants(2) as [string, string];
    const holder = own.operation(a, { mode: 'write' });
    await holder.tx.query('select 1');
    const mixed = own.withTenant(a, { mode: 'read' }, async (tx) => {
      const first = light(tx);
      await new Promise(setImmediate);
      await Promise.all([first, tx.query('select pg_sleep(0.5)')]);
    });
    const waiting = own.withTenant(b, { mode: 'read' }, (tx) => light(tx));
    await new Promise(setImmediate);
    await new Promise(setImmediate);
    await holder.commit();
    await waiting;
    await until(isActive); // the other's, which has not begun before
    await mixed;
  });
});

describe('a client that hangs up', () => {
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

  test('before they go out takes no place of those that wait', async () => {
    const own = open({ poolSize: 1, maxWaiting: 1 });
    const [a, b] = tenants(2) as [string, string];
    const holder = own.operation(a, { mode: 'write' });
    await holder.tx.query('select 1');
    const client = new AbortController();
    const reading = (signal?: AbortSignal) =>
      outcomeOf(
        own.withTenant(b, signal ? { mode: 'read', signal } : { mode: 'read' }, (tx) => light(tx)),
      );
    const gone = Array.from({ length: 8 }, () => reading(client.signal));
    const waiting = Array.from({ length: 4 }, () => reading());
    client.abort();
    await Promise.all(gone);
    await holder.commit();
    expect(await Promise.all(waiting)).toEqual(Array(4).fill('done'));
  });

  test('keeps nobody waiting who is behind it, also where there is one connection', async () => {
    const own = open({ poolSize: 1 });
    await own.ping();
    const client = new AbortController();
    const [a, b] = tenants(2) as [string, string];
    const gone = outcomeOf(
      own.withTenant(a, { mode: 'read', signal: client.signal }, (tx) => light(tx, asleep, [10])),
    );
    const stays = own.withTenant(b, { mode: 'read' }, (tx) => light(tx));
    await until(isActive);
    client.abort();
    expect((await stays).rows.map((row) => row.tenant_id)).toEqual(Array(customersEach).fill(b));
    expect(await gone).toMatchObject({ code: 'OPERATION_CANCELLED' });
    expect(own.events.map(({ type }) => type)).toEqual([
      'connectionOpened',
      'cancelSent',
      'connectionDestroyed',
      'connectionOpened',
    ]);
    await until(async () => !(await isActive()));
  });

  test('between others keeps nobody waiting, once it would be its turn', async () => {
    const own = open({ poolSize: 1 });
    await own.ping();
    const client = new AbortController();
    const [a, b] = tenants(2) as [string, string];
    const before = own.withTenant(a, { mode: 'read' }, (tx) => light(tx, asleep, [0.3]));
    const gone = outcomeOf(
      own.withTenant(b, { mode: 'read', signal: client.signal }, (tx) => light(tx, asleep, [10])),
    );
    const behind = own.withTenant(a, { mode: 'read' }, (tx) => light(tx));
    await until(isActive);
    client.abort();
    expect((await before).rows).toHaveLength(1);
    expect((await behind).rows.map((row) => row.tenant_id)).toEqual(Array(customersEach).fill(a));
    expect(await gone).toMatchObject({ code: 'OPERATION_CANCELLED' });
    await until(async () => !(await isActive()));
  });

  test('behind another takes nothing from it, also where many wait for a connection', async () => {
    const own = open({ poolSize: 2, maxWaiting: 2 });
    await Promise.all([own.ping(), own.ping()]);
    const [a, b] = tenants(2) as [string, string];
    const client = new AbortController();
    const holder = own.operation(b, { mode: 'write' });
    await holder.tx.query('select 1');
    const stays = own.withTenant(a, { mode: 'read' }, (tx) => light(tx, asleep, [0.4]));
    const gone = outcomeOf(
      own.withTenant(b, { mode: 'read', signal: client.signal }, (tx) => light(tx)),
    );
    await until(isActive);
    const line = tenants(2).map((tenantId) =>
      outcomeOf(own.withTenant(tenantId, { mode: 'read' }, (tx) => tx.query('select 1'))),
    );
    client.abort();
    expect((await stays).rows).toHaveLength(1);
    expect(await gone).toMatchObject({ code: 'OPERATION_CANCELLED' });
    expect(own.events.map(({ type }) => type)).not.toContain('cancelSent');
    await holder.commit();
    expect(await Promise.all(line)).toEqual(['done', 'done']);
  });

  test('before another sends it to the end of no line that is full', async () => {
    const own = open({ poolSize: 2, maxWaiting: 1 });
    await Promise.all([own.ping(), own.ping()]);
    const [a, b] = tenants(2) as [string, string];
    const client = new AbortController();
    const holder = own.operation(b, { mode: 'write' });
    await holder.tx.query('select 1');
    const gone = outcomeOf(
      own.withTenant(b, { mode: 'read', signal: client.signal }, (tx) => light(tx, asleep, [10])),
    );
    const stays = outcomeOf(own.withTenant(a, { mode: 'read' }, (tx) => light(tx)));
    await until(isActive);
    const line = outcomeOf(own.withTenant(a, { mode: 'read' }, (tx) => tx.query('select 1')));
    client.abort();
    expect(await Promise.all([stays, line])).toEqual(['done', 'done']);
    expect(await gone).toMatchObject({ code: 'OPERATION_CANCELLED' });
    await holder.commit();
  });

  test('with all others has Postgres stop', async () => {
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
    for (const { client } of clients) client.abort();
    for (const { outcome } of clients) {
      expect(await outcome).toMatchObject({ code: 'OPERATION_CANCELLED' });
    }
    await until(async () => !(await isActive()));
    await own.ping();
    // Those behind the first had stood in line for another connection.
    await until(() => own.statistics.idle === 1);
    expect(own.statistics).toMatchObject({ total: 1, waiting: 0 });
  });

  test('with two waves under way has Postgres stop with both', async () => {
    const own = open({ poolSize: 1 });
    await own.ping();
    const client = new AbortController();
    const [a] = tenants(1) as [string];
    const outcome = outcomeOf(
      own.withTenant(a, { mode: 'read', signal: client.signal }, async (tx) => {
        const first = tx.query('select pg_sleep(10)');
        await new Promise(setImmediate);
        await Promise.all([first, tx.query('select pg_sleep(10)')]);
      }),
    );
    await until(isActive);
    client.abort();
    expect(await outcome).toMatchObject({ code: 'OPERATION_CANCELLED' });
    await until(async () => !(await isActive()), 5_000);
  });
});

import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { DatabaseOptions, OperationOptions } from '../../src/db/database.ts';
import { OperationCancelled } from '../../src/db/errors.ts';
import type { HangUp } from '../../src/db/hangUp.ts';
import { lanesFor } from '../../src/db/operation/writeGroups.ts';
import type { Place } from '../../src/db/place.ts';
import { prepareInsert } from '../../src/db/query/prepareInsert.ts';
import { cannedReplies } from '../../src/db/tables/cannedReplies.ts';
import { overwrite, startProxy, type TcpProxy, upTo } from './support/proxy.ts';
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

beforeAll(async () => {
  world = await createTwoTenants();
});
afterAll(() => world.close());
beforeEach(async () => {
  proxy = await startProxy(world.serverUrl);
});
afterEach(async () => {
  await db.close();
  await proxy.close();
});

const poolSize = 10;
const mostLanes = lanesFor(poolSize);

/** Connections at rest, and statements whose text the proxy sees each time. */
async function open(options: Partial<DatabaseOptions> = {}): Promise<void> {
  db = world.open({
    url: proxy.urlFor(world.serverUrl),
    namedStatements: false,
    poolSize,
    ...options,
  });
  await Promise.all(times(mostLanes, () => db.ping()));
  proxy.sent.length = 0;
}

const insertPhone =
  'insert into app.customers (tenant_id, id, phone, name) values ($1, gen_random_uuid(), $2, $3)';

/** Two statements that are whole with each other; answers how many rows they made. */
async function write(
  name: string,
  { tenant = world.a, phone, ...options }: Partial<OperationOptions> & Given = {},
): Promise<number> {
  const operation = db.operation(tenant, { mode: 'write', mayComplete: true, ...options });
  try {
    const { tx } = operation;
    const rows = Promise.all([
      tx.query(insertCustomer, [tenant, name]),
      phone === undefined
        ? tx.query(insertCustomer, [tenant, name])
        : tx.query(insertPhone, [tenant, phone, name]),
    ]);
    tx.complete(2);
    const [one, other] = await rows;
    await operation.commit();
    return one.rowCount + other.rowCount;
  } catch (error) {
    await operation.rollback();
    throw error;
  }
}

interface Given {
  tenant?: string;
  phone?: string;
}

async function outcomes(writes: readonly Promise<unknown>[]): Promise<string[]> {
  const settled = await Promise.allSettled(writes);
  return settled.map((each) =>
    each.status === 'fulfilled'
      ? String(each.value)
      : [each.reason.code, each.reason.sqlState].filter(Boolean).join(' '),
  );
}

const times = (count: number, work: (n: number) => Promise<unknown>): Promise<unknown>[] =>
  Array.from({ length: count }, (_, n) => work(n));

async function transactionsOf(name: string): Promise<number> {
  const { rows } = await world.admin.query(
    'select count(distinct xmin::text)::int as n from app.customers where name = $1',
    [name],
  );
  return rows[0].n;
}

const setting = 'app.set_tenant($1::uuid)';

/** What does another thing on the wire than was sent. */
function spoil(text: string, by: string): void {
  proxy.judge = (piece, direction) =>
    direction === 'toServer' ? overwrite(piece, text, by) : 'pass';
}

/** Holds each transaction on its way to Postgres until it is let go. */
function holdTransactions(): { let(): void; held: () => number } {
  const gate = Promise.withResolvers<void>();
  let held = 0;
  proxy.judge = (piece, direction) => {
    if (direction !== 'toServer' || !piece.includes(setting)) return 'pass';
    held += 1;
    return { after: gate.promise };
  };
  return { let: gate.resolve, held: () => held };
}

/** While `work` runs, COMMIT fails where a customer of that name was added. */
async function refusingLate(sqlState: string, work: () => Promise<void>): Promise<void> {
  await world.admin.query(
    `create function refuse_late() returns trigger language plpgsql
       as $$ begin raise exception 'late' using errcode = '${sqlState}'; end $$;
     create constraint trigger refuse_late after insert on app.customers deferrable initially deferred
       for each row when (new.name = 'refused late') execute function refuse_late()`,
  );
  try {
    await work();
  } finally {
    await world.admin.query('drop trigger refuse_late on app.customers; drop function refuse_late');
  }
}

/** Turns of which nobody gets one again until they are let go. */
function holdTurns() {
  const gate = Promise.withResolvers<void>();
  let [held, asked] = [0, 0];
  const place = (): Place => {
    held += 1;
    let isHeld = true;
    return {
      leave: () => {
        if (isHeld) held -= 1;
        isHeld = false;
      },
      enter: () => {
        asked += 1;
        return gate.promise;
      },
      handOver: () => {
        isHeld = false;
        held -= 1;
        return place();
      },
    };
  };
  return {
    place,
    let: gate.resolve,
    refuse: gate.reject,
    held: () => held,
    asked: () => asked,
  };
}

describe('a write that is whole in its first burst', () => {
  test('goes out in one piece, and is committed with it', async () => {
    await open();
    expect(await write('whole')).toBe(2);
    expect(proxy.sent).toHaveLength(1);
    expect(await world.countOf('whole')).toBe(2);
  });

  test('takes nothing more, and nothing can undo it', async () => {
    await open();
    const operation = db.operation(world.a, { mode: 'write', mayComplete: true });
    const { tx } = operation;
    const row = tx.query(insertCustomer, [world.a, 'closed']);
    tx.complete(1);
    await expect(tx.query('select 1')).rejects.toMatchObject({ code: 'HANDLE_CLOSED' });
    await row;
    await operation.rollback();
    expect(operation.hasCommitted).toBe(true);
    expect(await world.countOf('closed')).toBe(1);
  });

  test('is told of the end of the transaction', async () => {
    await open();
    const operation = db.operation(world.a, { mode: 'write', mayComplete: true });
    const told: string[] = [];
    operation.tx.afterCommit(() => told.push('commit'));
    operation.tx.afterEnd(() => told.push('end'));
    void operation.tx.query(insertCustomer, [world.a, 'told']);
    operation.tx.complete(1);
    await operation.commit();
    expect(told.toSorted()).toEqual(['commit', 'end']);
  });

  test('that is not allowed to complete goes on, and can be undone', async () => {
    await open();
    const operation = db.operation(world.a, { mode: 'write' });
    const row = operation.tx.query(insertCustomer, [world.a, 'goes on']);
    operation.tx.complete(1);
    await row;
    expect((await operation.tx.query('select 1')).rowCount).toBe(1);
    await operation.rollback();
    expect(operation.hasCommitted).toBe(false);
    expect(await world.countOf('goes on')).toBe(0);
  });

  test('is not whole without a statement that was never sent', async () => {
    await open();
    const operation = db.operation(world.a, { mode: 'write', mayComplete: true });
    const row = operation.tx.query(insertCustomer, [world.a, 'half']);
    operation.tx.complete(2);
    await row;
    await operation.rollback();
    expect(operation.hasCommitted).toBe(false);
    expect(await world.countOf('half')).toBe(0);
  });

  test('that turns out not to be whole has a transaction as any write has', async () => {
    await open();
    const operation = db.operation(world.a, { mode: 'write', mayComplete: true });
    await operation.tx.savepoint((inner) => {
      const row = inner.query(insertCustomer, [world.a, 'not whole']);
      inner.complete(1);
      return row;
    });
    await operation.tx.query(insertCustomer, [world.a, 'not whole']);
    await operation.rollback();
    expect(await world.countOf('not whole')).toBe(0);

    const dropped = db.operation(world.a, { mode: 'write', mayComplete: true });
    const row = dropped.tx.query(insertCustomer, [world.a, 'not whole']);
    await dropped.rollback();
    await expect(row).rejects.toMatchObject({ code: 'HANDLE_CLOSED' });
    expect(await world.countOf('not whole')).toBe(0);
  });

  test('whose tenant cannot be set leaves no row', async () => {
    await open();
    spoil(setting, 'app.sat_tenant($1::uuid)');
    expect(await outcomes([write('no tenant')])).toEqual(['STATEMENT_FAILED 42883']);
    spoil(setting, 'pg_typeof($1::uuid)');
    expect(await outcomes([write('no tenant')])).toEqual(['STATEMENT_FAILED 42501']);
    proxy.judge = undefined;
    expect(await world.countOf('no tenant')).toBe(0);
  });

  test('with a BEGIN in it that nobody sent has not succeeded', async () => {
    await open();
    const insert =
      "insert into app.customers (tenant_id, id, name) values (app.current_tenant(), gen_random_uuid(), 'begun')";
    spoil(insert, 'begin');
    const operation = db.operation(world.a, { mode: 'write', mayComplete: true });
    const row = operation.tx.query(insert);
    operation.tx.complete(1);
    expect(await outcomes([row])).toEqual(['TRANSACTION_FAILED']);
    await expect(operation.commit()).rejects.toMatchObject({ code: 'TRANSACTION_FAILED' });
    expect(await write('after it')).toBe(2);
  });

  test('that fails when it is committed has failed, and others with it in line have not', async () => {
    await open();
    await refusingLate('LATE1', async () => {
      const all = times(mostLanes + 3, (n) =>
        write(n % (mostLanes + 1) === 0 ? 'refused late' : 'in line'),
      );
      expect(await outcomes(all)).toEqual(
        Array.from({ length: mostLanes + 3 }, (_, n) =>
          n % (mostLanes + 1) === 0 ? 'STATEMENT_FAILED LATE1' : '2',
        ),
      );
    });
    expect(await world.countOf('refused late')).toBe(0);
    expect(await world.countOf('in line')).toBe(2 * (mostLanes + 1));
  });

  test('that was refused has failed for certain, though its connection breaks', async () => {
    await open();
    await write('certain', { phone: '+15550000050' });
    proxy.judge = (piece, direction) =>
      direction === 'toClient' && piece.includes('23505') ? { last: upTo(piece, 'E') } : 'pass';
    expect(await outcomes([write('certain', { phone: '+15550000050' })])).toEqual([
      'STATEMENT_FAILED 23505',
    ]);
    expect(await world.countOf('certain')).toBe(2);
  });

  test('that fails as only a spoilt session does ends its connection', async () => {
    await open({ poolSize: 1 });
    const session = async () => {
      const reading = db.operation(world.a, { mode: 'read' });
      const { rows } = await reading.tx.query('select pg_backend_pid() as pid');
      await reading.commit();
      return rows;
    };
    const before = await session();
    await refusingLate('XX000', async () => {
      expect(await outcomes([write('refused late')])).toEqual(['STATEMENT_FAILED XX000']);
    });
    expect(await session()).not.toEqual(before);
  });

  test('that waits for a connection is not sent for who goes away', async () => {
    await open({ poolSize: 1 });
    const user = db.operation(world.a, { mode: 'write' });
    await user.tx.query('select 1');
    const gone = new AbortController();
    const waiting = write('gone', { signal: gone.signal as HangUp });
    gone.abort();
    expect(await outcomes([waiting])).toEqual(['OPERATION_CANCELLED']);
    await user.commit();
    expect(await write('came later')).toBe(2);
    expect(await world.countOf('gone')).toBe(0);
  });

  test('is in doubt when it takes too long, and its connection is not used again', async () => {
    await open({ operationTimeoutMs: 300, poolSize: 1 });
    proxy.judge = (piece) => (piece.includes(setting) ? 'blackHole' : 'pass');
    expect(await outcomes([write('too long')])).toEqual(['COMMIT_IN_DOUBT']);
    proxy.judge = undefined;
    expect(await write('on another')).toBe(2);
  });

  test('is in doubt, and its statements with it, when no answer comes', async () => {
    await open();
    proxy.judge = (_piece, direction) => (direction === 'toServer' ? 'passThenReset' : 'pass');
    expect(await outcomes([write('in doubt')])).toEqual(['COMMIT_IN_DOUBT']);
    await until(async () => (await world.countOf('in doubt')) === 2);
  });
});

describe('rows of one table', () => {
  const insertReply = prepareInsert<typeof cannedReplies, { id: string; shortcut: string }>(
    cannedReplies,
    { id: cannedReplies.id, shortcut: cannedReplies.shortcut },
  );

  async function addReply(shortcut: string, body = 'x'): Promise<{ id: string; shortcut: string }> {
    const operation = db.operation(world.a, { mode: 'write', mayComplete: true });
    const { tx } = operation;
    const row = insertReply(tx, { tenantId: world.a, id: randomUUID(), shortcut, body });
    tx.complete(1);
    const inserted = await row;
    await operation.commit();
    return inserted;
  }

  test('go in by one INSERT, and each hears of its own', async () => {
    await open({ namedStatements: true });
    for (let n = 0; n < 3; n += 1) await addReply(`known${n}`); // a text that comes often has a name
    const before = db.statistics.statements;
    const all = await Promise.all(times(mostLanes + 11, (n) => addReply(`joined${n}`)));
    // Each transaction's tenant; the eleven are INSERTs of 8 and 3.
    expect(db.statistics.statements - before).toBe(mostLanes + 1 + mostLanes + 2);
    expect(all.map((row) => (row as { shortcut: string }).shortcut)).toEqual(
      Array.from({ length: mostLanes + 11 }, (_, n) => `joined${n}`),
    );
  });

  test('where one is refused, the others are added without it', async () => {
    await open({ namedStatements: true });
    await addReply('taken');
    const shortcuts = Array.from({ length: mostLanes + 5 }, (_, n) =>
      n === mostLanes + 1 ? 'taken' : `r${n}`,
    );
    const settled = await Promise.allSettled(shortcuts.map((shortcut) => addReply(shortcut)));
    expect(settled.map(({ status }) => status)).toEqual(
      shortcuts.map((shortcut) => (shortcut === 'taken' ? 'rejected' : 'fulfilled')),
    );
  });
});

describe('several of them at once', () => {
  test('share transactions, and each gets its own answer', async () => {
    await open();
    expect(await outcomes(times(12, () => write('together')))).toEqual(Array(12).fill('2'));
    expect(await world.countOf('together')).toBe(24);
    // Those that found nobody under way, and all that came meanwhile.
    expect(await transactionsOf('together')).toBe(mostLanes + 1);
    expect(proxy.sent).toHaveLength(mostLanes + 1);
  });

  test('never with those of another tenant', async () => {
    await open();
    const tenants = [world.a, world.b];
    await Promise.all(times(16, (n) => write('apart', { tenant: tenants[n % 2] as string })));
    const { rows } = await world.admin.query(
      `select count(distinct tenant_id)::int as tenants from app.customers where name = 'apart' group by xmin::text`,
    );
    expect(rows.every(({ tenants: n }) => n === 1)).toBe(true);
    expect(rows.length).toBeGreaterThan(2);
  });

  test('where one is refused, the others succeed without it', async () => {
    await open();
    await write('first', { phone: '+15550000100' });
    const all = times(12, (n) =>
      write('refused', { phone: n === 7 ? '+15550000100' : `+155500020${10 + n}` }),
    );
    const expected = Array(12).fill('2');
    expected[7] = 'STATEMENT_FAILED 23505';
    expect(await outcomes(all)).toEqual(expected);
    expect(await world.countOf('refused')).toBe(22);
    expect(await world.countOf('first')).toBe(2);
  });

  test('that exclude each other: one of them succeeds', async () => {
    await open();
    const all = await outcomes(times(12, () => write('same phone', { phone: '+15550000300' })));
    expect(all.toSorted()).toEqual(['2', ...Array(11).fill('STATEMENT_FAILED 23505')]);
    expect(await world.countOf('same phone')).toBe(2);
  });

  test('do not wait long for a lock that one of them needs', async () => {
    await open();
    const blocker = db.operation(world.a, { mode: 'write' });
    await blocker.tx.query(insertPhone, [world.a, '+15550000400', 'blocker']);
    const phones = (n: number) => (n % 4 === 0 ? '+15550000400' : `+155500041${10 + n}`);
    const all = times(12, (n) => write('locked', { phone: phones(n) }));
    const blocked = outcomes(all.filter((_, n) => n % 4 === 0)); // before any of them may fail
    // Nine are free of it; the others are waiting for the blocker, each by itself.
    expect(await outcomes(all.filter((_, n) => n % 4 !== 0))).toEqual(Array(9).fill('2'));
    await blocker.rollback();
    expect((await blocked).toSorted()).toEqual(['2', ...Array(2).fill('STATEMENT_FAILED 23505')]);
    expect(await world.countOf('locked')).toBe(20);
  });

  test('that fail before a text of theirs was parsed leave a connection that knows so', async () => {
    await open({ namedStatements: true, poolSize: 1 });
    const name = 'parsed_once';
    const failing = db.operation(world.a, { mode: 'write' });
    const statements = ['select 1 / 0', 'select 2 as two', 'select 2 as two'].map((text, n) =>
      failing.tx.query(text, [], n === 0 ? {} : { name }),
    );
    expect((await outcomes(statements))[0]).toBe('STATEMENT_FAILED 22012');
    await failing.rollback();
    const next = db.operation(world.a, { mode: 'write' });
    expect((await next.tx.query('select 2 as two', [], { name })).rows).toEqual([{ two: 2 }]);
    await next.commit();
  });

  test('are all in doubt when their connection breaks, and none is sent twice', async () => {
    await open();
    const transactions = holdTransactions();
    const all = outcomes(times(mostLanes + 3, () => write('broken')));
    await until(() => transactions.held() === mostLanes);
    proxy.judge = (piece, direction) =>
      direction === 'toServer' && piece.includes(setting) ? 'passThenReset' : 'pass';
    transactions.let();
    expect(await all).toEqual([...Array(mostLanes).fill('2'), ...Array(3).fill('COMMIT_IN_DOUBT')]);
    await until(async () => (await world.countOf('broken')) === 2 * mostLanes + 6);
    expect(proxy.sent).toHaveLength(mostLanes + 1);
  });

  test('whose tenant cannot be set leave no row', async () => {
    await open();
    spoil(setting, 'app.sat_tenant($1::uuid)');
    expect(new Set(await outcomes(times(9, () => write('no tenants'))))).toEqual(
      new Set(['STATEMENT_FAILED 42883']),
    );
    proxy.judge = undefined;
    expect(await world.countOf('no tenants')).toBe(0);
  });

  test('a caller who goes away while it waits is not written; one who is under way is', async () => {
    await open();
    const transactions = holdTransactions();
    const [early, late] = [new AbortController(), new AbortController()];
    const signalOf = ({ signal }: AbortController) => ({ signal: signal as HangUp });
    const first = write('went away', signalOf(late));
    const others = times(mostLanes - 1, () => write('stayed'));
    const waiting = [write('went away', signalOf(early)), write('stayed')];
    await until(() => transactions.held() === mostLanes);
    early.abort();
    late.abort();
    expect(await outcomes(waiting.slice(0, 1))).toEqual(['OPERATION_CANCELLED']);
    transactions.let();
    expect(await outcomes([first, ...others, ...waiting.slice(1)])).toEqual(
      Array(mostLanes + 1).fill('2'),
    );
    expect(await world.countOf('went away')).toBe(2);
    expect(await world.countOf('stayed')).toBe(2 * mostLanes);
  });

  test('are refused when their turn does not come in time', async () => {
    await open();
    const transactions = holdTransactions();
    const all = times(mostLanes + 1, () => write('too late'));
    expect(await outcomes(all.slice(mostLanes))).toEqual(['DATABASE_UNAVAILABLE']);
    transactions.let();
    expect(await outcomes(all.slice(0, mostLanes))).toEqual(Array(mostLanes).fill('2'));
    expect(await world.countOf('too late')).toBe(2 * mostLanes);
  });

  test('hold one turn a lane, and take one again for what is sent again', async () => {
    await open();
    const turns = holdTurns();
    await write('turns', { phone: '+15550000900' });
    const all = times(mostLanes + 3, (n) =>
      write('turns', {
        place: turns.place(),
        phone: n === mostLanes ? '+15550000900' : `+155500091${10 + n}`,
      }),
    );
    // Of the three that went together one was refused: each waits for a turn now.
    await until(() => turns.asked() === 3);
    await until(() => turns.held() === 0);
    expect(await world.countOf('turns')).toBe(2 * mostLanes + 2);
    turns.let();
    expect((await outcomes(all)).filter((each) => each !== '2')).toEqual([
      'STATEMENT_FAILED 23505',
    ]);
    expect(await world.countOf('turns')).toBe(2 * (mostLanes + 3));
  });

  test('are not sent again for who has gone by then', async () => {
    await open();
    const turns = holdTurns();
    const gone = new AbortController();
    await write('gone', { phone: '+15550000950' });
    const all = times(mostLanes + 2, (n) =>
      write('gone', {
        place: turns.place(),
        phone: n === mostLanes ? '+15550000950' : `+155500096${10 + n}`,
        signal: (n > mostLanes ? gone.signal : new AbortController().signal) as HangUp,
      }),
    );
    await until(() => turns.asked() === 2);
    gone.abort();
    turns.let();
    expect((await outcomes(all)).slice(mostLanes)).toEqual([
      ...['STATEMENT_FAILED 23505', 'OPERATION_CANCELLED'],
    ]);
    expect(await world.countOf('gone')).toBe(2 * mostLanes + 2);
  });

  test('are cancelled for who goes away while he waits for a turn again', async () => {
    await open();
    const turns = holdTurns();
    await write('waited', { phone: '+15550000970' });
    const all = outcomes(
      times(mostLanes + 2, (n) =>
        write('waited', {
          place: turns.place(),
          phone: n === mostLanes ? '+15550000970' : `+155500098${10 + n}`,
        }),
      ),
    );
    await until(() => turns.asked() === 2);
    turns.refuse(new OperationCancelled('gone'));
    expect((await all).slice(mostLanes)).toEqual(Array(2).fill('OPERATION_CANCELLED'));
    expect(await world.countOf('waited')).toBe(2 * mostLanes + 2);
  });
});

import { randomUUID } from 'node:crypto';
import { expect } from 'vitest';
import type { Database, TenantTransaction } from '../../../src/db/database.ts';
import { isDatabaseError } from '../../../src/db/errors.ts';
import { readPlainRows } from '../../../src/db/query/plainRows.ts';
import {
  allCustomers,
  type CustomerRow,
  insertCustomer,
  type TwoTenants,
  until,
} from './twoTenants.ts';

const oneCustomer = `${allCustomers} limit 1`;

/** What happened to the operations of one run of load. */
export interface Tally {
  operations: number;
  /** Names under which a write said it committed, one row each. */
  readonly committed: string[];
  /** Names under which a write said that nothing persists. */
  readonly aborted: string[];
  readonly inDoubt: string[];
  /** Errors by code, and by SQLSTATE where there is one. */
  readonly errors: Map<string, number>;
  /** Rows of the wrong tenant. Must stay empty. */
  readonly foreign: unknown[];
  /** What was no DatabaseError, and handles that answered after their end. Must stay empty. */
  readonly wrong: unknown[];
}

export const emptyTally = (): Tally => ({
  operations: 0,
  committed: [],
  aborted: [],
  inDoubt: [],
  errors: new Map(),
  foreign: [],
  wrong: [],
});

/**
 * `workers` loops of reads, writes, savepoints, hang-ups and late uses of handles for both tenants,
 * until `signal` fires. Checks every row it is given; `tally` can be looked at meanwhile.
 */
export async function runLoad(
  world: TwoTenants,
  db: Database,
  {
    workers,
    signal,
    tally = emptyTally(),
  }: { workers: number; signal: AbortSignal; tally?: Tally },
): Promise<Tally> {
  async function checked(
    tx: TenantTransaction,
    text = `${allCustomers} limit 20`,
    light = false,
  ): Promise<void> {
    const { rows } = await tx.run({ text, light }, readPlainRows<CustomerRow>);
    for (const row of rows) if (row.tenant_id !== tx.tenantId) tally.foreign.push(row);
  }

  async function read(tenantId: string): Promise<void> {
    await db.withTenant(tenantId, { mode: 'read' }, async (tx) => {
      await Promise.all([checked(tx), checked(tx, `${allCustomers} limit 3`), checked(tx)]);
      await checked(tx);
    });
  }

  /** Runs a write that adds one customer under a name of its own, and notes what it says became of it. */
  async function noted(work: (name: string) => Promise<void>): Promise<void> {
    const name = `load ${randomUUID()}`;
    try {
      await work(name);
      tally.committed.push(name);
    } catch (error) {
      const doubtful = isDatabaseError(error) && error.code === 'COMMIT_IN_DOUBT';
      (doubtful ? tally.inDoubt : tally.aborted).push(name);
      throw error;
    }
  }

  const write = (tenantId: string): Promise<void> =>
    noted((name) =>
      db.withTenant(tenantId, { mode: 'write' }, async (tx) => {
        await checked(tx);
        await tx.query(insertCustomer, [tx.tenantId, name]);
        await checked(tx);
      }),
    );

  const writeWithCommit = (tenantId: string): Promise<void> =>
    noted(async (name) => {
      const operation = db.operation(tenantId, { mode: 'write' });
      void operation.tx.query(insertCustomer, [tenantId, name]);
      void checked(operation.tx).catch(() => undefined);
      await operation.commit();
    });

  const writeWithSavepoint = (tenantId: string): Promise<void> =>
    noted((name) =>
      db.withTenant(tenantId, { mode: 'write' }, async (tx) => {
        await tx
          .savepoint(async (inner) => {
            await inner.query(insertCustomer, [tenantId, `${name} undone`]);
            await inner.query('select 1/0');
          })
          .catch((error: unknown) => {
            if (
              !isDatabaseError(error) ||
              error.code !== 'STATEMENT_FAILED' ||
              error.sqlState !== '22012'
            )
              throw error;
          });
        await tx.savepoint((inner) => inner.query(insertCustomer, [tenantId, name]));
        await checked(tx);
      }),
    );

  const hangUp = (tenantId: string): Promise<void> =>
    noted(async (name) => {
      const client = new AbortController();
      setTimeout(() => client.abort(), Math.random() * 8);
      await db.withTenant(tenantId, { mode: 'write', signal: client.signal }, async (tx) => {
        await tx.query(insertCustomer, [tenantId, name]);
        await tx.query('select pg_sleep(0.004)');
        await checked(tx);
      });
    });

  /** Light reads of both tenants that come at once, and so share a connection; some hang up. */
  async function together(): Promise<void> {
    const reads = Array.from({ length: 6 }, (_, n) => {
      const client = new AbortController();
      if (Math.random() < 0.1) setTimeout(() => client.abort(), Math.random() * 2);
      return db.withTenant(
        n % 2 === 0 ? world.a : world.b,
        { mode: 'read', signal: client.signal },
        async (tx) => {
          await Promise.all([
            checked(tx, `${allCustomers} limit 20`, true),
            checked(tx, oneCustomer, true),
          ]);
          if (n === 0) await checked(tx);
        },
      );
    });
    const refused = (await Promise.allSettled(reads)).find(({ status }) => status === 'rejected');
    if (refused?.status === 'rejected') throw refused.reason;
  }

  async function lateUse(tenantId: string): Promise<void> {
    const operation = db.operation(tenantId, { mode: 'read' });
    void checked(operation.tx).catch(() => undefined);
    if (Math.random() < 0.5) await operation.rollback();
    else await operation.commit().catch(() => undefined);
    await operation.tx.query(allCustomers).then(
      (answer) => tally.wrong.push(answer),
      () => undefined,
    );
  }

  const kinds = [read, together, write, writeWithCommit, writeWithSavepoint, hangUp, lateUse];

  async function loop(): Promise<void> {
    while (!signal.aborted) {
      const kind = kinds[Math.floor(Math.random() * kinds.length)] ?? read;
      tally.operations += 1;
      try {
        await kind(Math.random() < 0.5 ? world.a : world.b);
      } catch (error) {
        if (!isDatabaseError(error)) tally.wrong.push(error);
        else count(tally.errors, 'sqlState' in error ? error.sqlState : error.code);
        // A database that is down answers at once; don't spin.
        await new Promise((resolve) => setTimeout(resolve, 1));
      }
    }
  }

  await Promise.all(Array.from({ length: workers }, loop));
  return tally;
}

function count(counts: Map<string, number>, key: string): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}

export const gotSomewhere = ({ committed }: Tally): boolean => committed.length > 3;

/** Fails unless every row was of the right tenant and every write told the truth. */
export async function expectHonest(world: TwoTenants, tally: Tally): Promise<void> {
  expect(tally.foreign).toEqual([]);
  expect(tally.wrong).toEqual([]);
  // A row-level security refusal would mean that somebody was in somebody else's transaction.
  expect(tally.errors.get('42501')).toBeUndefined();
  expect(await judgeWrites(world, tally)).toEqual({ lost: 0, revenants: 0, undone: 0 });
  expect(gotSomewhere(tally)).toBe(true);
}

/** Fails unless the pool serves as if nothing had happened and nothing is left in a transaction. */
export async function expectRecovered(
  world: TwoTenants,
  db: Database,
  poolSize: number,
): Promise<void> {
  const reads = Array.from({ length: poolSize * 10 }, () =>
    db.withTenant(world.b, { mode: 'read' }, (tx) => tx.query<CustomerRow>(allCustomers)),
  );
  for (const { rows } of await Promise.all(reads)) {
    expect(new Set(rows.map((row) => row.tenant_id))).toEqual(new Set([world.b]));
  }
  await until(async () =>
    (await world.backends()).every((backend) => backend.state === 'idle' && !backend.xact),
  );
  // A backend notices that its client is gone when it has finished what it does.
  await until(async () => (await world.backends()).length <= poolSize);
}

/** Compares what the writes said with what is in the database. */
async function judgeWrites(
  world: TwoTenants,
  tally: Tally,
): Promise<{ lost: number; revenants: number; undone: number }> {
  const { rows } = await world.admin.query<{ lost: number; revenants: number; undone: number }>(
    `select (select count(*)::int from unnest($1::text[]) n where not exists (select from app.customers where name = n)) as lost,
            (select count(*)::int from app.customers where name = any($2)) as revenants,
            (select count(*)::int from app.customers where name like '% undone') as undone`,
    [tally.committed, tally.aborted],
  );
  return rows[0] ?? { lost: -1, revenants: -1, undone: -1 };
}

import { randomUUID } from 'node:crypto';
import pg from 'pg';
import {
  type Database,
  type DatabaseEvent,
  type DatabaseOptions,
  openDatabase,
} from '../../../src/db/database.ts';
import { createTestDatabase, type TestDatabase } from '../../support/postgres.ts';

export const customersEach = 20;

export interface CustomerRow {
  tenant_id: string;
  id: string;
  phone: string;
  name: string;
}

export interface OpenedDatabase extends Database {
  readonly events: DatabaseEvent[];
}

/** A migrated database with two tenants that have the same phone numbers, so that a leak would show. */
export interface TwoTenants {
  readonly a: string;
  readonly b: string;
  readonly serverUrl: string;
  readonly adminUrl: string;
  /** A superuser's connection, to look and to break things with. */
  readonly admin: pg.Pool;
  /** Light reads share connections unless `sharesReads` says otherwise. */
  open(options?: Partial<DatabaseOptions>): OpenedDatabase;
  /** Customers as the administrator sees them. */
  countOf(name: string): Promise<number>;
  /** Backends of the server's role in this database. */
  backends(): Promise<{ pid: number; state: string; xact: boolean }[]>;
  close(): Promise<void>;
}

export async function createTwoTenants(base?: TestDatabase): Promise<TwoTenants> {
  const database = base ?? (await createTestDatabase());
  // A pool, because it connects again after a restart.
  const admin = new pg.Pool({
    connectionString: database.adminUrl,
    application_name: 'torture admin',
    max: 1,
  });
  admin.on('error', () => undefined);
  const [a, b] = [randomUUID(), randomUUID()];
  for (const [id, slug] of [
    [a, 'a'],
    [b, 'b'],
  ] as const) {
    await admin.query(
      `insert into app.tenants (id, slug, name, plan) values ($1, $2, $2, 'BASIC')`,
      [id, slug],
    );
    await admin.query(
      `insert into app.customers (tenant_id, id, phone, name)
       select $1::uuid, gen_random_uuid(), '+52155' || (10000000 + n), 'of ' || $1 from generate_series(1, $2::int) n`,
      [id, customersEach],
    );
  }
  const opened: Database[] = [];
  return {
    a,
    b,
    admin,
    serverUrl: database.serverUrl,
    adminUrl: database.adminUrl,
    open(options = {}) {
      const events: DatabaseEvent[] = [];
      const db = openDatabase({
        url: database.serverUrl,
        applicationName: 'torture',
        poolSize: 4,
        maxWaiting: 100,
        acquireTimeoutMs: 5_000,
        operationTimeoutMs: 5_000,
        closeTimeoutMs: 2_000,
        pipeline: true,
        namedStatements: true,
        sharesReads: true,
        onEvent: (event) => events.push(event),
        ...options,
      });
      opened.push(db);
      return Object.defineProperty(db, 'events', { value: events }) as OpenedDatabase;
    },
    async countOf(name) {
      const { rows } = await admin.query(
        'select count(*)::int as n from app.customers where name = $1',
        [name],
      );
      return rows[0].n;
    },
    async backends() {
      const { rows } = await admin.query(
        `select pid, state, xact_start is not null as xact from pg_stat_activity
         where datname = current_database() and usename = 'tenantry_server'`,
      );
      return rows;
    },
    async close() {
      await Promise.all(opened.map((db) => db.close()));
      await admin.end();
      void database.drop();
    },
  };
}

/** The text of a statement that adds a customer under a name to count by. */
export const insertCustomer = `insert into app.customers (tenant_id, id, phone, name)
   values ($1, gen_random_uuid(), '+1' || (1000000000 + floor(random() * 8999999999))::bigint, $2)`;

export const allCustomers = 'select tenant_id, id, phone, name from app.customers';

/** Polls `probe` until it answers true; rejects after timeoutMs. For what the server gives no event for. */
export async function until(
  probe: () => Promise<boolean> | boolean,
  timeoutMs = 20_000,
): Promise<void> {
  const deadline = Date.now() + timeoutMs;
  while (!(await probe())) {
    if (Date.now() > deadline) throw new Error('waited in vain');
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

import { afterAll, beforeAll, beforeEach } from 'vitest';
import type { TenantTransaction } from '../../../src/db/database.ts';
import { startProxy, type TcpProxy } from './proxy.ts';
import {
  createTwoTenants,
  insertCustomer,
  type OpenedDatabase,
  type TwoTenants,
  until,
} from './twoTenants.ts';

/** Two tenants behind a proxy, and a pool of one connection that is idle when a test starts. */
export interface OpenerOfOne {
  readonly world: TwoTenants;
  readonly proxy: TcpProxy;
  readonly db: OpenedDatabase;
  /** Flushes and statements that `work` cost. */
  costOf(work: () => Promise<unknown>): Promise<{ flushes: number; statements: number }>;
}

/** For the tests of one file; what it answers has its values once they run. */
export function useOpenerOfOne(): OpenerOfOne {
  let parts: { world: TwoTenants; proxy: TcpProxy; db: OpenedDatabase } | undefined;
  const ready = () => {
    if (parts === undefined) throw new Error('only inside of a test');
    return parts;
  };

  beforeAll(async () => {
    const world = await createTwoTenants();
    const proxy = await startProxy(world.serverUrl);
    const db = world.open({ url: proxy.urlFor(world.serverUrl), poolSize: 1 });
    await db.ping();
    parts = { world, proxy, db };
  });
  beforeEach(async () => {
    const { db, proxy } = ready();
    await until(() => db.statistics.idle === 1);
    proxy.sent.length = 0;
  });
  afterAll(async () => {
    await parts?.world.close();
    await parts?.proxy.close();
  });

  return {
    get world() {
      return ready().world;
    },
    get proxy() {
      return ready().proxy;
    },
    get db() {
      return ready().db;
    },
    async costOf(work) {
      const before = ready().db.statistics;
      await work();
      const after = ready().db.statistics;
      return {
        flushes: after.flushes - before.flushes,
        statements: after.statements - before.statements,
      };
    },
  };
}

export const add = (tx: TenantTransaction, name: string) =>
  tx.query(insertCustomer, [tx.tenantId, name]);

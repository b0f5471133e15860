import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openDatabase } from '../../src/db/database.ts';
import { checkIsolation, isolationRules } from '../../src/db/isolation/checkIsolation.ts';
import { reviewed } from '../../src/db/isolation/reviewed.ts';
import { createTestDatabase, type TestDatabase } from '../support/postgres.ts';
import { violations } from './support/violations.ts';

// Each violation is made in a transaction that is rolled back, and looked at from within it as the
// server's role: so none is ever seen by another test, roles, which the whole cluster shares, included.

let database: TestDatabase;
let admin: pg.Client;
beforeAll(async () => {
  database = await createTestDatabase();
  admin = new pg.Client({ connectionString: database.adminUrl });
  await admin.connect();
});
afterAll(async () => {
  await admin.end();
  void database.drop();
});

interface Found {
  readonly rule: string;
  readonly object: string;
}

/** `rule object` of everything that is found while `violation` is in force. */
async function foundWith(violation: string, role = 'tenantry_server'): Promise<Found[]> {
  await admin.query('begin');
  try {
    await admin.query(violation);
    await admin.query(`set local role ${role}`);
    const lookup = async <R>(text: string, values: readonly unknown[]) =>
      (await admin.query(text, [...values])).rows as R[];
    const findings = await checkIsolation({ lookup });
    return findings.map(({ rule, object }) => ({ rule, object }));
  } finally {
    await admin.query('rollback');
  }
}

describe('the catalogue of a migrated database', () => {
  it('breaks no rule, asked as the server asks', async () => {
    const limits = {
      acquireTimeoutMs: 5_000,
      operationTimeoutMs: 10_000,
      closeTimeoutMs: 5_000,
    };
    const asServer = openDatabase({
      ...limits,
      url: database.serverUrl,
      applicationName: 'isolation rules',
      poolSize: 1,
      maxWaiting: 1,
      pipeline: true,
      namedStatements: true,
    });
    expect(await checkIsolation(asServer)).toEqual([]);
    await asServer.close();
  });

  it('has a violation here for each rule', () => {
    expect(Object.keys(violations).toSorted()).toEqual(
      isolationRules.map(({ code }) => code).toSorted(),
    );
  });

  it('has everything that was reviewed: no exception outlives its reason', async () => {
    const isThere = {
      sharedTable: 'select to_regclass($1) is not null as found',
      appendOnly: 'select to_regclass($1) is not null as found',
      definer: 'select to_regprocedure($1) is not null as found',
      narrowRole: 'select to_regrole($1) is not null as found',
      uniqueKey: `select to_regclass('app.' || split_part($1, '.', 3)) is not null as found`,
      foreignKey: `select exists (select from pg_constraint where conname = split_part($1, '.', 3)) as found`,
    };
    const gone: string[] = [];
    for (const { kind, object } of reviewed) {
      const { rows } = await admin.query<{ found: boolean }>(isThere[kind], [object]);
      if (rows[0]?.found !== true) gone.push(object);
    }
    expect(gone).toEqual([]);
  });
});

describe.each(Object.entries(violations))('%s', (rule, cases) => {
  it.each(cases)('finds: %s', async (violation, object) => {
    const found = await foundWith(violation);
    expect(found).toContainEqual({ rule, object: object === '' ? expect.any(String) : object });
  });
});

describe('afterwards', () => {
  it('nothing is left of them', async () => {
    expect(await foundWith('select 1')).toEqual([]);
  });
});

describe('every rule', () => {
  it.each(isolationRules.map(({ code, reason, fix }) => ({ code, reason, fix })))(
    '$code says its reason and what to do',
    ({ code, reason, fix }) => {
      expect(code).toMatch(/^[a-z]+(-[a-z]+)+$/);
      expect(reason).toMatch(/^[A-Z].*\.$/);
      expect(fix).toMatch(/\.$/);
    },
  );
});

describe('a role that is not the server’s', () => {
  it('is told about itself and not about the rest when it can bypass everything', async () => {
    const found = await foundWith('select 1', 'none');
    expect(new Set(found.map(({ rule }) => rule))).toEqual(new Set(['role-can-bypass']));
  });

  it('is found without timeouts when it is new', async () => {
    const found = await foundWith('create role tenantry_scratch nologin', 'tenantry_scratch');
    expect(found.map(({ rule }) => rule)).toContain('role-without-timeout');
  });
});

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Database, openDatabase } from '../../src/db/database.ts';
import { reportIsolation } from '../../src/db/isolation/reportIsolation.ts';
import { createTwoTenants, type TwoTenants } from './support/twoTenants.ts';

let tenants: TwoTenants;
let database: Database;
beforeAll(async () => {
  tenants = await createTwoTenants();
  database = openDatabase({
    url: tenants.serverUrl,
    applicationName: 'isolation report',
    poolSize: 1, // holds no connection while it asks for another
    maxWaiting: 1,
    acquireTimeoutMs: 2_000,
    operationTimeoutMs: 5_000,
    closeTimeoutMs: 2_000,
    pipeline: true,
    namedStatements: true,
  });
});
afterAll(async () => {
  await database.close();
  await tenants.close();
});

/** What the report says while `change` is in force; `undo` takes it back. */
async function whileChanged(change: string, undo: string) {
  await tenants.admin.query(change);
  try {
    return await reportIsolation(database, tenants.a);
  } finally {
    await tenants.admin.query(undo);
  }
}

const failedProbes = (report: Awaited<ReturnType<typeof reportIsolation>>) =>
  report.probes.filter(({ passed }) => !passed).map(({ name }) => name);

describe('the isolation report', () => {
  it('holds on a migrated database and tells what guards each table', async () => {
    const report = await reportIsolation(database, tenants.a);
    expect(report).toMatchObject({ holds: true, role: 'tenantry_server', findings: [] });
    expect(report.checkedAt).toBeInstanceOf(Date);
    expect(report.probes.map(({ name, passed }) => [name, passed])).toEqual([
      ['NO_TENANT_SEES_NOTHING', true],
      ['UNKNOWN_TENANT_SEES_NOTHING', true],
      ['TENANT_SEES_ONLY_ITS_OWN', true],
      ['FOREIGN_ROW_IS_REFUSED', true],
    ]);
    const names = report.tables.map(({ name }) => name);
    expect(names).toEqual(expect.arrayContaining(tenants.tables.map(({ name }) => name)));
    expect(report.tables.find(({ name }) => name === 'app.products')).toMatchObject({
      rowLevelSecurity: true,
      forced: true,
      tenantKey: 'tenant_id',
      grants: ['INSERT', 'SELECT', 'UPDATE'],
      isView: false,
    });
    expect(report.tables.find(({ name }) => name === 'app.lease_use')).toMatchObject({
      ...{ isView: true, rowLevelSecurity: false, policies: [] },
    });
  });

  it('leaves nothing behind, and no connection in a transaction', async () => {
    const before = [await tenants.everythingOf(tenants.a), await tenants.everythingOf(tenants.b)];
    await reportIsolation(database, tenants.a);
    expect([await tenants.everythingOf(tenants.a), await tenants.everythingOf(tenants.b)]).toEqual(
      before,
    );
    const { rows } = await tenants.admin.query(
      `select from pg_stat_activity where application_name = 'isolation report' and xact_start is not null`,
    );
    expect(rows).toEqual([]);
  });

  it('contains nothing of any tenant, whoever asks and whatever is broken', async () => {
    const reports = [
      await reportIsolation(database, tenants.a),
      await reportIsolation(database),
      await whileChanged(
        'create policy leak on app.products to tenantry_server using (true)',
        'drop policy leak on app.products',
      ),
    ];
    for (const { id, tenant } of [
      { id: 'id', tenant: tenants.a },
      { id: 'id', tenant: tenants.b },
    ]) {
      const text = JSON.stringify(reports);
      expect(text).not.toContain(tenant);
      expect(text).not.toContain('canary');
      expect(text).not.toContain(String(tenants.rowOf('app.products', tenant)[id]));
    }
  });

  it('without a tenant leaves out what needs one', async () => {
    const { holds, probes } = await reportIsolation(database);
    expect(holds).toBe(true);
    expect(probes.map(({ name }) => name)).not.toContain('TENANT_SEES_ONLY_ITS_OWN');
  });
});

describe('its probes fail, whatever the catalogue says, when', () => {
  it('rows show to everybody', async () => {
    const report = await whileChanged(
      'create policy leak on app.products for select to tenantry_server using (true)',
      'drop policy leak on app.products',
    );
    expect(report.holds).toBe(false);
    expect(failedProbes(report)).toEqual([
      'NO_TENANT_SEES_NOTHING',
      'UNKNOWN_TENANT_SEES_NOTHING',
      'TENANT_SEES_ONLY_ITS_OWN',
    ]);
    expect(report.probes[0]?.detail).toBe('A row showed in app.products.');
  });

  it('the tenant’s function answers another tenant, with every rule kept', async () => {
    const { rows } = await tenants.admin.query(
      `select pg_get_functiondef('app.current_tenant()'::regprocedure) as definition`,
    );
    const report = await whileChanged(
      `create or replace function app.current_tenant() returns uuid language sql stable return '${tenants.b}'::uuid`,
      rows[0].definition,
    );
    expect(report.findings).toEqual([]);
    expect(failedProbes(report)).toEqual([
      'NO_TENANT_SEES_NOTHING',
      'UNKNOWN_TENANT_SEES_NOTHING',
      'TENANT_SEES_ONLY_ITS_OWN',
    ]);
  });

  it('foreign rows may be written', async () => {
    const before = await tenants.everythingOf(tenants.b);
    const report = await whileChanged(
      'create policy leak on app.tenant_settings for insert to tenantry_server with check (true)',
      'drop policy leak on app.tenant_settings',
    );
    expect(failedProbes(report)).toEqual(['FOREIGN_ROW_IS_REFUSED']);
    expect(report.probes.at(-1)?.detail).toBe('No policy refused it in app.tenant_settings.');
    expect(await tenants.everythingOf(tenants.b)).toBe(before);
  });
});

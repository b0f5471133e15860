import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTwoTenants, sqlState, type TwoTenants } from './support/twoTenants.ts';

let tenants: TwoTenants;
beforeAll(async () => {
  tenants = await createTwoTenants();
});
afterAll(() => tenants.close());

const owners = `select coalesce(string_agg(tenant_id::text, ','), 'nobody') as seen from app.products`;

/** Whose products a connection sees. */
async function seenBy(client: pg.Client | pg.Pool): Promise<string> {
  return (await client.query(owners)).rows[0].seen;
}

const open = async (client: pg.Client, tenantId: string): Promise<void> => {
  await client.query('begin');
  await client.query('select app.set_tenant($1)', [tenantId]);
  expect(await seenBy(client)).toBe(tenantId);
};

describe('the tenant’s setting ends with its transaction', () => {
  it.each(['commit', 'rollback', 'commit and chain', 'rollback and chain'])(
    'at %s',
    async (end) => {
      const client = await tenants.connect();
      await open(client, tenants.a);
      await client.query(end);
      expect(await seenBy(client)).toBe('nobody');
    },
  );

  it('at an error', async () => {
    const client = await tenants.connect();
    await open(client, tenants.a);
    expect(await client.query('select 1/0').catch(sqlState)).toBe('22012');
    // COMMIT of a failed transaction is a ROLLBACK.
    expect((await client.query('commit')).command).toBe('ROLLBACK');
    expect(await seenBy(client)).toBe('nobody');
  });

  it('at a cancelled statement', async () => {
    const client = await tenants.connect();
    await open(client, tenants.a);
    const { rows } = await client.query('select pg_backend_pid() as pid');
    const running = client.query('select pg_sleep(30)').catch(sqlState);
    await until(
      `select from pg_stat_activity where pid = ${rows[0].pid} and wait_event = 'PgSleep'`,
    );
    await tenants.admin.query('select pg_cancel_backend($1)', [rows[0].pid]);
    expect(await running).toBe('57014');
    await client.query('rollback');
    expect(await seenBy(client)).toBe('nobody');
  });

  it('at a killed backend, in a pool of one', async () => {
    const pool = new pg.Pool({ connectionString: tenants.serverUrl, max: 1 });
    pool.on('error', () => undefined);
    const client = await pool.connect();
    const lost = new Promise<void>((resolve) => client.once('end', resolve));
    client.on('error', () => undefined);
    await client.query('begin');
    await client.query('select app.set_tenant($1)', [tenants.a]);
    const { rows } = await client.query('select pg_backend_pid() as pid');
    await tenants.admin.query('select pg_terminate_backend($1)', [rows[0].pid]);
    await lost;
    client.release(true);
    expect(await seenBy(pool)).toBe('nobody');
    await pool.end();
  });

  it('at a savepoint that is rolled back it is what it was before', async () => {
    const client = await tenants.connect();
    await open(client, tenants.a);
    await client.query('savepoint s');
    await client.query('select app.set_tenant($1)', [tenants.b]);
    expect(await seenBy(client)).toBe(tenants.b);
    await client.query('rollback to s');
    expect(await seenBy(client)).toBe(tenants.a);
    await client.query('rollback');
  });

  it('outside a transaction it ends with its own statement', async () => {
    const client = await tenants.connect();
    await client.query('select app.set_tenant($1)', [tenants.a]);
    expect(await seenBy(client)).toBe('nobody');
  });

  it('no tenant can be set: NULL shows nothing', async () => {
    const client = await tenants.connect();
    await open(client, tenants.a);
    await client.query('select app.set_tenant(null)');
    expect(await seenBy(client)).toBe('nobody');
    await client.query('rollback');
  });
});

describe('a prepared statement shows the tenant that is set when it is executed', () => {
  // Generic plans are made once and kept: an IMMUTABLE function in a policy is frozen into them.
  it.each(['auto', 'force_generic_plan', 'force_custom_plan'])(
    'with plan_cache_mode %s',
    async (mode) => {
      const client = await tenants.connect();
      await client.query(`select set_config('plan_cache_mode', $1, false)`, [mode]);
      const seenAs = async (tenantId: string): Promise<string> => {
        await open(client, tenantId);
        const { rows } = await client.query({
          name: 'owners',
          text: `${owners} where name = $1`,
          values: [name],
        });
        await client.query('commit');
        return rows[0].seen;
      };
      const name = tenants.rowOf('app.products', tenants.a).name;
      await tenants.admin.query('update app.products set name = $1', [name]);
      for (let round = 0; round < 8; round += 1) {
        expect(await seenAs(tenants.a)).toBe(tenants.a);
        expect(await seenAs(tenants.b)).toBe(tenants.b);
      }
      expect(
        await client.query({ name: 'owners', text: `${owners} where name = $1`, values: [name] }),
      ).toHaveProperty('rows', [{ seen: 'nobody' }]);
    },
  );
});

async function until(condition: string): Promise<void> {
  const deadline = Date.now() + 20_000;
  while ((await tenants.admin.query(condition)).rowCount === 0) {
    if (Date.now() > deadline) throw new Error('waited in vain');
  }
}

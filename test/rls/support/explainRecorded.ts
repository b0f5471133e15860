import type pg from 'pg';
import type { AnalysedNode } from './planRules.ts';
import type { Recorded } from './recordedStatements.ts';

/**
 * The plan that the server gets for a statement that it sent, with what it found: run in a transaction
 * of the tenant, as the server's role with that role's own settings. `client` is signed in as it.
 */
export async function explainAsServer(
  client: pg.Client,
  tenantId: string,
  statement: Recorded,
): Promise<AnalysedNode> {
  return rolledBack(client, () => explain(client, tenantId, statement));
}

/** The same after `change`, such as an index less. `admin` is a superuser; the change is undone. */
export async function explainAfter(
  admin: pg.Client,
  change: string,
  tenantId: string,
  statement: Recorded,
): Promise<AnalysedNode> {
  return rolledBack(admin, async () => {
    await admin.query(change);
    await admin.query('set local role tenantry_server');
    await admin.query('set local search_path = app');
    await admin.query('set local plan_cache_mode = force_generic_plan');
    await admin.query('set local random_page_cost = 1.1');
    await admin.query('set local max_parallel_workers_per_gather = 0');
    return explain(admin, tenantId, statement);
  });
}

async function rolledBack<T>(client: pg.Client, work: () => Promise<T>): Promise<T> {
  await client.query('begin');
  return work().finally(() => client.query('rollback'));
}

async function explain(
  client: pg.Client,
  tenantId: string,
  { text, values }: Recorded,
): Promise<AnalysedNode> {
  await client.query('select app.set_tenant($1)', [tenantId]);
  await client.query(`prepare recorded as ${text}`);
  const literals = values.map((value) => (value === null ? 'null' : client.escapeLiteral(value)));
  const given = literals.length === 0 ? '' : `(${literals.join(', ')})`;
  const { rows } = await client.query(`explain (analyze, format json) execute recorded${given}`);
  await client.query('deallocate recorded');
  return rows[0]['QUERY PLAN'][0].Plan;
}

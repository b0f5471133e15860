import pg from 'pg';
import { hashPassword } from '../../../src/auth/passwords.ts';
import { provision } from '../../../src/db/setup/provision.ts';
import { newId } from '../../../src/lib/ids.ts';
import type { BenchDatabase } from '../database/benchDatabase.ts';
import { fillTables } from './fillTables.ts';
import { withoutIndexes } from './indexes.ts';
import { type GrowthSize, giantTenant, measuredTenant } from './sizes.ts';

/** The only person who is in a measured tenant and signs in. */
export const owner = { email: 'owner@bench.example', password: 'bench-password' };

/** Who is asked: for reading and for writing one each, so that a page stays the same page. */
export const slugs = {
  reading: 'growth-reading',
  writing: 'growth-writing',
  giant: 'growth-giant',
};

/**
 * Fills a migrated database. As a superuser, who is past row-level security and can leave foreign keys
 * unchecked: what is inserted refers to what is there by construction, and to check it would take longer
 * than to insert it. Nothing is left unlogged or switched off: the settings are the session's.
 */
export async function seedGrowth(database: BenchDatabase, size: GrowthSize): Promise<void> {
  const measured = [
    { slug: slugs.reading, ...measuredTenant },
    { slug: slugs.writing, ...measuredTenant },
    ...(size.giant ? [{ slug: slugs.giant, ...giantTenant }] : []),
  ].map((each) => ({ ...each, id: newId() }));
  const passwordHash = await hashPassword(owner.password);
  const users = Array.from({ length: 10 }, (_, index) => ({
    id: newId(),
    email: index === 0 ? owner.email : `agent-${index}@bench.example`,
    name: index === 0 ? 'Owner' : `Agent ${index}`,
    passwordHash,
  }));
  const tenants = measured.map(({ id, slug }) => ({
    id,
    slug,
    name: slug,
    description: '',
    // Without limits: what is measured is not what is refused.
    plan: 'CUSTOM',
    createdAt: new Date(Date.now() - 400 * 86_400_000).toISOString(),
  }));
  await provision(database.operatorUrl, users, tenants);
  const client = new pg.Client({ connectionString: database.adminUrl, statement_timeout: 0 });
  client.on('error', () => undefined); // the pending query rejects with the same loss
  await client.connect();
  try {
    await client.query('set session_replication_role = replica');
    await client.query('set synchronous_commit = off');
    await client.query(`set work_mem = '512MB'`);
    await client.query(`set maintenance_work_mem = '1GB'`);
    await withoutIndexes(client, () => fillTables(client, measured, size));
    await client.query('vacuum (analyze)');
    await client.query('checkpoint');
  } finally {
    await client.end();
  }
}

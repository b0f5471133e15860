import { readFile, writeFile } from 'node:fs/promises';
import { findTenant } from '../auth/lookups.ts';
import { hashPassword } from '../auth/passwords.ts';
import { permissions } from '../auth/permissions.ts';
import type { Actor } from '../auth/principal.ts';
import { ConfigError } from '../config.ts';
import type { TenantTransaction } from '../db/database.ts';
import { provision } from '../db/provision.ts';
import { createApiKey } from '../features/apiKeys/apiKeys.ts';
import { countMembers } from '../features/members/members.queries.ts';
import { newId } from '../lib/ids.ts';
import { demoData, demoPassword } from './demo/demoData.ts';
import { demoKeyFile } from './demo/demoKey.ts';
import type { DemoTenant } from './demo/demoTenant.ts';
import { insertDemo } from './demo/seed.queries.ts';
import type { Workplace } from './workplace.ts';

/** Who acts while the demo is made. */
const seeding: Actor = {
  kind: 'SYSTEM',
  id: null,
  name: 'Demo data',
  memberId: null,
  permissions: new Set(permissions),
  requestId: 'seed',
  ip: null,
  userAgent: null,
};

/**
 * Fills an empty database with the demo's two businesses. Safe to repeat and to interrupt: each
 * business is filled in one transaction, and only while it has no members. Answers what to tell the
 * person who started it.
 */
export async function seedDemo(
  workplace: Pick<Workplace, 'database' | 'operatorUrl'>,
  dataDir: string,
): Promise<{ greeting: string }> {
  const { database, operatorUrl } = workplace;
  if (operatorUrl === undefined) {
    throw new ConfigError('Seeding needs DATABASE_URL with a password, or OPERATOR_DATABASE_URL.');
  }
  const demos = demoData(new Date());
  const known = await Promise.all(demos.map(({ slug }) => findTenant(database, 'SLUG', slug)));
  const tenantIds = demos.map((_, index) => known[index]?.id ?? newId());
  const missing = demos.flatMap((demo, index) =>
    known[index] ? [] : [{ ...demo, id: tenantIds[index] ?? '' }],
  );
  if (missing.length > 0 || (await anyEmpty(workplace, tenantIds))) {
    const userIds = await provision(operatorUrl, await usersOf(demos), missing);
    for (const [index, demo] of demos.entries()) {
      const secrets = await database.withTenant(tenantIds[index] ?? '', { mode: 'write' }, (tx) =>
        fill(tx, demo, userIds),
      );
      if (secrets[0] !== undefined) await keepSecret(dataDir, secrets[0]);
    }
  }
  return { greeting: await greet(demos, dataDir) };
}

async function anyEmpty(
  { database }: Pick<Workplace, 'database'>,
  tenantIds: readonly string[],
): Promise<boolean> {
  const counts = await Promise.all(
    tenantIds.map((id) => database.withTenant(id, { mode: 'read' }, (tx) => countMembers(tx))),
  );
  return counts.some((rows) => rows[0]?.count === 0);
}

async function usersOf(demos: readonly DemoTenant[]) {
  const passwordHash = await hashPassword(demoPassword);
  const people = new Map(demos.flatMap(({ members }) => members.map((one) => [one.email, one])));
  return [...people.values()].map(({ email, name }) => ({
    id: newId(),
    email,
    name,
    passwordHash,
  }));
}

async function fill(
  tx: TenantTransaction,
  demo: DemoTenant,
  userIds: ReadonlyMap<string, string>,
): Promise<string[]> {
  if (((await countMembers(tx))[0]?.count ?? 0) > 0) return [];
  const made: Awaited<ReturnType<typeof createApiKey>>[] = [];
  for (const { name, scopes } of demo.apiKeys) {
    made.push(await createApiKey(tx, seeding, { name, scopes }));
  }
  await insertDemo(
    tx,
    demo,
    userIds,
    made.map(({ apiKey }) => apiKey.id),
  );
  return made.map(({ secret }) => secret);
}

const keepSecret = (dataDir: string, secret: string): Promise<void> =>
  writeFile(demoKeyFile(dataDir), secret, { mode: 0o600 });

async function greet(demos: readonly DemoTenant[], dataDir: string): Promise<string> {
  const secret = await readFile(demoKeyFile(dataDir), 'utf8').catch(() => null);
  const people = demos.flatMap(({ name, slug, members }) =>
    members.map(({ email, role }) => `  ${email.padEnd(24)} ${role.padEnd(7)} ${name} (${slug})`),
  );
  return [
    '',
    `Sign in (mutation signIn) as one of these, password "${demoPassword}":`,
    ...people,
    ...(secret === null ? [] : ['', `Or send the integrator's API key:`, `  ${secret}`]),
    '',
  ].join('\n');
}

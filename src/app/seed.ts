import { findTenant } from '../auth/lookups.ts';
import { hashPassword } from '../auth/passwords.ts';
import { permissions } from '../auth/permissions.ts';
import type { Actor } from '../auth/principal.ts';
import { ConfigError } from '../config.ts';
import type { Database, TenantTransaction } from '../db/database.ts';
import { inTurn, seedingTurn } from '../db/setup/inTurn.ts';
import { provision } from '../db/setup/provision.ts';
import { createApiKey } from '../features/apiKeys/apiKeys.ts';
import { countMembers } from '../features/members/members.queries.ts';
import { newId } from '../lib/ids.ts';
import { demoData, demoPassword } from './demo/demoData.ts';
import { findDemoKey, keepDemoKey } from './demo/demoKey.ts';
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
 * Fills an empty database with the demo's two businesses. Safe to repeat, to interrupt and to run at
 * once: each business is filled in one transaction, and only while it has no members; of several that
 * find it empty one fills it while the others wait. Answers what to tell the person who started it.
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
  if (await isIncomplete(database, demos)) {
    await inTurn(operatorUrl, seedingTurn, async () => {
      // Looked at again: whoever had the turn before us may have filled it.
      if (await isIncomplete(database, demos))
        await fillAll({ database, operatorUrl, dataDir }, demos);
    });
  }
  return { greeting: greet(demos, await findDemoKey(database, dataDir)) };
}

const findBySlug = (database: Database, demos: readonly DemoTenant[]) =>
  Promise.all(demos.map(({ slug }) => findTenant(database, 'SLUG', slug)));

async function isIncomplete(database: Database, demos: readonly DemoTenant[]): Promise<boolean> {
  const found = await findBySlug(database, demos);
  const counts = await Promise.all(
    found.map((tenant) =>
      tenant === null ? 0 : database.withTenant(tenant.id, { mode: 'read' }, readMemberCount),
    ),
  );
  return counts.includes(0);
}

async function fillAll(
  place: { database: Database; operatorUrl: string; dataDir: string },
  demos: readonly DemoTenant[],
): Promise<void> {
  const { database, operatorUrl, dataDir } = place;
  const known = await findBySlug(database, demos);
  const tenants = demos.map((demo, index) => ({ ...demo, id: known[index]?.id ?? newId() }));
  const missing = tenants.filter((_, index) => known[index] === null);
  const userIds = await provision(operatorUrl, await usersOf(demos), missing);
  for (const tenant of tenants) {
    const secrets = await database.withTenant(tenant.id, { mode: 'write' }, (tx) =>
      fill(tx, tenant, userIds),
    );
    for (const secret of secrets) await keepOrSay(dataDir, secret);
  }
}

const readMemberCount = async (tx: TenantTransaction): Promise<number> =>
  (await countMembers(tx))[0]?.count ?? 0;

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
  if ((await readMemberCount(tx)) > 0) return [];
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

/** A key that was made and could not be kept is shown once all the same. */
async function keepOrSay(dataDir: string, secret: string): Promise<void> {
  try {
    await keepDemoKey(dataDir, secret);
  } catch (error) {
    throw new ConfigError(
      `DATA_DIR ${dataDir} cannot be written (${(error as Error).message}): make it writable, or name another. The demo's API key, kept nowhere, is ${secret}.`,
    );
  }
}

function greet(demos: readonly DemoTenant[], secret: string | null): string {
  const people = demos.flatMap(({ name, slug, members }) =>
    members.map(({ email, role }) => `  ${email.padEnd(24)} ${role.padEnd(7)} ${name} (${slug})`),
  );
  return [
    '',
    `Sign in (mutation signIn) with the password "${demoPassword}":`,
    ...people,
    ...(secret === null ? [] : [`Or send the integrator's API key:`, `  ${secret}`]),
    '',
  ].join('\n');
}

import { explainFailure } from '../../app/explainFailure.ts';
import type { Workplace } from '../../app/workplace.ts';
import type { Database } from '../../db/database.ts';
import { checkIsolation, isolationRules } from '../../db/isolation/checkIsolation.ts';
import type { OperatorDatabase } from '../../db/operatorDatabase.ts';
import { isMigrated } from '../../db/setup/migrate.ts';
import { serverRole } from '../../db/setup/serverRole.ts';
import { type Check, failed, ok, warning } from './check.ts';
import { checkUsage } from './usageCheck.ts';

const migrate = 'Run "npm run db:migrate" with DATABASE_URL set.';

/** Whether Postgres answers as the server's role; without that nothing else can be asked of it. */
async function checkReachable(database: Database): Promise<Check> {
  const name = 'database';
  try {
    const [answer] = await database.lookup<{ version: number; text: string; role: string }>(
      `select current_setting('server_version_num')::int as version,
         current_setting('server_version') as text, current_user::text as role`,
      [],
    );
    if (answer === undefined) throw new Error('The database answered nothing.');
    const { version, text, role } = answer;
    if (version < 150_000) {
      return failed(name, `It is Postgres ${text}.`, 'Move it to Postgres 15 or later.');
    }
    const said = `Postgres ${text} answers to ${role}.`;
    if (role === serverRole) return ok(name, said);
    return warning(name, said, `Serve as ${serverRole}: set APP_DATABASE_URL to it.`);
  } catch (error) {
    const why = explainFailure(error) ?? (error as Error).message;
    const fix =
      'Check that Postgres runs, and APP_DATABASE_URL or DATABASE_URL; "npm run db:migrate" makes the roles.';
    return failed(name, why, fix);
  }
}

async function checkMigrations(database: Database): Promise<Check> {
  const name = 'migrations';
  if (await isMigrated(database)) return ok(name, 'The database is at this version.');
  return failed(name, 'The database is at another version, or at none.', migrate);
}

/** The role that serves and the policies: what a server that starts looks at too. */
async function checkPolicies(database: Database): Promise<Check[]> {
  const findings = await checkIsolation(database);
  if (findings.length === 0) {
    const rules = isolationRules.length;
    return [ok('isolation', `Roles, policies and grants keep all ${rules} rules.`)];
  }
  return findings.map(({ rule, message, fix }) => failed('isolation', `${rule}: ${message}`, fix));
}

async function checkOperatorRole(operators: OperatorDatabase | null): Promise<Check> {
  const name = 'operators';
  if (operators === null) {
    return warning(
      name,
      'There is no URL for the role tenantry_operator: /operator/graphql is not served.',
      'Set OPERATOR_DATABASE_URL where operators are to work.',
    );
  }
  try {
    await operators.requireOwnRole();
    const [counted] = await operators.lookup<{ good: number }>(
      'select count(*)::int as good from app.operators where disabled_at is null',
      [],
    );
    if ((counted?.good ?? 0) > 0) return ok(name, `${counted?.good} can sign in.`);
    const fix = 'Run "npx tenantry operators create" for the first one.';
    return warning(name, 'Nobody can sign in as an operator.', fix);
  } catch (error) {
    const why = explainFailure(error) ?? (error as Error).message;
    return failed(name, why, 'Check OPERATOR_DATABASE_URL, and the password of tenantry_operator.');
  }
}

/** Expiry is decided by both clocks: the process signs tokens, the database ends sessions and keys. */
async function checkClock(database: Database): Promise<Check> {
  const name = 'clock';
  const sent = Date.now();
  const [answer] = await database.lookup<{ now: Date }>('select clock_timestamp() as now', []);
  // As if it had answered half-way between question and answer.
  const seconds = Math.abs((answer?.now.getTime() ?? 0) - (sent + Date.now()) / 2) / 1000;
  const said = `This machine and the database are ${seconds.toFixed(1)} s apart.`;
  const fix = 'Synchronise both clocks (NTP): tokens allow 60 s.';
  if (seconds > 30) return failed(name, said, fix);
  return seconds > 2 ? warning(name, said, fix) : ok(name, said);
}

/** What may be asked of a database that does not answer: nothing. */
export async function checkDatabase(
  { database }: Pick<Workplace, 'database'>,
  operators: OperatorDatabase | null,
): Promise<Check[]> {
  const reachable = await checkReachable(database);
  if (reachable.state === 'failed') return [reachable];
  const migrations = await checkMigrations(database);
  const clock = await checkClock(database);
  const policies = await checkPolicies(database);
  const operatorRole = await checkOperatorRole(operators);
  const checks = [reachable, migrations, clock, ...policies, operatorRole];
  // A database at another version may have no counters.
  if (migrations.state === 'failed' || operatorRole.state === 'failed') return checks;
  return [...checks, ...(await checkUsage(database, operators))];
}

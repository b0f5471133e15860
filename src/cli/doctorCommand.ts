import { existsSync } from 'node:fs';
import path from 'node:path';
import { Command } from 'commander';
import { explainFailure } from '../app/explainFailure.ts';
import { createLogger } from '../app/logger.ts';
import { openOperators } from '../app/openOperators.ts';
import { openWorkplace } from '../app/workplace.ts';
import { type Config, loadConfig } from '../config.ts';
import { type Check, failed, ok, warning } from './doctor/check.ts';
import { checkDatabase } from './doctor/databaseChecks.ts';
import { checkDisk, checkSigningKeys } from './doctor/machineChecks.ts';
import { checkMail } from './doctor/mailCheck.ts';
import { checkRedis } from './doctor/redisCheck.ts';
import { printJson } from './print.ts';

/** `doctor`: exit code 0 when nothing failed, 1 when something did. */
export function doctorCommand(): Command {
  return new Command('doctor')
    .description('Look whether this installation can serve, and say what to do where it cannot.')
    .option('--json', 'print the checks as JSON')
    .addHelpText(
      'after',
      `
It looks at the settings, the database (version, migrations, roles, policies, clock), the keys that
sign tokens, the mail server (it signs in there and sends nothing), Redis and, for the embedded database, the
disk. It changes nothing and does not migrate.
Exit code: 0 when nothing failed (warnings are none), 1 when something did.`,
    )
    .action(runDoctor);
}

async function runDoctor({ json }: { json?: true }): Promise<void> {
  const checks = await examine();
  const healthy = checks.every(({ state }) => state !== 'failed');
  if (json) printJson({ healthy, checks });
  else process.stdout.write(describe(checks));
  process.exitCode = healthy ? 0 : 1;
}

async function examine(): Promise<Check[]> {
  let config: Config;
  try {
    config = loadConfig();
  } catch (error) {
    const fix = 'Set it as .env.example explains.';
    return [failed('settings', explainFailure(error) ?? (error as Error).message, fix)];
  }
  const settings = ok('settings', `They are valid, for ${config.environment}.`);
  const [keys, mail, redis] = await Promise.all([
    checkSigningKeys(config),
    checkMail(config),
    checkRedis(config),
  ]);
  return [settings, keys, mail, redis, ...(await examineDatabase(config))];
}

async function examineDatabase(config: Config): Promise<Check[]> {
  const { adminUrl, serverUrl, dataDir } = config;
  const cluster = path.join(dataDir, 'postgres');
  // Opening it would make it: whoever asks in a wrong directory wants no cluster there.
  if (adminUrl === undefined && serverUrl === undefined && !existsSync(cluster)) {
    const fix = 'Set DATABASE_URL or DATA_DIR if it is elsewhere.';
    return [warning('database', `There is none yet; the first start makes it in ${cluster}.`, fix)];
  }
  const logger = createLogger('silent');
  const workplace = await openWorkplace(config, logger, { migrates: false }).catch(
    (error: unknown) =>
      failed('database', explainFailure(error) ?? String(error), 'Mend that first.'),
  );
  if ('state' in workplace) return [workplace];
  const { operatorUrl, embedded } = workplace;
  const operators = operatorUrl === undefined ? null : openOperators(operatorUrl, config, logger);
  try {
    const checks = await checkDatabase(workplace, operators);
    return embedded ? [...checks, await checkDisk(config)] : checks;
  } finally {
    await operators?.close();
    await workplace.close();
  }
}

function describe(checks: readonly Check[]): string {
  const width = Math.max(...checks.map(({ name }) => name.length));
  const marks = { ok: 'ok     ', warning: 'warning', failed: 'FAILED ' } as const;
  return checks
    .map(({ name, state, message, fix }) => {
      const line = `${marks[state]}  ${name.padEnd(width)}  ${message}\n`;
      return fix === null ? line : `${line}${' '.repeat(width + 11)}→ ${fix}\n`;
    })
    .join('');
}

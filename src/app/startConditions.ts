import { keepSigningKeys, readSigningKeys, type SigningKeys } from '../auth/signingKeys.ts';
import { type Config, ConfigError } from '../config.ts';
import { checkIsolation } from '../db/isolation/checkIsolation.ts';
import { isMigrated } from '../db/setup/migrate.ts';
import { UnsafeDatabase } from './explainFailure.ts';
import type { Workplace } from './workplace.ts';

// What has to be so before anything is served.

/** Throws UnsafeDatabase for a database of another version. */
export async function requireMigrated({ database }: Workplace): Promise<void> {
  if (await isMigrated(database)) return;
  throw new UnsafeDatabase(
    'The database is not migrated to this version: run "npm run db:migrate" with DATABASE_URL set.',
  );
}

/** Throws UnsafeDatabase where anything could get around row-level security. */
export async function requireIsolation({ database }: Workplace): Promise<void> {
  const findings = await checkIsolation(database);
  if (findings.length === 0) return;
  const lines = findings.map(({ rule, message, fix }) => `- ${rule}: ${message} ${fix}`);
  throw new UnsafeDatabase(`Not served, for tenants would not be kept apart:\n${lines.join('\n')}`);
}

/** The keys of JWT_PRIVATE_KEYS, or a laptop's own. Throws ConfigError for what cannot be used. */
export async function signingKeys(config: Config): Promise<SigningKeys> {
  const text = config.signingKeys ?? (await keptKeys(config.dataDir));
  try {
    return await readSigningKeys(text);
  } catch (error) {
    throw new ConfigError(`JWT_PRIVATE_KEYS cannot be used: ${(error as Error).message}.`);
  }
}

async function keptKeys(dataDir: string): Promise<string> {
  try {
    return await keepSigningKeys(dataDir);
  } catch (error) {
    throw new ConfigError(
      `DATA_DIR ${dataDir} cannot be used (${(error as Error).message}): make it readable and writable, name another, or set JWT_PRIVATE_KEYS.`,
    );
  }
}

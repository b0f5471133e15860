import { appendFile, readFile } from 'node:fs/promises';
import path from 'node:path';
import { hashApiKeySecret } from '../../auth/apiKeySecret.ts';
import { findApiKey } from '../../auth/lookups.ts';
import type { Database } from '../../db/database.ts';
import { makeDirectory } from '../../db/setup/makeDirectory.ts';

const fileIn = (dataDir: string): string => path.join(dataDir, 'demo-api-key');

/**
 * Leaves the secret of the integrator's API key for the laptop that the seed runs on. Each database
 * that is seeded from here adds a line: to write over it would lose the key of the one before.
 */
export async function keepDemoKey(dataDir: string, secret: string): Promise<void> {
  await makeDirectory(dataDir);
  await appendFile(fileIn(dataDir), `${secret}\n`, { mode: 0o600 });
}

/** The kept secret that this very database takes; null where it knows none, or none any more. */
export async function findDemoKey(database: Database, dataDir: string): Promise<string | null> {
  const text = await readFile(fileIn(dataDir), 'utf8').catch(() => '');
  for (const secret of (text.match(/tnt_[\w-]{43}/g) ?? []).reverse()) {
    if ((await findApiKey(database, hashApiKeySecret(secret))) !== null) return secret;
  }
  return null;
}

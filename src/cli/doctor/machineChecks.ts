import { readFile, stat, statfs } from 'node:fs/promises';
import path from 'node:path';
import { readSigningKeys } from '../../auth/signingKeys.ts';
import type { Config } from '../../config.ts';
import { type Check, failed, ok, warning } from './check.ts';

const day = 86_400_000;

/** The keys that sign tokens: from the environment, or a laptop's own file. */
export async function checkSigningKeys({ signingKeys, dataDir }: Config): Promise<Check> {
  const name = 'signing keys';
  const file = path.join(dataDir, 'jwt-keys.json');
  const text = signingKeys ?? (await readFile(file, 'utf8').catch(() => null));
  if (text === null) {
    return warning(
      name,
      `There are none yet; the first start makes them in ${file}.`,
      'Set JWT_PRIVATE_KEYS where more than one server runs.',
    );
  }
  try {
    const { verifying } = await readSigningKeys(text);
    const count = `${verifying.size} Ed25519 key${verifying.size === 1 ? '' : 's'}`;
    if (signingKeys !== undefined) return ok(name, `${count} in JWT_PRIVATE_KEYS.`);
    return checkKeyFile(name, file, count);
  } catch (error) {
    const where = signingKeys === undefined ? file : 'JWT_PRIVATE_KEYS';
    const fix = 'Put a JWK set with private Ed25519 keys there; .env.example shows one.';
    return failed(name, `${where} cannot be used: ${(error as Error).message}.`, fix);
  }
}

async function checkKeyFile(name: string, file: string, count: string): Promise<Check> {
  const { mode, mtimeMs } = await stat(file);
  const days = Math.floor((Date.now() - mtimeMs) / day);
  const said = `${count} in ${file}, written ${days} day${days === 1 ? '' : 's'} ago.`;
  if ((mode & 0o077) !== 0) {
    return failed(name, `${said} Others than its owner may read it.`, `Run "chmod 600 ${file}".`);
  }
  return days > 365 ? warning(name, said, 'Rotate it: a key that is a year old.') : ok(name, said);
}

/** The disk under the embedded database. */
export async function checkDisk({ dataDir }: Config): Promise<Check> {
  const name = 'disk';
  const { bavail, bsize } = await statfs(dataDir);
  const gigabytes = (bavail * bsize) / 2 ** 30;
  const said = `${gigabytes.toFixed(1)} GB are free under ${dataDir}.`;
  const fix = 'Make room there, or set DATA_DIR to a larger disk: a full one stops Postgres.';
  if (gigabytes < 0.5) return failed(name, said, fix);
  return gigabytes < 5 ? warning(name, said, fix) : ok(name, said);
}

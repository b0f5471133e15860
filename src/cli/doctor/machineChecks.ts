import { readFile, stat, statfs } from 'node:fs/promises';
import path from 'node:path';
import { readSigningKeys } from '../../auth/signingKeys.ts';
import type { Config } from '../../config.ts';
import { type Check, failed, ok, warning } from './check.ts';

const day = 86_400_000;

/** The keys that sign tokens: from the environment, or a laptop's own file, as jwt-keys writes them. */
export async function checkSigningKeys(config: Config): Promise<Check> {
  const name = 'signing keys';
  const { signingKeys, dataDir } = config;
  const file = path.join(dataDir, 'jwt-keys.json');
  const where = signingKeys === undefined ? file : 'JWT_PRIVATE_KEYS';
  try {
    const text = signingKeys ?? (await readFile(file, 'utf8').catch(nullIfAbsent));
    if (text === null) {
      return warning(
        name,
        `There are none yet; the first start makes them in ${file}.`,
        'Set JWT_PRIVATE_KEYS where more than one server runs.',
      );
    }
    const { verifying } = await readSigningKeys(text);
    const written = signingKeys === undefined ? await stat(file) : null;
    if (written !== null && (written.mode & 0o077) !== 0) {
      const said = `Others than its owner may read ${file}.`;
      return failed(name, said, `Run "chmod 600 ${file}".`);
    }
    return judgeKeys(name, [...verifying.keys()], where, written?.mtimeMs ?? null, config);
  } catch (error) {
    const fix =
      'Put a JWK set with private Ed25519 keys there: without JWT_PRIVATE_KEYS, "npx tenantry jwt-keys list" makes one in DATA_DIR.';
    return failed(name, `${where} cannot be used: ${(error as Error).message}.`, fix);
  }
}

/** What `jwt-keys add`, `promote` and `remove` leave: the first signs, the others verify. */
function judgeKeys(
  name: string,
  kids: readonly string[],
  where: string,
  written: number | null,
  { accessTokenSeconds }: Config,
): Check {
  const [signing = '', ...others] = kids;
  const made = madeAt(signing) ?? written;
  const days = made === null ? null : Math.floor((Date.now() - made) / day);
  const age = days === null ? '' : `, ${days} day${days === 1 ? '' : 's'} old`;
  const rest =
    others.length === 0
      ? ''
      : `; ${others.join(', ')} only verif${others.length === 1 ? 'ies' : 'y'}`;
  const said = `${kids.length} in ${where}: ${signing} signs${age}${rest}.`;
  const retired = others.find((kid) => (madeAt(kid) ?? 0) < (madeAt(signing) ?? 0));
  // Its last token has run out, with the minute that clocks may differ by.
  const over = written !== null && Date.now() - written > (accessTokenSeconds + 60) * 1_000;
  if (retired !== undefined && over) {
    const fix = `No token needs ${retired} any more: "npx tenantry jwt-keys remove ${retired}", and restart.`;
    return warning(name, said, fix);
  }
  if (days !== null && days > 365) {
    return warning(name, said, 'Change it: "npx tenantry jwt-keys --help" says how.');
  }
  return ok(name, said);
}

/** When a key was made, in milliseconds: its kid is a UUIDv7 (RFC 9562, 5.7). null: another kid. */
function madeAt(kid: string): number | null {
  const found = /^([0-9a-f]{8})-([0-9a-f]{4})-7/.exec(kid);
  return found === null ? null : Number.parseInt(`${found[1]}${found[2]}`, 16);
}

function nullIfAbsent(error: NodeJS.ErrnoException): null {
  if (error.code === 'ENOENT') return null;
  throw error;
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

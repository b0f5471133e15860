import { randomUUID } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import {
  type CryptoKey,
  exportJWK,
  generateKeyPair,
  importJWK,
  type JSONWebKeySet,
  type JWK,
} from 'jose';
import { makeDirectory } from '../db/makeDirectory.ts';

/** Ed25519: small, fast, and no parameters to get wrong (RFC 8037). Nothing else is accepted. */
export const signingAlgorithm = 'EdDSA';

export interface SigningKeys {
  /** Signs; the first of the set. */
  readonly current: { readonly kid: string; readonly key: CryptoKey };
  /** Verifies: `kid` → public key, retired keys included while their tokens live. */
  readonly verifying: ReadonlyMap<string, CryptoKey>;
  /** What `/.well-known/jwks.json` answers: public halves only. */
  readonly published: JSONWebKeySet;
}

/** A JWK set with private Ed25519 keys, first one signing → the keys. Throws a sentence when it is not. */
export async function readSigningKeys(text: string): Promise<SigningKeys> {
  const set = parseKeySet(text);
  const keys = await Promise.all(set.map(readKey));
  const [current] = keys;
  if (current === undefined) throw new Error('the key set has no key');
  return {
    current: { kid: current.kid, key: current.privateKey },
    verifying: new Map(keys.map((key) => [key.kid, key.publicKey])),
    published: { keys: keys.map((key) => key.publicJwk) },
  };
}

function parseKeySet(text: string): JWK[] {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    throw new Error('it is not JSON');
  }
  const keys = (parsed as { keys?: unknown } | null)?.keys;
  if (!Array.isArray(keys)) throw new Error('it has no "keys" list');
  return keys as JWK[];
}

async function readKey(jwk: JWK) {
  if (jwk.kty !== 'OKP' || jwk.crv !== 'Ed25519' || !jwk.d || !jwk.x || !jwk.kid) {
    throw new Error('each key needs kty "OKP", crv "Ed25519", kid, x and d');
  }
  const publicJwk: JWK = {
    kty: 'OKP',
    crv: 'Ed25519',
    x: jwk.x,
    kid: jwk.kid,
    alg: signingAlgorithm,
    use: 'sig',
  };
  const [privateKey, publicKey] = await Promise.all([
    importJWK({ ...publicJwk, d: jwk.d }, signingAlgorithm),
    importJWK(publicJwk, signingAlgorithm),
  ]);
  return {
    kid: jwk.kid,
    privateKey: privateKey as CryptoKey,
    publicKey: publicKey as CryptoKey,
    publicJwk,
  };
}

/** A new key set as text, for JWT_PRIVATE_KEYS or a laptop's data directory. */
export async function makeSigningKeys(): Promise<string> {
  const { privateKey } = await generateKeyPair(signingAlgorithm, {
    crv: 'Ed25519',
    extractable: true,
  });
  const jwk = await exportJWK(privateKey);
  return JSON.stringify({
    keys: [{ ...jwk, kid: randomUUID(), alg: signingAlgorithm, use: 'sig' }],
  });
}

/** A laptop's keys: made once, kept in the data directory, readable by its owner alone. */
export async function keepSigningKeys(dataDir: string): Promise<string> {
  const file = path.join(dataDir, 'jwt-keys.json');
  await makeDirectory(dataDir);
  try {
    // 'wx': of two processes that start together one writes, the other reads what it wrote.
    await writeFile(file, await makeSigningKeys(), { mode: 0o600, flag: 'wx' });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
  return readFile(file, 'utf8');
}

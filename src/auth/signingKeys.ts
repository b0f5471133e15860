import { randomUUID } from 'node:crypto';
import { link, readFile, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import {
  type CryptoKey,
  exportJWK,
  generateKeyPair,
  importJWK,
  type JSONWebKeySet,
  type JWK,
} from 'jose';
import { makeDirectory } from '../db/setup/makeDirectory.ts';
import { newId } from '../lib/ids.ts';

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
  if (new Set(keys.map(({ kid }) => kid)).size < keys.length)
    throw new Error('a kid is there twice');
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
  return JSON.stringify({ keys: [await makeKey()] });
}

async function makeKey(): Promise<JWK> {
  const { privateKey } = await generateKeyPair(signingAlgorithm, {
    crv: 'Ed25519',
    extractable: true,
  });
  const jwk = await exportJWK(privateKey);
  // By its kid, a UUIDv7, doctor tells how old a key is; when it was made is no secret.
  return { ...jwk, kid: newId(), alg: signingAlgorithm, use: 'sig' };
}

/**
 * A key is changed in three steps, each rolled out to every instance before the next, so that none
 * ever meets a token whose key it does not know: 'add' a key that only verifies, 'promote' it to sign,
 * and 'remove' the old one when its last token has run out. Throws a sentence.
 */
export async function changeSigningKeys(
  text: string,
  change: { step: 'add' } | { step: 'promote' | 'remove'; kid: string },
): Promise<string> {
  const keys = parseKeySet(text);
  if (change.step === 'add') return JSON.stringify({ keys: [...keys, await makeKey()] });
  const named = keys.find(({ kid }) => kid === change.kid);
  if (named === undefined) throw new Error(`there is no key "${change.kid}"`);
  const others = keys.filter((key) => key !== named);
  if (change.step === 'promote') return JSON.stringify({ keys: [named, ...others] });
  if (named === keys[0]) throw new Error('the first key signs: promote another before');
  return JSON.stringify({ keys: others });
}

const keyFile = (dataDir: string): string => path.join(dataDir, 'jwt-keys.json');

/** A laptop's keys: made once, kept in the data directory, readable by its owner alone. */
export async function keepSigningKeys(dataDir: string): Promise<string> {
  const file = keyFile(dataDir);
  await makeDirectory(dataDir);
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if (codeOf(error) !== 'ENOENT') throw error;
  }
  // Of processes that start together one links its file, whole, and all read that.
  const made = await writeBeside(file, await makeSigningKeys());
  try {
    await link(made, file);
  } catch (error) {
    if (codeOf(error) !== 'EEXIST') throw error;
  } finally {
    await rm(made);
  }
  return readFile(file, 'utf8');
}

/** Replaces them whole: a server that starts meanwhile reads the old set or the new one. */
export async function replaceSigningKeys(dataDir: string, text: string): Promise<void> {
  const file = keyFile(dataDir);
  await rename(await writeBeside(file, text), file);
}

async function writeBeside(file: string, text: string): Promise<string> {
  const name = `${file}.${randomUUID()}`;
  await writeFile(name, text, { mode: 0o600, flag: 'wx' });
  return name;
}

const codeOf = (error: unknown): string | undefined => (error as NodeJS.ErrnoException).code;

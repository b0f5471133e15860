import { hash, verify } from '@node-rs/argon2';

// OWASP's Password Storage Cheat Sheet, Argon2id (the library's default algorithm): 19 MiB, two passes, one lane. About 20 ms, run on
// libuv's thread pool, so that the event loop never waits for it.
const parameters = { memoryCost: 19_456, timeCost: 2, parallelism: 1 };

/** Password → PHC string with its own salt. */
export const hashPassword = (password: string): Promise<string> => hash(password, parameters);

let decoy: Promise<string> | undefined;

/**
 * Whether the password is right. With no hash (unknown person, or one who never set a password) the
 * same work is done against a decoy, so that the time of the answer does not tell who exists.
 */
export async function verifyPassword(stored: string | null, password: string): Promise<boolean> {
  decoy ??= hashPassword('the hash of nobody');
  const matches = await verify(stored ?? (await decoy), password);
  return stored !== null && matches;
}

import { hash, verify } from '@node-rs/argon2';
import { PublicError } from '../lib/errors.ts';

// OWASP's Password Storage Cheat Sheet, Argon2id (the library's default algorithm): 19 MiB, two passes, one lane. About 20 ms, run on
// libuv's thread pool, so that the event loop never waits for it.
const parameters = { memoryCost: 19_456, timeCost: 2, parallelism: 1 };

/** Of libuv's four threads, so that files and names are still looked up while many sign in. */
const atOnce = 2;
/** About a second's worth; whoever comes next is told to come back, rather than held with its request. */
const mostWaiting = 100;
let running = 0;
const waiting: (() => void)[] = [];

/** At most 38 MiB and two threads are in use, however many ask. Throws UNAVAILABLE beyond that. */
async function inTurn<T>(work: () => Promise<T>): Promise<T> {
  if (running >= atOnce) {
    if (waiting.length >= mostWaiting) {
      throw new PublicError(
        'UNAVAILABLE',
        'Too many are signing in just now; try again in a moment.',
      );
    }
    // Whoever ends hands its place on, so that nobody comes in between.
    await new Promise<void>((resolve) => waiting.push(resolve));
  } else {
    running += 1;
  }
  try {
    return await work();
  } finally {
    const next = waiting.shift();
    if (next === undefined) running -= 1;
    else next();
  }
}

/** One password typed on two keyboards is one: NIST SP 800-63B, 3.1.1.2, has it normalised. */
const normalized = (password: string): string => password.normalize('NFKC');

/** Password → PHC string with its own salt. */
export const hashPassword = (password: string): Promise<string> =>
  inTurn(() => hash(normalized(password), parameters));

let decoy: Promise<string> | undefined;

/**
 * Whether the password is right. With no hash (unknown person, or one who never set a password) the
 * same work is done against a decoy, so that the time of the answer does not tell who exists.
 */
export async function verifyPassword(stored: string | null, password: string): Promise<boolean> {
  decoy ??= hash('the hash of nobody', parameters);
  const against = stored ?? (await decoy);
  const matches = await inTurn(() => verify(against, normalized(password)));
  return stored !== null && matches;
}

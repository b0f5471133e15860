import type { Findings } from '../lib/validation.ts';

const fewestCharacters = 12;
/** Argon2 takes any length, and the request's limit is a megabyte: a bound on the work of one attempt. */
const mostBytes = 1_024;

/** What long passwords that many people choose are put together from. */
const words =
  'password passwort contrasena motdepasse welcome willkommen bienvenido letmein iloveyou teamo monkey dragon football baseball basketball soccer superman batman pokemon trustno sunshine princess master shadow michael jordan jennifer charlie daniel ashley jessica login secret changeme default company admin administrator root user test demo guest hello hallo hola whatever freedom qwerty azerty summer winter spring autumn monday friday january december google facebook tenantry starwars computer internet access server nothing please thankyou loveme family flower cookie chocolate forever lovely'.split(
    ' ',
  );
const sequences = [
  'abcdefghijklmnopqrstuvwxyz',
  '012345678901234567890',
  'qwertyuiopasdfghjklzxcvbnm',
  '1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik9ol0p',
  '1q2w3e4r5t6y7u8i9o0p',
];
const runs = sequences.flatMap((line) => [line, [...line].reverse().join('')]);
const lookalikes: Readonly<Record<string, string>> = {
  ...{ '0': 'o', '1': 'i', '3': 'e', '4': 'a', '5': 's', '7': 't' },
  ...{ '@': 'a', $: 's', '!': 'i', ñ: 'n' },
};

/**
 * NIST SP 800-63B, 3.1.1.2: length and not being one that everybody tries, instead of rules on letters
 * and digits. Length alone leaves `password1234` and `qwertyuiop12`, so a password has to have more in it
 * than common words, runs of keys, repetitions and the person's own address. `field` is its path.
 */
export function expectGoodPassword(
  findings: Findings,
  password: string,
  email: string,
  field: readonly string[],
): void {
  const long = [...password].length >= fewestCharacters;
  const fits = Buffer.byteLength(password) <= mostBytes;
  findings.expect(long, 'TOO_SHORT', field, `It needs at least ${fewestCharacters} characters.`);
  findings.expect(fits, 'TOO_LONG', field, `It may have at most ${mostBytes} bytes.`);
  findings.expect(
    !long || !fits || !isCommon(password, email),
    'WEAK_PASSWORD',
    field,
    'It is among the first that would be tried: take several words that do not belong together.',
  );
}

function isCommon(password: string, email: string): boolean {
  const plain = password.normalize('NFKC').toLowerCase();
  if (new Set(plain).size < 5 || /^(.{1,10})\1+.{0,3}$/su.test(plain)) return true;
  const own = email
    .toLowerCase()
    .split(/[^\p{L}\p{N}]+/u)
    .filter((part) => part.length >= 3);
  const bare = plain.replace(/[^\p{L}]+$/u, '');
  const spelled = [...bare].map((letter) => lookalikes[letter] ?? letter).join('');
  return [plain, spelled].some((text) => remainder(text, own).length < 4);
}

/** The letters and other signs that no word, run or own name accounts for. */
function remainder(text: string, own: readonly string[]): string {
  let left = text;
  for (const word of [...own, ...words].toSorted((one, other) => other.length - one.length)) {
    left = left.replaceAll(word, ' ');
  }
  left = left.replaceAll(/\S{4,}/g, (piece) => (isRun(piece) ? ' ' : piece));
  return left.replaceAll(/[^\p{L}\p{Extended_Pictographic}]/gu, '');
}

/** Such as `abcd`, `4321` or `asdfghjkl`, one after the other. */
function isRun(piece: string): boolean {
  if (piece.length === 0) return true;
  for (let length = piece.length; length >= 4; length -= 1) {
    if (runs.some((line) => line.includes(piece.slice(0, length)))) {
      return isRun(piece.slice(length));
    }
  }
  return piece.length < 4 && piece.length > 0 && /^[^\p{L}]*$/u.test(piece);
}

import type { ProblemCode } from './draft.ts';
import { shown } from './problem.ts';

export type Parsed<T> = { value: T } | { code: ProblemCode; message: string };

const integerDigits = 15;
const decimals = 4;

/**
 * Reads a price as decimal text that fits numeric(19,4), without ever making a float of it.
 * `1,299.00`, `9,99`, `€5`, `1e3` and `-1` are refused with what to write instead: guessing whether a
 * comma separates thousands or decimals would get one price in a thousand wrong by a factor of 100.
 */
export function parseAmount(text: string): Parsed<string> {
  const match = /^(-?)(\d*)(?:\.(\d*))?$/.exec(text);
  const whole = match?.[2] ?? '';
  const fraction = match?.[3] ?? '';
  if (match === null || whole + fraction === '') {
    return { code: 'INVALID_NUMBER', message: notAnAmount(text) };
  }
  if (match[1] === '-' && /[1-9]/.test(whole + fraction)) {
    return { code: 'NEGATIVE_NUMBER', message: `${shown(text)} is negative; write 0 or more.` };
  }
  const kept = fraction.slice(0, decimals);
  if (/[1-9]/.test(fraction.slice(decimals))) {
    return {
      code: 'TOO_MANY_DECIMALS',
      message: `${shown(text)} has more than ${decimals} decimals; round it.`,
    };
  }
  const digits = whole.replace(/^0+(?=\d)/, '') || '0';
  if (digits.length > integerDigits) {
    return {
      code: 'NUMBER_TOO_LARGE',
      message: `${shown(text)} is too large; at most ${integerDigits} digits before the point.`,
    };
  }
  return { value: kept === '' ? digits : `${digits}.${kept}` };
}

function notAnAmount(text: string): string {
  const hint = /[\p{Sc}]|[a-z]{3}/iu.test(text)
    ? 'without a currency'
    : text.includes(',')
      ? 'with a point for the decimals and nothing between the thousands'
      : 'with digits and a point only';
  return `${shown(text)} is not a price; write it ${hint}, such as 1299.00.`;
}

/** Orders two texts that {@link parseAmount} gave: nineteen digits are beyond a double. */
function compareAmounts(left: string, right: string): number {
  const difference = scaled(left) - scaled(right);
  return difference < 0n ? -1 : Number(difference > 0n);
}

function scaled(amount: string): bigint {
  const [whole = '0', fraction = ''] = amount.split('.');
  return BigInt(whole + fraction.padEnd(decimals, '0'));
}

/** The lowest of at least one amount, as it was written. */
export function lowestAmount(amounts: readonly string[]): string | undefined {
  return amounts.toSorted(compareAmounts)[0];
}

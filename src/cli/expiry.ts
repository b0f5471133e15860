import { InvalidArgumentError } from 'commander';

const minute = 60_000;
const hour = 60 * minute;
const units: Readonly<Record<string, number>> = { h: hour, d: 24 * hour, w: 7 * 24 * hour };
/** Beyond that somebody mistyped; a key that never ends is made by leaving the option out. */
const longest = 3_660 * 24 * hour;

/** `90d`, `12h`, `4w`, or an ISO 8601 date or moment (a date ends with its day, in UTC) → when it is over. */
export function readExpiry(text: string, now: Date): Date {
  const [, count, unit] = /^(\d{1,6})([hdw])$/.exec(text) ?? [];
  const at =
    count !== undefined && unit !== undefined
      ? new Date(now.getTime() + Number(count) * (units[unit] ?? 0))
      : readMoment(text);
  const left = at.getTime() - now.getTime();
  if (Number.isNaN(left)) {
    throw new InvalidArgumentError(
      'It is a time from now (90d, 12h, 4w), a date (2027-01-31) or a moment (2027-01-31T12:00:00Z).',
    );
  }
  if (left <= 0) throw new InvalidArgumentError('It must be in the future.');
  if (left > longest) {
    throw new InvalidArgumentError(
      'It is more than ten years ahead; leave it out for a key without an end.',
    );
  }
  return at;
}

/** `30m`, `24h`, `7d` → seconds. How long it may be is for the rule that takes it to say. */
export function readPeriod(text: string): number {
  const [, count, unit] = /^(\d{1,6})([mhdw])$/.exec(text) ?? [];
  const milliseconds = unit === 'm' ? minute : units[unit ?? ''];
  if (count === undefined || milliseconds === undefined) {
    throw new InvalidArgumentError('It is a time such as 30m, 24h or 7d.');
  }
  return (Number(count) * milliseconds) / 1_000;
}

function readMoment(text: string): Date {
  const [, date, time] =
    /^(\d{4}-\d\d-\d\d)(T\d\d:\d\d(?::\d\d(?:\.\d{1,3})?)?(?:Z|[+-]\d\d:\d\d))?$/.exec(text) ?? [];
  if (date === undefined) return new Date(Number.NaN);
  const day = new Date(`${date}T00:00:00Z`);
  // JavaScript takes 2027-02-31 for the 3rd of March.
  if (Number.isNaN(day.getTime()) || day.toISOString().slice(0, 10) !== date) {
    return new Date(Number.NaN);
  }
  return time === undefined ? new Date(`${date}T23:59:59.999Z`) : new Date(text);
}

import type { Random } from './random.ts';

export const second = 1000;
export const minute = 60 * second;
export const hour = 60 * minute;
export const day = 24 * hour;

/** A moment, as it is stored: ISO 8601 in UTC. */
export const momentAt = (milliseconds: number): string => new Date(milliseconds).toISOString();

/** A moment between the two, ends included. */
export function momentBetween(random: Random, from: number, to: number): string {
  return momentAt(random.integer(from, to));
}

/** Day of a moment in UTC, "2026-01-31". */
export function dayOf(moment: string): string {
  return moment.slice(0, 10);
}

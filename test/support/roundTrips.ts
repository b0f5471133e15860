import type { Database } from '../../src/db/database.ts';

/**
 * How often `work` goes to Postgres and comes back: the fewest of five times, for the server also counts
 * requests and looks credentials up anew once a second, and that may fall into some of them.
 */
export async function roundTripsOf(
  database: Database,
  work: () => Promise<unknown>,
): Promise<number> {
  const counted: number[] = [];
  for (let turn = 0; turn < 5; turn += 1) {
    const { flushes } = database.statistics;
    await work();
    counted.push(database.statistics.flushes - flushes);
  }
  return Math.min(...counted);
}

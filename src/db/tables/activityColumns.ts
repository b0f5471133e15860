import { bigint } from 'drizzle-orm/pg-core';

const count = (name: string) => bigint(name, { mode: 'number' }).notNull();

/**
 * What happened in an hour, as counts that add up over hours and businesses. Latencies too: how many
 * operations took up to so many milliseconds, and more than the one before. A median can't be added up;
 * these can, and a column each needs no function of ours within ON CONFLICT, as an array would.
 */
export const activityColumns = () => ({
  operations: count('operations'),
  /** Operations with errors: of the caller's doing, or ours. */
  clientErrors: count('client_errors'),
  serverFaults: count('server_faults'),
  /** Answered with 429, and so no operations. */
  refused: count('refused'),
  ms1: count('ms_1'),
  ms2: count('ms_2'),
  ms5: count('ms_5'),
  ms10: count('ms_10'),
  ms20: count('ms_20'),
  ms50: count('ms_50'),
  ms100: count('ms_100'),
  ms200: count('ms_200'),
  ms500: count('ms_500'),
  ms1000: count('ms_1000'),
  ms2000: count('ms_2000'),
  ms5000: count('ms_5000'),
  ms10000: count('ms_10000'),
  msMore: count('ms_more'),
});

import type { Exchange, Grant } from './credit.ts';

/** Runs one statement: by itself, or in a tenant's transaction. */
export type Run = (text: string, values: readonly unknown[]) => Promise<unknown[]>;

interface GrantRow {
  readonly window_start: number | string;
  readonly ends_in: number;
  readonly granted: number | string;
  readonly free: number | string;
  readonly elsewhere: number | string;
}

/** Heard by every instance; the payload: which process misses something, of which tenant, in which bucket. */
export const creditChannel = 'tenantry_credit';

/** `asked` in the order of their names. One statement, which names its tenant itself. */
export async function exchangeCredit(
  run: Run,
  tenantId: string,
  process: string,
  asked: readonly Exchange[],
): Promise<Grant[]> {
  const rows = (await run(
    `select window_start, ends_in, granted, free, elsewhere
     from app.exchange_credit($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)`,
    [
      tenantId,
      process,
      asked.map(({ name }) => name),
      asked.map(({ seconds }) => seconds),
      asked.map(({ limit }) => limit),
      asked.map(({ windowStart }) => windowStart),
      asked.map(({ spent }) => spent),
      asked.map(({ pending }) => pending),
      asked.map(({ holding }) => holding),
      asked.map(({ need }) => need),
      asked.map(({ smallest }) => smallest),
      asked.map(({ extra }) => extra),
    ],
  )) as GrantRow[];
  return rows.map((row) => ({
    windowStart: Number(row.window_start),
    endsInMs: row.ends_in,
    granted: Number(row.granted),
    free: Number(row.free),
    elsewhere: Number(row.elsewhere),
  }));
}

import pg from 'pg';

/** Any 64-bit number of its own: whoever holds it seeds, the others wait. */
export const seedingTurn = 0x7e4a_18;

/**
 * Runs `work` while nobody else on this database does, on whatever machine, who names the same turn.
 * The lock belongs to a transaction that does nothing else, so that it holds behind PgBouncer too;
 * lost with its connection, it makes this reject, though `work` may have been done.
 */
export async function inTurn<T>(url: string, turn: number, work: () => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: url, application_name: 'tenantry turn' });
  client.on('error', () => undefined); // the commit rejects with the same loss
  try {
    await client.connect();
    // The operator's usual limits are shorter than somebody else's work may take.
    await client.query(
      `begin; set local lock_timeout = '50s'; set local idle_in_transaction_session_timeout = '4min'`,
    );
    await client.query('select pg_advisory_xact_lock($1)', [turn]);
    const result = await work();
    await client.query('commit');
    return result;
  } finally {
    await client.end();
  }
}

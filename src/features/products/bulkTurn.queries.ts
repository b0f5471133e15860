import type { TenantTransaction } from '../../db/database.ts';

/**
 * Held until COMMIT: a business's bulk writes take turns. Whatever order rows are locked in, new ones
 * have no place in it yet, and two imports of one file, the second from its end, met in a deadlock.
 * Sorting helps within a batch only; the batches of a file come as the file has them.
 * It is sent before the reads that need it and so costs no round trip.
 */
export async function awaitTurn(tx: TenantTransaction): Promise<void> {
  await tx.query(
    `select pg_advisory_xact_lock(hashtextextended('app.products ' || $1, 0))`,
    [tx.tenantId],
    { name: 'products_await_turn' },
  );
}

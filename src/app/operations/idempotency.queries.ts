import { and, eq, sql } from 'drizzle-orm';
import type { Database } from '../../db/database.ts';
import { prepare, tenant } from '../../db/query/prepare.ts';
import { idempotencyKeys } from '../../db/tables/idempotencyKeys.ts';

const ofKey = and(
  eq(idempotencyKeys.tenantId, tenant),
  eq(idempotencyKeys.key, sql.placeholder('key')),
);

/**
 * A row: the key is this transaction's from now on; none: it was used in the last 24 hours. Whoever
 * claims it at the same time waits in the unique index until this transaction ends. One that has run
 * out is as new. `excluded`, for Citus takes no now() in ON CONFLICT.
 */
export const claimKey = prepare((db) =>
  db
    .insert(idempotencyKeys)
    .values({
      tenantId: tenant,
      key: sql.placeholder('key'),
      caller: sql.placeholder('caller'),
      rights: sql.placeholder('rights'),
      input: sql.placeholder('input'),
      answer: null,
      expiresAt: sql`now() + interval '24 hours'`,
    })
    .onConflictDoUpdate({
      target: [idempotencyKeys.tenantId, idempotencyKeys.key],
      set: {
        caller: sql`excluded.caller`,
        rights: sql`excluded.rights`,
        input: sql`excluded.input`,
        answer: null,
        createdAt: sql`excluded.created_at`,
        expiresAt: sql`excluded.expires_at`,
      },
      setWhere: sql`${idempotencyKeys.expiresAt} <= excluded.created_at`,
    })
    .returning({ key: idempotencyKeys.key }),
);

export const findKey = prepare((db) =>
  db
    .select({
      caller: idempotencyKeys.caller,
      rights: idempotencyKeys.rights,
      input: idempotencyKeys.input,
      answer: idempotencyKeys.answer,
    })
    .from(idempotencyKeys)
    .where(ofKey),
);

export const keepAnswer = prepare((db) =>
  db
    .update(idempotencyKeys)
    .set({ answer: sql`${sql.placeholder('answer')}` })
    .where(ofKey),
);

const mostAtOnce = 1_000;

/** Removes the keys that have run out, of all tenants, a thousand a transaction. */
export async function sweepIdempotencyKeys(database: Pick<Database, 'lookup'>): Promise<void> {
  let removed = mostAtOnce;
  while (removed === mostAtOnce) {
    const [row] = await database.lookup<{ removed: number }>(
      'select app.sweep_idempotency_keys($1) as removed',
      [mostAtOnce],
    );
    removed = row?.removed ?? 0;
  }
}

import { sql } from 'drizzle-orm';
import type { Actor } from '../../auth/principal.ts';
import type { TenantTransaction } from '../../db/database.ts';
import { prepare } from '../../db/query/prepare.ts';
import { plans } from '../../db/tables/plans.ts';

/** For people: no key has it. */
export const noApiKey = '00000000-0000-0000-0000-000000000000';

/** Which API key the ledger names for what an actor uses. */
export const keyOfActor = (actor: Actor): string =>
  actor.kind === 'API_KEY' ? (actor.id ?? noApiKey) : noApiKey;

export interface Taking {
  readonly meter: string;
  readonly amount: number;
  /** What fits, rather than all or nothing. */
  readonly asMany: boolean;
  readonly feature: string;
  readonly apiKeyId: string;
}

/** How much was counted. */
export async function takeUsage(tx: TenantTransaction, taking: Taking): Promise<number> {
  const { meter, amount, asMany, feature, apiKeyId } = taking;
  const { rows } = await tx.query<{ taken: number }>(
    'select app.use_meter($1, $2, $3, $4, $5) as taken',
    [meter, amount, asMany, feature, apiKeyId],
    { name: 'usage_take' },
  );
  const taken = rows[0]?.taken ?? 0;
  if (taken > 0) tx.note('usage', { meter, amount: taken });
  return taken;
}

/** Gives back what was counted for nothing, whatever the limit. */
export async function giveBackUsage(tx: TenantTransaction, taking: Taking): Promise<void> {
  const { meter, amount, feature, apiKeyId } = taking;
  await tx.query(
    'select app.write_ledger($1, app.usage_today(), app.adjust_slots($1, app.meter_period($1), -$2::bigint), $3, $4, -$2::bigint)',
    [meter, amount, feature, apiKeyId],
    { name: 'usage_give_back' },
  );
  tx.note('usage', { meter, amount: -amount });
}

export interface Reserving extends Omit<Taking, 'asMany'> {
  readonly id: string;
  readonly seconds: number;
}

/** false: there is no room. */
export async function insertReservation(tx: TenantTransaction, asked: Reserving): Promise<boolean> {
  const { id, meter, amount, feature, apiKeyId, seconds } = asked;
  const { rows } = await tx.query<{ reserved: boolean }>(
    'select app.reserve_usage($1, $2, $3, $4, $5, $6) as reserved',
    [id, meter, amount, feature, apiKeyId, seconds],
  );
  return rows[0]?.reserved === true;
}

/** false: there is none, or it was settled or released before. */
export async function settleReservation(
  tx: TenantTransaction,
  id: string,
  actual: number,
): Promise<boolean> {
  const { rows } = await tx.query<{ settled: boolean }>(
    'select app.settle_usage($1, $2) as settled',
    [id, actual],
  );
  return rows[0]?.settled === true;
}

/** false: it is not open any more. */
export async function releaseReservation(tx: TenantTransaction, id: string): Promise<boolean> {
  const { rows } = await tx.query<{ released: boolean }>(
    'select app.release_usage($1) as released',
    [id],
  );
  return rows[0]?.released === true;
}

/** Gives back what has run out, and forgets what is over for a day. */
export async function sweepReservations(tx: TenantTransaction): Promise<void> {
  await tx.query('select app.sweep_reservations()');
}

/** Writes the warnings whose marks lie between two counts of a meter that is counted elsewhere. */
export async function insertMarks(
  tx: TenantTransaction,
  marks: { meter: string; before: number; after: number; limit: number },
): Promise<void> {
  const { meter, before, after, limit } = marks;
  await tx.query('select app.note_marks($1, $2, $3, $4)', [meter, before, after, limit], {
    name: 'usage_note_marks',
  });
}

/** The first plan that allows more of a meter than `limit`; one without a limit of its own comes last. */
export const findLargerPlan = prepare((db) =>
  db
    .select({
      name: plans.name,
      limit: sql<number | null>`(${plans.limits} ->> ${sql.placeholder('meter')})::int8`.mapWith(
        Number,
      ),
    })
    .from(plans)
    .where(
      sql`coalesce((${plans.limits} ->> ${sql.placeholder('meter')})::int8, 9007199254740991) > ${sql.placeholder('limit')}::int8`,
    )
    .orderBy(plans.position)
    .limit(1),
);

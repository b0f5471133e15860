import type { Actor } from '../../auth/principal.ts';
import type { TenantTransaction } from '../../db/database.ts';
import { refuse } from '../../lib/errors.ts';
import { newId } from '../../lib/ids.ts';
import { type ExactMeter, meterWords } from './meters.ts';
import { readMeter } from './usage.ts';
import {
  findLargerPlan,
  giveBackUsage,
  insertMarks,
  insertReservation,
  keyOfActor,
  releaseReservation,
  settleReservation,
  takeUsage,
} from './useMeter.queries.ts';

/** What is used of a meter, and through which root field. */
export interface Use {
  readonly meter: ExactMeter;
  /** A whole number above zero, in the meter's unit. */
  readonly amount: number;
  /** The root field: `messageSend`. */
  readonly feature: string;
}

/**
 * Counts in the transaction of the work: what is rolled back costs nothing. Refuses with QUOTA_EXCEEDED
 * what does not fit any more. Start it beside the work and before it: then it travels in the same flush,
 * and near the limit, where it may wait its turn, it holds no row that others need to have theirs.
 */
export async function useMeter(tx: TenantTransaction, actor: Actor, use: Use): Promise<void> {
  const taken = await takeUsage(tx, takingOf(actor, use, false));
  if (taken < use.amount) await refuseOver(tx, use.meter);
}

/** Counts as much of it as fits, and answers how much that was. */
export function useMeterPartly(tx: TenantTransaction, actor: Actor, use: Use): Promise<number> {
  return use.amount > 0 ? takeUsage(tx, takingOf(actor, use, true)) : Promise.resolve(0);
}

/** Takes back what was counted in this transaction for work that turned out not to be needed. */
export async function giveBack(tx: TenantTransaction, actor: Actor, use: Use): Promise<void> {
  if (use.amount > 0) await giveBackUsage(tx, takingOf(actor, use, false));
}

/** The code of a refusal over a limit, with what it means, for every feature's list of codes. */
export const quotaErrorCodes = {
  QUOTA_EXCEEDED: 'The plan allows no more of it; the message says how much, and what to do.',
} as const;

/** Refuses with how much is allowed and used, when the count starts again, and which plan has more. */
async function refuseOver(tx: TenantTransaction, meter: ExactMeter): Promise<never> {
  return refuse('QUOTA_EXCEEDED', null, await describeQuota(tx, meter));
}

export async function describeQuota(tx: TenantTransaction, meter: ExactMeter): Promise<string> {
  const { limit, used, reserved, resetsAt } = await readMeter(tx, meter);
  if (limit === null) throw new Error('a meter without a limit was refused');
  const [larger] = await findLargerPlan(tx, { meter, limit });
  const setAside = reserved > 0 ? ` and ${say(reserved)} set aside` : '';
  return [
    `Your plan allows ${say(limit)} ${meterWords[meter]}; ${say(used)} are used${setAside}.`,
    resetsAt && `The count starts again at ${resetsAt.toISOString().slice(0, 16)}Z.`,
    larger &&
      `${larger.name} allows ${larger.limit === null ? 'what is agreed' : say(larger.limit)}.`,
  ]
    .filter((sentence) => sentence)
    .join(' ');
}

export interface Reserving extends Use {
  /** After which it is free again if nobody settled it: longer than the work can take. */
  readonly seconds: number;
}

/**
 * Sets aside what a work outside will cost at most, such as the tokens of an answer, in a transaction
 * that is committed before the work begins. Answers the reservation, to be settled or released in a
 * later one; after a crash it runs out. Refuses with QUOTA_EXCEEDED.
 */
export async function reserveUsage(
  tx: TenantTransaction,
  actor: Actor,
  { seconds, ...use }: Reserving,
): Promise<string> {
  const id = newId();
  const { asMany: _asMany, ...taking } = takingOf(actor, use, false);
  if (!(await insertReservation(tx, { ...taking, id, seconds }))) await refuseOver(tx, use.meter);
  return id;
}

/**
 * Counts what the work came to, also more than was set aside: it is spent. It goes to the day and the
 * period of the reservation, even if that has run out meanwhile. false: it was settled or released before.
 */
export const settleUsage = (
  tx: TenantTransaction,
  reservation: string,
  actual: number,
): Promise<boolean> => settleReservation(tx, reservation, actual);

/** Gives back what was set aside for work that was not done. false: it is not open any more. */
export const releaseUsage = (tx: TenantTransaction, reservation: string): Promise<boolean> =>
  releaseReservation(tx, reservation);

/**
 * Writes the warnings at 80 % and 100 % of a meter that is counted elsewhere: give it the count before
 * and after, each pair following the one before; once a period and limit, whoever calls how often.
 */
export const noteUsageMarks = (
  tx: TenantTransaction,
  marks: { meter: 'API_REQUESTS_PER_DAY'; before: number; after: number; limit: number },
): Promise<void> => insertMarks(tx, marks);

const takingOf = (actor: Actor, { meter, amount, feature }: Use, asMany: boolean) => ({
  ...{ meter, amount, feature, asMany },
  apiKeyId: keyOfActor(actor),
});

const say = (amount: number): string => amount.toLocaleString('en-US');

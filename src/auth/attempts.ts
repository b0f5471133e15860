import type { Database, TenantTransaction } from '../db/database.ts';
import { Refusal } from '../lib/errors.ts';
import { giveBackAttempts, takeAttempts } from './accountLookups.ts';
import type { RequestFacts } from './principal.ts';

/** Enough was tried; nothing was looked at. */
export class TooManyAttempts extends Refusal {
  readonly retryAfterSeconds: number;

  constructor(retryAfterSeconds: number) {
    const minutes = Math.ceil(retryAfterSeconds / 60);
    const wait = retryAfterSeconds <= 90 ? `${retryAfterSeconds} seconds` : `${minutes} minutes`;
    const message = `Too many attempts; try again in ${wait}.`;
    super([{ code: 'TOO_MANY_ATTEMPTS', field: null, message }]);
    this.retryAfterSeconds = retryAfterSeconds;
  }
}

interface Limit {
  readonly windowSeconds: number;
  readonly perClient: number;
  /** Absent: it names no e-mail address. */
  readonly address?: { readonly perClient: number; readonly everywhere: number };
}

/**
 * What may be tried in a window: by client (IPv4 address, IPv6 /64), by one client at one e-mail
 * address, and at that address from everywhere. The last is ten (for mail, four) times the one before
 * it, so that a stranger's own wrong attempts do not lock a person out: with one low limit for the
 * address, ten requests did. NIST SP 800-63B (3.2.2) asks for no more than 100 failures in a row.
 * Whatever sends mail shares one limit, so that nobody's mailbox is filled by taking turns. Who
 * succeeds gives theirs back: an office behind one address is held up by failures alone.
 */
const limits = {
  password: { windowSeconds: 900, perClient: 100, address: { perClient: 10, everywhere: 100 } },
  mail: { windowSeconds: 3_600, perClient: 30, address: { perClient: 5, everywhere: 20 } },
  token: { windowSeconds: 900, perClient: 100 },
  refresh: { windowSeconds: 900, perClient: 300 },
} satisfies Record<string, Limit>;

export type AttemptKind = keyof typeof limits;

export interface Attempts {
  /** Counts one, before anything is looked at, whether or not the address exists. Throws TooManyAttempts. */
  take(kind: AttemptKind, facts: RequestFacts, address?: string): Promise<void>;
  /** It succeeded: the address starts anew, the client gets this one back. */
  succeed(kind: AttemptKind, facts: RequestFacts, address?: string): Promise<void>;
  /** The address starts anew, for this client too: it was proved in another way. */
  forget(kind: AttemptKind, facts: RequestFacts, address: string): Promise<void>;
}

/**
 * Counters in Postgres, taken by one atomic statement: aliases, batches, concurrent requests and
 * several instances share them.
 */
export function createAttempts(database: Database): Attempts {
  return {
    async take(kind, { ip }, address) {
      const { windowSeconds, ...most }: Limit = limits[kind];
      // What is refused for a client's sake uses up nothing of the address: narrow limits first.
      const counted: [subject: string, most: number][] = [
        ...clientOf(kind, ip).map((client): [string, number] => [client, most.perClient]),
        ...addressOf(kind, ip, address).map((subject, place): [string, number] => [
          subject,
          (place === 0 ? most.address?.perClient : most.address?.everywhere) ?? 0,
        ]),
      ];
      const wait = await takeAttempts(
        database,
        counted.map(([subject]) => subject),
        counted.map(([, each]) => each),
        windowSeconds,
      );
      if (wait !== null) throw new TooManyAttempts(wait);
    },
    succeed: (kind, { ip }, address) =>
      giveBackAttempts(database, addressOf(kind, ip, address), clientOf(kind, ip)),
    async forget(kind, { ip }, address) {
      // One after another, as they are taken: both at once could wait for a sign-in that waits for them.
      for (const subject of addressOf(kind, ip, address)) {
        await giveBackAttempts(database, [subject], []);
      }
    },
  };
}

/**
 * What one business may mail to people who have not asked for it: to an address, and altogether, within
 * an hour. Counted in the transaction that queues the mail, so that what is undone is not counted.
 */
const invitationLimits = { perAddress: 5, perTenant: 200, windowSeconds: 3_600 };

/** Counts a mail to an address that a business gave. Throws TooManyAttempts. */
export async function takeInvitation(tx: TenantTransaction, address: string): Promise<void> {
  const { perAddress, perTenant, windowSeconds } = invitationLimits;
  const subjects = [`invitation tenant ${tx.tenantId}`, `invitation address ${address.trim()}`];
  await takeWithin(tx, subjects, [perTenant, perAddress], windowSeconds);
}

/**
 * How many businesses may begin within a day. What one person may own at a time does not hold up who
 * makes one, deletes it and makes the next, or hands each over.
 */
const tenantLimits = { perPerson: 30, perClient: 200, windowSeconds: 86_400 };

/** Counts a business that somebody makes, in its own transaction: one that is not made is not counted. Throws TooManyAttempts. */
export async function takeTenantCreation(
  tx: TenantTransaction,
  userId: string,
  { ip }: RequestFacts,
): Promise<void> {
  const { perPerson, perClient, windowSeconds } = tenantLimits;
  const client = ip === null ? [] : [`tenant client ${networkOf(ip)}`];
  const limits = ip === null ? [perPerson] : [perClient, perPerson];
  await takeWithin(tx, [...client, `tenant person ${userId}`], limits, windowSeconds);
}

async function takeWithin(
  tx: TenantTransaction,
  subjects: readonly string[],
  most: readonly number[],
  windowSeconds: number,
): Promise<void> {
  const { rows } = await tx.query<{ wait: number | null }>(
    'select app.take_attempts($1, $2, $3) as wait',
    [subjects, most, windowSeconds],
  );
  const wait = rows[0]?.wait ?? null;
  if (wait !== null) throw new TooManyAttempts(wait);
}

const clientOf = (kind: AttemptKind, ip: string | null): string[] =>
  ip === null ? [] : [`${kind} client ${networkOf(ip)}`];

/** The address as this client tries it, then the address from everywhere. */
const addressOf = (kind: AttemptKind, ip: string | null, address: string | undefined): string[] =>
  address === undefined
    ? []
    : [
        `${kind} pair ${networkOf(ip ?? '')} ${address.trim()}`,
        `${kind} address ${address.trim()}`,
      ];

/** An IPv6 client has a /64 to itself and could come from another address each time. */
export function networkOf(ip: string): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(ip)?.[1];
  if (mapped !== undefined || !ip.includes(':')) return mapped ?? ip;
  const [head = '', tail] = ip.split('%', 1)[0]?.split('::') ?? [];
  const groups = head === '' ? [] : head.split(':');
  const after = tail === undefined || tail === '' ? [] : tail.split(':');
  const missing = tail === undefined ? 0 : Math.max(0, 8 - groups.length - after.length);
  const all = [...groups, ...Array.from({ length: missing }, () => '0'), ...after];
  return all
    .slice(0, 4)
    .map((group) => group.toLowerCase().replace(/^0+(?=.)/, ''))
    .join(':');
}

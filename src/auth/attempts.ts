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
  /** Absent: it names no address. */
  readonly perAddress?: number;
}

/**
 * What may be tried in a window, by client (IPv4 address, IPv6 /64) and by e-mail address. An address
 * is guessed at no faster than 40 times an hour, far below the 100 failures after which NIST SP
 * 800-63B (3.2.2) wants it locked for good if that were one window. Whatever sends mail shares one
 * limit, so that nobody's mailbox is filled by taking turns. Who succeeds gives theirs back: an
 * office behind one address is held up by failures alone.
 */
const limits = {
  password: { windowSeconds: 900, perClient: 100, perAddress: 10 },
  mail: { windowSeconds: 3_600, perClient: 30, perAddress: 5 },
  token: { windowSeconds: 900, perClient: 100 },
  refresh: { windowSeconds: 900, perClient: 300 },
} satisfies Record<string, Limit>;

export type AttemptKind = keyof typeof limits;

export interface Attempts {
  /** Counts one, before anything is looked at, whether or not the address exists. Throws TooManyAttempts. */
  take(kind: AttemptKind, facts: RequestFacts, address?: string): Promise<void>;
  /** It succeeded: the address starts anew, the client gets this one back. */
  succeed(kind: AttemptKind, facts: RequestFacts, address?: string): Promise<void>;
  /** The address starts anew: it was proved in another way. */
  forget(kind: AttemptKind, address: string): Promise<void>;
}

/**
 * Counters in Postgres, taken by one atomic statement: aliases, batches, concurrent requests and
 * several instances share them.
 */
export function createAttempts(database: Database): Attempts {
  return {
    async take(kind, { ip }, address) {
      const { windowSeconds, perClient, perAddress }: Limit = limits[kind];
      const subjects = [clientOf(kind, ip), addressOf(kind, address)];
      const most = [perClient, perAddress ?? 0];
      const counted = subjects.flatMap((subject, place) => (subject === null ? [] : [place]));
      const wait = await takeAttempts(
        database,
        counted.map((place) => subjects[place] ?? ''),
        counted.map((place) => most[place] ?? 0),
        windowSeconds,
      );
      if (wait !== null) throw new TooManyAttempts(wait);
    },
    async succeed(kind, { ip }, address) {
      await giveBackAttempts(
        database,
        present(addressOf(kind, address)),
        present(clientOf(kind, ip)),
      );
    },
    forget: (kind, address) => giveBackAttempts(database, present(addressOf(kind, address)), []),
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
  const { rows } = await tx.query<{ wait: number | null }>(
    'select app.take_attempts($1, $2, $3) as wait',
    [subjects, [perTenant, perAddress], windowSeconds],
  );
  const wait = rows[0]?.wait ?? null;
  if (wait !== null) throw new TooManyAttempts(wait);
}

const present = (subject: string | null): string[] => (subject === null ? [] : [subject]);

const clientOf = (kind: AttemptKind, ip: string | null): string | null =>
  ip === null ? null : `${kind} client ${networkOf(ip)}`;

const addressOf = (kind: AttemptKind, address: string | undefined): string | null =>
  address === undefined ? null : `${kind} address ${address.trim()}`;

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

import type { Database } from '../db/database.ts';
import type { Mail } from './mailQueue.ts';
import type { RequestFacts } from './principal.ts';

// The SECURITY DEFINER functions of sql/functions/accounts.sql: one call is one transaction.

const origin = ({ ip, userAgent, requestId }: RequestFacts) => [ip, userAgent, requestId];

async function one<R>(
  database: Database,
  text: string,
  values: readonly unknown[],
): Promise<R | null> {
  return (await database.lookup<R>(text, values))[0] ?? null;
}

/** When the session ends; null: the password that was checked is theirs no more. */
export async function openSession(
  database: Database,
  session: {
    id: string;
    userId: string;
    verifiedHash: string | null;
    homeTenantId: string | null;
    refreshHash: string;
    idleSeconds: number;
  },
  { ip, userAgent }: RequestFacts,
): Promise<Date | null> {
  const { id, userId, verifiedHash, homeTenantId, refreshHash, idleSeconds } = session;
  const row = await one<{ ends: Date | null }>(
    database,
    'select app.open_session($1, $2, $3, $4, $5, $6, $7, $8) as ends',
    [id, userId, verifiedHash, homeTenantId, refreshHash, idleSeconds, ip, userAgent],
  );
  return row?.ends ?? null;
}

/** null unless the session lives. */
export const findAccount = (
  database: Database,
  { sessionId, userId }: { sessionId: string; userId: string },
): Promise<{ name: string; email: string } | null> =>
  one(database, 'select name, email from app.find_account($1, $2)', [sessionId, userId]);

export interface LiveSession {
  id: string;
  ip: string | null;
  user_agent: string | null;
  created_at: Date;
  last_seen_at: Date;
  expires_at: Date;
}

/** The sessions of a person that live, the latest used first. */
export const listSessions = (database: Database, userId: string): Promise<LiveSession[]> =>
  database.lookup<LiveSession>(
    'select id, ip, user_agent, created_at, last_seen_at, expires_at from app.list_sessions($1)',
    [userId],
  );

/** Whose session a refresh token belongs to. */
export const findSession = (
  database: Database,
  refreshHash: string,
): Promise<{ session_id: string; user_id: string } | null> =>
  one(database, 'select session_id, user_id from app.find_session($1)', [refreshHash]);

/** false: it is not theirs, or has ended before. */
export async function endSession(
  database: Database,
  session: { userId: string; sessionId: string; action: string },
  facts: RequestFacts,
): Promise<boolean> {
  const row = await one<{ ended: boolean }>(
    database,
    'select app.end_session($1, $2, $3, $4, $5, $6) as ended',
    [session.userId, session.sessionId, session.action, ...origin(facts)],
  );
  return row?.ended ?? false;
}

/** What the session refreshes to from now on, if it had no business before. */
export async function adoptHome(
  database: Database,
  sessionId: string,
  tenantId: string,
): Promise<void> {
  await database.lookup('select app.adopt_home($1, $2)', [sessionId, tenantId]);
}

export interface Rotation {
  outcome: 'ROTATED' | 'UNKNOWN' | 'TWICE' | 'REUSED' | 'NO_MEMBERSHIP';
  session_id: string;
  user_id: string;
  /** null: they belong to no business, or no longer to the one they signed in to. */
  tenant_id: string | null;
  expires_at: Date;
}

export async function rotateRefreshToken(
  database: Database,
  rotation: {
    oldHash: string;
    newHash: string;
    tenantId: string | null;
    tenantSlug: string | null;
    idleSeconds: number;
    longestSeconds: number;
    graceSeconds: number;
  },
  facts: RequestFacts,
): Promise<Rotation | null> {
  const { oldHash, newHash, tenantId, tenantSlug } = rotation;
  const { idleSeconds, longestSeconds, graceSeconds } = rotation;
  return one<Rotation>(
    database,
    `select outcome, session_id, user_id, tenant_id, expires_at
     from app.rotate_refresh_token($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
    [
      ...[oldHash, newHash, tenantId, tenantSlug, idleSeconds, longestSeconds, graceSeconds],
      ...origin(facts),
    ],
  );
}

/** A token that travels in a mail: its hash, how long it is good, and that mail. */
export interface Mailed {
  readonly mailId: string;
  readonly tokenHash: string;
  readonly lifetimeSeconds: number;
  readonly mail: Omit<Mail, 'to'>;
}

export async function register(
  database: Database,
  person: { email: string; name: string; passwordHash: string },
  { mailId, tokenHash, lifetimeSeconds, mail }: Mailed,
  mailIfKnown: Omit<Mail, 'to'>,
): Promise<void> {
  await database.lookup('select app.register($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)', [
    ...[person.email, person.name, person.passwordHash, tokenHash, lifetimeSeconds, mailId],
    ...[mail.subject, mail.text, mailIfKnown.subject, mailIfKnown.text],
  ]);
}

export async function resendRegistration(
  database: Database,
  email: string,
  { mailId, tokenHash, lifetimeSeconds, mail }: Mailed,
): Promise<void> {
  await database.lookup('select app.resend_registration($1, $2, $3, $4, $5, $6)', [
    ...[email, tokenHash, lifetimeSeconds, mailId, mail.subject, mail.text],
  ]);
}

/** What waits in a token; null: it is used up or has run out. */
export const findRegistration = (
  database: Database,
  tokenHash: string,
): Promise<{ email: string; password_hash: string } | null> =>
  one(database, 'select email, password_hash from app.find_registration($1)', [tokenHash]);

/** null: the token is used up or has run out. */
export const confirmRegistration = (
  database: Database,
  tokenHash: string,
  newUserId: string,
): Promise<{ user_id: string; email: string } | null> =>
  one(database, 'select user_id, email from app.confirm_registration($1, $2)', [
    tokenHash,
    newUserId,
  ]);

export async function requestPasswordReset(
  database: Database,
  email: string,
  { mailId, tokenHash, lifetimeSeconds, mail }: Mailed,
  facts: RequestFacts,
): Promise<void> {
  await database.lookup('select app.request_password_reset($1, $2, $3, $4, $5, $6, $7, $8, $9)', [
    ...[email, tokenHash, lifetimeSeconds, mailId, mail.subject, mail.text],
    ...origin(facts),
  ]);
}

/** Whose password a token may set; null: it is used up or has run out. */
export const findPasswordReset = (
  database: Database,
  tokenHash: string,
): Promise<{ email: string } | null> =>
  one(database, 'select email from app.find_password_reset($1)', [tokenHash]);

/** false: the token is used up or has run out. */
export async function resetPassword(
  database: Database,
  reset: { tokenHash: string; passwordHash: string; mailId: string; mail: Omit<Mail, 'to'> },
  facts: RequestFacts,
): Promise<boolean> {
  const { tokenHash, passwordHash, mailId, mail } = reset;
  const row = await one<{ done: boolean }>(
    database,
    'select app.reset_password($1, $2, $3, $4, $5, $6, $7, $8) as done',
    [tokenHash, passwordHash, mailId, mail.subject, mail.text, ...origin(facts)],
  );
  return row?.done ?? false;
}

/** false: the old password is theirs no more. */
export async function changePassword(
  database: Database,
  change: {
    userId: string;
    sessionId: string;
    oldHash: string;
    newHash: string;
    mailId: string;
    mail: Omit<Mail, 'to'>;
  },
  facts: RequestFacts,
): Promise<boolean> {
  const { userId, sessionId, oldHash, newHash, mailId, mail } = change;
  const row = await one<{ done: boolean }>(
    database,
    'select app.change_password($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) as done',
    [userId, sessionId, oldHash, newHash, mailId, mail.subject, mail.text, ...origin(facts)],
  );
  return row?.done ?? false;
}

/** null: counted, go on; else the seconds to wait. */
export async function takeAttempts(
  database: Database,
  subjects: readonly string[],
  limits: readonly number[],
  windowSeconds: number,
): Promise<number | null> {
  const row = await one<{ wait: number | null }>(
    database,
    'select app.take_attempts($1, $2, $3) as wait',
    [subjects, limits, windowSeconds],
  );
  return row?.wait ?? null;
}

export async function giveBackAttempts(
  database: Database,
  cleared: readonly string[],
  returned: readonly string[],
): Promise<void> {
  await database.lookup('select app.give_back_attempts($1, $2)', [cleared, returned]);
}

export async function sweepAccounts(database: Database): Promise<void> {
  await database.lookup('select app.sweep_accounts()', []);
}

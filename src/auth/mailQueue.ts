import type { Database, TenantTransaction } from '../db/database.ts';
import { newId } from '../lib/ids.ts';

// The SECURITY DEFINER functions of sql/functions/mail.sql.

/** Heard by every instance when there is mail to send. */
export const mailChannel = 'tenantry_mail';

export interface Mail {
  /** One address. */
  readonly to: string;
  readonly subject: string;
  readonly text: string;
}

/**
 * Queues a mail in the tenant's transaction: it is sent after COMMIT, and never for what was rolled
 * back. The text is erased once it is sent, so it may hold a token.
 */
export async function queueMail(tx: TenantTransaction, { to, subject, text }: Mail): Promise<void> {
  tx.note('mail', { to, subject });
  await tx.query('select app.queue_mail($1, $2, $3, $4)', [newId(), to, subject, text]);
}

export interface ClaimedMail {
  id: string;
  recipient: string;
  subject: string;
  body: string;
  /** This one included. */
  attempts: number;
}

/** The mail that is due the longest, taken for so long; null: none is due. */
export async function claimMail(
  database: Database,
  leaseSeconds: number,
): Promise<ClaimedMail | null> {
  const rows = await database.lookup<ClaimedMail>(
    'select id, recipient, subject, body, attempts from app.claim_mail($1)',
    [leaseSeconds],
  );
  return rows[0] ?? null;
}

/** Sent, when there is no failure; given up, when there is and `retrySeconds` is null. */
export async function finishMail(
  database: Database,
  id: string,
  failure: string | null,
  retrySeconds: number | null,
): Promise<void> {
  await database.lookup('select app.finish_mail($1, $2, $3)', [id, failure, retrySeconds]);
}

export interface OutboxMail {
  id: string;
  recipient: string;
  subject: string;
  /** null: sent or given up, and erased. */
  body: string | null;
  created_at: Date;
  due_at: Date | null;
  attempts: number;
  sent_at: Date | null;
  failed_at: Date | null;
  last_error: string | null;
}

/** The latest mails, the newest first. For development: the texts hold secrets. */
export function readOutbox(database: Database, howMany: number): Promise<OutboxMail[]> {
  return database.lookup<OutboxMail>(
    `select id, recipient, subject, body, created_at, due_at, attempts, sent_at, failed_at, last_error
     from app.read_outbox($1)`,
    [howMany],
  );
}

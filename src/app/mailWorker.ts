import { type ClaimedMail, claimMail, finishMail } from '../auth/mailQueue.ts';
import { longestSendMilliseconds, type MailClient, MailRefused } from '../clients/mail.ts';
import type { Database } from '../db/database.ts';
import type { Logger } from './logger.ts';

export interface MailWorker {
  /** There may be mail: look at once. */
  wake(): void;
  /** Takes no more, and waits for what is being sent, though not for ever: it comes back with its lease. */
  close(): Promise<void>;
}

/** After the first failure half a minute, in the end six hours: about a day in all, then it is given up. */
const retryAfterSeconds: readonly number[] = [
  30, 120, 600, 1_800, 3_600, 10_800, 21_600, 21_600, 21_600,
];

/** As many as the client has connections. */
const lanes = 3;
const leaseSeconds = (2 * longestSendMilliseconds) / 1_000;
/** Well within the time after which orchestrators kill what they stop. */
const longestStopMilliseconds = 10_000;
/** For what no notification tells of: a retry that is due, a sender that died. */
const lookMilliseconds = 15_000;

/**
 * Sends what is queued, with no transaction open. A mail is taken before it is sent and marked after,
 * so that of several processes one sends it; one that dies in between leaves it to be sent again, with
 * the same Message-ID.
 */
export function startMailWorker(
  database: Database,
  client: MailClient,
  logger: Logger,
  { retries = retryAfterSeconds, stopMilliseconds = longestStopMilliseconds } = {},
): MailWorker {
  let closing = false;
  /** Raised by wake(): a lane that found nothing before must look again. */
  let wakes = 0;
  const running = new Set<Promise<void>>();

  async function send(mail: ClaimedMail): Promise<void> {
    const { id, recipient: to, subject, body: text, attempts } = mail;
    try {
      await client.send({ id, to, subject, text });
    } catch (error) {
      const final = error instanceof MailRefused && error.final;
      const retry = final ? null : (retries[attempts - 1] ?? null);
      const given = retry === null ? 'given up' : 'tried again later';
      logger[retry === null ? 'error' : 'warn']({ mailId: id, err: error }, `a mail is ${given}`);
      await finishMail(database, id, (error as Error).message, retry);
      if (retry !== null) setTimeout(wake, retry * 1_000).unref();
      return;
    }
    await finishMail(database, id, null, null);
  }

  async function drain(): Promise<void> {
    while (!closing) {
      const before = wakes;
      const mail = await claimMail(database, leaseSeconds);
      if (mail === null && before === wakes) return;
      if (mail === null) continue;
      wake(); // there may be more, for another lane
      await send(mail);
    }
  }

  function wake(): void {
    wakes += 1;
    if (closing || running.size >= lanes) return;
    const lane = drain().catch((error: unknown) => {
      // What was taken comes back when its lease has run out.
      logger.warn({ err: error }, 'the mail queue cannot be worked on just now');
    });
    running.add(lane);
    void lane.then(() => running.delete(lane));
  }

  const timer = setInterval(wake, lookMilliseconds);
  timer.unref();
  wake();
  return {
    wake,
    async close() {
      closing = true;
      clearInterval(timer);
      let timeout: NodeJS.Timeout | undefined;
      const late = new Promise<void>((resolve) => {
        timeout = setTimeout(resolve, stopMilliseconds);
      });
      await Promise.race([Promise.all(running), late]);
      clearTimeout(timeout);
      client.close();
    },
  };
}

import { createTransport } from 'nodemailer';

export interface OutgoingMail {
  /** Makes the Message-ID, so that a mail that is sent twice after a crash can be told to be one. */
  readonly id: string;
  /** One address. */
  readonly to: string;
  readonly subject: string;
  readonly text: string;
}

/** A mail that was not taken. `final`: the server will not take it tomorrow either. */
export class MailRefused extends Error {
  override readonly name = 'MailRefused';
  readonly final: boolean;

  constructor(message: string, final: boolean, cause: unknown) {
    super(message, { cause });
    this.final = final;
  }
}

export interface MailClient {
  /** Resolves when the server has taken it; otherwise rejects with MailRefused. */
  send(mail: OutgoingMail): Promise<void>;
  close(): void;
}

/**
 * Connects, greets (EHLO), secures the line and signs in as sending a mail would, and sends none. null:
 * all of that went well; otherwise what the server or the network said.
 */
export async function tryMailServer(smtpUrl: string): Promise<SmtpProblem | null> {
  const transport = createTransport({ ...readUrl(smtpUrl), ...limits, ...briefly });
  try {
    await withDeadline(transport.verify(), briefly.socketTimeout * 2);
    return null;
  } catch (error) {
    const { code, message } = error as { code?: string; message: string };
    return { kind: code === 'EAUTH' ? 'SIGN_IN' : 'CONNECTION', message: message.slice(0, 500) };
  } finally {
    transport.close();
  }
}

export interface SmtpProblem {
  readonly kind: 'CONNECTION' | 'SIGN_IN';
  readonly message: string;
}

/** A text never names a file or an address to fetch. */
const limits = { disableFileAccess: true, disableUrlAccess: true } as const;
/** Somebody sits there and waits. */
const briefly = {
  connectionTimeout: 5_000,
  greetingTimeout: 5_000,
  socketTimeout: 5_000,
  dnsTimeout: 5_000,
} as const;

/** The longest that one mail may take; a lease on it has to be longer. */
export const longestSendMilliseconds = 60_000;

/**
 * Hands mail in at an SMTP server (`smtp://` with STARTTLS where it is offered, `smtps://`), over at
 * most three connections that are kept.
 */
export function openMailClient(smtpUrl: string, from: string): MailClient {
  const transport = createTransport(
    {
      ...readUrl(smtpUrl),
      pool: true,
      maxConnections: 3,
      connectionTimeout: 10_000,
      greetingTimeout: 10_000,
      socketTimeout: 20_000,
      dnsTimeout: 10_000,
      ...limits,
    },
    { from },
  );
  const domain = /@([^\s<>@]+?)>?$/.exec(from)?.[1] ?? 'localhost';
  return {
    async send({ id, to, subject, text }) {
      try {
        await withDeadline(
          transport.sendMail({
            // As an object: a string would be read as a list of addresses.
            to: { name: '', address: to },
            subject,
            text,
            messageId: `<${id}@${domain}>`,
            // RFC 3834: no out-of-office note comes back.
            headers: { 'Auto-Submitted': 'auto-generated' },
          }),
          longestSendMilliseconds,
        );
      } catch (error) {
        throw readRefusal(error);
      }
    },
    close: () => transport.close(),
  };
}

function readUrl(url: string) {
  const { protocol, hostname, port, username, password } = new URL(url);
  const secure = protocol === 'smtps:';
  return {
    host: hostname.replace(/^\[|\]$/g, ''),
    port: port === '' ? (secure ? 465 : 587) : Number(port),
    secure,
    // A password never travels in the clear, but to this very machine.
    requireTLS: username !== '' && !/^(?:localhost|127\.[\d.]+|\[::1\])$/.test(hostname),
    ...(username === ''
      ? {}
      : { auth: { user: decodeURIComponent(username), pass: decodeURIComponent(password) } }),
  };
}

async function withDeadline(work: Promise<unknown>, milliseconds: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error('It took too long.')), milliseconds);
  });
  try {
    await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

/**
 * RFC 5321, 4.2.1: 5yz is for good, 4yz for now. That we may not sign in (535), have to (530) or may
 * not send from this address is no fault of the mail: it waits until that is mended.
 */
function readRefusal(error: unknown): MailRefused {
  const { command, responseCode = 0, message } = error as RefusedCommand;
  const ofTheMail = command === 'RCPT TO' || command === 'DATA';
  const final = ofTheMail && responseCode >= 500 && responseCode !== 530;
  return new MailRefused(message.slice(0, 500), final, error);
}

/** What nodemailer's errors say of the server's answer. */
interface RefusedCommand extends Error {
  readonly command?: string;
  readonly responseCode?: number;
}

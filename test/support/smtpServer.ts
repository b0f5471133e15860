import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { SMTPServer } from 'smtp-server';

export interface SmtpSink {
  readonly url: string;
  /** What was taken, as it came over the wire. */
  readonly taken: { to: string; raw: string }[];
  /** Every message that was offered, refused ones included: the local part says what becomes of it. */
  readonly offered: string[];
  /** Resolves when so many were taken. */
  until(count: number): Promise<void>;
  close(): Promise<void>;
}

/**
 * A real SMTP server on a free port. It refuses what a real one refuses: no sign-in 530, a wrong one
 * 535, `nobody@` 550, `busy@` 451 at first, `dropped@` by cutting the line after DATA at first.
 */
export async function startSmtpSink(
  options: { onData?: (() => Promise<void>) | undefined; port?: number } = {},
): Promise<SmtpSink> {
  const taken: SmtpSink['taken'] = [];
  const offered: string[] = [];
  const waiting = new Set<() => void>();
  const server = new SMTPServer({
    authOptional: false,
    allowInsecureAuth: true,
    disabledCommands: ['STARTTLS'],
    logger: false,
    // The end of a test does not wait half a minute for who says nothing.
    closeTimeout: 50,
    onAuth({ username, password }, _session, callback) {
      if (username === 'tenantry' && password === 'p@ss') callback(null, { user: username });
      else callback(Object.assign(new Error('wrong password'), { responseCode: 535 }));
    },
    onRcptTo({ address }, _session, callback) {
      const again = offered.includes(address);
      offered.push(address);
      const refusal = { 'nobody@b.example': 550, ...(again ? {} : { 'busy@b.example': 451 }) }[
        address
      ];
      if (refusal === undefined) callback();
      else callback(Object.assign(new Error('not now or never'), { responseCode: refusal }));
    },
    onData(stream, session, callback) {
      const to = session.envelope.rcptTo.map(({ address }) => address).join();
      void text(stream).then(async (raw) => {
        taken.push({ to, raw });
        for (const look of waiting) look();
        await options.onData?.();
        const first = offered.filter((address) => address === to).length === 1;
        if (to !== 'dropped@b.example' || !first) return callback();
        for (const each of server.connections) each.close();
      });
    },
  });
  server.on('error', () => undefined); // a client that hangs up half-way
  server.listen(options.port ?? 0, '127.0.0.1');
  await once(server.server, 'listening');
  const { port } = server.server.address() as AddressInfo;
  return {
    url: `smtp://tenantry:p%40ss@127.0.0.1:${port}`,
    taken,
    offered,
    until: (count) =>
      new Promise((resolve) => {
        const look = (): void => {
          if (taken.length >= count) resolve();
        };
        waiting.add(look);
        look();
      }),
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
}

import { Agent, request } from 'node:http';
import type { Ask } from './mix.ts';

export interface SoakLoad {
  answered(): number;
  /** Each kind and how often it was asked. */
  counts(): [kind: string, count: string][];
  /** Never resolves; rejects with the first answer that was not the right one. */
  readonly failed: Promise<never>;
  /** Stops asking and waits for what was asked. */
  stop(): Promise<void>;
}

const tickMs = 50;
/** A server that falls behind is not buried: what would be asked beyond that is left out. */
const mostUnderWay = 100;
/** Every so many requests one comes on a connection of its own. */
const alone = 50;

/** Asks `rate` times a second, whatever the answers take. */
export function startLoad(options: { url: string; rate: number; next: () => Ask }): SoakLoad {
  const agent = new Agent({ keepAlive: true, maxSockets: 32 });
  const counts = new Map<string, number>();
  const failure = Promise.withResolvers<never>();
  failure.promise.catch(() => undefined);
  let underWay = 0;
  let answered = 0;
  let due = 0;
  let asked = 0;

  async function askOne(): Promise<void> {
    underWay += 1;
    asked += 1;
    const ask = options.next();
    counts.set(ask.kind, (counts.get(ask.kind) ?? 0) + 1);
    try {
      await send(options.url, ask, asked % alone === 0 ? undefined : agent);
      answered += 1;
    } catch (error) {
      failure.reject(error);
    } finally {
      underWay -= 1;
    }
  }

  const timer = setInterval(() => {
    due += (options.rate * tickMs) / 1000;
    for (; due >= 1; due -= 1) if (underWay < mostUnderWay) void askOne();
  }, tickMs);

  return {
    answered: () => answered,
    counts: () => [...counts].sort().map(([kind, count]) => [kind, `${count}`]),
    failed: failure.promise,
    async stop() {
      clearInterval(timer);
      while (underWay > 0) await new Promise((resolve) => setTimeout(resolve, tickMs));
      agent.destroy();
    },
  };
}

/** Resolves when the answer was the right one, or the hang-up is done. */
function send(url: string, ask: Ask, agent: Agent | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const sent = request(url, {
      method: 'POST',
      ...(agent !== undefined && { agent }),
      headers: {
        'Content-Type': 'application/json',
        Accept: 'application/json',
        'Content-Length': Buffer.byteLength(ask.body),
        ...ask.headers,
      },
    });
    if (ask.status === null) {
      sent.once('error', () => resolve());
      sent.once('close', () => resolve());
      sent.once('response', (response) => response.resume());
      // Half of the body, all of it, or until the server is at work.
      sent.write(ask.body.slice(0, Math.random() < 0.3 ? 20 : undefined));
      setTimeout(() => sent.destroy(), Math.random() * 8);
      return;
    }
    sent.once('error', (error) => reject(new Error(`${ask.kind}: ${error.message}`)));
    sent.once('response', (response) => {
      const parts: Buffer[] = [];
      response.on('data', (part: Buffer) => parts.push(part));
      response.once('error', reject);
      response.once('end', () => {
        const text = Buffer.concat(parts).toString();
        if (response.statusCode === ask.status && text.includes(ask.marker)) resolve();
        else reject(new Error(`${ask.kind}: ${response.statusCode} ${text.slice(0, 500)}`));
      });
    });
    sent.end(ask.body);
  });
}

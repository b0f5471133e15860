import { randomBytes } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { Client } from 'undici';
import { type LoadJob, type Sample, summarize } from '../load.ts';

// The load generator: one keep-alive connection for each "user", who asks again as soon as the answer
// is there. undici's Client, one request at a time: no pool, no pipelining, no redirects.
process.on('message', (job: LoadJob) => {
  run(job).then(
    (sample) => process.send?.(sample),
    (error: unknown) => {
      console.error(error);
      process.exit(1);
    },
  );
});

let unique = 0;
const prefix = randomBytes(4).toString('hex');

/** A UUIDv7, as the application would make it. */
function newId(): string {
  const time = Date.now().toString(16).padStart(12, '0');
  const rest = randomBytes(10).toString('hex');
  return `${time.slice(0, 8)}-${time.slice(8)}-7${rest.slice(0, 3)}-8${rest.slice(3, 6)}-${rest.slice(6, 18)}`;
}

function fill(body: string): string {
  if (!body.includes('__U')) return body;
  unique += 1;
  return body.replaceAll('__UUID__', newId).replaceAll('__UNIQUE__', `${prefix}-${unique}`);
}

async function run(job: LoadJob): Promise<Sample> {
  const latencies: number[] = [];
  const wrong = { errors: 0, firstError: null as string | null };
  const before = performance.eventLoopUtilization();
  const start = performance.now();
  const measureFrom = start + job.warmSeconds * 1000;
  const end = measureFrom + job.seconds * 1000;
  const { origin, pathname } = new URL(job.url);
  const headers = {
    'content-type': 'application/json',
    accept: 'application/json',
    authorization: `Bearer ${job.token}`,
  };

  /** What was wrong with the answer; null: nothing. Rejects when there was none. */
  async function ask(client: Client, body: string): Promise<string | null> {
    const { statusCode, body: answer } = await client.request({
      path: pathname,
      method: 'POST',
      headers,
      body,
    });
    const text = await answer.text();
    const right = statusCode === 200 && text.includes(job.marker) && !text.includes('"errors":');
    return right ? null : `${statusCode} ${text.slice(0, 500)}`;
  }

  async function user(first: number): Promise<void> {
    const client = new Client(origin, { pipelining: 1 });
    try {
      for (let turn = first; ; turn += 1) {
        const body = fill(job.bodies[turn % job.bodies.length] ?? '');
        const asked = performance.now();
        if (asked >= end) return;
        const problem = await ask(client, body).catch((error: unknown) => `${error}`);
        const answered = performance.now();
        if (problem !== null) {
          wrong.errors += 1;
          wrong.firstError ??= problem;
          // A server that is gone refuses thousands of times a second; one is enough to fail the run.
          if (client.closed || client.destroyed || wrong.errors > 100) return;
        }
        if (asked >= measureFrom && answered <= end) latencies.push(answered - asked);
        if (job.pauseMs !== undefined) await pause(job.pauseMs);
      }
    } finally {
      await client.close();
    }
  }

  const users = Array.from({ length: job.connections }, (_, index) => user(index));
  await Promise.all(users);
  const generatorBusy = performance.eventLoopUtilization(before).utilization;
  return summarize(latencies, job.seconds, { ...wrong, generatorBusy });
}

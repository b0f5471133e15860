import { setTimeout as delay } from 'node:timers/promises';
import { grid } from '../report.ts';
import type { Run } from '../run.ts';
import { signIn, startTenantry } from '../servers.ts';
import { startLoad } from './load.ts';
import { chooseFreePort, type MemorySample, probeMemory } from './memory.ts';
import { createMix } from './mix.ts';

export interface SoakMinute extends MemorySample {
  readonly minute: number;
  readonly requests: number;
}

/** Caches fill and code is compiled for a while; what grows after that grows for ever. */
const settledAfter = 0.25;

/**
 * Loads one server with a mix of what a day brings and says each minute what it holds in memory
 * after a garbage collection, and in the end by how much that grows.
 */
export async function soak(
  run: Pick<Run, 'options' | 'path' | 'serverUrl' | 'seeded' | 'signingKeys'>,
): Promise<object> {
  const { soak: minutes = 60, rate } = run.options;
  const port = await chooseFreePort();
  const server = await startTenantry({
    databaseUrl: run.serverUrl,
    poolSize: run.options.poolSize,
    processors: undefined,
    path: run.path,
    signingKeys: run.signingKeys,
    nodeArgs: [`--inspect=127.0.0.1:${port}`],
  });
  const probe = await probeMemory(port);
  const { seeded } = run;
  const load = startLoad({
    url: server.url,
    rate,
    next: createMix({
      seeded,
      reading: await signIn(server.url, seeded, seeded.reading.slug),
      writing: await signIn(server.url, seeded, seeded.writing.slug),
    }),
  });
  const taken: SoakMinute[] = [];
  const take = async (minute: number): Promise<void> => {
    const sample = { minute, requests: load.answered(), ...(await probe.sample()) };
    taken.push(sample);
    console.log(cellsOf(sample).join('\t'));
  };
  console.log(`\n${head.join('\t')}`);
  const started = performance.now();
  await take(0);
  for (let minute = 1; minute <= minutes; minute += 1) {
    await Promise.race([load.failed, delay(started + minute * 60_000 - performance.now())]);
    await take(minute);
  }
  await load.stop();
  await delay(6_000); // what is kept for a moment (principals, idle sockets) has gone by then
  await take(minutes);
  probe.close();
  await server.stop();

  const settled = taken.filter(({ minute }) => minute >= minutes * settledAfter);
  const growth = {
    rss: slopeAnHour(settled, 'rss'),
    heapUsed: slopeAnHour(settled, 'heapUsed'),
    external: slopeAnHour(settled, 'external'),
  };
  console.log(`\n${grid(head, taken.map(cellsOf))}`);
  console.log(`\n${grid(['asked', 'how often'], load.counts())}`);
  console.log(
    `\nGrowth in MB an hour, from minute ${Math.ceil(minutes * settledAfter)} on: ` +
      `RSS ${growth.rss.toFixed(1)}, heap ${growth.heapUsed.toFixed(2)}, external ${growth.external.toFixed(2)}.`,
  );
  return { soak: { minutes, rate, taken, growth, counts: load.counts() } };
}

const head = ['minute', 'requests', 'RSS MB', 'heap MB', 'external MB'];

const cellsOf = ({ minute, requests, rss, heapUsed, external }: SoakMinute): string[] => [
  `${minute}`,
  `${requests}`,
  rss.toFixed(1),
  heapUsed.toFixed(2),
  external.toFixed(2),
];

/** Of the straight line that fits best (least squares). */
function slopeAnHour(
  samples: readonly SoakMinute[],
  figure: 'rss' | 'heapUsed' | 'external',
): number {
  const mean = (values: readonly number[]): number =>
    values.reduce((sum, value) => sum + value, 0) / values.length;
  const middle = mean(samples.map(({ minute }) => minute));
  const level = mean(samples.map((sample) => sample[figure]));
  const rise = samples.map((sample) => (sample.minute - middle) * (sample[figure] - level));
  const run = samples.map(({ minute }) => (minute - middle) ** 2);
  return (mean(rise) / mean(run)) * 60;
}

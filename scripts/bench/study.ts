import assert from 'node:assert/strict';
import { setTimeout as pause } from 'node:timers/promises';
import type { Seeded } from './database/seedBench.ts';
import { startProxy, type TcpProxy } from './network/proxy.ts';
import { type RoundTrip, WireReader } from './network/wire.ts';
import { type PgbenchScript, toScript } from './pgbench.ts';
import { askOnce, bodiesFor, type Endpoint, median, type Run, startServers } from './run.ts';
import type { Workload } from './workloads.ts';

/** How often an operation goes to Postgres and comes back. */
export interface RoundTrips {
  readonly total: number;
  /** Those that its answer waits for: what the network's delay is multiplied by. */
  readonly awaited: number;
}

export interface Findings {
  readonly workload: Workload;
  readonly tenantry: RoundTrips;
  readonly postgraphile: RoundTrips;
  /** What Tenantry asks of Postgres for the first of the workload's requests. */
  readonly script: PgbenchScript;
}

/** A server's way to Postgres, watched. */
interface Tap {
  readonly proxy: TcpProxy;
  readonly reader: WireReader;
}

/** Long against everything else in an operation, so that dividing by it counts. */
const probeDelayMs = 50;

/**
 * Before anything is measured: do both servers answer the same, and what goes over the wire? Throws
 * with the difference when they don't.
 */
export async function study(run: Run, chosen: readonly Workload[]): Promise<Findings[]> {
  const ours = await openTap(run.serverUrl);
  const theirs = await openTap(run.serverUrl);
  const pair = await startServers(run, {
    tenantry: ours.proxy.urlFor(run.serverUrl),
    postgraphile: theirs.proxy.urlFor(run.serverUrl),
  });
  const findings: Findings[] = [];
  for (const workload of chosen) {
    const [tenantry, postgraphile] = pair.endpoints(workload);
    await compareAnswers(workload, [tenantry, postgraphile], run.seeded);
    findings.push({
      workload,
      tenantry: await countRoundTrips(workload, tenantry, run.seeded, ours),
      postgraphile: await countRoundTrips(workload, postgraphile, run.seeded, theirs),
      script: await recordScript(workload, tenantry, run.seeded, ours.reader),
    });
  }
  await pair.stop();
  await ours.proxy.close();
  await theirs.proxy.close();
  return findings;
}

async function openTap(postgresUrl: string): Promise<Tap> {
  const reader = new WireReader();
  const proxy = await startProxy(postgresUrl, 0);
  proxy.onPiece = (link, direction, piece) => reader.take(link, direction, piece);
  return { proxy, reader };
}

async function compareAnswers(
  workload: Workload,
  endpoints: readonly Endpoint[],
  seeded: Seeded,
): Promise<void> {
  const answers: unknown[] = [];
  for (const endpoint of endpoints) {
    const { server } = endpoint;
    const rows: unknown[] = [];
    for (const body of bodiesFor(workload, server, seeded)) {
      const data = await askOnce(endpoint, body);
      const text = JSON.stringify(data);
      assert.ok(text.includes(workload.marker[server]), `${server}, ${workload.name}: ${text}`);
      rows.push(workload.rows(server, data));
    }
    answers.push(rows);
  }
  assert.deepEqual(answers[1], answers[0], `${workload.title}: the servers answer differently`);
}

/** One operation at a time; the median of several, for requests are also counted once a second. */
async function countRoundTrips(
  workload: Workload,
  endpoint: Endpoint,
  seeded: Seeded,
  { proxy, reader }: Tap,
): Promise<RoundTrips> {
  const [body = ''] = bodiesFor(workload, endpoint.server, seeded);
  const run = async (delayMs: number) => {
    proxy.delayMs = delayMs;
    const totals: number[] = [];
    const times: number[] = [];
    for (let turn = 0; turn < 9; turn += 1) {
      reader.clear();
      const asked = performance.now();
      await askOnce(endpoint, body);
      times.push(performance.now() - asked);
      await pause(delayMs * 2 + 15); // a COMMIT may follow the answer
      totals.push(reader.sent.reduce((sum, link) => sum + link.length, 0));
    }
    return { total: median(totals), time: median(times) };
  };
  const near = await run(0);
  const far = await run(probeDelayMs);
  proxy.delayMs = 0;
  return { total: near.total, awaited: Math.round((far.time - near.time) / probeDelayMs) };
}

/** Without BEGIN in front of it: opens a batch that is a transaction by itself. */
const setting = /^select app\.(?:open_read|set_tenant)\(/;
const begin = /^(?:begin|start transaction)\b/i;

async function recordScript(
  workload: Workload,
  endpoint: Endpoint,
  seeded: Seeded,
  reader: WireReader,
): Promise<PgbenchScript> {
  const [body = ''] = bodiesFor(workload, endpoint.server, seeded);
  const ask = () => askOnce(endpoint, body);
  // As under load, where writes are counted in advance.
  const warmUp = workload.writes ? () => Promise.all(Array.from({ length: 16 }, ask)) : undefined;
  const once = () => recordOne(ask, warmUp, reader);
  return toScript(await once(), await once());
}

/** What a write does only where few of its kind are made. */
const countsItself = /\bapp\.use_meter\(/;

/** Until nothing else went over the wire at the same time, such as the counting of requests. */
async function recordOne(
  ask: () => Promise<unknown>,
  warmUp: (() => Promise<unknown>) | undefined,
  reader: WireReader,
): Promise<RoundTrip[]> {
  for (let attempt = 0; attempt < 50; attempt += 1) {
    await warmUp?.();
    await pause(15);
    reader.clear();
    await ask();
    await pause(15);
    const [link = [], ...others] = reader.sent;
    const statements = link.flat().map(({ text }) => text);
    const [first = ''] = statements;
    const openings = statements.filter((text) => setting.test(text)).length;
    const whole = begin.test(first) ? statements.at(-1) === 'commit' : setting.test(first);
    if (statements.some((text) => countsItself.test(text))) continue;
    if (others.length === 0 && openings === 1 && whole && !statements.includes('')) {
      // What comes later goes into the same list.
      return [...link];
    }
  }
  throw new Error('An operation could not be recorded alone.');
}

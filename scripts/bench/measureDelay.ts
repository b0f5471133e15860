import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { type Cell, load, measureCell, type Target } from './measure.ts';
import { runPgbench } from './pgbench.ts';
import { startProgram } from './programs.ts';
import { bodiesFor, median, type Run, type ServerPair, startServers } from './run.ts';
import type { Findings } from './study.ts';

/** All cells of one delay, each told of when it is done. `pgbench`: the program; undefined leaves it out. */
export async function measureDelay(
  run: Run,
  delayMs: number,
  findings: readonly Findings[],
  pgbench: string | undefined,
  onCell: (cell: Cell) => void,
): Promise<void> {
  const { options } = run;
  const way = await openWay(run, delayMs);
  console.log(
    `\nDelay ${delayMs} ms: a round trip takes ${(await roundTripMs(way.url)).toFixed(2)} ms.`,
  );
  const pair = await startServers(run, { tenantry: way.url, postgraphile: way.url });
  for (const finding of findings) {
    const targets = targetsOf(run, finding, pair, { pgbench, postgresUrl: way.url });
    // Until V8 has compiled what is hot: it shares the server's processor, and a create takes 440 us of it in
    // the first two seconds, 180 after sixteen. The warm-up of each round is for connections and caches.
    const warm = { connections: 16, warmSeconds: options.quick ? 5 : 10, seconds: 0.5 };
    for (const target of targets) if (target.name !== 'pgbench') await target.run(warm);
    for (const connections of options.connections) {
      const cell = await measureCell(
        { workload: finding.workload.name, connections, delayMs },
        targets,
        options,
      );
      console.log(progressOf(cell));
      onCell(cell);
    }
  }
  await pair.stop();
  await way.close();
}

function progressOf({ workload, connections, figures }: Cell): string {
  const said = Object.entries(figures).map(([name, { throughput, generatorBusy }]) => {
    const limit = generatorBusy > 0.85 ? ' (limited by the load generator!)' : '';
    return `${name} ${throughput.toFixed(0)}/s${limit}`;
  });
  return `${workload}, ${connections} connections: ${said.join(', ')}`;
}

/** To Postgres: straight there, or through the delaying proxy in a process of its own. */
async function openWay(
  { serverUrl, processors, path }: Run,
  delayMs: number,
): Promise<{ url: string; close(): Promise<void> }> {
  if (delayMs === 0) return { url: serverUrl, close: async () => undefined };
  const program = fileURLToPath(new URL('processes/delay.ts', import.meta.url));
  const proxy = await startProgram(
    { args: [program, serverUrl, String(delayMs)], processors: processors.load },
    path,
  );
  const url = new URL(serverUrl);
  url.host = new URL(proxy.url).host;
  return { url: url.href, close: proxy.stop };
}

async function roundTripMs(url: string): Promise<number> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  const times: number[] = [];
  for (let turn = 0; turn < 200; turn += 1) {
    const asked = performance.now();
    await client.query('select 1');
    times.push(performance.now() - asked);
  }
  await client.end();
  return median(times);
}

function targetsOf(
  run: Run,
  { workload, script }: Findings,
  pair: ServerPair,
  { pgbench, postgresUrl }: { pgbench: string | undefined; postgresUrl: string },
): Target[] {
  const targets: Target[] = pair.endpoints(workload).map(({ server, url, token }) => ({
    name: server,
    run: (timing) =>
      load(run.generator, {
        url,
        token,
        bodies: bodiesFor(workload, server, run.seeded),
        marker: workload.marker[server],
        ...timing,
      }),
  }));
  if (pgbench !== undefined) {
    targets.push({
      name: 'pgbench',
      run: (timing) =>
        runPgbench({
          program: pgbench,
          databaseUrl: postgresUrl,
          script,
          scratch: join(run.scratch, 'pgbench'),
          processors: run.processors.load,
          ...timing,
        }),
    });
  }
  return targets;
}

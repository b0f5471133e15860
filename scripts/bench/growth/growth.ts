import { cpus, loadavg } from 'node:os';
import { fileURLToPath } from 'node:url';
import { makeSigningKeys } from '../../../src/auth/signingKeys.ts';
import type { Options } from '../options.ts';
import { pin, shareProcessors } from '../processors.ts';
import { startNode } from '../programs.ts';
import { grid } from '../report.ts';
import { signIn, startTenantry } from '../servers.ts';
import type { Surroundings } from '../surroundings.ts';
import { type GrowthCluster, openGrowthCluster } from './growthDatabases.ts';
import { type Desk, growthWorkloads } from './growthWorkloads.ts';
import {
  figure,
  type GrowthRow,
  type GrowthTarget,
  growthRatio,
  measureGrowth,
} from './measureGrowth.ts';
import { owner, slugs } from './seedGrowth.ts';
import { growthSizes, quickSizes } from './sizes.ts';

/** What the product promises: no operation of a tenant takes longer than this many times as long. */
const flat = 1.3;

/**
 * The same operations of the same tenant among ever more neighbours, and of one that is big itself.
 * Answers what `--json` writes.
 */
export async function runGrowth(options: Options, surroundings: Surroundings): Promise<object> {
  const sizes = options.quick ? quickSizes : growthSizes;
  const processors = shareProcessors();
  console.log(processors.explanation);
  const cluster = await openGrowthCluster(sizes, options.keep);
  surroundings.undo(cluster.close);
  pin(process.pid, processors.load);
  pin(cluster.postmasterPid, processors.postgres);
  const loadProgram = fileURLToPath(new URL('../processes/load.ts', import.meta.url));
  const generator = startNode(
    { args: [loadProgram], processors: processors.load },
    surroundings.path,
    'ipc',
  );
  const targets = await openTargets(cluster, options, surroundings, processors.server);
  const timing = {
    connections: 4,
    rounds: options.rounds,
    seconds: options.seconds,
    warmSeconds: options.warmSeconds,
  };
  const rows: GrowthRow[] = [];
  try {
    for (const workload of growthWorkloads(options.growthOnly)) {
      rows.push(await measureGrowth(generator, workload, targets, timing));
    }
  } finally {
    // After an error too: what was measured until then took its time.
    if (rows.length > 0) console.log(`\n${report(rows, targets)}`);
  }
  const machine = {
    cpu: cpus()[0]?.model,
    count: cpus().length,
    load: loadavg(),
    node: process.version,
  };
  return { when: new Date().toISOString(), machine, sizes, timing, processors, rows };
}

/** A server a database, all on the same processor; only the one that is asked has something to do. */
async function openTargets(
  { databases }: GrowthCluster,
  { poolSize }: Options,
  { path }: Surroundings,
  processors: string | undefined,
): Promise<GrowthTarget[]> {
  const signingKeys = await makeSigningKeys();
  const targets: GrowthTarget[] = [];
  for (const { size, serverUrl } of databases) {
    const { url } = await startTenantry({
      databaseUrl: serverUrl,
      poolSize,
      processors,
      path,
      signingKeys,
    });
    const desk = async (slug: string): Promise<Desk> => ({
      url,
      token: await signIn(url, owner, slug),
    });
    const reading = await desk(slugs.reading);
    targets.push({ name: size.name, reading, writing: await desk(slugs.writing) });
    if (size.giant) {
      const giant = await desk(slugs.giant);
      targets.push({ name: 'giant', reading: giant, writing: giant });
    }
  }
  return targets;
}

function report(rows: readonly GrowthRow[], targets: readonly GrowthTarget[]): string {
  const [base, ...others] = targets.map(({ name }) => name);
  if (base === undefined) return '';
  const table = (of: 'median' | 'p99') =>
    grid(
      [`${of} in ms`, base, ...others.flatMap((name) => [name, '÷'])],
      rows.map((row) => [
        row.workload,
        figure(row, base, of).toFixed(2),
        ...others.flatMap((name) => [
          figure(row, name, of).toFixed(2),
          growthRatio(row, name, base, of).toFixed(2),
        ]),
      ]),
    );
  const steep = (['median', 'p99'] as const).flatMap((of) =>
    rows.flatMap((row) =>
      others
        .filter((name) => growthRatio(row, name, base, of) > flat)
        .map(
          (name) =>
            `${row.workload}, ${name}: ${of} ${growthRatio(row, name, base, of).toFixed(2)} times`,
        ),
    ),
  );
  const verdict =
    steep.length === 0
      ? `Nothing is above ${flat} times.`
      : `Above ${flat} times:\n${steep.join('\n')}`;
  return `${table('median')}\n\n${table('p99')}\n\n${verdict}`;
}

import { cpus, loadavg } from 'node:os';
import { fileURLToPath } from 'node:url';
import { makeSigningKeys } from '../../src/auth/signingKeys.ts';
import { ask, openBenchDatabase } from './database/benchDatabase.ts';
import { fullSizes, seedBench } from './database/seedBench.ts';
import { runGrowth } from './growth/growth.ts';
import type { Cell } from './measure.ts';
import { measureDelay } from './measureDelay.ts';
import type { Options } from './options.ts';
import { findPgbench, howToGetPgbench } from './pgbench.ts';
import { pin, shareProcessors, unpinned } from './processors.ts';
import { profileTenantry } from './profile.ts';
import { startNode } from './programs.ts';
import { printCells, printRoundTrips } from './report.ts';
import type { Run } from './run.ts';
import { soak } from './soak/soak.ts';
import { study } from './study.ts';
import type { Surroundings } from './surroundings.ts';
import { workloads } from './workloads.ts';

/** Everything from an empty database to the table. Answers what `--json` writes. */
export async function runBench(options: Options, surroundings: Surroundings): Promise<object> {
  if (options.growth) return runGrowth(options, surroundings);
  const { scratch, path } = surroundings;
  const processors = options.soak === undefined ? shareProcessors() : unpinned;
  console.log(processors.explanation);
  pin(process.pid, processors.load);
  const database = await openBenchDatabase(surroundings.databaseUrl);
  surroundings.undo(database.remove);
  pin(database.postmasterPid, processors.postgres);
  const sizes = options.quick ? { ...fullSizes, tenants: 10 } : fullSizes;
  const seeded = await seedBench(database, sizes);
  const { version } = await ask<{ version: string }>(database.adminUrl, 'select version()');
  console.log(`${version}\nSeeded: ${JSON.stringify(sizes)}`);
  const loadProgram = fileURLToPath(new URL('processes/load.ts', import.meta.url));
  const { serverUrl } = database;
  const signingKeys = await makeSigningKeys();
  if (options.soak !== undefined) return soak({ options, path, serverUrl, seeded, signingKeys });
  const run: Run = {
    options,
    scratch,
    path,
    processors,
    serverUrl,
    seeded,
    signingKeys,
    generator: startNode({ args: [loadProgram], processors: processors.load }, path, 'ipc'),
  };
  if (options.profile !== undefined) return profileTenantry(run, options.profile);

  const pgbench = findPgbench(options.pgbench);
  if (pgbench === undefined) console.log(`\n${howToGetPgbench}`);
  const findings = await study(
    run,
    options.only.map((name) => workloads[name]),
  );
  console.log(`\nBoth servers give the same answers.\n\n${printRoundTrips(findings)}`);
  const cells: Cell[] = [];
  try {
    for (const delayMs of options.delays) {
      await measureDelay(run, delayMs, findings, pgbench, (cell) => cells.push(cell));
    }
  } finally {
    // After an error too: what was measured until then took its time.
    if (cells.length > 0) console.log(`\n${printCells(cells)}`);
  }
  const roundTrips = findings.map(({ workload, tenantry, postgraphile }) => ({
    workload: workload.name,
    tenantry,
    postgraphile,
  }));
  const machine = {
    cpu: cpus()[0]?.model,
    count: cpus().length,
    load: loadavg(),
    node: process.version,
  };
  const when = new Date().toISOString();
  return { when, machine, version, sizes, options, processors, roundTrips, cells };
}

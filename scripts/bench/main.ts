import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runBench } from './bench.ts';
import { readOptions, usage } from './options.ts';
import { stopAll } from './programs.ts';
import { runSearchBench } from './search/searchBench.ts';

// What is started is stopped, and what is made removed: at the end, after an error, and on Ctrl-C.
const undo: (() => Promise<unknown>)[] = [];
const interrupted = new Promise<never>((_resolve, reject) => {
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => reject(new Error(`stopped by ${signal}`)));
  }
});

try {
  const options = readOptions(process.argv.slice(2));
  if (options.help) {
    console.log(usage);
  } else {
    const scratch = await mkdtemp(join(tmpdir(), 'tenantry-bench-scratch-'));
    undo.push(() => rm(scratch, { recursive: true, force: true }));
    const result = await Promise.race([
      (options.search ? runSearchBench : runBench)(options, {
        scratch,
        databaseUrl: process.env.BENCH_DATABASE_URL || undefined,
        path: process.env.PATH ?? '',
        undo: (step) => undo.push(step),
      }),
      interrupted,
    ]);
    if (options.json !== undefined) {
      await writeFile(options.json, `${JSON.stringify(result, null, 2)}\n`);
    }
  }
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
} finally {
  await stopAll();
  for (const step of undo.reverse()) await step().catch((error: unknown) => console.error(error));
}
process.exit();

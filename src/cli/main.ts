import { quickStart } from '../quickStart.ts';

quickStart();
const { runCommandLine } = await import('./program.ts');
process.exitCode = await runCommandLine(process.argv.slice(2));

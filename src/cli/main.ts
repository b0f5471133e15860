import { Command } from 'commander';
import { explainFailure } from '../app/explainFailure.ts';
import { Refusal } from '../lib/errors.ts';
import { CommandFailed } from './commandFailed.ts';
import { importCommand } from './importCommand.ts';
import { isolationCommand } from './isolationCommand.ts';
import { jwtKeysCommand } from './jwtKeysCommand.ts';
import { keysCommand } from './keysCommand.ts';
import { outboxCommand } from './outboxCommand.ts';

const program = new Command('tenantry')
  .description('Work on a Tenantry installation from the command line.')
  .showHelpAfterError()
  .addCommand(importCommand())
  .addCommand(keysCommand())
  .addCommand(isolationCommand())
  .addCommand(outboxCommand())
  .addCommand(jwtKeysCommand());

try {
  await program.parseAsync();
} catch (error) {
  // What its reader can mend is said in a sentence; anything else keeps its stack.
  const known = error instanceof CommandFailed || error instanceof Refusal;
  console.error(known ? error.message : (explainFailure(error) ?? error));
  process.exitCode = 1;
}

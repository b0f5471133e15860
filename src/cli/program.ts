import { Command, CommanderError } from 'commander';
import { explainFailure } from '../app/explainFailure.ts';
import { type Issue, PublicError, Refusal } from '../lib/errors.ts';
import { auditCommand } from './auditCommand.ts';
import { CommandFailed } from './commandFailed.ts';
import { deleteCommand } from './deleteCommand.ts';
import { doctorCommand } from './doctorCommand.ts';
import { documentsCommand } from './documentsCommand.ts';
import { importCommand } from './importCommand.ts';
import { isolationCommand } from './isolationCommand.ts';
import { jwtKeysCommand } from './jwtKeysCommand.ts';
import { keysCommand } from './keysCommand.ts';
import { operatorsCommand } from './operatorsCommand.ts';
import { outboxCommand } from './outboxCommand.ts';
import { planCommand } from './plan/planCommand.ts';
import { provisionCommand } from './provisionCommand.ts';
import { reactivateCommand, restoreCommand, suspendCommand } from './statusCommands.ts';
import { listCommand, showCommand } from './tenantCommands.ts';

/** Runs one command line, without the name of the program; answers its exit code. */
export async function runCommandLine(args: readonly string[]): Promise<number> {
  try {
    await createProgram().parseAsync([...args], { from: 'user' });
    return Number(process.exitCode ?? 0);
  } catch (error) {
    return error instanceof CommanderError ? usageExit(error) : fail(error);
  }
}

function createProgram(): Command {
  const program = new Command('tenantry')
    .description('Work on a Tenantry installation from the command line.')
    .addHelpText(
      'after',
      `
Exit codes: 0 it is done; 1 it was refused or failed, and stderr says why and what to do;
2 the command line was not understood; 3 only a part was done (import --on-error skip).

The database is the one of DATABASE_URL, or APP_DATABASE_URL and OPERATOR_DATABASE_URL, or the
embedded one; see .env.example.`,
    )
    .addCommand(provisionCommand())
    .addCommand(listCommand())
    .addCommand(showCommand())
    .addCommand(suspendCommand())
    .addCommand(reactivateCommand())
    .addCommand(deleteCommand())
    .addCommand(restoreCommand())
    .addCommand(planCommand())
    .addCommand(keysCommand())
    .addCommand(auditCommand())
    .addCommand(importCommand())
    .addCommand(operatorsCommand())
    .addCommand(jwtKeysCommand())
    .addCommand(outboxCommand())
    .addCommand(isolationCommand())
    .addCommand(documentsCommand())
    .addCommand(doctorCommand());

  prepare(program);
  return program;
}

/** For the whole tree: a command that is added inherits nothing. */
function prepare(command: Command): void {
  command.exitOverride().showHelpAfterError('(--help says more)');
  for (const each of command.commands) prepare(each);
}

/** Commander has said what was wrong, or shown the help that was asked for. */
function usageExit({ exitCode }: CommanderError): number {
  return exitCode === 0 ? 0 : 2;
}

/** What its reader can mend is said in a sentence; anything else keeps its stack. */
function fail(error: unknown): number {
  // Whoever read our output has seen enough: `tenantry audit export … | head`.
  if ((error as NodeJS.ErrnoException).code === 'EPIPE') return 0;
  if (error instanceof Refusal) console.error(error.issues.map(describeIssue).join('\n'));
  else {
    const known = error instanceof CommandFailed || error instanceof PublicError;
    console.error(known ? error.message : (explainFailure(error) ?? error));
  }
  return 1;
}

/** With what it is about, as the API calls it: "Expected at least one character." alone tells nobody. */
function describeIssue({ field, message }: Issue): string {
  const name = field?.slice(1).join('.') ?? '';
  return name === '' ? message : `${name}: ${message}`;
}

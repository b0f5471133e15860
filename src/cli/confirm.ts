import { createInterface } from 'node:readline/promises';
import { CommandFailed } from './commandFailed.ts';

/**
 * Asks on the terminal for `expected` to be typed. `yes`: it was confirmed on the command line. Throws
 * CommandFailed for anything else, and where there is nobody to ask.
 */
export async function confirm(question: string, expected: string, yes: boolean): Promise<void> {
  if (yes) return;
  if (!process.stdin.isTTY) {
    throw new CommandFailed(`${question} Nobody can be asked here: say --yes to confirm it.`);
  }
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    const typed = await terminal.question(`${question} Type "${expected}" to confirm: `);
    if (typed.trim() !== expected) throw new CommandFailed('Not confirmed: nothing was changed.');
  } finally {
    terminal.close();
  }
}

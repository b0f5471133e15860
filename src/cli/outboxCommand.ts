import { Command } from 'commander';
import { shown } from '../app/outbox.ts';
import { readOutbox } from '../auth/mailQueue.ts';
import { withDatabase } from './onDatabase.ts';

/** `outbox`: the mail that is queued, and what became of the latest. */
export function outboxCommand(): Command {
  return new Command('outbox')
    .description(
      'Print the latest mails, the newest last. Those that are not sent show their text.',
    )
    .option('--json', 'print them as JSON')
    .action(printOutbox);
}

async function printOutbox({ json }: { json?: true }): Promise<void> {
  const mails = (await withDatabase((database) => readOutbox(database, 20))).map(shown);
  if (json) {
    process.stdout.write(`${JSON.stringify(mails)}\n`);
    return;
  }
  if (mails.length === 0) process.stderr.write('The outbox is empty.\n');
  for (const { to, subject, text, queuedAt, state, error } of mails.toReversed()) {
    const head = `${queuedAt.toISOString()} ${state}${error === null ? '' : ` (${error})`}`;
    process.stdout.write(`${head}\nTo: ${to}\nSubject: ${subject}\n\n${text ?? '(erased)'}\n\n`);
  }
}

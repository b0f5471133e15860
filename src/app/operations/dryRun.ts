import type { ExecutionResult } from 'graphql';
import type { Note, NoteKind } from '../../db/transaction.ts';
import { findOwnNotifications } from '../../features/notifications/notifications.queries.ts';
import type { OperationContext } from '../../graphql/context.ts';
import { type MutationRun, runMutation } from './runMutation.ts';

/**
 * Runs a mutation for real, reads what its rules noted down in its transaction, and rolls back. What
 * they note stands beside the statement that writes it (countUsage, recordAudit, queueMail), and is
 * forgotten with a field that is undone; a test compares it with what a real run writes.
 */
export async function runRehearsed(mutation: MutationRun): Promise<ExecutionResult> {
  const { context } = mutation;
  const result = await runMutation(mutation, async (done) => {
    if (context.operation.started) await noteNotifications(context);
    await context.operation.rollback();
    return done;
  });
  // An error undoes everything, so nothing would have been written.
  const notes = result.errors === undefined ? context.operation.notes : [];
  const dryRun = tell(notes, context);
  return { ...result, extensions: { ...result.extensions, dryRun } };
}

/** Warnings are written by SQL that says nothing of it, and of many changes one writes one: looked up here. */
async function noteNotifications({ tx }: OperationContext): Promise<void> {
  for (const notification of await findOwnNotifications(tx, {})) tx.note('event', notification);
}

/**
 * What a rehearsal tells in `extensions.dryRun`, each list in the order of the work. The values of audit
 * events are for those who may read the log, as there: they can name what the caller may not read. So
 * are the data of notifications.
 */
function tell(
  notes: readonly Note[],
  context: OperationContext,
): Readonly<Record<string, unknown>> {
  const readsAudit = context.allows('audit:read');
  const readsNotifications = context.allows('notifications:read');
  const of = (kind: NoteKind) =>
    notes.filter((note) => note.kind === kind).map(({ entry }) => entry);
  return {
    usage: sumByMeter(of('usage')),
    auditEvents: of('auditEvent').map((event) =>
      readsAudit ? event : { ...event, before: null, after: null },
    ),
    mails: of('mail'),
    events: of('event').map((event) => (readsNotifications ? event : { ...event, data: null })),
  };
}

function sumByMeter(entries: readonly Readonly<Record<string, unknown>>[]): object[] {
  const amounts = new Map<unknown, number>();
  for (const { meter, amount } of entries) {
    amounts.set(meter, (amounts.get(meter) ?? 0) + Number(amount));
  }
  return [...amounts].map(([meter, amount]) => ({ meter, amount }));
}

import { type Classified, classify } from './classify.ts';
import type { Connection } from './connection.ts';
import type { StatementBook } from './statementBook.ts';
import type { AccessMode } from './transaction.ts';

interface OpeningListener {
  /** BEGIN is on the wire: from now on it takes a ROLLBACK. */
  written(): void;
  /** The session is in a transaction and the tenant is set in it. */
  opened(): void;
  /** Called at most once for each of the two statements. */
  failed(failure: Classified): void;
}

/**
 * Queues BEGIN and the tenant's setting, together. What counts is not that they succeeded but that the
 * session is in a transaction after each of them: a setting that is local to nothing protects nothing.
 */
export function sendOpening(
  connection: Connection,
  book: StatementBook,
  { tenantId, mode }: { tenantId: string; mode: AccessMode },
  listener: OpeningListener,
): void {
  /** Whether it went well. */
  const check = (error: Error | undefined): boolean => {
    const inTransaction = connection.transactionStatus === 'T';
    if (error === undefined && inTransaction) return true;
    const failure = classify(error ?? new Error('the session is not in a transaction'));
    // After a plain error of the second statement it is in a failed one, which ROLLBACK ends.
    listener.failed({ ...failure, reusable: failure.reusable && inTransaction });
    return false;
  };
  connection.send(
    book.own(mode === 'read' ? 'begin read only' : 'begin'),
    (error) => void check(error),
    () => listener.written(),
  );
  connection.send(book.own('select app.set_tenant($1::uuid)', [tenantId]), (error) => {
    if (check(error)) listener.opened();
  });
}

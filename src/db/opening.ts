import type { CarrierSettings, CarrierTerms } from './carrier.ts';
import { type Classified, classify } from './classify.ts';
import type { Connection } from './connection.ts';
import { type Deferral, deferringText } from './sharedFlush.ts';

interface OpeningListener {
  /** BEGIN is on the wire: from now on it takes a ROLLBACK. */
  written(): void;
  /** Called at most once for each of the two statements. */
  failed(failure: Classified): void;
  /** Its COMMIT will not flush; see SharedFlush. */
  deferred(deferral: Deferral): void;
}

/**
 * Queues BEGIN and the tenant's setting. What is queued behind them goes out in the same batch, which
 * the server discards up to its end if one of them fails. What counts is not that they succeeded but
 * that the session is in a transaction afterwards: a setting that is local to nothing protects nothing.
 */
export function sendOpening(
  connection: Connection,
  { book, flush }: CarrierSettings,
  { tenantId, place }: CarrierTerms,
  listener: OpeningListener,
): void {
  const check = (error: Error | undefined): void => {
    const inTransaction = connection.transactionStatus !== 'I';
    if (error === undefined && inTransaction) return;
    const failure = classify(error ?? new Error('the session is not in a transaction'));
    // After a plain error of the second statement it is in a failed one, which ROLLBACK ends.
    listener.failed({ ...failure, reusable: failure.reusable && inTransaction });
  };
  connection.send(book.own('begin'), check, { written: () => listener.written() });
  if (!flush.isWorthwhile(place)) {
    connection.send(book.own('select app.set_tenant($1::uuid)', [tenantId]), check);
    return;
  }
  const begunAt = performance.now();
  connection.send(book.own(deferringText, [tenantId, connection.processId]), (error, result) => {
    check(error);
    const server = result?.rows[0]?.[0] ?? null;
    if (server !== null) listener.deferred({ server, begunAt });
  });
}

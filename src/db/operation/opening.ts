import { type Classified, classify } from '../wire/classify.ts';
import type { Connection } from '../wire/connection.ts';
import type { Statement } from '../wire/statement.ts';
import type { StatementBook } from '../wire/statementBook.ts';
import type { CarrierSettings, CarrierTerms } from './carrier.ts';

interface OpeningListener {
  /** BEGIN is on the wire: from now on it takes a ROLLBACK. */
  written(): void;
  /** Called at most once for each of the two statements. */
  failed(failure: Classified): void;
}

/**
 * Queues BEGIN and the tenant's setting. What is queued behind them goes out in the same batch, which
 * the server discards up to its end if one of them fails. What counts is not that they succeeded but
 * that the session is in a transaction afterwards: a setting that is local to nothing protects nothing.
 */
export function sendOpening(
  connection: Connection,
  { book }: CarrierSettings,
  terms: CarrierTerms,
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
  connection.send(tenantSetting(book, terms), (error, result) => {
    const isSet = error !== undefined || result?.rows[0]?.[0] === terms.tenantId;
    check(isSet ? error : new Error('the session is not of this tenant'));
  });
}

/** The first statement of every transaction. */
export function tenantSetting(
  book: StatementBook,
  { tenantId, lockTimeoutMs }: CarrierTerms,
): Statement {
  if (lockTimeoutMs === undefined) return book.own('select app.set_tenant($1::uuid)', [tenantId]);
  return book.own(`select app.set_tenant($1::uuid), set_config('lock_timeout', $2::text, true)`, [
    tenantId,
    String(lockTimeoutMs),
  ]);
}

import { type DatabaseError, OperationCancelled, OperationTimedOut } from '../errors.ts';
import type { HangUp } from '../hangUp.ts';
import { readPlainRows } from '../query/plainRows.ts';
import { classify } from '../wire/classify.ts';
import type { StatementRequest } from '../wire/statement.ts';
import type { CarrierSettings } from './carrier.ts';

/**
 * One statement in autocommit and without a tenant, where row-level security shows nothing of any
 * tenant: for SECURITY DEFINER functions that run before a tenant is known, and for health checks.
 */
export async function runAlone(
  request: StatementRequest,
  signal: HangUp | undefined,
  { pool, book, operationTimeoutMs, closeTimeoutMs, onEvent }: CarrierSettings,
): Promise<unknown[]> {
  const statement = book.admit(request);
  const cancelled = (): DatabaseError =>
    new OperationCancelled('The caller went away.', signal?.reason);
  if (signal?.aborted) throw cancelled();
  const connection = await pool.acquire();
  return new Promise((resolve, reject) => {
    let over = false;
    const end = (): boolean => {
      if (over) return false;
      over = true;
      clearTimeout(timer);
      signal?.removeEventListener('abort', onAbort);
      return true;
    };
    const giveUp = (error: DatabaseError): void => {
      if (!end()) return;
      reject(error);
      onEvent({ type: 'cancelSent' });
      void connection.cancel().then(() => pool.destroy(connection, 'a look-up was given up'));
    };
    const onAbort = (): void => giveUp(cancelled());
    const timer = setTimeout(() => giveUp(new OperationTimedOut('OPERATION')), operationTimeoutMs);
    signal?.addEventListener('abort', onAbort);
    if (signal?.aborted) return onAbort();
    connection.send(statement, (error, result) => {
      if (!end()) return;
      if (error === undefined && result !== undefined) {
        pool.release(connection);
        resolve(readPlainRows(result).rows);
        return;
      }
      const classified = classify(error ?? new Error('no answer'));
      reject(classified.error);
      if (classified.reusable) pool.releaseWhenReady(connection, closeTimeoutMs);
      else pool.destroy(connection, 'a look-up failed');
    });
  });
}

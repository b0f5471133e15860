import { expect, test } from 'vitest';
import { requestsBucket } from '../../../src/app/limits/creditPool.ts';
import { HeldCredit } from '../../../src/app/limits/heldCredit.ts';
import { RequestLedger } from '../../../src/app/limits/requestLedger.ts';
import { CommitInDoubt, OperationTimedOut } from '../../../src/db/errors.ts';

const wanted = { demand: 3, smallest: 1 };
const windowStart = 86_400;

/** Three requests were answered, and the write that counts them ends so. */
async function pendingAfter(failure: Error): Promise<number> {
  const held = new HeldCredit({ name: requestsBucket, limit: 10, seconds: 86_400 }, true);
  const grant = { windowStart, endsInMs: 60_000, granted: 3, free: 0, elsewhere: 0 };
  const now = performance.now();
  held.absorb(held.ask(wanted, now, true), grant, now, now);
  held.spend(3);
  const database = { withTenant: () => Promise.reject(failure) };
  const logger = { warn: () => undefined };
  const ledger = new RequestLedger(database, 'process', logger as never);
  const principal = { kind: 'USER', tenantId: 'a', limits: {} } as never;
  for (let n = 0; n < 3; n += 1) ledger.add(principal, windowStart, 'Query.tenant');
  const credit = {
    held: new Map([[requestsBucket, held]]),
    turn: (work: () => Promise<void>) => work(),
  };
  await ledger.write('a', credit as never);
  return held.ask(wanted, now, true).pending;
}

test('requests whose count may have been committed are not held for any longer', async () => {
  expect(await pendingAfter(new CommitInDoubt(new Error('cut')))).toBe(0);
});

test('requests that are counted with the next batch stay held until then', async () => {
  expect(await pendingAfter(new OperationTimedOut('OPERATION'))).toBe(3);
});

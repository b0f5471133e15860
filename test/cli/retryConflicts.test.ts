import { expect, test } from 'vitest';
import { retryConflicts } from '../../src/cli/retryConflicts.ts';
import { CommitInDoubt, StatementFailed, TransactionFailed } from '../../src/db/errors.ts';

const failed = (sqlState: string) => new StatementFailed(sqlState, {}, null);

/** Fails so often, then answers; and says how often it was asked. */
async function attemptsFor(error: Error, times: number): Promise<number | Error> {
  let asked = 0;
  try {
    await retryConflicts(async () => {
      asked += 1;
      if (asked <= times) throw error;
    });
    return asked;
  } catch (thrown) {
    expect(thrown).toBe(error);
    return -asked;
  }
}

test('a batch that lost against another is written again, a few times, and nothing else is', async () => {
  expect(await attemptsFor(failed('55P03'), 3)).toBe(4);
  expect(await attemptsFor(new TransactionFailed('Lost.', failed('40P01')), 1)).toBe(2);
  expect(await attemptsFor(failed('40001'), 99)).toBe(-6);
  expect(await attemptsFor(failed('23505'), 1)).toBe(-1);
  expect(await attemptsFor(new CommitInDoubt(), 1)).toBe(-1);
});

import { expect, test } from 'vitest';
import { hashPassword, verifyPassword } from '../../src/auth/passwords.ts';
import { PublicError } from '../../src/lib/errors.ts';

test('a flood is hashed two at a time, a hundred wait, the rest is told to come back', async () => {
  const stored = await hashPassword('violet kettle ponders gravel');
  const memory = process.memoryUsage.rss();
  let most = 0;
  let turns = 0;
  const watch = setInterval(() => {
    turns += 1;
    most = Math.max(most, process.memoryUsage.rss() - memory);
  }, 5);
  const answers = await Promise.allSettled(
    Array.from({ length: 400 }, () => verifyPassword(stored, 'violet kettle ponders gravel')),
  );
  clearInterval(watch);
  const refused = answers.flatMap((answer) => (answer.status === 'rejected' ? answer.reason : []));
  expect(refused).toHaveLength(400 - 102);
  expect(
    refused.every((error) => error instanceof PublicError && error.code === 'UNAVAILABLE'),
  ).toBe(true);
  const right = answers.map((answer) => answer.status === 'fulfilled' && answer.value);
  expect(right.filter(Boolean)).toHaveLength(102);
  expect(turns).toBeGreaterThan(20); // the event loop went on
  expect(most).toBeLessThan(150_000_000); // 400 at once would be 7.6 GB
  expect(await verifyPassword(stored, 'violet kettle ponders gravel')).toBe(true);
});

test('a password is the same however its letters are put together', async () => {
  const composed = 'caf\u00e9 zoo lamp ninety';
  expect(await verifyPassword(await hashPassword(composed), composed.normalize('NFD'))).toBe(true);
  expect(await verifyPassword(await hashPassword(composed), 'cafe zoo lamp ninety')).toBe(false);
});

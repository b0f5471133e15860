import { expect } from 'vitest';

/**
 * That two kinds of call do the same work: the quicker calls of each take about as long. The slower ones
 * tell what else the machine was doing; interleave the calls, so that it does it to both.
 */
export function expectSimilarTimes(one: readonly number[], other: readonly number[]): void {
  const [less = 0, more = 0] = [quick(one), quick(other)].toSorted((a, b) => a - b);
  expect(more).toBeLessThan(less * 1.5 + 3);
}

const quick = (times: readonly number[]): number =>
  times.toSorted((a, b) => a - b)[Math.floor(times.length / 5)] ?? 0;

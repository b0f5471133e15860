import { expect, onTestFinished, test, vi } from 'vitest';
import { lastIdWithin, newId } from '../../src/lib/ids.ts';

test('ids are UUIDs of version 7, each of its own and in the order in which they were made', () => {
  const before = Date.now();
  const ids = Array.from({ length: 10_000 }, newId);
  const after = Date.now();
  expect(new Set(ids).size).toBe(ids.length);
  expect([...ids].sort()).toEqual(ids);
  for (const id of ids)
    expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  const moments = ids.map((id) => Number.parseInt(id.replace('-', '').slice(0, 12), 16));
  expect(moments[0]).toBeGreaterThanOrEqual(before);
  expect(moments.at(-1)).toBeLessThanOrEqual(after);
});

test('what is random in an id is not that of another', () => {
  const random = (id: string) => id.slice(-10);
  // More than are drawn at once.
  expect(new Set(Array.from({ length: 1_000 }, () => random(newId()))).size).toBe(1_000);
});

test('the last id within a time is behind all of that time, also when the clock is set back', () => {
  onTestFinished(() => void vi.restoreAllMocks());
  const id = newId();
  const start = Number.parseInt(id.replace('-', '').slice(0, 12), 16);
  const at = (moment: number) => {
    vi.spyOn(Date, 'now').mockReturnValue(moment);
    return newId();
  };
  const last = lastIdWithin(id, 400);
  const within = [at(start - 3_600_000), at(start), at(start + 400), at(start + 400)];
  for (const each of within) expect(each > id && each <= last, each).toBe(true);
  expect(at(start + 401) > last).toBe(true);
});

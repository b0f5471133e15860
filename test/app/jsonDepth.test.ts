import { expect, test } from 'vitest';
import { nestsDeeper } from '../../src/app/jsonDepth.ts';

const deeper = (text: string, most: number): boolean => nestsDeeper(Buffer.from(text), most);

test('lists and objects count where they stand in each other, and brackets in texts do not', () => {
  expect(deeper('[[1],[2],{"a":{}}]', 3)).toBe(false);
  expect(deeper('[[1],[2],{"a":{}}]', 2)).toBe(true);
  expect(deeper('{"[[[{":"}]{["}', 1)).toBe(false);
});

test('a text ends at its own quote, whatever is escaped in it', () => {
  for (const text of ['"', '\\', '\\"', '"\\', '\\\\"[[', '[["', 'a\\']) {
    expect([text, deeper(JSON.stringify({ [text]: text }), 1)]).toEqual([text, false]);
    expect([text, deeper(JSON.stringify({ [text]: [text, []] }), 2)]).toEqual([text, true]);
  }
});

test('a text without an end hides nothing that JSON.parse would take', () => {
  expect(deeper('["[[[', 1)).toBe(false);
  expect(deeper('["\\', 1)).toBe(false);
  expect(deeper('', 0)).toBe(false);
});

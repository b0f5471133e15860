import { expect, test } from 'vitest';
import { cutScript } from '../../../src/app/demo/buildMessages.ts';
import { harbor } from '../../../src/app/demo/harbor/business.ts';
import { lumen } from '../../../src/app/demo/lumen/business.ts';
import { Random } from '../../../src/app/demo/random.ts';

const businesses = [lumen, harbor];
const scripts = businesses.flatMap(({ communities }) =>
  Object.values(communities).flatMap((community) => community.scripts),
);
const words = 'product other price offer option stock location order days first'.split(' ');

test('every script can be played to its end and stopped before an answer and after one', () => {
  for (const script of new Set(scripts)) {
    const { lines, subject } = script;
    expect(lines.length).toBeLessThanOrEqual(12);
    expect(lines.at(-1)).toMatch(/^< /);
    for (const line of lines) expect(line).toMatch(/^[<>*#] \S/);
    for (const [waiting, voice] of [
      [true, '>'],
      [false, '<'],
    ] as const) {
      const cut = cutScript(script, { random: new Random(subject), resolved: false, waiting });
      expect(cut.length).toBeGreaterThanOrEqual(2);
      expect(cut.at(-1)?.[0]).toBe(voice);
    }
    for (const [, word] of [subject, ...lines].join(' ').matchAll(/\{(.*?)\}/g)) {
      expect(words).toContain(word);
    }
    const named = [subject, ...lines].some((line) => line.includes('{option}'));
    expect(script.wants === 'COLORS').toBe(named);
  }
});

test('every category that a script asks for exists, and every kind has names for its products', () => {
  for (const { kinds, collections, communities } of businesses) {
    const categories = new Set(kinds.map(({ category }) => category));
    for (const { scripts: own } of Object.values(communities)) {
      for (const category of own.flatMap((script) => script.categories ?? [])) {
        expect(categories).toContain(category);
      }
    }
    expect(new Set(collections).size).toBe(collections.length);
    for (const { noun, finishes } of kinds) {
      expect([noun, new Set(finishes).size]).toEqual([noun, 5]);
    }
  }
});

import { readFileSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { keepSigningKeys } from '../../src/auth/signingKeys.ts';
import { makeDataDir } from '../support/serverProcess.ts';

test('servers that start together on an empty directory sign with one key, and none reads half of it', async () => {
  const directory = await makeDataDir();
  const file = path.join(directory.path, 'jwt-keys.json');
  try {
    const seen = new Set<string>();
    let kept: string[] | undefined;
    const keeping = Promise.all(Array.from({ length: 8 }, () => keepSigningKeys(directory.path)));
    void keeping.then((all) => {
      kept = all;
    });
    while (kept === undefined) {
      await nextTurn();
      try {
        seen.add(readFileSync(file, 'utf8'));
      } catch {
        // Not there yet.
      }
    }
    expect(new Set([...kept, ...seen]).size).toBe(1);
    expect(JSON.parse(kept[0] ?? '').keys).toHaveLength(1);
    expect(await readdir(directory.path)).toEqual(['jwt-keys.json']);
  } finally {
    await directory.remove();
  }
});

import { realpathSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { findPackageJSON } from 'node:module';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { runProgram } from '../support/runProgram.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));

/** Loads the server as src/main.ts does, and says of each file that is imported whether it was found to be a module. */
const spy = `
  import { registerHooks } from 'node:module';
  import { quickStart } from '${root}src/quickStart.ts';
  quickStart();
  registerHooks({
    resolve(specifier, context, next) {
      const { url, format } = next(specifier, context);
      if (specifier.startsWith('.') && context.conditions.includes('import')) console.log(url, format?.startsWith('module') ?? false);
      return { url, format, shortCircuit: true };
    },
  });
  await import('${root}src/app/serve.ts');`;

async function isModule(url: string): Promise<boolean> {
  if (url.endsWith('.mjs')) return true;
  const nearest = await readFile(findPackageJSON(url) ?? '', 'utf8');
  return JSON.parse(nearest).type === 'module';
}

test('what quickStart says of a module is what Node would find: the file itself, and whether it is a module', async () => {
  const { stdout, stderr } = await runProgram('--input-type=module', {}, '--eval', spy);
  expect(stderr).toBe('');
  const lines = new Set(stdout.trim().split('\n'));
  expect(lines.size).toBeGreaterThan(800);
  for (const line of lines) {
    const [url = '', said] = line.split(' ');
    const file = fileURLToPath(url);
    const found = { file: realpathSync(file), module: String(await isModule(url)) };
    expect({ file, module: said }).toEqual(found);
  }
});

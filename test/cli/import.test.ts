import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startTestServer, type TestServer } from '../support/server.ts';
import { makeDataDir } from '../support/serverProcess.ts';
import { runHere } from './runHere.ts';
import { runTenantry } from './runTenantry.ts';

let server: TestServer;
let folder: Awaited<ReturnType<typeof makeDataDir>>;
beforeAll(async () => {
  [server, folder] = await Promise.all([startTestServer(), makeDataDir()]);
});
afterAll(async () => {
  await server?.close();
  await folder?.remove();
});

const asked = (file: string) => ['import', 'products', file, '--tenant', 'harbor'];
const importing = (file: string) => runHere(server.environment, ...asked(file));

async function fileOf(name: string, products: readonly object[]): Promise<string> {
  const file = path.join(folder.path, name);
  await writeFile(file, products.map((product) => `${JSON.stringify(product)}\n`).join(''));
  return file;
}

const good = (name: string) => ({
  externalReference: name,
  name,
  price: { amount: '1', currencyCode: 'EUR' },
});

test('what came in whole is exit code 0, and one product is one product', async () => {
  expect(await importing(await fileOf('one.jsonl', [good('One')]))).toEqual({
    code: 0,
    stdout: '1 product: 1 created, 0 updated, 0 unchanged, 0 with problems.\n',
    stderr: '',
  });
});

test('a file with problems is not imported, and one is told so and how to go on: exit code 1', async () => {
  const file = await fileOf('bad.jsonl', [good('Fine'), { ...good('Bad'), price: 'cheap' }]);
  const { code, stdout, stderr } = await importing(file);
  expect(code).toBe(1);
  expect(stdout).toMatch(/^2 products: 0 created/);
  expect(stderr).toMatch(/bad\.jsonl:2 price: .*\nNothing was imported\. .*--on-error skip\.\n$/);
});

test('with --on-error skip the rest comes in: exit code 3', async () => {
  const file = await fileOf('part.jsonl', [good('Part'), { ...good('Bad'), price: 'cheap' }]);
  // A process of its own, with all that it says in what it ends with.
  const { code, stdout, stderr } = await runTenantry(
    server.environment,
    ...asked(file),
    ...['--on-error', 'skip', '--json'],
  );
  expect(code).toBe(3);
  expect(JSON.parse(stdout)).toMatchObject({ created: 1, failed: 1 });
  expect(stderr).toMatch(/^\S+part\.jsonl:2 price: [^\n]*\n$/);
});

test('what is no file is refused in a sentence', async () => {
  expect(await importing(folder.path)).toEqual({
    code: 1,
    stdout: '',
    stderr: `${folder.path} is a directory; name a catalogue file.\n`,
  });
  const none = await importing(path.join(folder.path, 'none.csv'));
  expect(none).toMatchObject({ code: 1, stdout: '' });
  expect(none.stderr).toMatch(/none\.csv cannot be opened: [^\n]*no such file[^\n]*\n$/);
});

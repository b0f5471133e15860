import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { type Answer, askAt, tokenAt } from '../support/ask.ts';
import { copyCluster } from '../support/freshCluster.ts';
import { makeDataDir, type ServerProcess, spawnServer } from '../support/serverProcess.ts';

// A server with an embedded Postgres of its own, as `npm start` makes it: both are killed here.

let dataDir: Awaited<ReturnType<typeof makeDataDir>>;
let server: ServerProcess | undefined;
afterAll(async () => {
  await server?.end('SIGTERM');
  await dataDir?.remove();
});

const page = '{ tenant { id } products(first: 5) { nodes { id name } } }';
const create =
  'mutation ($name: String!) { productCreate(input: { name: $name, price: { amount: "1", currencyCode: "EUR" } }) { product { id } } }';

interface Identity {
  token: string;
  tenant: string;
}

test('Postgres restarts under load, then everything is killed at once: nothing answered is lost', async () => {
  dataDir = await makeDataDir();
  await copyCluster(dataDir.path);
  server = spawnServer({ DATA_DIR: dataDir.path });
  let url = await server.url;
  const identities = await Promise.all(
    ['owner@lumen.example', 'owner@harbor.example'].map(async (email): Promise<Identity> => {
      const token = await tokenAt(url, email);
      return { token, tenant: (await askAt(url, token, page)).body.data.tenant.id };
    }),
  );

  const created: { name: string; identity: Identity }[] = [];
  const outcomes = new Map<string, number>();
  let loading = true;
  const load = identities.flatMap((identity) =>
    Array.from({ length: 4 }, async (_, client) => {
      for (let turn = 0; loading; turn += 1) {
        const name = `crash ${identity.tenant} ${client} ${turn}`;
        const answer =
          turn % 2 === 0
            ? await askAt(url, identity.token, page)
            : await askAt(url, identity.token, create, { name });
        const outcome = outcomeOf(answer);
        outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
        if (answer.body.data?.tenant) expect(answer.body.data.tenant.id).toBe(identity.tenant);
        if (answer.body.data?.productCreate) created.push({ name, identity });
        // A database that is down is refused at once; don't spin.
        if (answer.status !== 200) await new Promise((resolve) => setTimeout(resolve, 5));
      }
    }),
  );
  await expect.poll(() => created.length).toBeGreaterThan(20);
  process.kill(await postmasterPid(), 'SIGINT');
  // Not /readyz: Postgres may be back before anybody has asked there.
  await expect.poll(() => outcomes.get('503 UNAVAILABLE') ?? 0).toBeGreaterThan(0);
  expect((await fetch(`${url}/livez`)).status).toBe(200);
  await expect.poll(() => ready(url)).toBe(200);
  const before = created.length;
  await expect.poll(() => created.length).toBeGreaterThan(before + 20);
  loading = false;
  await Promise.all(load);
  // In doubt is the honest answer to a COMMIT that nothing came back for.
  const known = ['200', '503 UNAVAILABLE', '500 COMMIT_IN_DOUBT'];
  expect([...outcomes.keys()].filter((outcome) => !known.includes(outcome))).toEqual([]);

  process.kill(await postmasterPid(), 'SIGKILL');
  await server.end('SIGKILL');
  const since = performance.now();
  server = spawnServer({ DATA_DIR: dataDir.path });
  url = await server.url;
  expect(performance.now() - since).toBeLessThan(10_000);
  // The tokens are still good: the keys that signed them were kept, and so were the sessions.
  for (const { token, tenant } of identities) {
    const names = await namesAt(url, token);
    const own = created.filter(({ identity }) => identity.tenant === tenant);
    expect(own.filter(({ name }) => !names.has(name))).toEqual([]);
  }
});

function outcomeOf({ status, body }: Answer): string {
  const code = body.errors?.[0].extensions.code;
  return code === undefined ? `${status}` : `${status} ${code}`;
}

const ready = async (url: string): Promise<number> => (await fetch(`${url}/readyz`)).status;

/** Everything that a load made, page by page. */
async function namesAt(url: string, token: string): Promise<Set<string>> {
  const names = new Set<string>();
  let after: string | null = null;
  do {
    const { body } = await askAt(
      url,
      token,
      'query ($after: String) { products(first: 100, after: $after) { nodes { name } pageInfo { endCursor hasNextPage } } }',
      { after },
    );
    for (const { name } of body.data.products.nodes) names.add(name);
    after = body.data.products.pageInfo.hasNextPage ? body.data.products.pageInfo.endCursor : null;
  } while (after !== null);
  return names;
}

async function postmasterPid(): Promise<number> {
  const file = path.join(dataDir.path, 'postgres', 'postmaster.pid');
  return Number.parseInt(await readFile(file, 'utf8'), 10);
}

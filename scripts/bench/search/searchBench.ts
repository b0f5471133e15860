import { Agent, request } from 'node:http';
import { makeSigningKeys } from '../../../src/auth/signingKeys.ts';
import { openBenchDatabase } from '../database/benchDatabase.ts';
import { seedBench, vacuum } from '../database/seedBench.ts';
import type { Options } from '../options.ts';
import { pin, shareProcessors } from '../processors.ts';
import { signIn, startTenantry } from '../servers.ts';
import type { Surroundings } from '../surroundings.ts';
import type { Json } from '../workloads.ts';
import { pagesOf, type SearchWorkload, searchWorkloads } from './searchWorkloads.ts';
import { seedSearch } from './seedSearch.ts';

interface Result {
  readonly name: string;
  readonly p50: number;
  readonly p95: number;
  readonly ratio: number;
}

/** Latency of searches over one connection, interleaved, ÷ that of the products page. */
export async function runSearchBench(
  options: Options,
  { databaseUrl, path, undo }: Surroundings,
): Promise<object> {
  const processors = shareProcessors();
  console.log(processors.explanation);
  pin(process.pid, processors.load);
  const database = await openBenchDatabase(databaseUrl);
  undo(database.remove);
  pin(database.postmasterPid, processors.postgres);
  const share = options.quick ? 10 : 1;
  const sizes = { products: 200_000 / share, messages: 1_000_000 / share };
  const beside = { tenants: 20, products: 2_000, conversations: 5_000, messages: 50_000 };
  const seeded = await seedBench(database, beside);
  await seedSearch(database, seeded.reading.id, sizes);
  await vacuum(database.adminUrl);
  console.log(`Seeded: ${JSON.stringify(sizes)}, and ${beside.tenants - 1} tenants beside them.`);
  const server = await startTenantry({
    databaseUrl: database.serverUrl,
    signingKeys: await makeSigningKeys(),
    poolSize: options.poolSize,
    processors: processors.server,
    path,
  });
  undo(server.stop);
  const token = await signIn(server.url, seeded, seeded.reading.slug);
  const ask = client(server.url, token);
  const workloads = [...searchWorkloads, ...(await readPages(ask))];
  const results = summarize(await measure(ask, workloads, options));
  console.log(`\n${table(results)}`);
  return { when: new Date().toISOString(), sizes, results };
}

type Ask = (body: object) => Promise<{ data: Json; milliseconds: number }>;

/** One connection, kept; Node's own client, whose share of a request is smaller than fetch's. */
function client(url: string, token: string): Ask {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const headers = { 'Content-Type': 'application/json', Authorization: `Bearer ${token}` };
  return (body) =>
    new Promise((resolve, reject) => {
      const began = performance.now();
      const sent = request(url, { method: 'POST', agent, headers }, (response) => {
        const parts: Buffer[] = [];
        response.on('data', (part: Buffer) => parts.push(part));
        response.once('end', () => {
          const milliseconds = performance.now() - began;
          const { data, errors } = JSON.parse(Buffer.concat(parts).toString()) as Json;
          if (errors === undefined) resolve({ data, milliseconds });
          else reject(new Error(JSON.stringify(errors)));
        });
      });
      sent.once('error', reject);
      sent.end(JSON.stringify(body));
    });
}

/** Page 2 and page 50 of searches: their cursors come from walking there. */
async function readPages(ask: Ask): Promise<SearchWorkload[]> {
  const variables = new Map<number, object[]>(pagesOf.places.map((place) => [place, []]));
  for (const search of pagesOf.search) {
    let after: string | null = null;
    for (let place = 2; place <= Math.max(...pagesOf.places); place += 1) {
      const { data }: { data: Json } = await ask({
        query: pagesOf.query,
        variables: { search, after },
      });
      after = data.products.pageInfo.endCursor;
      variables.get(place)?.push({ search, after });
    }
  }
  return pagesOf.places.map((place) => ({
    name: `page ${place} of a search`,
    query: pagesOf.query,
    variables: (variables.get(place) ?? []) as Record<string, unknown>[],
    finds: true,
  }));
}

/** Each workload some times in each round, in an order drawn anew. */
async function measure(
  ask: Ask,
  workloads: readonly SearchWorkload[],
  { rounds, quick }: Options,
): Promise<Map<string, number[]>> {
  const times = new Map<string, number[]>(workloads.map(({ name }) => [name, []]));
  const requests = quick ? 20 : 40;
  for (let round = 0; round <= rounds; round += 1) {
    for (const { name, query, variables, finds } of shuffled(workloads)) {
      for (let turn = 0; turn < requests; turn += 1) {
        const { data, milliseconds } = await ask({
          query,
          variables: variables[turn % variables.length],
        });
        const found = Object.values<Json>(data)[0];
        if (Boolean(found.facets ?? found.nodes.length > 0) !== finds) {
          throw new Error(
            `${name} found ${finds ? 'nothing' : 'something'}: ${JSON.stringify(variables[turn % variables.length])}`,
          );
        }
        // The first round warms up.
        if (round > 0) times.get(name)?.push(milliseconds);
      }
    }
  }
  return times;
}

const shuffled = <T>(items: readonly T[]): T[] =>
  items
    .map((item) => ({ item, place: Math.random() }))
    .sort((a, b) => a.place - b.place)
    .map(({ item }) => item);

function summarize(times: ReadonlyMap<string, readonly number[]>): Result[] {
  const at = (values: readonly number[], share: number) =>
    values.toSorted((a, b) => a - b)[Math.floor(values.length * share)] ?? Number.NaN;
  const [first] = times.values();
  const base = at(first ?? [], 0.95);
  return [...times].map(([name, values]) => {
    const p95 = at(values, 0.95);
    return { name, p50: at(values, 0.5), p95, ratio: p95 / base };
  });
}

function table(results: readonly Result[]): string {
  const rows = results.map(
    ({ name, p50, p95, ratio }) =>
      `| ${name} | ${p50.toFixed(1)} | ${p95.toFixed(1)} | ${ratio.toFixed(1)} |`,
  );
  return ['| | p50 ms | p95 ms | p95 ÷ products page |', '|---|---:|---:|---:|', ...rows].join(
    '\n',
  );
}

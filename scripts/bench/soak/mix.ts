import { randomBytes, randomUUID } from 'node:crypto';
import { encodeId } from '../../../src/lib/ids.ts';
import type { Seeded } from '../database/seedBench.ts';
import { workloads } from '../workloads.ts';

/** One request of the mix, and what comes back when all is well; null: the client hangs up. */
export interface Ask {
  readonly kind: string;
  readonly body: string;
  readonly status: number | null;
  /** Part of the right answer. */
  readonly marker: string;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface MixOptions {
  readonly seeded: Seeded;
  readonly reading: string;
  readonly writing: string;
}

/**
 * What a day brings, drawn at random. A fifth of it never comes again in these words: texts,
 * selections, lists of ids and credentials, so that whatever keeps something for each has to let it go.
 */
export function createMix({ seeded, reading, writing }: MixOptions): () => Ask {
  const as = (token: string) => ({ Authorization: `Bearer ${token}` });
  const asked = (name: keyof typeof workloads): Ask => {
    const workload = workloads[name];
    const request = pick(workload.requests('tenantry', seeded));
    const body = JSON.stringify(request)
      .replaceAll('__UUID__', () => randomUUID())
      .replaceAll('__UNIQUE__', unique);
    const headers = as(workload.writes ? writing : reading);
    return { kind: name, body, status: 200, marker: workload.marker.tenantry, headers };
  };
  const odd = (kind: string, query: string, variables: object, marker: string): Ask => ({
    kind,
    body: JSON.stringify({ query, variables }),
    status: 200,
    marker,
    headers: as(reading),
  });
  const makers: readonly (readonly [share: number, make: () => Ask])[] = [
    [140, () => asked('products')],
    [50, () => asked('nested')],
    [120, () => asked('product')],
    [70, () => asked('create')],
    [30, () => odd('odd document', oddDocument(), {}, '"data":{')],
    [20, () => odd('odd statement', oddStatement(), { in: someOf(categories) }, '"data":{')],
    [15, () => odd('list of ids', byIds, { ids: someIds(seeded) }, '"nodes":[')],
    [10, () => odd('syntax error', `query { products( ${unique()}`, {}, '"errors":[')],
    [10, () => odd('unknown field', `{ products { ${unique()} } }`, {}, '"errors":[')],
    [10, () => ({ ...asked('product'), kind: 'stranger', status: 401, ...stranger() })],
    [5, () => odd('no such product', byIds, { ids: [encodeId('Product', randomUUID())] }, 'null')],
    [5, () => ({ ...asked('nested'), kind: 'hang-up', status: null })],
    [5, () => ({ ...asked('create'), kind: 'hang-up', status: null })],
    [1, () => signingIn(seeded)],
  ];
  const lots = makers.flatMap(([share, make]) => Array<() => Ask>(share).fill(make));
  let again: Ask | undefined;
  return () => {
    // Every other odd one comes twice, for an operation is compiled and a statement named then.
    const repeated = again;
    again = undefined;
    if (repeated !== undefined) return repeated;
    const ask = pick(lots)();
    if (ask.kind.startsWith('odd') && Math.random() < 0.5) again = ask;
    return ask;
  };
}

const byIds = 'query ($ids: [ID!]!) { nodes(ids: $ids) { id ... on Product { name } } }';
const categories = Array.from({ length: 20 }, (_, index) => `Category ${index}`);
const fields = [
  ...['category', 'condition', 'createdAt', 'description', 'externalReference', 'location'],
  ...['metadata', 'sku', 'status', 'stock', 'tags', 'updatedAt', 'price { amount currencyCode }'],
];

let counted = 0;
const prefix = randomBytes(4).toString('hex');
function unique(): string {
  counted += 1;
  return `soak_${prefix}_${counted}`;
}

/** A text of its own, for the caches of documents and compiled operations. */
function oddDocument(): string {
  const padding = `# ${'x'.repeat(Math.floor(Math.random() * 400))}\n`;
  return `${padding}query ${unique()} { ${unique()}: products(first: 3) { nodes { id ${someOf(fields).join(' ')} } } }`;
}

/** Another set of columns, filters and an order, for whatever is kept for each statement. */
function oddStatement(): string {
  const size = 1 + Math.floor(Math.random() * 50);
  const key = pick(['CREATED_AT', 'NAME']);
  return `query ${unique()}($in: [String!]!) { products(first: ${size}, filter: { category: { in: $in } }, orderBy: { key: ${key} }) {
    nodes { ${['id', ...someOf(fields)].join(' ')} } pageInfo { hasNextPage } } }`;
}

const someIds = ({ productIds }: Seeded): string[] =>
  someOf(productIds).map((id) => encodeId('Product', id));

function stranger(): Pick<Ask, 'headers' | 'marker'> {
  return {
    headers: { Authorization: `Bearer ${randomBytes(24).toString('base64url')}` },
    marker: 'UNAUTHENTICATED',
  };
}

function signingIn({ email, password, reading }: Seeded): Ask {
  const input = { email, password, tenantSlug: reading.slug };
  const query = 'mutation ($input: SignInInput!) { signIn(input: $input) { token } }';
  const body = JSON.stringify({ query, variables: { input } });
  return { kind: 'sign-in', body, status: 200, marker: '"token":"' };
}

function pick<T>(values: readonly T[]): T {
  return values[Math.floor(Math.random() * values.length)] as T;
}

/** One of them at least. */
function someOf<T>(values: readonly T[]): T[] {
  const some = values.filter(() => Math.random() < 0.5);
  return some.length > 0 ? some : [pick(values)];
}

import { askServer } from '../servers.ts';
import { type Json, workloads } from '../workloads.ts';

export const growthWorkloadNames = [
  'products',
  'category',
  'product',
  'inbox',
  'label',
  'history',
  'customers',
  'phone',
  'audit',
  'usage',
  'search',
  'absent',
  'said',
  'create',
  'send',
] as const;
export type GrowthWorkloadName = (typeof growthWorkloadNames)[number];

/** One tenant at one server. */
export interface Desk {
  readonly url: string;
  readonly token: string;
}

export interface GrowthWorkload {
  readonly name: GrowthWorkloadName;
  readonly title: string;
  readonly writes: boolean;
  /** How long each connection waits before it asks again. */
  readonly pauseMs?: number;
  /** Asked in turn; what they name is read from the server first. */
  requests(desk: Desk): Promise<Request[]>;
  /** Part of every right answer. */
  readonly marker: string;
}

interface Request {
  readonly query: string;
  readonly variables?: Record<string, unknown>;
}

const more = '"hasNextPage":true';
const pageInfo = 'pageInfo { hasNextPage endCursor }';

const list: readonly GrowthWorkload[] = [
  {
    name: 'products',
    title: 'products page',
    writes: false,
    requests: async () => ownRequests('products'),
    marker: more,
  },
  {
    name: 'category',
    title: 'products of a category',
    writes: false,
    requests: async () => [
      {
        query: `query Category { products(first: 20, filter: { category: { eq: "Category 7" } }) {
          edges { node { id name sku } } ${pageInfo} } }`,
      },
    ],
    marker: more,
  },
  {
    name: 'product',
    title: 'product by id',
    writes: false,
    async requests(desk) {
      const all = await pages(desk, 'products', 'id', 5);
      return all.map(({ id }) => ({
        query:
          'query Product($id: ID!) { product(id: $id) { id name sku status price { amount currencyCode } } }',
        variables: { id },
      }));
    },
    marker: '"sku":"',
  },
  {
    name: 'inbox',
    title: 'inbox with last messages',
    writes: false,
    requests: async () => ownRequests('nested'),
    marker: more,
  },
  {
    name: 'label',
    title: 'conversations with a label',
    writes: false,
    requests: async () => [
      {
        query: `query Label { conversations(first: 20, filter: { labels: { containsAny: ["delivery"] } }) {
          edges { node { id subject status } } ${pageInfo} } }`,
      },
    ],
    marker: more,
  },
  {
    name: 'history',
    title: 'messages, 1 000 back',
    writes: false,
    async requests(desk) {
      const id = await longConversation(desk);
      const query = `query History($id: ID!, $before: String) { conversation(id: $id) {
        messages(last: 20, before: $before) { edges { node { id body direction createdAt } }
          pageInfo { hasPreviousPage startCursor } } } }`;
      const all: Request[] = [];
      let before: string | null = null;
      for (let page = 0; page < 75; page += 1) {
        const variables: Record<string, string | null> = { id, before };
        if (page > 50) all.push({ query, variables });
        before = (await ask(desk, query, variables)).conversation.messages.pageInfo.startCursor;
      }
      return all;
    },
    marker: '"hasPreviousPage":true',
  },
  {
    name: 'customers',
    title: 'customers page',
    writes: false,
    requests: async () => [
      {
        query: `query Customers { customers(first: 20) { edges { node { id phone name } } ${pageInfo} } }`,
      },
    ],
    marker: more,
  },
  {
    name: 'phone',
    title: 'customer by phone',
    writes: false,
    async requests(desk) {
      const all = await pages(desk, 'customers', 'phone', 5);
      return all.map(({ phone }) => ({
        query: `query Phone($phone: String) { customers(first: 20, filter: { phone: { eq: $phone } }) {
          edges { node { id phone name } } ${pageInfo} } }`,
        variables: { phone },
      }));
    },
    marker: '"phone":"',
  },
  {
    name: 'audit',
    title: 'audit page',
    writes: false,
    requests: async () => [
      {
        query: `query Audit { auditEvents(first: 20) {
          edges { node { id occurredAt actorName action targetId } } ${pageInfo} } }`,
      },
    ],
    marker: more,
  },
  {
    name: 'usage',
    title: 'usage',
    writes: false,
    requests: async () => [
      { query: 'query Usage { usage { meter used limit remaining daily { day used } } }' },
    ],
    marker: '"meter":"',
  },
  {
    name: 'search',
    title: 'product search, rare word',
    writes: false,
    async requests(desk) {
      const all = await pages(desk, 'products', 'name', 5);
      return all.map(({ name }) => productSearch(name));
    },
    marker: '"sku":"',
  },
  {
    name: 'absent',
    title: 'search for what neighbours have',
    writes: false,
    requests: async () => [productSearch('door'), productSearch('product next')],
    marker: '"edges":[]',
  },
  {
    name: 'said',
    title: 'message search, rare word',
    writes: false,
    async requests(desk) {
      const all = await pages(desk, 'conversations', 'subject', 5);
      return all.map(({ subject }) => ({
        query: `query Said($search: String!) { messageSearch(search: $search, first: 20) {
          edges { node { message { id body createdAt } snippet { text match } } } ${pageInfo} } }`,
        variables: { search: `message of ${subject.split(' ')[1]}` },
      }));
    },
    marker: '"snippet":[',
  },
  {
    name: 'create',
    title: 'create product',
    writes: true,
    requests: async () => ownRequests('create'),
    marker: '"userErrors":[]',
  },
  {
    name: 'send',
    title: 'send message',
    writes: true,
    // A caller sends 600 a minute at most. In rounds of 2.5 s among five targets these are 470.
    pauseMs: 100,
    async requests(desk) {
      const all = await pages(desk, 'conversations', 'id', 5);
      return all.map(({ id }) => ({
        query: `mutation Send($input: MessageSendInput!) { messageSend(input: $input) {
          message { id createdAt } userErrors { code message } } }`,
        variables: {
          input: { conversationId: id, id: '__UUID__', body: 'Thank you, it is on its way.' },
        },
      }));
    },
    marker: '"userErrors":[]',
  },
];

export const growthWorkloads = (names: readonly GrowthWorkloadName[]): GrowthWorkload[] =>
  list.filter(({ name }) => names.includes(name));

/** As the comparison with PostGraphile asks it. */
function ownRequests(name: 'products' | 'nested' | 'create'): Request[] {
  const nobody = { id: '', slug: '' };
  const seeded = { email: '', password: '', reading: nobody, writing: nobody, productIds: [] };
  return workloads[name].requests('tenantry', seeded);
}

const productSearch = (search: string): Request => ({
  query: `query Search($search: String) { products(search: $search, first: 20) {
    edges { node { id name sku } } ${pageInfo} } }`,
  variables: { search },
});

const ask = (desk: Desk, query: string, variables: object): Promise<Json> =>
  askServer(desk.url, desk.token, JSON.stringify({ query, variables }));

/** The first `count` hundreds of a list. */
async function pages(desk: Desk, field: string, wanted: string, count: number): Promise<Json[]> {
  const query = `query ($after: String) { ${field}(first: 100, after: $after) {
    nodes { ${wanted} } pageInfo { endCursor } } }`;
  const all: Json[] = [];
  let after: string | null = null;
  for (let page = 0; page < count; page += 1) {
    const found: Json = (await ask(desk, query, { after }))[field];
    all.push(...found.nodes);
    after = found.pageInfo.endCursor;
  }
  return all;
}

/** Messages are sent to 500 others before it is asked for again, in a database that was kept. */
async function longConversation(desk: Desk): Promise<string> {
  const query = `query ($after: String) { conversations(first: 100, after: $after) {
    nodes { id messages(first: 1) { totalCount } } pageInfo { endCursor } } }`;
  let after: string | null = null;
  for (let page = 0; page < 20; page += 1) {
    const { nodes, pageInfo: found }: Json = (await ask(desk, query, { after })).conversations;
    const long = nodes.find((one: Json) => one.messages.totalCount >= 2_000);
    if (long !== undefined) return long.id;
    after = found.endCursor;
  }
  throw new Error('There is no long conversation among the newest two thousand.');
}

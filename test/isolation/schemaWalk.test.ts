import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { getNamedType, isObjectType, isRequiredArgument } from 'graphql';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { buildSchema } from '../../src/app/schema.ts';
import { encodeId, type IdType } from '../../src/lib/ids.ts';
import { askAt, tokenAt } from '../support/ask.ts';
import { createDemoDatabase, type DemoDatabase } from '../support/demoDatabase.ts';
import { type ServerProcess, spawnServer } from '../support/serverProcess.ts';
import { canary, findLeaks, hashRows, type Prey, plantCanaries } from './support/canaries.ts';
import { argumentsWith, findPlaces, rootFields, selectionOf } from './support/synthesize.ts';
import { type Asker, type Walk, walkSchema } from './support/walk.ts';

// Lumen asks, in every way the schema has; Harbor's rows must not exist for it. What is walked comes
// from the schema and the catalogue, so a new field, type or table is covered by being there.

const schema = buildSchema();
const roots = rootFields(schema);
let demo: DemoDatabase;
let server: ServerProcess;
let url: string;
let prey: Prey;
let askers: Asker[];
let theirOwner: string;
let walk: Walk;
let before: string;
let after: string;

/** A query for all that a root field shows without being told anything. */
const everythingOf = (root: (typeof roots)[number]) =>
  `{ ${root.name} ${selectionOf(schema, root.field.type)} }`;
const readable = roots.filter(
  (root) =>
    root.kind === 'query' && Object.keys(argumentsWith(root, null, null, () => '')).length === 0,
);

beforeAll(async () => {
  demo = await createDemoDatabase();
  await demo.admin.query(`update app.tenants set plan = 'ENTERPRISE'`); // no field is closed to either
  const environment = { APP_DATABASE_URL: demo.serverUrl, DATA_DIR: demo.dataDir };
  server = spawnServer({ ...environment, LOG_LEVEL: 'trace' });
  url = await server.url;
  const tokenOf = (name: string) => tokenAt(url, `${name}.example`);
  theirOwner = await tokenOf('owner@harbor');
  askers = [
    { name: 'owner', credential: await tokenOf('owner@lumen') },
    { name: 'viewer', credential: await tokenOf('viewer@lumen') },
    { name: 'key', credential: demo.apiKey },
  ];
  const makeKey =
    'mutation { apiKeyCreate(input: { name: "theirs", scopes: ["products:read"] }) { secret } }';
  await askAt(url, theirOwner, makeKey);
  const claim = 'mutation { domainAdd(input: { domain: "harbor-tern.com" }) { domain { id } } }';
  await askAt(url, theirOwner, claim);
  const people = '{ members(last: 1) { nodes { id } } }';
  const heir = (await askAt(url, theirOwner, people)).body.data.members.nodes[0].id;
  const offer = `mutation { ownershipTransferStart(input: { memberId: "${heir}" }) { userErrors { code } } }`;
  await askAt(url, theirOwner, offer);
  const invite = `mutation { memberInvite(input: { email: "two@harbor.example", role: VIEWER }) { userErrors { code } } }`;
  await askAt(url, theirOwner, invite);
  prey = await plantCanaries(demo.admin, 'harbor');
  const cursors = await readCursors();
  before = await hashRows(demo.admin, prey.tenantId);
  walk = await walkSchema({ url, schema, prey, own: await readOwn(), askers, cursors });
  after = await hashRows(demo.admin, prey.tenantId);
});
afterAll(async () => {
  await server?.end('SIGKILL');
  await demo?.close();
});

async function readCursors(): Promise<Map<string, string>> {
  const cursors = new Map<string, string>();
  for (const { kind, name, field } of roots) {
    if (kind !== 'query' || !getNamedType(field.type).name.endsWith('Connection')) continue;
    const required = field.args.some((arg) => arg.name === 'search' && isRequiredArgument(arg));
    const search = required ? `search: "${canary}"` : '';
    const query = `{ ${name}(first: 2 ${search}) { pageInfo { endCursor } } }`;
    const { data } = (await askAt(url, theirOwner, query)).body;
    const cursor = data?.[name]?.pageInfo.endCursor;
    if (cursor) cursors.set(name, cursor);
  }
  return cursors;
}

async function readOwn(): Promise<Map<IdType, string>> {
  const { rows } = await demo.admin.query(
    `select t.id as "Tenant",
       (select id from app.products where tenant_id = t.id limit 1) as "Product",
       (select id from app.customers where tenant_id = t.id limit 1) as "Customer",
       (select id from app.conversations where tenant_id = t.id limit 1) as "Conversation",
       (select id from app.members where tenant_id = t.id and role = 'MEMBER' limit 1) as "Member",
       (select id from app.canned_replies where tenant_id = t.id limit 1) as "CannedReply"
     from app.tenants t where slug = 'lumen'`,
  );
  return new Map(Object.entries(rows[0])) as Map<IdType, string>;
}

describe("another business's rows", () => {
  test('are answered as rows that do not exist, wherever they are named', () => {
    expect(walk.differences).toEqual([]);
  });

  test('show in no answer and no header to whoever names them', () => {
    expect(walk.leaks).toEqual([]);
  });

  test('are as they were after all of it', () => {
    expect(after).toBe(before);
  });

  test('every place that takes an id or a name was reached', () => {
    expect(walk.unreached).toEqual([]);
    const places = roots.flatMap(findPlaces).length;
    process.stdout.write(`${walk.probes} probes in ${places} places of ${roots.length} fields\n`);
    expect(walk.probes).toBeGreaterThan(places * askers.length);
  });

  test('show in no log line', () => {
    const own = server
      .output()
      .split('\n')
      .filter((line) => line.includes(canary));
    expect(own).toEqual([]);
  });
});

describe('whoever reads everything', () => {
  test('sees nothing of another business', async () => {
    for (const { name, credential } of askers) {
      for (const root of readable) {
        const { body } = await askAt(url, credential, everythingOf(root));
        // What was made under a chosen UUID of theirs is the asker's own by now.
        const chosen = [...prey.ids.values()];
        const types = [...prey.ids.keys()].flatMap((type) =>
          chosen.map((id) => encodeId(type, id)),
        );
        const leaks = findLeaks(JSON.stringify(body), prey, [...chosen, ...types, ...sentTexts()]);
        expect({ name, root: root.name, leaks }).toEqual({ name, root: root.name, leaks: [] });
      }
    }
  });

  test('sees marks of every kind when they are its own: the detector is not blind', async () => {
    const blind: string[] = [];
    for (const root of readable) {
      const text = JSON.stringify((await askAt(url, theirOwner, everythingOf(root))).body);
      expect(JSON.parse(text)).not.toHaveProperty('errors');
      const holds = isObjectType(getNamedType(root.field.type));
      if (holds && findLeaks(text, prey).length === 0) blind.push(root.name);
    }
    // These say nothing that is a business's own text or id.
    const impersonal = [
      'activity',
      ...['entitlements', 'features', 'fieldAccess', 'isolationReport', 'permissions', 'plans'],
      'rateLimit',
      'usage',
    ];
    expect(blind.filter((name) => !impersonal.includes(name))).toEqual([]);
    expect(prey.planted).toBeGreaterThan(1_000);
  });
});

/** What the walk itself gave to rows of the asker. */
const sentTexts = (): string[] => [...prey.references.values()];

test('in a list of ids, theirs are as good as none', async () => {
  const [owner] = askers;
  const own = await readOwn();
  const kinds = fc.constantFrom('own', 'theirs', 'nobodys');
  const types = fc.constantFrom<IdType>('Product', 'Customer', 'Conversation', 'Member');
  const wishes = fc.array(fc.tuple(kinds, types), { minLength: 1, maxLength: 20 });
  await fc.assert(
    fc.asyncProperty(wishes, async (list) => {
      const ids = list.map(([kind, type]) => {
        const from = kind === 'own' ? own : prey.ids;
        return encodeId(type, kind === 'nobodys' ? randomUUID() : (from.get(type) ?? ''));
      });
      const query = 'query ($ids: [ID!]!) { nodes(ids: $ids) { id } }';
      const { body } = await askAt(url, owner?.credential ?? '', query, { ids });
      const foreign = list.map(([kind], index) => kind !== 'own' && !isChosen(ids[index] ?? ''));
      body.data.nodes.forEach((node: unknown, index: number) => {
        if (foreign[index]) expect(node).toBeNull();
        else if (list[index]?.[0] === 'own') expect(node).toEqual({ id: ids[index] });
      });
    }),
    { numRuns: 60 },
  );
});

/** A UUID of theirs that the walk has used for a row of the asker's. */
const isChosen = (id: string): boolean =>
  [...prey.ids].some(([type, uuid]) => encodeId(type, uuid) === id);

test('asking the same at the same time, each sees its own', async () => {
  const query =
    '{ products(first: 20) { nodes { id name } } conversations(first: 5) { nodes { id messages(last: 2) { nodes { body } } } } }';
  const [owner] = askers;
  const answers = await Promise.all(
    Array.from({ length: 200 }, (_, index) =>
      askAt(url, index % 2 ? theirOwner : (owner?.credential ?? ''), query),
    ),
  );
  const chosen = [...prey.ids].map(([type, id]) => encodeId(type, id));
  answers.forEach(({ body }, index) => {
    const leaks = findLeaks(JSON.stringify(body), prey, [...chosen, ...sentTexts()]);
    if (index % 2) expect(leaks.length).toBeGreaterThan(20);
    else expect(leaks).toEqual([]);
  });
});

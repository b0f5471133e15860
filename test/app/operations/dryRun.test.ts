import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { buildSchema } from '../../../src/app/schema.ts';
import { repeatsOf } from '../../../src/graphql/repeats.ts';
import { encodeId, type IdType } from '../../../src/lib/ids.ts';
import { selectionOf } from '../../isolation/support/synthesize.ts';
import { askWith } from '../../support/askWith.ts';
import { type DnsServer, startDnsServer } from '../../support/dnsServer.ts';
import { putOnPlan } from '../../support/plans.ts';
import { startTestServer, type TestServer } from '../../support/server.ts';
import { demoOf, everyMutation } from './support/everyMutation.ts';

const schema = buildSchema();
const mutations = Object.values(schema.getMutationType()?.getFields() ?? {});
const rehearsable = mutations.filter((field) => repeatsOf(field).dryRun === null);

let dns: DnsServer;
let server: TestServer;
let owner: string;
let admin: pg.Client;
const heard: string[] = [];
/** After the last change: what reads only changes nothing of it. */
let latest: Record<string, string> | undefined;

beforeAll(async () => {
  dns = await startDnsServer();
  server = await startTestServer({ DNS_SERVERS: dns.address });
  await putOnPlan(server, 'lumen', 'ENTERPRISE'); // nothing is closed to it
  owner = await server.tokenOf('owner@lumen.example');
  admin = new pg.Client({ connectionString: server.environment.DATABASE_URL });
  await admin.connect();
  admin.on('notification', ({ channel }) => heard.push(channel));
  await admin.query('listen tenantry_identity; listen tenantry_mail');
});
afterAll(async () => {
  await admin?.end();
  await server?.close();
  await dns?.close();
});

/** One hash of each table, without what the server counts of every request beside its work. */
async function hashTables(): Promise<Record<string, string>> {
  const counted: Record<string, string> = {
    usage_counters: `meter <> 'API_REQUESTS_PER_DAY'`,
    usage_days: `meter <> 'API_REQUESTS_PER_DAY'`,
    credit_windows: 'false',
    activity_hours: 'false',
  };
  const { rows: tables } = await admin.query<{ name: string }>(
    `select relname as name from pg_class where relnamespace = 'app'::regnamespace and relkind in ('r', 'p')`,
  );
  const parts = tables.map(
    ({ name }) =>
      `select '${name}' as name, md5(coalesce(string_agg(t::text, '|' order by t::text), '')) as hash
       from app.${name} t where ${counted[name] ?? 'true'}`,
  );
  const { rows } = await admin.query(parts.join(' union all '));
  return Object.fromEntries(rows.map(({ name, hash }) => [name, hash]));
}

interface Written {
  usage: object[];
  auditEvents: object[];
  mails: object[];
}

/** What a request has left behind, read past the policies, in the words of extensions.dryRun. */
async function writtenBy(requestId: string, before: Counted): Promise<Written> {
  const { rows: events } = await admin.query(
    `select action, target_type as "targetType", target_id, before, after from app.audit_events
     where request_id = $1 order by id`,
    [requestId],
  );
  const { rows: mails } = await admin.query(
    'select recipient as "to", subject from app.mails where id <> all ($1) order by id',
    [before.mails],
  );
  const now = await countAll();
  const usage = [...now.usage]
    .map(([meter, used]) => ({ meter, amount: used - (before.usage.get(meter) ?? 0) }))
    .filter(({ amount }) => amount !== 0);
  const auditEvents = events.map(({ target_id, ...event }) => ({
    ...event,
    targetId: target_id === null ? null : encodeId(event.targetType as IdType, target_id),
  }));
  return { usage, auditEvents, mails };
}

interface Counted {
  usage: Map<string, number>;
  mails: string[];
}

async function countAll(): Promise<Counted> {
  const { rows } = await admin.query(
    `select meter, sum(used)::int as used from app.usage_days
     where meter <> 'API_REQUESTS_PER_DAY' group by 1`,
  );
  const mails = await admin.query('select id from app.mails');
  return {
    usage: new Map(rows.map(({ meter, used }) => [meter, used])),
    mails: mails.rows.map(({ id }) => id),
  };
}

/** Ids, secrets and moments differ between a rehearsal and what it rehearsed. */
function alike(value: unknown): unknown {
  const text = JSON.stringify(value)
    .replaceAll(/\b[a-z]{3}_[0-9a-hjkmnp-tv-z]{26}\b/g, 'id')
    .replaceAll(/\btnt_[\w-]+/g, 'secret')
    .replaceAll(/tenantry-verification=[\w-]+/g, 'proof')
    .replaceAll(/[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, 'uuid')
    .replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, 'moment')
    .replaceAll(/"\w+_cursor":"[^"]*"/g, 'cursor');
  return text;
}

describe('every mutation, rehearsed, then done and repeated', () => {
  test('there is an input for each, and for no other', () => {
    expect(Object.keys(everyMutation).sort()).toEqual(rehearsable.map(({ name }) => name).sort());
  });

  test.each(Object.entries(everyMutation))(
    '%s tells what it would write and writes nothing, and is done once under its key',
    async (name, makeInput) => {
      const field = mutations.find((each) => each.name === name);
      if (field === undefined) throw new Error(name);
      const variables = { input: await makeInput(demoOf(server, owner, dns.records as never)) };
      const query = `mutation ($input: ${field.args[0]?.type}) { ${name}(input: $input) ${selectionOf(schema, field.type, 3)} }`;

      const before = latest ?? (await hashTables());
      heard.length = 0;
      const dry = await askWith(server.url, owner, { 'Dry-Run': 'true' }, query, variables);
      expect(await hashTables()).toEqual(before);
      expect(heard).toEqual([]);
      expect(dry.body.errors).toBeUndefined();

      const counted = await countAll();
      const requestId = `real-${name}`;
      const keyed = repeatsOf(field).key === null ? { 'Idempotency-Key': `key-${name}` } : {};
      const headers = { 'X-Request-Id': requestId, ...keyed };
      const real = await askWith(server.url, owner, headers, query, variables);
      expect(real.body.data[name][`${field.type}_userErrors`]).toEqual([]);
      expect(real.body.extensions?.dryRun).toBeUndefined();
      expect(alike(dry.body.data)).toEqual(alike(real.body.data));
      const written = await writtenBy(requestId, counted);
      const { usage, auditEvents, mails, events } = dry.body.extensions.dryRun;
      expect(JSON.parse(String(alike({ usage, auditEvents, mails })))).toEqual(
        JSON.parse(String(alike(written))),
      );
      expect(events).toEqual([]);
      const after = await hashTables();
      latest = after;
      const { idempotency_keys: keysBefore, ...workBefore } = before;
      const { idempotency_keys: keysAfter, ...workAfter } = after;
      expect(workAfter).not.toEqual(workBefore);
      expect(keysAfter === keysBefore).toBe(repeatsOf(field).key !== null);

      // Nobody gets into a business that was deleted, so nobody is told again that it was.
      if (keysAfter === keysBefore || name === 'tenantDelete') return;
      const replayed = await askWith(server.url, owner, keyed, query, variables);
      expect(replayed.headers.get('Idempotency-Replayed')).toBe('true');
      expect(JSON.stringify(replayed.body.data)).toBe(JSON.stringify(real.body.data));
      expect(await hashTables()).toEqual(after);
    },
  );
});

describe('a dry run', () => {
  const create =
    'mutation ($name: String!) { productCreate(input: { name: $name, price: { amount: "1", currencyCode: "EUR" } }) { product { name } userErrors { code } } }';
  const existing = async (name: string) =>
    (await admin.query('select 1 from app.products where name = $1', [name])).rowCount;
  let harbor: string;
  beforeAll(async () => {
    // The first business was deleted above.
    harbor = await server.tokenOf('owner@harbor.example');
  });
  const ask = (headers: Record<string, string>, query: string, variables?: object) =>
    askWith(server.url, harbor, headers, query, variables);
  const actions = (body: ReturnType<typeof JSON.parse>) =>
    body.extensions.dryRun.auditEvents.map(({ action }: { action: string }) => action);

  test('may be asked for by directive, and that document is not taken for the one without', async () => {
    const rehearsed = create.replace(') {', ') @dryRun {');
    // The third of a document is executed as it was compiled.
    for (const turn of [1, 2, 3]) {
      const { body } = await ask({}, rehearsed, { name: 'by directive' });
      expect([turn, actions(body)]).toEqual([turn, ['product.created']]);
      expect(await existing('by directive')).toBe(0);
      const real = await ask({}, create, { name: `real ${turn}` });
      expect(real.body.data.productCreate.product).toEqual({ name: `real ${turn}` });
      expect(real.body.extensions?.dryRun).toBeUndefined();
      expect(await existing(`real ${turn}`)).toBe(1);
    }
  });

  test('leaves its key unused, and the key’s answer alone', async () => {
    const key = { 'Idempotency-Key': 'rehearsed-before' };
    const name = 'keyed and rehearsed';
    const dry = await ask({ ...key, 'Dry-Run': 'true' }, create, { name });
    expect(actions(dry.body)).toEqual(['product.created']);
    const real = await ask(key, create, { name });
    expect(real.headers.get('Idempotency-Replayed')).toBeNull();
    const after = await ask({ ...key, 'Dry-Run': 'true' }, create, { name: 'something else' });
    expect(actions(after.body)).toEqual(['product.created']);
    expect(await existing(name)).toBe(1);
  });

  test('tells of the fields that would stand, and nothing when an error would undo all', async () => {
    const both = (id: string) =>
      create.replace(/\}$/, `productArchive(input: { id: "${id}" }) { userErrors { code } } }`);
    const dry = { 'Dry-Run': 'true' };
    const refused = await ask(dry, both('prd_01h455vb4pex5vsknk084sn02q'), { name: 'one of two' });
    expect(refused.body.data.productArchive.userErrors).toEqual([{ code: 'NOT_FOUND' }]);
    expect(actions(refused.body)).toEqual(['product.created']);
    const failed = await ask(dry, both('none'), { name: 'none of two' });
    expect(failed.body.errors).toHaveLength(1);
    expect(failed.body.data).toBeNull();
    expect(failed.body.extensions.dryRun).toEqual({
      ...{ usage: [], auditEvents: [], mails: [], events: [] },
    });
  });

  test('tells of the warning that the use would bring, and writes none', async () => {
    const [row] = await server.asAdmin(
      `select sum(s.used)::int as used from app.usage_slots s join app.tenants t on t.id = s.tenant_id
       where meter = 'PRODUCTS' and slug = 'harbor'`,
    );
    const used = Number(row?.used) + 1;
    const limit = Math.floor((used * 5) / 4);
    await server.asAdmin(
      `insert into app.tenant_overrides (tenant_id, kind, code, limit_value, reason)
       select id, 'LIMIT', 'PRODUCTS', $1, 'a test' from app.tenants where slug = 'harbor'`,
      [limit],
    );
    const read = 'select count(*)::int as count from app.notifications';
    const before = await server.asAdmin(read);
    const dry = await ask({ 'Dry-Run': 'true' }, create, { name: 'one too many' });
    const data = { meter: 'PRODUCTS', percent: 80, used, limit };
    expect(dry.body.extensions.dryRun.events).toMatchObject([{ kind: 'USAGE_WARNING', data }]);
    expect(await server.asAdmin(read)).toEqual(before);
    // Where it is refused, there is nothing to tell.
    const refused = await ask({ 'Dry-Run': 'true' }, create, { name: '' });
    expect(refused.body.extensions.dryRun.events).toEqual([]);
    await server.asAdmin(`delete from app.tenant_overrides where code = 'PRODUCTS'`);
  });

  test('needs the same rights as the change, and those to the log for the values in it', async () => {
    const dryAs = async (scopes: string) => {
      const make = `mutation { apiKeyCreate(input: { name: "k", scopes: [${scopes}] }) { secret } }`;
      const { secret } = (await ask({}, make)).body.data.apiKeyCreate;
      const headers = { 'Dry-Run': 'true' };
      return (await askWith(server.url, secret, headers, create, { name: 'as a key' })).body;
    };
    const reader = await dryAs('"products:read"');
    expect(reader.errors[0].extensions.code).toBe('FORBIDDEN');
    expect(reader.extensions.dryRun.auditEvents).toEqual([]);
    const [blind] = (await dryAs('"products:write"')).extensions.dryRun.auditEvents;
    expect(blind).toMatchObject({ action: 'product.created', before: null, after: null });
    const [seeing] = (await dryAs('"products:write", "audit:read"')).extensions.dryRun.auditEvents;
    expect(seeing.after).toMatchObject({ name: 'as a key' });
  });

  test('is never committed, whoever asks for it', async () => {
    const [tenant] = await server.asAdmin(`select id from app.tenants where slug = 'harbor'`);
    const operation = server.database.operation(String(tenant?.id), {
      mode: 'write',
      rehearsed: true,
    });
    await operation.tx.query('select 1');
    await expect(operation.commit()).rejects.toThrow('A rehearsal is never committed.');
    await operation.rollback();
  });
});

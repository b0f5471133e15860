import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { sweepIdempotencyKeys } from '../../../src/app/operations/idempotency.queries.ts';
import { trackKeys } from '../../../src/app/operations/keysUnderWay.ts';
import { decodeId, encodeId } from '../../../src/lib/ids.ts';
import { askWith, type WireAnswer } from '../../support/askWith.ts';
import { roundTripsOf } from '../../support/roundTrips.ts';
import { startTestServer, type TestServer, withServerBeside } from '../../support/server.ts';

let server: TestServer;
let owner: string;
beforeAll(async () => {
  server = await startTestServer();
  owner = await server.tokenOf('owner@lumen.example');
});
afterAll(() => server?.close());

const create =
  'mutation ($input: ProductCreateInput!) { productCreate(input: $input) { product { id name createdAt metadata } userErrors { code } } }';
const price = { amount: '1.00', currencyCode: 'EUR' };
const named = (name: string, more: object = {}) => ({ input: { name, price, ...more } });
const uniqueName = () => `product ${randomUUID()}`;

const keyed = (
  key: string,
  query: string,
  variables?: object,
  credential = owner,
): Promise<WireAnswer> =>
  askWith(server.url, credential, { 'Idempotency-Key': key }, query, variables);

const dataOf = ({ text }: WireAnswer) => /"data":(.*?)(?:,"extensions":|\}$)/.exec(text)?.[1];

async function countOf(name: string): Promise<number> {
  const rows = await server.asAdmin(
    `select count(*)::int as products, (select count(*)::int from app.audit_events where after ->> 'name' = $1) as events
     from app.products where name = $1`,
    [name],
  );
  expect(rows[0]?.events).toBe(rows[0]?.products);
  return Number(rows[0]?.products);
}

const refusalOf = ({ status, body }: WireAnswer) => [
  status,
  body.errors?.[0].extensions.code,
  body.errors?.[0].extensions.reason,
];

describe('the same key with the same input', () => {
  test('has one effect and the same data to the byte, and says that it is a replay', async () => {
    const [key, name] = [randomUUID(), uniqueName()];
    const input = named(name, { metadata: { z: 1, a: [1.5, null, 'é "'], 10: 'ten' } });
    const first = await keyed(key, create, input);
    expect(first.body.data.productCreate.userErrors).toEqual([]);
    expect(first.headers.get('Idempotency-Replayed')).toBeNull();
    expect(first.body.extensions?.idempotency).toBeUndefined();
    // Once more: the document is compiled by then.
    for (const again of [await keyed(key, create, input), await keyed(key, create, input)]) {
      expect(dataOf(again)).toBe(dataOf(first));
      expect(dataOf(first)).toContain(name);
      expect(again.headers.get('Idempotency-Replayed')).toBe('true');
      expect(again.body.extensions.idempotency).toEqual({ replayed: true });
      expect(again.status).toBe(200);
    }
    expect(await countOf(name)).toBe(1);
  });

  test('is the same whatever its layout and the order of its variables', async () => {
    const [key, name] = [randomUUID(), uniqueName()];
    const first = await keyed(key, create, { input: { name, price } });
    const loose = create.replaceAll(' ', '  ').replace('{', '{ # a comment\n');
    const turned = { currencyCode: 'EUR', amount: '1.00' };
    const again = await keyed(key, loose, { input: { price: turned, name } });
    expect(again.headers.get('Idempotency-Replayed')).toBe('true');
    expect(dataOf(again)).toBe(dataOf(first));
    expect(await countOf(name)).toBe(1);
  });

  test('may come as a directive, with a variable too, and beside the header', async () => {
    const [key, name] = [randomUUID(), uniqueName()];
    const input = named(name);
    const literal = create.replace(') {', `) @idempotent(key: "${key}") {`);
    const ask = (headers: Record<string, string>, query: string, variables: object) =>
      askWith(server.url, owner, headers, query, variables);
    const first = await ask({}, literal, input);
    const again = await ask({ 'Idempotency-Key': key }, literal, input);
    expect(again.headers.get('Idempotency-Replayed')).toBe('true');
    expect(dataOf(again)).toBe(dataOf(first));
    expect(await countOf(name)).toBe(1);
    const other = await ask({ 'Idempotency-Key': 'another' }, literal, input);
    expect(refusalOf(other)).toEqual([200, 'BAD_USER_INPUT', undefined]);
    expect(other.body.errors[0].message).toContain('differ');

    const variable = create
      .replace('(', '($key: String!, ')
      .replace(') {', ') @idempotent(key: $key) {');
    const second = named(uniqueName());
    const made = await ask({}, variable, { ...second, key: randomUUID() });
    expect(made.body.errors).toBeUndefined();
    expect(await countOf(second.input.name)).toBe(1);
    const missing = await ask({}, variable, named(uniqueName()));
    expect(missing.body.errors[0].message).toContain('"$key"');
  });

  test('at the same time, on two servers: one does the work and all get its answer', async () => {
    const [key, name] = [randomUUID(), uniqueName()];
    await withServerBeside(server.environment, async (other) => {
      const answers = await Promise.all(
        Array.from({ length: 24 }, (_, index) =>
          askWith(
            index % 2 ? server.url : other,
            owner,
            { 'Idempotency-Key': key },
            create,
            named(name),
          ),
        ),
      );
      expect(new Set(answers.map(dataOf)).size).toBe(1);
      expect(dataOf(answers[0] as WireAnswer)).toContain(name);
      const done = answers.filter(({ headers }) => headers.get('Idempotency-Replayed') === null);
      expect(done).toHaveLength(1);
    });
    expect(await countOf(name)).toBe(1);
  });

  test('is known by its file: the same one is a replay, another is not', async () => {
    const key = randomUUID();
    const upload = async (content: string) => {
      const query = `mutation ($file: File!) { productImport(input: { source: { file: $file }, currency: "EUR" }) { report { created } } }`;
      const form = new FormData();
      form.set('operations', JSON.stringify({ query, variables: { file: null } }));
      form.set('map', JSON.stringify({ 0: ['variables.file'] }));
      form.set('0', new Blob([content]), 'file.jsonl');
      const headers = {
        Authorization: `Bearer ${owner}`,
        'GraphQL-Require-Preflight': '1',
        'Idempotency-Key': key,
      };
      const given = { method: 'POST', headers, body: form };
      const response = await fetch(`${server.url}/graphql`, given);
      return { status: response.status, body: await response.json() };
    };
    const line = (reference: string) =>
      `{"externalReference":"${reference}","name":"File","price":"1.00"}\n`;
    const first = await upload(line(key));
    expect(first.body.data.productImport.report).toEqual({ created: 1 });
    const again = await upload(line(key));
    expect(again.body.data).toEqual(first.body.data);
    expect(again.body.extensions.idempotency).toEqual({ replayed: true });
    const other = await upload(line('another'));
    expect(other.body.errors[0].extensions).toMatchObject({ reason: 'INPUT' });
  });
});

describe('a key that was used', () => {
  test('is refused with another input, document or operation', async () => {
    const [key, name] = [randomUUID(), uniqueName()];
    const two = `${create.replace('mutation', 'mutation A')} ${create.replace('mutation', 'mutation B')}`;
    await keyed(key, create, named(name));
    for (const [query, variables] of [
      [create, named(name, { sku: 'another' })],
      [create.replace('createdAt', ''), named(name)],
      [create.replace('mutation', 'mutation A'), named(name)],
    ] as const) {
      const answer = await keyed(key, query, variables);
      expect(refusalOf(answer)).toEqual([422, 'IDEMPOTENCY_KEY_REUSED', 'INPUT']);
      expect(answer.body).not.toHaveProperty('data');
    }
    const operation = async (operationName: string) => {
      const headers = {
        Authorization: `Bearer ${owner}`,
        'Content-Type': 'application/json',
        'Idempotency-Key': 'which-operation',
      };
      const body = JSON.stringify({ query: two, operationName, variables: named(name) });
      return (await fetch(`${server.url}/graphql`, { method: 'POST', headers, body })).status;
    };
    expect(await operation('A')).toBe(200);
    expect(await operation('B')).toBe(422);
    expect(await countOf(name)).toBe(2);
  });

  test("is its caller's: refused to another of the business, and new in another business", async () => {
    const [key, name] = [randomUUID(), uniqueName()];
    await keyed(key, create, named(name));
    for (const other of [server.apiKey, await server.tokenOf('admin@lumen.example')]) {
      const answer = await keyed(key, create, named(name), other);
      expect(refusalOf(answer)).toEqual([422, 'IDEMPOTENCY_KEY_REUSED', 'CALLER']);
      expect(answer.text).not.toContain(name);
    }
    const harbor = await server.tokenOf('owner@harbor.example');
    const theirs = await keyed(key, create, named(name), harbor);
    expect(theirs.body.data.productCreate.product.name).toBe(name);
    expect(theirs.headers.get('Idempotency-Replayed')).toBeNull();
    expect(await countOf(name)).toBe(2);
  });

  test('shows its answer to nobody whose rights have changed since', async () => {
    const [key, name] = [randomUUID(), uniqueName()];
    const member = await server.tokenOf('member@lumen.example');
    await keyed(key, create, named(name), member);
    const found = '{ members { nodes { id role } } }';
    const { nodes } = (await server.ask(owner, found)).body.data.members;
    const { id } = nodes.find(({ role }: { role: string }) => role === 'MEMBER');
    const change =
      'mutation ($id: ID!) { memberRoleChange(input: { id: $id, role: VIEWER }) { userErrors { code } } }';
    await server.ask(owner, change, { id });
    const again = async () => refusalOf(await keyed(key, create, named(name), member));
    await expect.poll(again).toEqual([422, 'IDEMPOTENCY_KEY_REUSED', 'RIGHTS']);
  });

  test('is as new when its day is over, and swept', async () => {
    const [key, name] = [randomUUID(), uniqueName()];
    await keyed(key, create, named(name));
    const age = 'update app.idempotency_keys set expires_at = now() where key = $1';
    const [before] = await server.asAdmin(
      'select extract(epoch from expires_at - created_at)::int as seconds from app.idempotency_keys where key = $1',
      [key],
    );
    expect(before?.seconds).toBe(86_400);
    await server.asAdmin(age, [key]);
    const again = await keyed(key, create, named(name, { sku: `sku ${key}` }));
    expect(again.headers.get('Idempotency-Replayed')).toBeNull();
    expect(await countOf(name)).toBe(2);
    const kept = randomUUID();
    await keyed(kept, create, named(uniqueName()));
    await server.asAdmin(age, [key]);
    await sweepIdempotencyKeys(server.database);
    const left = await server.asAdmin('select key from app.idempotency_keys where key = any ($1)', [
      [key, kept],
    ]);
    expect(left).toEqual([{ key: kept }]);
  });
});

describe('a key is used up by nothing but a change', () => {
  test('not by an error, not by userErrors alone, but by an answer that has both', async () => {
    const [key, name] = [randomUUID(), uniqueName()];
    const failing = `${create.slice(0, -1)} failing: productArchive(input: { id: "none" }) { product { id } } }`;
    const failed = await keyed(key, failing, named(name));
    expect(failed.body.data).toBeNull();
    expect(failed.body.errors[0].path).toEqual(['failing']);
    expect(await countOf(name)).toBe(0);

    const refused = await keyed(key, create, named(''));
    expect(refused.body.data.productCreate.userErrors).toEqual([{ code: 'TOO_SHORT' }]);

    const both = `${create.slice(0, -1)} refused: productArchive(input: { id: "${encodeId('Product', randomUUID())}" }) { userErrors { code } } }`;
    const first = await keyed(key, both, named(name));
    expect(first.headers.get('Idempotency-Replayed')).toBeNull();
    expect(first.body.data.refused.userErrors).toEqual([{ code: 'NOT_FOUND' }]);
    const again = await keyed(key, both, named(name));
    expect(again.headers.get('Idempotency-Replayed')).toBe('true');
    expect(dataOf(again)).toBe(dataOf(first));
    expect(await countOf(name)).toBe(1);
  });

  test('nor by an answer that is too long to be kept, which changes nothing', async () => {
    const [key, name] = [randomUUID(), uniqueName()];
    // Two letters each in JSON; and no more than 50 aliases are taken.
    const metadata = { text: '"'.repeat(9_500) };
    const input = named(name, { description: '"'.repeat(10_000), metadata });
    const aliased = Array.from(
      { length: 51 },
      (_, index) => `a${index}: ${index < 44 ? 'description' : 'metadata'}`,
    );
    const long = create.replace('createdAt', aliased.join(' '));
    const answer = await keyed(key, long, input);
    expect(refusalOf(answer)).toEqual([200, 'BAD_USER_INPUT', undefined]);
    expect(answer.body.data).toBeNull();
    expect(await countOf(name)).toBe(0);
    expect((await keyed(key, create, input)).body.errors).toBeUndefined();
  });
});

test.each(['', 'a b', 'é', 'x'.repeat(256), '\t'])('%j is no key', async (key) => {
  const directive = create.replace(') {', `) @idempotent(key: ${JSON.stringify(key)}) {`);
  const answer = await askWith(server.url, owner, {}, directive, named(uniqueName()));
  expect(answer.body.errors[0]).toMatchObject({ extensions: { code: 'BAD_USER_INPUT' } });
  expect(answer.body.errors[0].message).toContain('1 to 255 visible ASCII characters');
});

test('a call whose key is still in use waits, and is then told to come again', async () => {
  const [key, name] = [randomUUID(), uniqueName()];
  const [row] = await server.asAdmin('select current_database() as name');
  const setting = `alter role tenantry_server in database "${row?.name}"`;
  await server.asAdmin(`${setting} set lock_timeout = '200ms'`);
  onTestFinished(async () => void (await server.asAdmin(`${setting} reset lock_timeout`)));
  const claim = `insert into app.idempotency_keys (tenant_id, key, caller, rights, input, expires_at)
    select id, $1, 'x', 'x', 'x', now() + interval '1 day' from app.tenants where slug = 'lumen'`;
  await withServerBeside(server.environment, async (url) => {
    const ask = () => askWith(url, owner, { 'Idempotency-Key': key }, create, named(name));
    await server.holding(claim, [key], async () => {
      const waiting = await ask();
      expect(refusalOf(waiting)).toEqual([409, 'IDEMPOTENCY_KEY_IN_USE', undefined]);
      expect(waiting.headers.get('Retry-After')).toBe('1');
    });
    // That one was rolled back, so its key is free.
    expect((await ask()).body.data.productCreate.product.name).toBe(name);
  });
});

test('doubles of a slow call keep nobody else waiting, their own business neither', async () => {
  const { nodes } = (await server.ask(owner, '{ products(first: 1) { nodes { id } } }')).body.data
    .products;
  const rename = `mutation { productUpdate(input: { id: "${nodes[0].id}", name: "slow" }) { product { name } } }`;
  const key = randomUUID();
  const two = { ...server.environment, DATABASE_POOL_SIZE: '2' };
  await withServerBeside(two, async (url) => {
    const doubles = await server.holding(
      'select 1 from app.products where id = $1 for update',
      [decodeId(nodes[0].id)?.uuid],
      async () => {
        const sent = Array.from({ length: 12 }, () =>
          askWith(url, owner, { 'Idempotency-Key': key }, rename),
        );
        const waiting = `select count(*)::int as count from pg_stat_activity
          where datname = current_database() and usename = 'tenantry_server' and wait_event_type = 'Lock'`;
        await expect.poll(() => server.asAdmin(waiting)).toEqual([{ count: 1 }]);
        const before = performance.now();
        const harbor = await server.tokenOf('owner@harbor.example');
        const page = await askWith(url, harbor, {}, '{ products(first: 1) { nodes { id } } }');
        expect(page.body.errors).toBeUndefined();
        // Pools this small leave no turn to spare; what the doubles wait for is no turn.
        const own = await askWith(url, owner, {}, '{ products(first: 1) { nodes { id } } }');
        expect(own.body.errors).toBeUndefined();
        expect(performance.now() - before).toBeLessThan(1_500);
        return sent;
      },
    );
    const answers = await Promise.all(doubles);
    expect(new Set(answers.map(dataOf)).size).toBe(1);
    const done = answers.filter(({ headers }) => headers.get('Idempotency-Replayed') === null);
    expect(done).toHaveLength(1);
  });
});

test('a call waits in memory no longer than its patience', async () => {
  const keys = trackKeys(20);
  const { signal } = new AbortController();
  const first = Promise.withResolvers<string>();
  const running = keys.inTurn('key', signal, () => first.promise);
  expect(await keys.inTurn('key', signal, async () => 'second')).toBeNull();
  expect(await keys.inTurn('key', AbortSignal.abort(), async () => 'gone')).toBeNull();
  expect(await keys.inTurn('another', signal, async () => 'another')).toBe('another');
  first.reject(new Error('failed'));
  await expect(running).rejects.toThrow('failed');
  expect(await keys.inTurn('key', signal, async () => 'third')).toBe('third');
});

test('costs nothing without a key, and with one four statements and a round trip', async () => {
  // Products are counted in fewer statements when many are created.
  const write = (headers: Record<string, string>) => {
    const input = { shortcut: randomUUID(), body: 'Hello' };
    const document =
      'mutation ($input: CannedReplyCreateInput!) { cannedReplyCreate(input: $input) { userErrors { code } } }';
    return askWith(server.url, owner, headers, document, { input });
  };
  const statementsOf = async (headers: () => Record<string, string>) => {
    const { statements } = server.database.statistics;
    await write(headers());
    return server.database.statistics.statements - statements;
  };
  const least = async (count: () => Promise<number>) =>
    Math.min(...[await count(), await count(), await count(), await count()]);
  const withKey = () => ({ 'Idempotency-Key': randomUUID() });
  const plain = await least(() => statementsOf(() => ({})));
  expect((await least(() => statementsOf(withKey))) - plain).toBe(4);
  const trips = (headers: () => Record<string, string>) =>
    roundTripsOf(server.database, () => write(headers()));
  expect(await trips(() => ({}))).toBe(2);
  expect(await trips(withKey)).toBe(3);
});

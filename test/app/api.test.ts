import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { roundTripsOf } from '../support/roundTrips.ts';
import { startTestServer, type TestServer } from '../support/server.ts';

let server: TestServer;
let owner: string;
let viewer: string;
let stranger: string;

beforeAll(async () => {
  server = await startTestServer();
  [owner, viewer, stranger] = await Promise.all([
    server.tokenOf('owner@lumen.example'),
    server.tokenOf('viewer@lumen.example'),
    server.tokenOf('owner@harbor.example'),
  ]);
});
afterAll(() => server?.close());

const firstProduct = async (token: string): Promise<{ id: string; name: string }> =>
  (await server.ask(token, '{ products(first: 1) { nodes { id name } } }')).body.data.products
    .nodes[0];

describe('signing in', () => {
  test('a wrong password and an unknown person get the same answer', async () => {
    const mutation =
      'mutation ($input: SignInInput!) { signIn(input: $input) { token userErrors { code message } } }';
    const answers = await Promise.all(
      ['owner@lumen.example', 'nobody@lumen.example'].map((email) =>
        server.ask(null, mutation, { input: { email, password: 'wrong' } }),
      ),
    );
    expect(answers[0]?.body).toEqual(answers[1]?.body);
    expect(answers[0]?.body.data.signIn.token).toBeNull();
  });

  test('without a credential everything but signIn is 401, introspection too', async () => {
    for (const query of ['{ viewer { name } }', '{ __schema { types { name } } }']) {
      const { status, body } = await server.ask(null, query);
      expect(status).toBe(401);
      expect(body.errors[0].extensions.code).toBe('UNAUTHENTICATED');
    }
    expect((await server.ask(null, '{ __typename }')).status).toBe(200);
  });

  test('a credential that is not valid is 401 before anything is executed', async () => {
    const forged = `${owner.slice(0, -4)}AAAA`;
    for (const credential of [forged, 'tnt_unknown', `tnt_${'A'.repeat(43)}`]) {
      expect((await server.ask(credential, '{ __typename }')).status).toBe(401);
    }
  });

  test('the published key set has no private half', async () => {
    const keys = await (await fetch(`${server.url}/.well-known/jwks.json`)).json();
    expect(keys.keys[0]).toMatchObject({ kty: 'OKP', crv: 'Ed25519', use: 'sig' });
    expect(JSON.stringify(keys)).not.toContain('"d"');
  });
});

describe('a products page', () => {
  test('pages through the whole catalogue once, in order', async () => {
    const names: string[] = [];
    let after: string | null = null;
    do {
      const { body } = await server.ask(
        owner,
        'query ($after: String) { products(first: 50, after: $after, orderBy: { key: NAME, direction: ASC }) { nodes { name } pageInfo { endCursor hasNextPage } } }',
        { after },
      );
      names.push(...body.data.products.nodes.map(({ name }: { name: string }) => name));
      after = body.data.products.pageInfo.hasNextPage
        ? body.data.products.pageInfo.endCursor
        : null;
    } while (after !== null);
    expect(names.length).toBe(200);
    expect(new Set(names).size).toBe(200);
  });

  test('takes one round trip to Postgres on its critical path', async () => {
    const page = () => server.ask(owner, '{ products { nodes { id name } } }');
    expect(await roundTripsOf(server.database, page)).toBe(1);
  });

  test('a search forgives a typo and a cursor of another order is refused', async () => {
    const { name } = await firstProduct(owner);
    const word = name.split(' ').find((each) => each.length > 5) ?? name;
    const typo = `${word.slice(0, 3)}${word.slice(4)}`;
    const found = await server.ask(
      owner,
      'query ($search: String) { products(search: $search, first: 100) { nodes { name } pageInfo { endCursor } } }',
      { search: typo },
    );
    expect(found.body.data.products.nodes.length).toBeGreaterThan(0);
    const refused = await server.ask(
      owner,
      'query ($after: String) { products(after: $after) { nodes { name } } }',
      { after: found.body.data.products.pageInfo.endCursor },
    );
    expect(refused.body.errors[0].extensions.code).toBe('BAD_USER_INPUT');
  });
});

test('an id of something else is refused in the same words, wherever it is given', async () => {
  const id = 'cus_01h455vb4pex5vsknk084sn02q';
  const message = `"${id}" is the id of a Customer; a Product is asked for.`;
  for (const query of [
    'query ($id: ID!) { product(id: $id) { id } }',
    'query ($id: ID!) { productBy(reference: { id: $id }) { id } }',
    'mutation ($id: ID!) { productArchive(input: { id: $id }) { product { id } } }',
  ]) {
    const { body } = await server.ask(owner, query, { id });
    expect(body.errors, query).toMatchObject([{ message, extensions: { code: 'BAD_USER_INPUT' } }]);
  }
  const filtered = await server.ask(
    owner,
    'query ($id: ID!) { conversations(filter: { assignee: { eq: $id } }) { totalCount } }',
    { id },
  );
  expect(filtered.body.errors[0].message).toBe(message.replace('Product', 'Member'));
});

test('what Postgres cannot hold is refused, and the server lives', async () => {
  for (const text of ['a\0b', '\ud800']) {
    for (const [list, filter] of [
      ['products', 'name'],
      ['customers', 'name'],
      ['conversations', 'subject'],
      ['auditEvents', 'action'],
    ]) {
      const query = `query ($text: String) { ${list}(filter: { ${filter}: { contains: $text } }) { totalCount nodes { id } } }`;
      const { body } = await server.ask(owner, query, { text });
      if (text === '\ud800') continue; // UTF-8 has no half of a character: it arrives as another
      expect(body.errors[0].extensions.code).toBe('BAD_USER_INPUT');
    }
  }
  expect((await server.ask(owner, '{ viewer { name } }')).status).toBe(200);
});

describe('another business', () => {
  test('a foreign id and a random id get the same answer', async () => {
    const foreign = (await firstProduct(stranger)).id;
    const random = 'prd_01h455vb4pex5vsknk084sn02q';
    for (const query of [
      'query ($id: ID!) { product(id: $id) { id name } }',
      'query ($id: ID!) { node(id: $id) { id } }',
      'query ($id: ID!) { nodes(ids: [$id]) { id } }',
    ]) {
      const [one, other] = await Promise.all(
        [foreign, random].map((id) => server.ask(owner, query, { id })),
      );
      expect(one?.body).toEqual(other?.body);
      expect(one?.body.errors).toBeUndefined();
    }
  });

  test('the same SKU is another product in each', async () => {
    const query = `{ productBy(reference: { sku: "ART-1001" }) { id name } }`;
    const [mine, theirs] = await Promise.all(
      [owner, stranger].map((token) => server.ask(token, query)),
    );
    expect(mine?.body.data.productBy.id).not.toBe(theirs?.body.data.productBy.id);
    expect(mine?.body.data.productBy.name).not.toBe(theirs?.body.data.productBy.name);
  });

  test('the isolation report of a served database holds', async () => {
    const { body } = await server.ask(owner, '{ isolationReport { holds findings { rule } } }');
    expect(body.data.isolationReport).toEqual({ holds: true, findings: [] });
  });
});

describe('API keys', () => {
  const create =
    'mutation ($input: ApiKeyCreateInput!) { apiKeyCreate(input: $input) { secret apiKey { id } userErrors { code } } }';

  test('a key does what its scopes say, and nothing after it is revoked', async () => {
    const made = await server.ask(owner, create, {
      input: { name: 'test', scopes: ['products:read'] },
    });
    const { secret, apiKey } = made.body.data.apiKeyCreate;
    expect((await server.ask(secret, '{ products { nodes { id } } }')).body.errors).toBeUndefined();
    const members = await server.ask(secret, '{ members { nodes { id } } }');
    expect(members.body.errors[0].extensions).toMatchObject({ code: 'FORBIDDEN', reason: 'SCOPE' });
    await server.ask(
      owner,
      'mutation ($id: ID!) { apiKeyRevoke(input: { id: $id }) { userErrors { code } } }',
      { id: apiKey.id },
    );
    await expect
      .poll(async () => (await server.ask(secret, '{ __typename }')).status, { timeout: 1_000 })
      .toBe(401);
  });

  test('a viewer cannot make one, and the refusal says why', async () => {
    const { body } = await server.ask(viewer, create, {
      input: { name: 'test', scopes: ['products:read'] },
    });
    expect(body.data).toBeNull();
    expect(body.errors[0].extensions).toMatchObject({ code: 'FORBIDDEN', reason: 'ROLE' });
  });

  test('making one is in the audit log, without its secret', async () => {
    const made = await server.ask(owner, create, {
      input: { name: 'audited', scopes: ['usage:read'] },
    });
    const { secret, apiKey } = made.body.data.apiKeyCreate;
    const { body } = await server.ask(
      owner,
      'query ($id: ID) { auditEvents(filter: { targetId: $id }) { nodes { action after } } }',
      { id: apiKey.id },
    );
    expect(body.data.auditEvents.nodes[0].action).toBe('apiKey.created');
    expect(JSON.stringify(body)).not.toContain(secret);
  });
});

describe('changing the catalogue', () => {
  const create =
    'mutation ($input: ProductCreateInput!) { productCreate(input: $input) { product { id name sku price { amount } } userErrors { field code } } }';
  const price = { amount: '19.90', currencyCode: 'EUR' };

  test('a new product is there, audited, and cannot be seen by the other business', async () => {
    const input = { name: 'Canary lamp', sku: 'CANARY-1', price };
    const { product, userErrors } = (await server.ask(owner, create, { input })).body.data
      .productCreate;
    expect(userErrors).toEqual([]);
    expect(product).toMatchObject({ name: 'Canary lamp', price: { amount: '19.90' } });
    const audit = 'query ($id: ID) { auditEvents(filter: { targetId: $id }) { nodes { action } } }';
    const read = 'query ($id: ID!) { product(id: $id) { name } }';
    const [mine, theirs, audited] = await Promise.all([
      server.ask(owner, read, { id: product.id }),
      server.ask(stranger, read, { id: product.id }),
      server.ask(owner, audit, { id: product.id }),
    ]);
    expect(mine.body.data.product.name).toBe('Canary lamp');
    expect(theirs.body.data.product).toBeNull();
    expect(audited.body.data.auditEvents.nodes).toEqual([{ action: 'product.created' }]);
  });

  test('takes two round trips at most: what is written, with its audit event, and COMMIT', async () => {
    const creating = () => server.ask(owner, create, { input: { name: 'Counted', price } });
    expect(await roundTripsOf(server.database, creating)).toBeLessThanOrEqual(2);
  });

  test('a SKU that is taken is refused, and its sibling in the same operation stands', async () => {
    const { body } = await server.ask(
      owner,
      `mutation ($price: MoneyInput!) {
        bad: productCreate(input: { name: "Double", sku: "ART-1001", price: $price }) { product { id } userErrors { field code } }
        good: productCreate(input: { name: "Sibling", price: $price }) { product { name } userErrors { code } }
      }`,
      { price },
    );
    expect(body.data.bad).toEqual({
      product: null,
      userErrors: [{ field: ['input', 'sku'], code: 'SKU_TAKEN' }],
    });
    expect(body.data.good.product.name).toBe('Sibling');
    const found = await server.ask(
      owner,
      '{ products(filter: { name: { eq: "Sibling" } }) { totalCount } }',
    );
    expect(found.body.data.products.totalCount).toBe(1);
  });

  test("updating another business's product answers as for a random id", async () => {
    const update =
      'mutation ($id: ID!) { productUpdate(input: { id: $id, name: "Taken over" }) { product { id } userErrors { field code message } } }';
    const foreign = await firstProduct(stranger);
    const [one, other] = await Promise.all(
      [foreign.id, 'prd_01h455vb4pex5vsknk084sn02q'].map((id) => server.ask(owner, update, { id })),
    );
    expect(one?.body).toEqual(other?.body);
    expect(one?.body.data.productUpdate.userErrors[0].code).toBe('NOT_FOUND');
    expect(await firstProduct(stranger)).toEqual(foreign);
  });

  test('any error rolls the whole operation back', async () => {
    const { body } = await server.ask(
      owner,
      `mutation ($price: MoneyInput!) {
        productCreate(input: { name: "Rolled back", price: $price }) { product { id } }
        productUpdate(input: { id: "not-an-id", name: "x" }) { product { id } }
      }`,
      { price },
    );
    expect(body.data).toBeNull();
    const found = await server.ask(
      owner,
      '{ products(filter: { name: { eq: "Rolled back" } }) { totalCount } }',
    );
    expect(found.body.data.products.totalCount).toBe(0);
  });

  test('a viewer cannot create one', async () => {
    const { body } = await server.ask(viewer, create, { input: { name: 'No', price } });
    expect(body.errors[0].extensions).toMatchObject({ code: 'FORBIDDEN', reason: 'ROLE' });
  });
});

describe('importing a catalogue', () => {
  const mutation =
    'mutation ($content: String!, $onError: ProductImportOnError!) { productImport(input: { source: { content: $content }, currency: "EUR", onError: $onError }) { report { created updated unchanged failed problems { line column code } } userErrors { code } } }';
  const content = [
    'Handle,Title,Option1 Name,Option1 Value,Variant SKU,Variant Price',
    'imported-lamp,Imported lamp,Size,S,IMP-1,10.50',
    'imported-lamp,,,M,IMP-2,12.00',
    'broken-lamp,Broken lamp,Title,Default Title,IMP-3,cheap',
  ].join('\n');
  const importAs = async (onError: string, handle: string) => {
    const text = content.replaceAll('imported-lamp', handle).replaceAll('IMP', handle);
    return (await server.ask(owner, mutation, { content: text, onError })).body.data.productImport;
  };

  test('a file with a problem changes nothing under ABORT', async () => {
    const { report, userErrors } = await importAs('ABORT', 'aborted-lamp');
    expect(report).toBeNull();
    expect(userErrors[0].code).toBe('IMPORT_FAILED');
    const query =
      '{ products(filter: { externalReference: { eq: "aborted-lamp" } }) { nodes { status } } }';
    const { nodes } = (await server.ask(owner, query)).body.data.products;
    expect(nodes).toEqual([]);
  });

  test('under SKIP the good rows are taken, the bad named by line and column, and twice is once', async () => {
    const first = (await importAs('SKIP', 'taken-lamp')).report;
    expect(first).toMatchObject({ created: 1, failed: 1 });
    expect(first.problems[0]).toMatchObject({ line: 4, column: 'Variant Price' });
    expect((await importAs('SKIP', 'taken-lamp')).report).toMatchObject({
      created: 0,
      unchanged: 1,
      failed: 1,
    });
  });
});

describe('customers', () => {
  test('the same phone number is another customer in each business', async () => {
    const upsert =
      'mutation ($input: CustomerUpsertInput!) { customerUpsert(input: $input) { customer { id name } userErrors { code } } }';
    const [mine, theirs] = await Promise.all(
      [owner, stranger].map((token, index) =>
        server.ask(token, upsert, { input: { phone: '+12025550199', name: `Canary ${index}` } }),
      ),
    );
    const id = mine?.body.data.customerUpsert.customer.id;
    expect(theirs?.body.data.customerUpsert.customer.id).not.toBe(id);
    const again = await server.ask(owner, upsert, {
      input: { phone: '+12025550199', labels: ['vip'] },
    });
    expect(again.body.data.customerUpsert.customer).toEqual({ id, name: 'Canary 0' });
    const seen = await server.ask(stranger, 'query ($id: ID!) { customer(id: $id) { id } }', {
      id,
    });
    expect(seen.body.data.customer).toBeNull();
  });
});

describe('the standard directives', () => {
  test('@skip and @include leave fields out and let them in', async () => {
    const query =
      'query ($yes: Boolean!) { viewer { name @skip(if: $yes) email @include(if: $yes) } }';
    const { body } = await server.ask(owner, query, { yes: true });
    expect(body).toEqual({ data: { viewer: { email: 'owner@lumen.example' } } });
  });
});

describe('HTTP', () => {
  test('too large, too deep, of the wrong type, or not there: refused with a clear status', async () => {
    const send = (body: string, type = 'application/json', path = '/graphql') =>
      fetch(`${server.url}${path}`, { method: 'POST', headers: { 'Content-Type': type }, body });
    expect((await send(`{"query":"${'x'.repeat(1_100_000)}"}`)).status).toBe(413);
    expect((await send(`{"variables":${'['.repeat(1000)}${']'.repeat(1000)}}`)).status).toBe(400);
    expect((await send('query=x', 'application/x-www-form-urlencoded')).status).toBe(415);
    expect((await send('x', 'multipart/form-data; boundary=x')).status).toBe(403);
    expect((await send('{}', 'application/json', '/nothing')).status).toBe(404);
  });

  test('it is alive and ready', async () => {
    for (const path of ['/livez', '/readyz']) {
      expect((await fetch(`${server.url}${path}`)).status).toBe(200);
    }
  });
});

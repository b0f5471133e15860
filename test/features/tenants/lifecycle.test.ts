import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { goodPassword, registerPerson, signIn } from '../../support/accounts.ts';
import { startTestServer, type TestServer } from '../../support/server.ts';

let server: TestServer;
let owner: string;
beforeAll(async () => {
  server = await startTestServer();
  owner = await server.tokenOf('owner@lumen.example');
});
afterAll(() => server?.close());

async function create(input: object, credential = owner) {
  const { body } = await server.ask(
    credential,
    `mutation ($input: TenantCreateInput!) { tenantCreate(input: $input) {
      membership { tenantId slug name role plan status } created secret userErrors { field code } } }`,
    { input },
  );
  return body.data?.tenantCreate ?? body;
}

async function run(credential: string, field: string, input: object, selection: string) {
  const type = `${field.slice(0, 1).toUpperCase()}${field.slice(1)}Input`;
  const { status, body } = await server.ask(
    credential,
    `mutation ($input: ${type}!) { ${field}(input: $input) { ${selection} userErrors { field code } } }`,
    { input },
  );
  return body.data?.[field] ?? { status, ...body };
}
const countTenants = async () =>
  Number((await server.asAdmin('select count(*)::int as n from app.tenants'))[0]?.n);

describe('a business begins', () => {
  test('with its owner, settings, samples, a key that works and an audit log', async () => {
    const made = await create({
      slug: 'pottery',
      name: ' Clay & Co ',
      apiKey: { name: 'Till', scopes: ['products:read', 'settings:read'] },
    });
    expect(made).toMatchObject({
      membership: {
        ...{ slug: 'pottery', name: 'Clay & Co', role: 'OWNER', plan: 'BASIC', status: 'TRIAL' },
      },
      created: true,
      userErrors: [],
    });
    const { body } = await server.ask(
      made.secret,
      '{ products(first: 10) { nodes { sku tags } } settings { version ai { model } updatedAt } }',
    );
    expect(body.data.products.nodes).toHaveLength(3);
    expect(body.data.settings).toMatchObject({ version: 1, ai: { model: 'claude-haiku-4-5' } });
    const token = await server.tokenOf('owner@lumen.example', 'pottery');
    const log = '{ tenant { id name } auditEvents(first: 20) { nodes { action } } }';
    const { data } = (await server.ask(token, log)).body;
    expect(data.tenant).toEqual({ id: made.membership.tenantId, name: 'Clay & Co' });
    expect(data.auditEvents.nodes.map(({ action }: { action: string }) => action)).toEqual(
      expect.arrayContaining(['tenant.created', 'apiKey.created', 'product.created']),
    );
  });

  test('once, however often and however much at once it is asked for', async () => {
    const before = await countTenants();
    const input = { slug: 'one-only', name: 'One', sampleProducts: false };
    const answers = await Promise.all(Array.from({ length: 8 }, () => create(input)));
    expect(answers.filter(({ created }) => created)).toHaveLength(1);
    const ids = new Set(answers.map(({ membership }) => membership.tenantId));
    expect(ids.size).toBe(1);
    expect(await countTenants()).toBe(before + 1);
  });

  test('with one winner where several want the same slug', async () => {
    const people = ['owner@lumen', 'admin@lumen', 'member@lumen', 'owner@harbor', 'member@harbor'];
    const tokens = await Promise.all(people.map((name) => server.tokenOf(`${name}.example`)));
    const answers = await Promise.all(
      tokens.map((token) => create({ slug: 'wanted', name: 'Wanted' }, token)),
    );
    expect(answers.filter(({ created }) => created)).toHaveLength(1);
    const losers = answers.filter(({ created }) => !created);
    for (const { userErrors } of losers) {
      expect(userErrors).toEqual([{ field: ['input', 'slug'], code: 'SLUG_TAKEN' }]);
    }
  });

  test.each<[string, object, string]>([
    ['a taken slug', { slug: 'harbor', name: 'X' }, 'SLUG_TAKEN'],
    ['one’s own slug under another name', { slug: 'lumen', name: 'X' }, 'SLUG_TAKEN'],
    ['a reserved slug', { slug: 'admin', name: 'X' }, 'SLUG_RESERVED'],
    ['capitals', { slug: 'Shop', name: 'X' }, 'INVALID'],
    ['what could be punycode', { slug: 'xn--80ak6aa92e', name: 'X' }, 'INVALID'],
    ['a dot', { slug: 'a.b', name: 'X' }, 'INVALID'],
    ['a name of blanks', { slug: 'blanks', name: '  ' }, 'TOO_SHORT'],
    [
      'an unknown scope',
      { slug: 'scopes', name: 'X', apiKey: { name: 'k', scopes: ['everything'] } },
      'UNKNOWN_SCOPE',
    ],
  ])('not with %s, and then nothing of it is left', async (_name, input, code) => {
    const before = await countTenants();
    const { membership, userErrors } = await create(input);
    expect(membership).toBeNull();
    expect(userErrors.map((error: { code: string }) => error.code)).toEqual([code]);
    expect(userErrors[0].field[0]).toBe('input');
    expect(await countTenants()).toBe(before);
  });

  test('not when a late step fails: nothing of the earlier ones is left', async () => {
    const before = await countTenants();
    const audited = () => server.asAdmin('select count(*)::int as n from app.audit_events');
    const events = await audited();
    const fail = 'alter table app.products add constraint no_samples check (sku is distinct from';
    await server.asAdmin(`${fail} 'SAMPLE-TOTE') not valid`);
    const answer = await create({ slug: 'half-made', name: 'Half' });
    await server.asAdmin('alter table app.products drop constraint no_samples');
    expect(answer).toMatchObject({ data: null, errors: [{ extensions: { code: 'INTERNAL' } }] });
    expect(await countTenants()).toBe(before);
    expect(await audited()).toEqual(events);
    expect(await create({ slug: 'half-made', name: 'Half' })).toMatchObject({ created: true });
  });

  test('for somebody who belongs to none, whose account token is for whichever business it names', async () => {
    await registerPerson(server, 'nia@newcomer.example');
    const { token, membership } = await signIn(server, 'nia@newcomer.example', goodPassword);
    expect(membership).toBeNull();
    expect((await server.ask(token, '{ settings { version } }')).body.errors).toMatchObject([
      { extensions: { reason: 'NO_TENANT' } },
    ]);
    const made = await create({ slug: 'newcomer', name: 'Newcomer' }, token);
    expect(made).toMatchObject({ created: true, membership: { role: 'OWNER', slug: 'newcomer' } });
    const at = async (slug: string) => {
      const response = await fetch(`${server.url}/t/${slug}/graphql`, {
        method: 'POST',
        headers: { 'Content-Type': 'application/json', Authorization: `Bearer ${token}` },
        body: JSON.stringify({ query: '{ tenant { slug } products(first: 9) { nodes { sku } } }' }),
      });
      return { status: response.status, body: await response.json() };
    };
    const own = await at('newcomer');
    expect(own.body.data.tenant.slug).toBe('newcomer');
    expect(own.body.data.products.nodes).toHaveLength(3);
    const said = (answer: Awaited<ReturnType<typeof at>>) => {
      const [{ message, extensions }] = answer.body.errors;
      return { status: answer.status, message, code: extensions.code };
    };
    const strangers = said(await at('lumen'));
    expect(strangers).toMatchObject({ status: 404, code: 'NOT_FOUND' });
    expect(said(await at('no-such-business'))).toEqual(strangers);
    const inside = await signIn(server, 'nia@newcomer.example', goodPassword);
    await run(inside.token, 'tenantDelete', { confirmation: 'newcomer' }, 'purgeAt');
    expect(said(await at('newcomer'))).toEqual(strangers);
    const restored = await run(
      token,
      'tenantRestore',
      { slug: 'newcomer' },
      'membership { status }',
    );
    expect(restored.membership).toEqual({ status: 'TRIAL' });
    expect((await at('newcomer')).status).toBe(200);
  });

  test('only for people, verified, alone in their operation, and not without end', async () => {
    expect((await create({ slug: 'by-key', name: 'X' }, server.apiKey)).errors).toMatchObject([
      { extensions: { code: 'FORBIDDEN' } },
    ]);
    const twice = `mutation { a: tenantCreate(input: {slug: "both", name: "X"}) { created }
      b: tenantCreate(input: {slug: "both2", name: "X"}) { created } }`;
    expect((await server.ask(owner, twice)).body.errors[0].message).toContain('only field');
    const verify = 'update app.users set email_verified_at = $1 where email = $2';
    await server.asAdmin(verify, [null, 'owner@lumen.example']);
    expect((await create({ slug: 'unverified', name: 'X' })).userErrors).toMatchObject([
      { code: 'EMAIL_NOT_VERIFIED' },
    ]);
    await server.asAdmin(verify, [new Date(), 'owner@lumen.example']);
    await server.asAdmin(
      `with made as (insert into app.tenants (id, slug, name, plan)
         select gen_random_uuid(), 'many-' || n, 'Many', 'BASIC' from generate_series(1, 25) n returning id)
       insert into app.members (tenant_id, id, user_id, role, name, email)
         select made.id, gen_random_uuid(), u.id, 'OWNER', 'Dana', u.email from made, app.users u
         where u.email = 'owner@harbor.example'`,
    );
    const harbor = await server.tokenOf('owner@harbor.example');
    expect((await create({ slug: 'one-more', name: 'X' }, harbor)).userErrors).toMatchObject([
      { code: 'TOO_MANY' },
    ]);
  });

  test('so many a day at most: who deletes one and makes the next in a loop is held up', async () => {
    await registerPerson(server, 'loop@shop.example');
    const { token } = await signIn(server, 'loop@shop.example', goodPassword);
    await server.asAdmin('delete from app.attempt_counters');
    const make = (slug: string) => create({ slug, name: 'X', sampleProducts: false }, token);
    expect((await make('loop-1')).created).toBe(true);
    // What was not made is not counted.
    expect((await make('loop-1'.toUpperCase())).userErrors).toMatchObject([{ code: 'INVALID' }]);
    const used = 'select used from app.attempt_counters order by used';
    expect(await server.asAdmin(used)).toEqual([{ used: 1 }, { used: 1 }]);
    await server.asAdmin('update app.attempt_counters set used = 29');
    expect((await make('loop-2')).created).toBe(true);
    expect((await make('loop-3')).userErrors).toMatchObject([{ code: 'TOO_MANY_ATTEMPTS' }]);
    expect(await server.asAdmin(`select from app.tenants where slug = 'loop-3'`)).toEqual([]);
    await server.asAdmin('delete from app.attempt_counters');
  });
});

describe('a business changes', () => {
  const selection = 'tenant { name slug description metadata }';

  test('its name and slug; the former slug still leads to it and to nobody else', async () => {
    await create({ slug: 'oldname', name: 'Old', sampleProducts: false });
    const token = await server.tokenOf('owner@lumen.example', 'oldname');
    const input = { slug: 'newname', name: 'New', description: 'd', metadata: { a: 1 } };
    expect((await run(token, 'tenantUpdate', input, selection)).tenant).toEqual(input);
    const harbor = await server.tokenOf('member@harbor.example');
    expect((await create({ slug: 'oldname', name: 'Thief' }, harbor)).userErrors).toMatchObject([
      { code: 'SLUG_TAKEN' },
    ]);
    const keep = await run(token, 'tenantUpdate', { description: null }, selection);
    expect(keep.tenant).toEqual({ ...input, description: null });
    const back = await run(token, 'tenantUpdate', { slug: 'oldname' }, selection);
    expect(back.tenant.slug).toBe('oldname');
    const taken = await run(token, 'tenantUpdate', { slug: 'harbor' }, selection);
    expect(taken.userErrors).toMatchObject([{ code: 'SLUG_TAKEN' }]);
    for (let turn = 1; turn <= 8; turn += 1) {
      await run(token, 'tenantUpdate', { slug: `turn-${turn}` }, selection);
    }
    const spent = await run(token, 'tenantUpdate', { slug: 'turn-9' }, selection);
    expect(spent.userErrors).toMatchObject([{ code: 'SLUG_LIMIT' }]);
  });

  test('from version 1.10 to 1.1, which only an amount would be the same as', async () => {
    const token = await server.tokenOf('owner@lumen.example', 'lumen');
    for (const version of ['1.10', '1.1']) {
      const input = { description: version, metadata: { version } };
      expect((await run(token, 'tenantUpdate', input, selection)).tenant).toMatchObject(input);
    }
  });

  test('by an admin, never by a viewer', async () => {
    const [admin, viewer] = await Promise.all([
      server.tokenOf('admin@lumen.example', 'lumen'),
      server.tokenOf('viewer@lumen.example'),
    ]);
    const input = { metadata: { seen: true } };
    expect((await run(admin, 'tenantUpdate', input, selection)).userErrors).toEqual([]);
    expect((await run(viewer, 'tenantUpdate', input, selection)).errors).toMatchObject([
      { extensions: { permission: 'tenant:write', reason: 'ROLE' } },
    ]);
  });
});

describe('a business ends', () => {
  const end = (credential: string, confirmation: string) =>
    run(credential, 'tenantDelete', { confirmation }, 'purgeAt');
  const restore = (credential: string, slug: string) =>
    run(credential, 'tenantRestore', { slug }, 'membership { slug status role }');

  test('for everybody at once, and comes back as it was for its owner alone', async () => {
    const made = await create({
      slug: 'ending',
      name: 'Ending',
      apiKey: { name: 'k', scopes: ['products:read'] },
    });
    const token = await server.tokenOf('owner@lumen.example', 'ending');
    const ask = async (credential: string) =>
      (await server.ask(credential, '{ products(first: 1) { nodes { id } } }')).status;
    expect(await Promise.all([ask(token), ask(made.secret)])).toEqual([200, 200]);
    expect((await end(token, 'lumen')).userErrors).toMatchObject([{ code: 'CONFIRMATION_WRONG' }]);
    const { purgeAt } = await end(token, 'ending');
    expect((Date.parse(purgeAt) - Date.now()) / 86_400_000).toBeCloseTo(30, 1);
    await expect
      .poll(() => Promise.all([ask(token), ask(made.secret)]), { timeout: 1_000 })
      .toEqual([401, 401]);
    expect((await create({ slug: 'ending', name: 'Ending' })).userErrors).toMatchObject([
      { code: 'SLUG_TAKEN' },
    ]);
    const refusals: Awaited<ReturnType<typeof restore>>[] = [];
    for (const [email, slug] of [
      ['admin@lumen.example', 'ending'],
      ['owner@lumen.example', 'lumen'],
      ['owner@lumen.example', 'no-such-business'],
    ] as const) {
      refusals.push(await restore(await server.tokenOf(email), slug));
    }
    for (const refusal of refusals) expect(refusal).toEqual(refusals[0]);
    expect(refusals[0].userErrors).toMatchObject([{ code: 'NOT_FOUND' }]);
    expect((await restore(owner, 'ending')).membership).toEqual({
      ...{ slug: 'ending', status: 'TRIAL', role: 'OWNER' },
    });
    await expect.poll(() => ask(made.secret), { timeout: 1_000 }).toBe(200);
  });

  test('not once its time is over, nor by who is no owner or suspended', async () => {
    await create({ slug: 'too-late', name: 'Late', sampleProducts: false });
    const token = await server.tokenOf('owner@lumen.example', 'too-late');
    const admin = await server.tokenOf('admin@lumen.example', 'lumen');
    expect((await end(admin, 'lumen')).errors).toMatchObject([
      { extensions: { permission: 'tenant:delete', reason: 'ROLE' } },
    ]);
    const set = (change: string) =>
      server.asAdmin(`update app.tenants set ${change} where slug = 'too-late'`);
    await set(`status = 'SUSPENDED'`);
    const suspended = await server.tokenOf('owner@lumen.example', 'too-late');
    expect((await end(suspended, 'too-late')).errors).toMatchObject([
      { extensions: { permission: 'tenant:delete', reason: 'TENANT_SUSPENDED' } },
    ]);
    await set(`status = 'ACTIVE'`);
    await server.asAdmin(`select pg_notify('tenantry_identity', '')`);
    await expect
      .poll(async () => (await end(token, 'too-late')).userErrors, { timeout: 2_000 })
      .toEqual([]);
    await set('purge_at = now()');
    expect((await restore(owner, 'too-late')).userErrors).toMatchObject([{ code: 'NOT_FOUND' }]);
  });
});

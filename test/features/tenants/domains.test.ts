import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { request as httpRequest } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createTxtLookup } from '../../../src/clients/dns.ts';
import { type DnsServer, startDnsServer } from '../../support/dnsServer.ts';
import { putOnPlan } from '../../support/plans.ts';
import { startTestServer, type TestServer } from '../../support/server.ts';

let dns: DnsServer;
let server: TestServer;
let lumen: string;
let harbor: string;
beforeAll(async () => {
  dns = await startDnsServer();
  server = await startTestServer({
    BASE_DOMAIN: 'tenantry-shops.com',
    DNS_SERVERS: dns.address,
  });
  for (const slug of ['lumen', 'harbor']) await putOnPlan(server, slug, 'ENTERPRISE');
  [lumen, harbor] = await Promise.all([
    server.tokenOf('owner@lumen.example'),
    server.tokenOf('owner@harbor.example'),
  ]);
});
afterAll(async () => {
  await server?.close();
  await dns?.close();
});
beforeEach(() => {
  dns.beforeAnswer = () => undefined;
});

async function run(credential: string, field: string, input: object) {
  const type = `${field.slice(0, 1).toUpperCase()}${field.slice(1)}Input`;
  const { body } = await server.ask(
    credential,
    `mutation ($input: ${type}!) { ${field}(input: $input) {
      domain { id domain proof { name value } verifiedAt } userErrors { field code message } } }`,
    { input },
  );
  return body.data?.[field] ?? body;
}
const add = (credential: string, domain: string) => run(credential, 'domainAdd', { domain });
const verify = (credential: string, id: string) => run(credential, 'domainVerify', { id });
const remove = (credential: string, id: string) => run(credential, 'domainRemove', { id });
const codes = ({ userErrors }: { userErrors: { code: string }[] }) =>
  userErrors.map(({ code }) => code);

/** Claims a domain and sets its record. */
async function claim(credential: string, domain: string) {
  const added = (await add(credential, domain)).domain;
  const texts = dns.records.get(added.proof.name) ?? ['v=spf1 -all'];
  dns.records.set(added.proof.name, [...texts, added.proof.value]);
  return added;
}

/** What a sign-in at a host comes to: the slug of its business. */
async function signInAt(host: string): Promise<string | null> {
  const { port } = new URL(server.url);
  const query =
    'mutation { signIn(input: {email: "admin@lumen.example", password: "demo-password"}) { membership { slug } } }';
  const request = httpRequest({
    ...{ port, method: 'POST', path: '/graphql' },
    headers: { 'Content-Type': 'application/json', Host: host },
  });
  request.end(JSON.stringify({ query }));
  const [response] = await once(request, 'response');
  let text = '';
  for await (const chunk of response) text += chunk;
  return JSON.parse(text).data.signIn.membership?.slug ?? null;
}

test('a domain is added, proved, leads to its business, and is given up', async () => {
  const { domain, userErrors } = await add(harbor, ' Shop.Harbor-Tern.COM. ');
  expect(userErrors).toEqual([]);
  expect(domain).toMatchObject({
    ...{ domain: 'shop.harbor-tern.com', verifiedAt: null },
    proof: { name: '_tenantry.shop.harbor-tern.com' },
  });
  expect(domain.proof.value).toMatch(/^tenantry-verification=[\w-]{32}$/);
  expect((await add(harbor, 'shop.harbor-tern.com')).domain).toEqual(domain);

  const missing = await verify(harbor, domain.id);
  expect(codes(missing)).toEqual(['NOT_PROVED']);
  expect(missing.userErrors[0].message).toContain(domain.proof.value);
  dns.records.set(domain.proof.name, ['tenantry-verification=another', 'x'.repeat(300)]);
  expect(codes(await verify(harbor, domain.id))).toEqual(['NOT_PROVED']);
  expect(await signInAt('shop.harbor-tern.com')).toBe('lumen'); // the oldest membership: it names nobody

  dns.records.set(domain.proof.name, ['v=spf1 -all', domain.proof.value]);
  const proved = await verify(harbor, domain.id);
  expect(proved.domain.verifiedAt).not.toBeNull();
  expect((await verify(harbor, domain.id)).domain).toEqual(proved.domain);
  await expect
    .poll(() => signInAt('shop.harbor-tern.com:443'), { timeout: 3_000, interval: 200 })
    .toBe('harbor');
  const asked =
    '{ tenant { domain } domains(first: 5) { totalCount nodes { domain verifiedAt } } }';
  expect((await server.ask(harbor, asked)).body.data).toEqual({
    tenant: { domain: 'shop.harbor-tern.com' },
    domains: {
      totalCount: 1,
      nodes: [{ domain: 'shop.harbor-tern.com', verifiedAt: proved.domain.verifiedAt }],
    },
  });

  expect(codes(await remove(harbor, domain.id))).toEqual([]);
  expect(codes(await remove(harbor, domain.id))).toEqual(['NOT_FOUND']);
  expect((await server.ask(harbor, asked)).body.data).toEqual({
    ...{ tenant: { domain: null }, domains: { totalCount: 0, nodes: [] } },
  });
  const routes = await server.asAdmin(`select from app.tenant_routes where kind = 'DOMAIN'`);
  expect(routes).toEqual([]);
  const log = `{ auditEvents(first: 10, filter: { action: { in: ["domain.added", "domain.verified", "domain.removed"] } }) { nodes { action } } }`;
  const { nodes } = (await server.ask(harbor, log)).body.data.auditEvents;
  expect(nodes.map(({ action }: { action: string }) => action)).toEqual([
    ...['domain.removed', 'domain.verified', 'domain.added'],
  ]);
});

test('after a downgrade it is kept and leads nowhere, and an upgrade brings it back', async () => {
  const { id, domain } = await claim(harbor, 'kept.harbor-tern.com');
  await verify(harbor, id);
  await expect.poll(() => signInAt(domain), { timeout: 3_000, interval: 50 }).toBe('harbor');
  await putOnPlan(server, 'harbor', 'PREMIUM');
  await expect.poll(() => signInAt(domain), { timeout: 1_000, interval: 20 }).toBe('lumen');
  const { errors } = await verify(harbor, id);
  expect(errors[0].extensions).toMatchObject({ reason: 'PLAN', feature: 'CUSTOM_DOMAIN' });
  const kept = '{ domains(first: 5) { nodes { domain verifiedAt } } }';
  expect((await server.ask(harbor, kept)).body.data.domains.nodes).toEqual([
    { domain, verifiedAt: expect.any(String) },
  ]);
  expect(codes(await verify(lumen, (await claim(lumen, domain)).id))).toEqual(['DOMAIN_TAKEN']);
  await putOnPlan(server, 'harbor', 'ENTERPRISE');
  await expect.poll(() => signInAt(domain), { timeout: 3_000, interval: 50 }).toBe('harbor');
  await putOnPlan(server, 'harbor', 'PREMIUM');
  expect(codes(await remove(harbor, id))).toEqual([]);
  await putOnPlan(server, 'harbor', 'ENTERPRISE');
});

test('what another business has proved is refused, without saying whose; a claim alone keeps nobody out', async () => {
  const theirs = await claim(harbor, 'contested.com');
  const ours = await claim(lumen, 'contested.com');
  expect(ours.proof.value).not.toBe(theirs.proof.value);
  const [one, other] = await Promise.all([verify(lumen, ours.id), verify(harbor, theirs.id)]);
  expect([codes(one), codes(other)].toSorted()).toEqual([[], ['DOMAIN_TAKEN']]);
  const lost = one.userErrors.length > 0 ? one : other;
  expect(JSON.stringify(lost)).not.toMatch(/lumen|harbor/i);
  expect(lost.domain).toBeNull();
  // Another's claim is nobody's, and no name is looked up for it.
  const before = dns.asked.length;
  expect(codes(await verify(lumen, theirs.id))).toEqual(['NOT_FOUND']);
  expect(dns.asked).toHaveLength(before);
});

describe('refused:', () => {
  test.each([
    ['https://shop.com', 'INVALID'],
    ['shop', 'INVALID'],
    ['localhost', 'INVALID'],
    ['shop.local', 'INVALID'],
    ['shop.test', 'INVALID'],
    ['192.0.2.1', 'INVALID'],
    ['0x7f.1', 'INVALID'],
    ['[::1]', 'INVALID'],
    ['shop.com:80', 'INVALID'],
    ['a b.com', 'INVALID'],
    ['-a.com', 'INVALID'],
    ['*.shop.com', 'INVALID'],
    ['a_b.com', 'INVALID'],
    ['shop..com', 'INVALID'],
    [`${'a'.repeat(64)}.com`, 'INVALID'],
    [`${'a.'.repeat(130)}com`, 'INVALID'],
    ['\0.com', 'INVALID'],
    ['co.uk', 'PUBLIC_SUFFIX'],
    ['github.io', 'PUBLIC_SUFFIX'],
    ['tenantry-shops.com', 'RESERVED'],
    ['lumen.tenantry-shops.com', 'RESERVED'],
    ['LUMEN.Tenantry-Shops.com.', 'RESERVED'],
  ])('%j as %s', async (domain, code) => {
    expect(codes(await add(lumen, domain))).toEqual([code]);
  });

  test('not punycode, which is the same domain as its letters', async () => {
    const written = await add(lumen, 'Bücher.de');
    expect(written.domain.domain).toBe('xn--bcher-kva.de');
    expect((await add(lumen, 'xn--bcher-kva.de')).domain).toEqual(written.domain);
    expect((await add(lumen, 'ＢÜＣＨＥＲ。ＤＥ')).domain).toEqual(written.domain);
  });

  test('more than twenty, other fields beside a verification, and who may not', async () => {
    await Promise.all(Array.from({ length: 40 }, (_, index) => add(lumen, `many-${index}.com`)));
    const count = '{ domains(first: 1) { totalCount } }';
    expect((await server.ask(lumen, count)).body.data.domains.totalCount).toBe(20);
    expect(codes(await add(lumen, 'one-more.com'))).toEqual(['TOO_MANY']);
    const [id] = (await server.ask(lumen, '{ domains(first: 1) { nodes { id } } }')).body.data
      .domains.nodes;
    const twice = `mutation { a: domainVerify(input: {id: "${id.id}"}) { domain { id } } b: domainVerify(input: {id: "${id.id}"}) { domain { id } } }`;
    expect((await server.ask(lumen, twice)).body.errors[0].message).toContain('only field');
    const viewer = await server.tokenOf('viewer@lumen.example');
    expect((await add(viewer, 'x.com')).errors[0].extensions.permission).toBe('tenant:write');
  });

  test('by Postgres, when there is no proof or an old one, whoever calls', async () => {
    const { id } = await claim(harbor, 'unproved.com');
    const [row] = await server.asAdmin(
      `select tenant_id, id from app.tenant_domains where domain = 'unproved.com'`,
    );
    expect(id).toMatch(/^dom_/);
    const route = (proved: string) =>
      server.database.withTenant(String(row?.tenant_id), { mode: 'write' }, async (tx) => {
        await tx.query(`update app.tenant_domains set proved_at = ${proved} where id = $1`, [
          row?.id,
        ]);
        return (await tx.query('select app.route_domain($1) as routed', [row?.id])).rows;
      });
    expect(await route('null')).toEqual([{ routed: false }]);
    expect(await route(`now() - interval '6 minutes'`)).toEqual([{ routed: false }]);
    const insert = server.database.withTenant(String(row?.tenant_id), { mode: 'write' }, (tx) =>
      tx.query(`insert into app.tenant_routes values ('DOMAIN', 'unproved.com', $1)`, [
        row?.tenant_id,
      ]),
    );
    await expect(insert).rejects.toMatchObject({ sqlState: '42501' });
  });
});

test('while DNS is asked, no transaction is open', async () => {
  const { id } = await claim(harbor, 'slow.com');
  let open: unknown[] = [];
  dns.beforeAnswer = async () => {
    // The server's own work is over in a moment; the verification's would stay, for it is not answered yet.
    for (let look = 0; look < 100; look += 1) {
      open = await server.asAdmin(
        `select query from pg_stat_activity where datname = current_database()
         and usename = 'tenantry_server' and xact_start is not null`,
      );
      if (open.length === 0) return;
    }
  };
  expect(codes(await verify(harbor, id))).toEqual([]);
  expect(dns.asked.at(-1)).toBe('_tenantry.slow.com');
  expect(open).toEqual([]);
});

test('DNS that does not answer is no proof, and is given up in time', async () => {
  const silent = createSocket('udp4');
  silent.bind(0, '127.0.0.1');
  await once(silent, 'listening');
  const { port } = silent.address() as AddressInfo;
  const started = performance.now();
  expect(await createTxtLookup([`127.0.0.1:${port}`], 300)('_tenantry.slow.com')).toBeNull();
  expect(performance.now() - started).toBeLessThan(1_000);
  silent.close();
  expect(await createTxtLookup([`127.0.0.1:${port}`], 300)('_tenantry.slow.com')).toBeNull();
  expect(await createTxtLookup([dns.address])('_tenantry.unheard-of.com')).toEqual([]);
});

import { expect, vi } from 'vitest';
import { identityChannel } from '../../src/auth/identityChanges.ts';
import type { TestServer } from './server.ts';

/** Moves a business to a plan behind the API's back, and waits until the server has heard of it. */
export async function putOnPlan(server: TestServer, slug: string, plan: string): Promise<void> {
  await askStanding(server, slug);
  await server.asAdmin('update app.tenants set plan = $2 where slug = $1', [slug, plan]);
  await announceStanding(server, slug);
}

/** As an operator would, with an override; undefined removes it. */
export async function overrideFeature(
  server: TestServer,
  slug: string,
  feature: string,
  granted: boolean | undefined,
): Promise<void> {
  await askStanding(server, slug);
  await server.asAdmin(
    `delete from app.tenant_overrides o using app.tenants t
     where t.slug = $1 and o.tenant_id = t.id and o.code = $2`,
    [slug, feature],
  );
  if (granted !== undefined) {
    await server.asAdmin(
      `insert into app.tenant_overrides (tenant_id, kind, code, granted, reason)
       select id, 'FEATURE', $2, $3, 'a test' from app.tenants where slug = $1`,
      [slug, feature, granted],
    );
  }
  await announceStanding(server, slug);
}

/**
 * As the server knows it. Asked before a change too, so that it is remembered: else the next answer is read
 * anew, and says nothing of whether the server has heard and forgotten what it keeps of others.
 */
async function askStanding(server: TestServer, slug: string) {
  const token = await ownerOf(server, slug);
  const { body } = await server.ask(token, '{ viewer { features } tenant { plan } }');
  return { features: body.data?.viewer.features, plan: body.data?.tenant.plan };
}

/** What the server keeps of callers is forgotten when it answers with what is true now. */
async function announceStanding(server: TestServer, slug: string): Promise<void> {
  const [now] = await server.asAdmin(
    `select pg_notify('${identityChannel}', t.id::text), s.plan, s.features
     from app.tenants t cross join lateral app.tenant_standing(t.id) s where t.slug = $1`,
    [slug],
  );
  // With pauses: on a slow machine it asks often, and a business on BASIC may not.
  await vi.waitFor(
    async () => {
      const known = await askStanding(server, slug);
      expect(known).toEqual({ features: now?.features, plan: now?.plan });
    },
    { interval: 20, timeout: 20_000 },
  );
}

const owners = new WeakMap<TestServer, Map<string, Promise<string>>>();

/** Signing in once is enough: the token knows no plan. */
function ownerOf(server: TestServer, slug: string): Promise<string> {
  const known = owners.get(server) ?? new Map<string, Promise<string>>();
  const token = known.get(slug) ?? server.tokenOf(`owner@${slug}.example`);
  owners.set(server, known.set(slug, token));
  return token;
}

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { codesOf, mailedText, mailedToken, mutate, mutateFully } from '../../support/accounts.ts';
import { addMember, atOnce, tenantRow } from '../../support/people.ts';
import { startTestServer, type TestServer } from '../../support/server.ts';

let server: TestServer;
let owner: string;
let admin: string;
beforeAll(async () => {
  server = await startTestServer();
  owner = await server.tokenOf('owner@lumen.example');
  admin = await server.tokenOf('admin@lumen.example');
});
afterAll(() => server?.close());

/** What became of a mutation: `DONE`, the code of its refusal, or of its error. */
async function outcome(answer: ReturnType<typeof mutateFully>): Promise<string> {
  const { body } = await answer;
  if (body.errors) return body.errors[0].extensions.code;
  const [field] = Object.values(body.data) as { userErrors: { code: string }[] }[];
  return field?.userErrors[0]?.code ?? 'DONE';
}
const codeOf = ({ body }: Awaited<ReturnType<typeof mutateFully>>) => body.errors?.[0].extensions;

describe('the ownership of a business', () => {
  const offer = (memberId: string, credential = owner) =>
    mutateFully(
      server,
      'ownershipTransferStart',
      { memberId },
      'ownershipTransfer { to { id } }',
      credential,
    );
  const accept = (credential: string) =>
    mutate(
      server,
      'ownershipTransferAccept',
      { tenantSlug: 'lumen' },
      'membership { role }',
      credential,
    );
  const cancel = (credential: string) =>
    mutate(server, 'ownershipTransferCancel', { tenantSlug: 'lumen' }, 'done', credential);
  let heir: string;
  let token: string;
  beforeAll(async () => {
    heir = await addMember(server, { email: 'heir@team.example', role: 'VIEWER', slug: 'lumen' });
    token = await server.tokenOf('heir@team.example', 'lumen');
  });

  test('is offered by an owner alone, and changes nothing yet', async () => {
    expect(await outcome(offer(heir, admin))).toBe('FORBIDDEN');
    expect(await outcome(offer(heir))).toBe('DONE');
    expect(await outcome(offer(heir))).toBe('TRANSFER_PENDING');
    expect(await mailedText(server, 'heir@team.example')).toContain('ownershipTransferAccept');
    const query = '{ viewer { role } ownershipTransfer { to { id } from { role } } }';
    expect((await server.ask(token, query)).body.data).toEqual({
      viewer: { role: 'VIEWER' },
      ownershipTransfer: { to: { id: heir }, from: { role: 'OWNER' } },
    });
  });

  test('is taken back, declined, or runs out, and is not given then', async () => {
    for (const end of [() => cancel(owner), () => cancel(token)]) {
      expect(await end()).toMatchObject({ done: true });
      expect(codesOf(await accept(token))).toEqual(['NOT_FOUND']);
      expect(await outcome(offer(heir))).toBe('DONE');
    }
    expect(codesOf(await cancel(admin))).toEqual(['NOT_FOUND']);
    await server.asAdmin(
      `update app.ownership_transfers set expires_at = now() - interval '1 second'`,
    );
    expect(codesOf(await accept(token))).toEqual(['NOT_FOUND']);
    expect(await outcome(offer(heir))).toBe('DONE');
  });

  test('goes to who was offered it and to nobody else, once; who gave it is an admin', async () => {
    expect(codesOf(await accept(admin))).toEqual(['NOT_FOUND']);
    expect(codesOf(await accept(owner))).toEqual(['NOT_FOUND']);
    const starts = [() => accept(token), () => accept(token), () => cancel(owner)];
    const answers = await atOnce(server, tenantRow('lumen'), starts);
    expect(answers.flatMap(codesOf).filter((code) => code === 'NOT_FOUND')).toHaveLength(2);
    if (answers[2].done) {
      await offer(heir);
      await accept(token);
    }
    await expect
      .poll(async () => (await server.ask(token, '{ viewer { role } }')).body.data.viewer.role)
      .toBe('OWNER');
    const { body } = await server.ask(
      token,
      '{ members(first: 100) { nodes { email role } } auditEvents(first: 4) { nodes { action } } ownershipTransfer { expiresAt } }',
    );
    const owners = body.data.members.nodes.filter(({ role }: { role: string }) => role === 'OWNER');
    expect(owners).toEqual([{ email: 'heir@team.example', role: 'OWNER' }]);
    const actions = body.data.auditEvents.nodes.map(({ action }: { action: string }) => action);
    expect(actions).toEqual(
      expect.arrayContaining(['ownership.transferred', 'member.roleChanged']),
    );
    expect(body.data.ownershipTransfer).toBeNull();
    expect(await mailedText(server, 'owner@lumen.example')).toContain('has accepted');
  });
});

test('in a suspended business nobody comes, goes or is changed, and all are told why', async () => {
  const harbor = await server.tokenOf('owner@harbor.example', 'harbor');
  const input = { email: 'late@asked.example', role: 'VIEWER' };
  await mutate(server, 'memberInvite', input, 'invitation { id }', harbor);
  const token = await mailedToken(server, 'late@asked.example');
  await server.asAdmin(
    `with suspended as (update app.tenants set status = 'SUSPENDED' where slug = 'harbor' returning id)
     select pg_notify('tenantry_identity', id::text) from suspended`,
  );
  const invite = () =>
    mutateFully(
      server,
      'memberInvite',
      { ...input, email: 'x@asked.example' },
      'invitation { id }',
      harbor,
    );
  await expect.poll(async () => codeOf(await invite())?.reason).toBe('TENANT_SUSPENDED');
  const slug = { tenantSlug: 'harbor' };
  expect(codesOf(await mutate(server, 'memberLeave', slug, 'done', harbor))).toEqual(['SUSPENDED']);
  const newcomer = { token, name: 'Late', password: 'violet kettle ponders gravel' };
  expect(codesOf(await mutate(server, 'invitationAccept', newcomer, 'token'))).toEqual([
    'SUSPENDED',
  ]);
  const { body } = await server.ask(
    harbor,
    '{ tenant { viewerCanInvite } members { nodes { viewerCanRemove viewerCanChangeRole } } }',
  );
  expect(body.data.tenant.viewerCanInvite).toBe(false);
  expect(JSON.stringify(body.data.members)).not.toContain('true');
});

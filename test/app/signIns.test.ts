import { afterAll, beforeAll, expect, test } from 'vitest';
import { useRealPassword } from '../support/seededDatabase.ts';
import { startTestServer, type TestServer } from '../support/server.ts';
import { expectSimilarTimes } from '../support/timing.ts';

let server: TestServer;
let owner: string;
let stranger: string;
beforeAll(async () => {
  server = await startTestServer();
  owner = await server.tokenOf('owner@lumen.example');
  stranger = await server.tokenOf('owner@harbor.example');
});
afterAll(() => server?.close());

const signIn =
  'mutation ($input: SignInInput!) { signIn(input: $input) { token userErrors { code message field } } }';
const events =
  '{ auditEvents(first: 50, filter: { action: { in: ["member.signedIn", "member.signInFailed"] } }) { nodes { action actorKind actorId actorName targetType targetId ip userAgent before after } } }';

interface Event {
  action: string;
  actorKind: string;
  actorId: string | null;
  targetId: string;
}
const eventsOf = async (token: string): Promise<Event[]> =>
  (await server.ask(token, events)).body.data.auditEvents.nodes;
const attempt = async (input: { email: string; password: string; tenantSlug?: string }) =>
  (await server.ask(null, signIn, { input })).body.data.signIn;

test('a sign-in is in the audit log of the business before its token is answered', async () => {
  const before = (await eventsOf(owner)).length;
  const { token } = await attempt({ email: 'viewer@lumen.example', password: 'demo-password' });
  const found = await eventsOf(owner);
  expect(found.length).toBe(before + 1);
  const viewer = (await server.ask(token, '{ viewer { id } }')).body.data.viewer.id;
  expect(found[0]).toMatchObject({
    action: 'member.signedIn',
    actorKind: 'USER',
    actorId: viewer,
    targetType: 'Member',
    targetId: expect.stringMatching(/^mem_/),
    ip: '127.0.0.1',
  });
});

test('a wrong password of somebody known is there too, and in no other business’s', async () => {
  const foreign = await eventsOf(stranger);
  const failed = async () =>
    (await eventsOf(owner)).filter(({ action }) => action === 'member.signInFailed');
  const before = (await failed()).length;
  const password = 'canary of a wrong password';
  await attempt({ email: 'Member@lumen.example', password });
  // Right, and for a business that is not theirs: theirs is told all the same.
  await attempt({
    email: 'member@lumen.example',
    password: 'demo-password',
    tenantSlug: 'harbor',
  });
  await attempt({ email: 'nobody@lumen.example', password });
  // Before the answer: a crash loses none.
  expect((await failed()).length).toBe(before + 2);
  const [latest] = await failed();
  expect(latest).toMatchObject({ actorKind: 'SYSTEM', actorId: null, targetType: 'Member' });
  const rows = await server.asAdmin('select e::text as text from app.audit_events e');
  expect(rows.filter(({ text }) => String(text).includes('canary'))).toEqual([]);
  expect(await eventsOf(stranger)).toEqual(foreign);
});

test('an unknown person and a wrong password: the same body, in similar time', async () => {
  await useRealPassword(server, 'owner@lumen.example');
  const took = { 'owner@lumen.example': [] as number[], 'nobody@lumen.example': [] as number[] };
  const bodies = new Set<string>();
  for (let turn = 0; turn < 9; turn += 1) {
    for (const [email, times] of Object.entries(took)) {
      const since = performance.now();
      bodies.add(JSON.stringify(await attempt({ email, password: `wrong ${turn}` })));
      times.push(performance.now() - since);
    }
  }
  expect(bodies.size).toBe(1);
  expectSimilarTimes(took['owner@lumen.example'], took['nobody@lumen.example']);
});

test('a hidden id and a missing one: the same body, in similar time', async () => {
  const first = '{ products(first: 1) { nodes { id } } }';
  const hidden = (await server.ask(stranger, first)).body.data.products.nodes[0].id;
  const took: Record<string, number[]> = { [hidden]: [], prd_01h455vb4pex5vsknk084sn02q: [] };
  const operations = [
    'query ($id: ID!) { node(id: $id) { id } product(id: $id) { id name } }',
    'mutation ($id: ID!) { productUpdate(input: { id: $id, name: "x" }) { product { id } userErrors { code field message } } }',
  ];
  for (const query of operations) {
    const bodies = new Set<string>();
    for (let turn = 0; turn < 60; turn += 1) {
      for (const [id, times] of Object.entries(took)) {
        const since = performance.now();
        bodies.add(JSON.stringify((await server.ask(owner, query, { id })).body));
        times.push(performance.now() - since);
      }
    }
    expect(bodies.size).toBe(1);
  }
  expectSimilarTimes(...(Object.values(took) as [number[], number[]]));
});

test('a failed sign-in is written down before it is answered, so that no crash loses it', async () => {
  let answered = false;
  let answer: Promise<void> | undefined;
  await server.holding('lock table app.audit_events in share mode', [], async () => {
    answer = attempt({ email: 'viewer@lumen.example', password: 'wrong' }).then(() => {
      answered = true;
    });
    const waiting = `select from pg_locks where relation = 'app.audit_events'::regclass and not granted`;
    await expect.poll(async () => (await server.asAdmin(waiting)).length).toBe(1);
    await server.ask(null, '{ __typename }');
    expect(answered).toBe(false);
  });
  await answer;
});

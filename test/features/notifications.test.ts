import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { useMeter } from '../../src/features/usage/useMeter.ts';
import { mutate } from '../support/accounts.ts';
import { startTestServer, type TestServer } from '../support/server.ts';
import { limit, somebody, within } from './usage/support/meters.ts';

let server: TestServer;
let owner: string;
let viewer: string;
beforeAll(async () => {
  server = await startTestServer();
  [owner, viewer] = await Promise.all([
    server.tokenOf('owner@lumen.example'),
    server.tokenOf('viewer@lumen.example'),
  ]);
});
afterAll(() => server?.close());

const read = `query ($unread: Boolean! = false) { notifications(unread: $unread) { totalCount nodes {
  id kind message readAt usage { meter percent used limit resetsAt } } } }`;
const shownTo = async (credential: string, unread = false) =>
  (await server.ask(credential, read, { unread })).body.data.notifications;

beforeEach(async () => {
  await server.asAdmin('delete from app.notification_reads');
  await server.asAdmin('delete from app.notifications');
  await server.asAdmin(`delete from app.usage_slots where meter = 'STORAGE_BYTES'`);
  await limit(server, 'lumen', { STORAGE_BYTES: 1_000 });
  for (const amount of [850, 150]) {
    await within(server, 'lumen', (tx) =>
      useMeter(tx, somebody, { meter: 'STORAGE_BYTES', amount, feature: 'test' }),
    );
  }
});

test('a business is told that a limit is near and reached, and nobody else is', async () => {
  const { totalCount, nodes } = await shownTo(viewer);
  expect(totalCount).toBe(2);
  expect(nodes).toMatchObject([
    {
      kind: 'USAGE_WARNING',
      message: "The plan's limit is reached: 1,000 bytes of files. No more of it is taken.",
      usage: { meter: 'STORAGE_BYTES', percent: 100, used: 1_000, limit: 1_000, resetsAt: null },
    },
    {
      message: "80 % of the plan's 1,000 bytes of files are used (850).",
      usage: { percent: 80, used: 850 },
    },
  ]);
  const other = await server.tokenOf('owner@harbor.example');
  expect((await shownTo(other)).nodes).toEqual([]);
  expect((await server.ask(other, `{ node(id: "${nodes[0].id}") { id } }`)).body.data.node).toBe(
    null,
  );
});

test('each member reads for themselves', async () => {
  const mark = (credential: string, ids: string[] | null) =>
    mutate(server, 'notificationsMarkRead', { ids }, 'marked', credential);
  const [newest, oldest] = (await shownTo(owner)).nodes;
  expect(await mark(owner, [newest.id])).toEqual({ marked: 1, userErrors: [] });
  expect(await mark(owner, [newest.id])).toMatchObject({ marked: 0 });
  expect((await shownTo(owner)).nodes[0].readAt).toMatch(/^20/);
  expect((await shownTo(owner, true)).nodes).toMatchObject([{ id: oldest.id, readAt: null }]);
  expect((await shownTo(owner, true)).totalCount).toBe(1);
  expect((await shownTo(viewer, true)).totalCount).toBe(2);
  expect(await mark(viewer, null)).toMatchObject({ marked: 2 });
  const stranger = 'ntf_01kax0000000000000000000zz';
  expect(await mark(owner, [oldest.id, stranger])).toMatchObject({
    marked: 0,
    userErrors: [{ code: 'NOT_FOUND' }],
  });
  expect((await shownTo(owner, true)).totalCount).toBe(1);
});

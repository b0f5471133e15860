import { afterAll, beforeAll, expect, test } from 'vitest';
import { noteUsageMarks } from '../../../src/features/usage/useMeter.ts';
import { startTestServer, type TestServer } from '../../support/server.ts';
import { within } from './support/meters.ts';

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server?.close());

const percentsOf = async (meter: string) =>
  (
    await server.asAdmin(
      `select data ->> 'percent' as percent from app.notifications where data ->> 'meter' = $1 order by created_at, id`,
      [meter],
    )
  ).map(({ percent }) => percent);

test('a meter that is counted elsewhere is warned of once, whoever passes a mark how often', async () => {
  const note = (before: number, after: number) =>
    within(server, 'lumen', (tx) =>
      noteUsageMarks(tx, { meter: 'API_REQUESTS_PER_DAY', before, after, limit: 1_000 }),
    );
  await server.asAdmin('delete from app.notifications');
  await note(0, 799);
  expect(await percentsOf('API_REQUESTS_PER_DAY')).toEqual([]);
  await Promise.all([note(799, 801), note(790, 820), note(801, 830)]);
  expect(await percentsOf('API_REQUESTS_PER_DAY')).toEqual(['80']);
  await note(830, 1_000);
  await note(999, 1_001);
  expect(await percentsOf('API_REQUESTS_PER_DAY')).toEqual(['80', '100']);
});

import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { sweepTenants } from '../../../src/app/sweep.ts';
import {
  releaseUsage,
  reserveUsage,
  settleUsage,
  useMeter,
} from '../../../src/features/usage/useMeter.ts';
import { Refusal } from '../../../src/lib/errors.ts';
import { startTestServer, type TestServer } from '../../support/server.ts';
import { countsOf, limit, somebody, within } from './support/meters.ts';

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server?.close());
beforeEach(async () => {
  await server.asAdmin('delete from app.usage_reservations');
  await server.asAdmin(`delete from app.usage_slots where meter = 'AI_TOKENS_PER_MONTH'`);
  await server.asAdmin(`delete from app.usage_days where meter = 'AI_TOKENS_PER_MONTH'`);
  await limit(server, 'lumen', { AI_TOKENS_PER_MONTH: 1_000 });
});

const meter = 'AI_TOKENS_PER_MONTH';
const reserve = (amount: number, seconds = 60) =>
  within(server, 'lumen', (tx) =>
    reserveUsage(tx, somebody, { meter, amount, feature: 'assistant', seconds }),
  );
const settle = (id: string, actual: number) =>
  within(server, 'lumen', (tx) => settleUsage(tx, id, actual));
const refusalOf = (work: Promise<unknown>) =>
  work.then(
    () => null,
    (error: unknown) => (error instanceof Refusal ? error.issues[0] : error),
  );

describe('a reservation', () => {
  it('counts against the limit at once, and in the ledger when it is settled', async () => {
    const id = await reserve(900);
    expect(await countsOf(server, 'lumen', meter)).toEqual({ counted: 900, ledger: 0 });
    expect(await refusalOf(reserve(200))).toMatchObject({
      code: 'QUOTA_EXCEEDED',
      message: expect.stringContaining(
        '1,000 tokens of the assistant a month; 0 are used and 900 set aside',
      ),
    });
    expect(await settle(id, 300)).toBe(true);
    expect(await countsOf(server, 'lumen', meter)).toEqual({ counted: 300, ledger: 300 });
    await reserve(700);
  });

  it('is settled once', async () => {
    const id = await reserve(500);
    expect(await Promise.all([settle(id, 400), settle(id, 400)])).toEqual(
      expect.arrayContaining([true, false]),
    );
    expect(await settle(id, 400)).toBe(false);
    expect(await countsOf(server, 'lumen', meter)).toEqual({ counted: 400, ledger: 400 });
  });

  it('that is released leaves no trace', async () => {
    const id = await reserve(1_000);
    expect(await within(server, 'lumen', (tx) => releaseUsage(tx, id))).toBe(true);
    expect(await settle(id, 5)).toBe(false);
    expect(await countsOf(server, 'lumen', meter)).toEqual({ counted: 0, ledger: 0 });
    await reserve(1_000);
  });

  it('of a crash runs out, and whoever needs the room has it', async () => {
    const lost = await reserve(1_000, 0);
    const next = await reserve(600);
    expect(await settle(next, 600)).toBe(true);
    // It was spent after all: more than is allowed, and counted.
    expect(await settle(lost, 700)).toBe(true);
    expect(await countsOf(server, 'lumen', meter)).toEqual({ counted: 1_300, ledger: 1_300 });
    expect(await refusalOf(reserve(1))).toMatchObject({ code: 'QUOTA_EXCEEDED' });
  });

  it('of a crash is swept without anybody needing the room', async () => {
    await reserve(400, 0);
    await reserve(300);
    await sweepTenants(server.database);
    expect(await countsOf(server, 'lumen', meter)).toEqual({ counted: 300, ledger: 0 });
    const states = await server.asAdmin('select state from app.usage_reservations order by id');
    expect(states).toEqual([{ state: 'EXPIRED' }, { state: 'OPEN' }]);
    await server.asAdmin(
      `update app.usage_reservations set expires_at = now() - interval '25 hours'`,
    );
    await sweepTenants(server.database);
    await sweepTenants(server.database);
    expect(await server.asAdmin('select from app.usage_reservations')).toEqual([]);
  });

  it('that costs more than was set aside takes the room of nobody twice', async () => {
    const id = await reserve(100);
    expect(await settle(id, 250)).toBe(true);
    const others = await Promise.all(Array.from({ length: 20 }, () => refusalOf(reserve(50))));
    expect(others.filter((refusal) => refusal === null)).toHaveLength(15);
  });

  it('of a transaction that is undone was never made', async () => {
    const failed = within(server, 'lumen', async (tx) => {
      await reserveUsage(tx, somebody, { meter, amount: 500, feature: 'assistant', seconds: 60 });
      await useMeter(tx, somebody, { meter, amount: 100, feature: 'assistant' });
      throw new Error('undone');
    });
    await expect(failed).rejects.toThrow('undone');
    expect(await countsOf(server, 'lumen', meter)).toEqual({ counted: 0, ledger: 0 });
  });
});

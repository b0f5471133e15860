import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readMoment } from '../../src/db/tables/columns.ts';
import { add, useOpenerOfOne } from './support/openerOfOne.ts';

const here = useOpenerOfOne();

describe('values', () => {
  const echo = async (type: string, value: unknown): Promise<unknown> => {
    const { rows } = await here.db.withTenant(here.world.a, { mode: 'read' }, (tx) =>
      tx.query<{ value: unknown }>(`select $1::${type} as value`, [value]),
    );
    return rows[0]?.value;
  };
  const moment = new Date('2026-01-02T03:04:05.678Z');

  test.each([
    ['text', 'it\'s "quoted" \\ {braces}', undefined],
    ['text', null, undefined],
    ['text[]', ['a', 'b,c', '"d"', '\\e', '', null, 'null'], undefined],
    ['int4[]', [], undefined],
    [
      'int4[]',
      [
        [1, 2],
        [3, 4],
      ],
      undefined,
    ],
    ['uuid[]', ['00000000-0000-4000-8000-000000000001'], undefined],
    ['bytea', Buffer.from([0, 1, 255]), undefined],
    ['bytea[]', [Buffer.from([0, 255])], undefined],
    ['boolean', true, undefined],
    ['int8', 9_007_199_254_740_991, undefined],
    ['int8', 12n, 12],
    ['int8[]', [1, null, 3], undefined],
    ['numeric', '123456789012345678901234567890.5', undefined],
    ['timestamptz', moment, undefined],
    ['timestamp', '2026-01-02 03:04:05.678901', undefined],
    ['date', '2026-01-02', undefined],
    ['date[]', ['2026-01-02'], undefined],
    ['jsonb', { a: [1, '2', null] }, undefined],
    ['jsonb', '"123"', '123'],
    ['interval', '1 day 02:00:00', undefined],
  ])('%s goes there and back (%#)', async (type, value, back) => {
    expect(await echo(type, value)).toEqual(back ?? value);
  });

  test('an answer that is read in many pieces is as it was sent', async () => {
    const rows = await here.db.withTenant(here.world.a, { mode: 'read' }, async (tx) => {
      const found = await tx.query<{ n: number; text: string }>(
        `select n, repeat(md5(n::text), 60) || 'ü' as text from generate_series(1, 700) n`,
      );
      return found.rows;
    });
    expect(rows).toHaveLength(700);
    for (const { n, text } of rows) {
      const once = createHash('md5').update(String(n)).digest('hex');
      expect(text === `${once.repeat(60)}ü`, `row ${n}`).toBe(true);
    }
  });

  test('a bigint beyond the safe integers is an error, not another number', async () => {
    await expect(echo('int8', '9007199254740993')).rejects.toMatchObject({
      code: 'STATEMENT_FAILED',
      sqlState: '22003',
    });
  });

  test('a value that can not be serialised is refused before anything is sent, and nothing commits', async () => {
    const circular: Record<string, unknown> = {};
    circular.self = circular;
    for (const value of [
      circular,
      new Date(Number.NaN),
      Symbol('no'),
      () => 1,
      { toJSON: () => undefined },
    ]) {
      const operation = here.db.operation(here.world.a, { mode: 'write' });
      await add(operation.tx, 'before refusal');
      await expect(operation.tx.query('select $1::text', [value])).rejects.toMatchObject({
        code: 'FORBIDDEN_STATEMENT',
      });
      await expect(operation.commit()).rejects.toMatchObject({ code: 'TRANSACTION_FAILED' });
    }
    expect(await here.world.countOf('before refusal')).toBe(0);
  });

  test('are the same text again, whatever letters stand beside each other and however long they are', async () => {
    // Rows are cut out of one decoded text where none of their bytes is part of a longer letter, the
    // bytes of a field's length included: 195 and 169 are the two bytes of an é.
    const letters = fc.constantFrom('a', 'é', '猫', '🐈', '\u{fffd}', '"');
    const text = fc.oneof(
      fc.array(letters, { maxLength: 300 }).map((list) => list.join('')),
      fc.constantFrom('x'.repeat(127), 'x'.repeat(195), 'x'.repeat(50_089), 'é'.repeat(200)),
    );
    const row = fc.array(fc.option(text), { minLength: 1, maxLength: 5 });
    await fc.assert(
      fc.asyncProperty(row, async (values) => {
        const list = values.map((_, index) => `$${index + 1}::text as v${index}`).join();
        const { rows } = await here.db.withTenant(here.world.a, { mode: 'read' }, (tx) =>
          tx.query<Record<string, string | null>>(`select ${list}`, values),
        );
        expect(Object.values(rows[0] ?? {})).toEqual(values);
      }),
      { numRuns: 200 },
    );
  });

  test.each([
    ['2026-01-02 03:04:05.678+00', '2026-01-02T03:04:05.678Z'],
    ['2026-01-02 03:04:05.67+00', '2026-01-02T03:04:05.670Z'],
    ['2026-01-02 03:04:05+00', '2026-01-02T03:04:05.000Z'],
    ['2026-01-02 05:34:05.678+02:30', '2026-01-02T03:04:05.678Z'],
    ['2026-01-02 05:04:05.678+02', '2026-01-02T03:04:05.678Z'],
    ['2026-01-02T03:04:05.678+00:00', '2026-01-02T03:04:05.678Z'],
    ['2026-01-02T05:04:05.6+02:00', '2026-01-02T03:04:05.600Z'],
    ['12026-01-02 03:04:05.6+00', '+012026-01-02T03:04:05.600Z'],
  ])('a moment that Postgres writes as %s is %s', (written, moment) => {
    expect(readMoment(written)).toBe(moment);
  });
});

import { describe, expect, test } from 'vitest';
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
});

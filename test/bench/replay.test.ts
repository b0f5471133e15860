import { describe, expect, test } from 'vitest';
import { WireReader } from '../../scripts/bench/network/wire.ts';
import { toScript } from '../../scripts/bench/pgbench.ts';

const text = (value: string): Buffer => Buffer.from(`${value}\0`);
const int16 = (value: number): Buffer => Buffer.from([value >> 8, value & 255]);
const int32 = (value: number): Buffer => Buffer.from([0, 0, value >> 8, value & 255]);
const message = (type: string, ...parts: Buffer[]): Buffer => {
  const body = Buffer.concat(parts);
  return Buffer.concat([Buffer.from(type), int32(body.length + 4), body]);
};
const startUp = Buffer.concat([int32(9), Buffer.from([0, 3, 0, 0]), Buffer.from([0])]);
const parse = (name: string, sql: string) => message('P', text(name), text(sql), int16(0));
const bind = (name: string, ...values: (string | null)[]) =>
  message(
    'B',
    text(''),
    text(name),
    int16(0),
    int16(values.length),
    ...values.flatMap((value) =>
      value === null
        ? [Buffer.from([255, 255, 255, 255])]
        : [int32(Buffer.byteLength(value)), Buffer.from(value)],
    ),
    int16(0),
  );
const answer = message('Z', Buffer.from('I'));

describe('what a server sends to Postgres', () => {
  test('is read round trip by round trip, with its values', () => {
    const reader = new WireReader();
    reader.take(1, 'toServer', startUp);
    reader.take(1, 'toClient', answer);
    reader.clear();
    reader.take(
      1,
      'toServer',
      Buffer.concat([
        parse('a', 'begin'),
        bind('a'),
        parse('b', 'select $1, $2'),
        bind('b', 'ö', null),
      ]),
    );
    reader.take(1, 'toClient', answer);
    reader.take(1, 'toServer', bind('a'));
    expect(reader.sent).toEqual([
      [
        [
          { text: 'begin', values: [] },
          { text: 'select $1, $2', values: ['ö', null] },
        ],
        [{ text: 'begin', values: [] }],
      ],
    ]);
  });

  test('is read alike when it arrives in pieces', () => {
    const reader = new WireReader();
    const all = Buffer.concat([startUp, parse('a', 'select $1'), bind('a', 'x')]);
    for (const byte of all) reader.take(7, 'toServer', Buffer.from([byte]));
    expect(reader.sent).toEqual([[[{ text: 'select $1', values: ['x'] }]]]);
  });

  test('belongs to the connection that it was sent on', () => {
    const reader = new WireReader();
    for (const link of [1, 2]) {
      reader.take(link, 'toServer', startUp);
      reader.take(link, 'toClient', answer);
    }
    reader.clear();
    reader.take(2, 'toServer', Buffer.concat([parse('', 'select 2'), bind('')]));
    expect(reader.sent).toEqual([[[{ text: 'select 2', values: [] }]]]);
  });
});

describe("pgbench's script", () => {
  const id = '0190a000-0000-7000-8000-000000000001';
  const other = '0190a000-0000-7000-8000-000000000002';

  test('has the same statements in the same round trips, with the values outside of the text', () => {
    const once = [
      [
        { text: 'begin', values: [] },
        { text: 'select $1 from t where n = $2', values: ["it's :x", null] },
      ],
      [{ text: 'commit', values: [] }],
    ];
    expect(toScript(once, once)).toEqual({
      text: [
        '\\set unique random(1, 1000000000000)',
        '\\startpipeline',
        'begin;',
        'select :t0p1v1 from t where n = null;',
        '\\endpipeline',
        'commit;',
        '',
      ].join('\n'),
      variables: { t0p1v1: "it's :x" },
    });
  });

  test('makes up anew what has to be new each time', () => {
    const insert = (...values: string[]) => [[{ text: 'insert values ($1, $2, $3)', values }]];
    const { text, variables } = toScript(
      insert(id, 'NEW-1', 'Lamp'),
      insert(other, 'NEW-2', 'Lamp'),
    );
    expect(text).toContain(
      "insert values (gen_random_uuid(), ('NEW-' || (:unique)::bigint), :t0p0v3);",
    );
    expect(variables).toEqual({ t0p0v3: 'Lamp' });
  });

  test('is refused where the operation ran differently twice', () => {
    const run = (sql: string) => [[{ text: sql, values: [] }]];
    expect(() => toScript(run('select 1'), run('select 2'))).toThrow('differently');
  });
});

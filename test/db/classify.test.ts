import pg from 'pg';
import { expect, test } from 'vitest';
import { classify } from '../../src/db/wire/classify.ts';

function answer(code: string, severity: string): pg.DatabaseError {
  return Object.assign(new pg.DatabaseError('message', 0, 'error'), { code, severity });
}

test.each([
  ['57P01', 'FATAL'],
  ['57P01', 'ВАЖНО'], // a server that speaks Russian
  ['25P03', 'FATAL'],
  ['25P04', 'ÖLÜMCÜL'],
  ['08006', 'ERROR'], // a pooler that lost its server
  ['42501', 'FATAL'],
])('%s with severity %s ends the session', (code, severity) => {
  const classified = classify(answer(code, severity));
  expect(classified).toMatchObject({ lost: true, reusable: false, refused: false });
  expect(classified.error).toMatchObject({ code: 'DATABASE_UNAVAILABLE' });
});

test.each(['0A000', '26000', '42P05', '25001', '53200', 'XX000', '58030'])(
  '%s leaves the session, but not for another user',
  (code) => {
    expect(classify(answer(code, 'ERROR'))).toMatchObject({
      lost: false,
      reusable: false,
      refused: true,
    });
  },
);

test.each(['23505', '57014', '40001', '40P01', '42501', '22012', 'P0001', '25006'])(
  '%s is a plain error',
  (code) => {
    expect(classify(answer(code, 'ОШИБКА'))).toMatchObject({
      lost: false,
      reusable: true,
      error: { code: 'STATEMENT_FAILED', sqlState: code },
    });
  },
);

test('whatever is no answer of Postgres is a lost connection', () => {
  const cause = new Error('read ECONNRESET');
  expect(classify(cause)).toMatchObject({
    lost: true,
    error: { code: 'DATABASE_UNAVAILABLE', cause },
  });
});

import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

const logger = fileURLToPath(new URL('../../src/app/logger.ts', import.meta.url));

/** What a process writes to stderr, which logs as much as two writes take, and ends at once. */
const program = `
  const { createLogger } = await import(${JSON.stringify(logger)});
  const logger = createLogger('info');
  for (let n = 0; n < 200; n += 1) logger.info({ n, text: 'Müller 漢字 '.repeat(10) }, 'line');
  const before = Date.now();
  while (Date.now() === before);
  logger.info({ before }, 'later');
  logger.fatal('the end');
  process.exit(0);
`;

test('every line is written, whole and in order, with the time of its own, though the process ends', async () => {
  const started = Date.now();
  const run = promisify(execFile);
  const { stderr } = await run(process.execPath, ['--input-type=module', '-e', program]);
  const lines = stderr
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
  expect(lines).toHaveLength(202);
  const [later, end] = lines.splice(200);
  expect(lines.map(({ n }) => n)).toEqual(Array.from({ length: 200 }, (_, n) => n));
  expect(new Set(lines.map(({ text }) => text))).toEqual(new Set(['Müller 漢字 '.repeat(10)]));
  expect(Date.parse(lines[0].time)).toBeGreaterThanOrEqual(started);
  expect(Date.parse(later.time)).toBeGreaterThan(later.before);
  expect(end).toMatchObject({ msg: 'the end', level: 60 });
});

test('the time of a line is its own to the millisecond, whichever way the clock goes', async () => {
  const moments = [
    ...['2026-01-31T09:59:59.999Z', '2026-01-31T10:00:00.000Z', '2026-01-31T10:00:00.007Z'],
    ...['2026-01-31T10:00:00.070Z', '2026-01-31T10:00:01.070Z', '2026-01-31T10:00:00.700Z'],
  ];
  const atMoments = `
    const { createLogger } = await import(${JSON.stringify(logger)});
    const logger = createLogger('info');
    for (const moment of ${JSON.stringify(moments)}) {
      Date.now = () => Date.parse(moment);
      logger.info('line');
    }
    process.exit(0);
  `;
  const run = promisify(execFile);
  const { stderr } = await run(process.execPath, ['--input-type=module', '-e', atMoments]);
  const lines = stderr.trimEnd().split('\n');
  expect(lines.map((line) => JSON.parse(line).time)).toEqual(moments);
});

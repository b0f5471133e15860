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
      timestamp: currentTime,
      redact: {
        paths: secrets.flatMap((name) => [name, `*.${name}`, `*.*.${name}`]),
        censor: '[secret]',
      },
    },
    collected(),
  );
}

const collectedMilliseconds = 100;

/**
 * As bytes, which sonic-boom (4.2.1) puts aside in a list: the last of its texts it flattens and counts
 * anew with each line that comes to it, 1.3 µs of a line's 3.4. Its own `periodicFlush` writes nothing to
 * the file ten times a second, by way of a thread, for each logger that was ever made.
 */
function collected(): pino.DestinationStream {
  const file = pino.destination({
    ...{ fd: 2, sync: false, minLength: 8_192, contentMode: 'buffer' },
  });
  const write = file.write as unknown as (line: Buffer) => boolean;
  let held = 0;
  file.on('write', (bytes: number) => {
    held -= bytes;
  });
  let isArmed = false;
  const arm = (): void => {
    if (isArmed) return;
    isArmed = true;
    setTimeout(() => {
      isArmed = false;
      if (held === 0) return;
      file.flush();
      arm(); // for what came while a write was under way, which flush() leaves
    }, collectedMilliseconds).unref();
  };
  file.write = (line) => {
    const bytes = Buffer.from(line);
    held += bytes.length;
    arm();
    return write.call(file, bytes);
  };
  return file;
}

/** What an answer's line says. */
export interface AnswerLine {
  /** Letters, digits and `_.:-` (requestFacts.ts). */
  readonly requestId: string;
  readonly method: string | undefined;
  readonly path: string;
  readonly status: number;
  /** Of a millisecond. */
  readonly tenths: number;
  /** Whether the whole answer has gone out. */
  readonly complete: boolean;
}

/**
 * Writes the line of an answer as `logger.info({ …, ms, … }, 'request')` would, word for word: pino looks at each
 * name and value for what may have to be done with it, 2 µs of a line's 4. Nothing in it is a secret.
 */
export function answerLog(logger: Logger): (line: AnswerLine) => void {
  if (!logger.isLevelEnabled('info')) return () => undefined;
  const { streamSym, chindingsSym } = pino.symbols;
  const own = logger as unknown as Record<symbol, unknown>;
  const stream = own[streamSym] as pino.DestinationStream;
  const bindings = own[chindingsSym] as string;
  const level = `{"level":${logger.levels.values.info}`;
  return ({ requestId, method, path, status, tenths, complete }) => {
    // Whole numbers, for V8 keeps their texts: to write 3.7 takes it 0.4 µs.
    const rest = tenths % 10;
    const whole = (tenths - rest) / 10;
    const ms = rest === 0 ? whole : `${whole}.${rest}`;
    const where = path === '/graphql' ? '"/graphql"' : JSON.stringify(path);
    stream.write(
      `${level}${currentTime()}${bindings},"requestId":"${requestId}","method":"${method}","path":${where},"status":${status},"ms":${ms},"complete":${complete},"msg":"request"}\n`,
    );
  };
}

let second = 0;
let written = '';

/** pino's isoTime, of which all but the milliseconds is made once a second: it took 1.5 µs a line. */
function currentTime(): string {
  const now = Date.now();
  const milliseconds = now % 1_000;
  if (now - milliseconds !== second) {
    second = now - milliseconds;
    written = `,"time":"${new Date(now).toISOString().slice(0, -4)}`;
  }
  return `${written}${String(milliseconds).padStart(3, '0')}Z"`;
}

import path from 'node:path';
import { z } from 'zod';
import { isAddressRange } from './lib/addressRange.ts';

const flag = (fallback: 'true' | 'false') =>
  z
    .enum(['true', 'false'], { error: 'is expected to be true or false' })
    .default(fallback)
    .transform((value) => value === 'true');

const wholeNumber = (fallback: number, least: number, most: number) =>
  z.coerce
    .number({ error: 'is expected to be a whole number' })
    .int({ error: 'is expected to be a whole number' })
    .min(least, { error: `is expected to be ${least} or more` })
    .max(most, { error: `is expected to be ${most} or less` })
    .default(fallback);

const postgresUrl = z
  .string()
  .refine((value) => /^postgres(ql)?:\/\/./.test(value) && URL.canParse(value), {
    error: 'is expected to be a URL like postgresql://user:password@host:5432/database',
  })
  .optional();

const splitList = (text: string): string[] =>
  text
    .split(',')
    .map((part) => part.trim())
    .filter(Boolean);

const isServerAddress = (text: string): boolean =>
  !text.includes('/') &&
  isAddressRange(text.replace(/^\[(.*)\](:\d+)?$/, '$1').replace(/^([\d.]+):\d+$/, '$1'));

/** Every variable the product reads; `.env.example` explains them, and a test keeps the two alike. */
export const environmentSchema = z.object({
  NODE_ENV: z
    .enum(['development', 'test', 'production'], {
      error: 'is expected to be development, test or production',
    })
    .default('development'),
  HOST: z
    .string()
    .min(1, { error: 'is expected to be an address to listen on' })
    .default('127.0.0.1'),
  PORT: wholeNumber(4000, 0, 65_535),
  WEB_CONCURRENCY: wholeNumber(1, 1, 128),
  DATA_DIR: z.string().min(1, { error: 'is expected to be a directory' }).default('.data'),
  DATABASE_URL: postgresUrl,
  APP_DATABASE_URL: postgresUrl,
  OPERATOR_DATABASE_URL: postgresUrl,
  DATABASE_POOL_SIZE: wholeNumber(10, 1, 500),
  REDIS_URL: z
    .string()
    .refine((value) => /^rediss?:\/\/./.test(value) && URL.canParse(value), {
      error: 'is expected to be a URL like redis://user:password@host:6379/0',
    })
    .optional(),
  REDIS_PREFIX: z
    .string()
    .regex(/^[\w:.-]{0,64}$/, {
      error: 'is expected to be at most 64 letters, digits and signs of : . _ -',
    })
    .default('tenantry:'),
  DATABASE_PIPELINE: flag('true'),
  DATABASE_NAMED_STATEMENTS: flag('true'),
  JWT_PRIVATE_KEYS: z
    .string()
    .min(1, { error: 'is expected to be a JWK set with private Ed25519 keys, as JSON' })
    .optional(),
  ACCESS_TOKEN_SECONDS: wholeNumber(900, 60, 86_400),
  TENANT_DELETE_GRACE_DAYS: wholeNumber(30, 0, 3_650),
  PUBLIC_URL: z
    .string()
    .refine((value) => /^https?:\/\/[^/?#]+\/?$/.test(value) && URL.canParse(value), {
      error: 'is expected to be a URL without a path, like https://api.example.com',
    })
    .optional(),
  SMTP_URL: z
    .string()
    .refine((value) => /^smtps?:\/\/./.test(value) && URL.canParse(value), {
      error: 'is expected to be a URL like smtp://user:password@mail.example.com:587',
    })
    .optional(),
  MAIL_FROM: z
    .string()
    .regex(/^[^<>\r\n]*<?[^\s<>@]+@[^\s<>@]+>?$/, {
      error: 'is expected to be an address like Tenantry <no-reply@example.com>',
    })
    .default('Tenantry <no-reply@localhost>'),
  GRAPHIQL: z
    .enum(['auto', 'on', 'off'], { error: 'is expected to be auto, on or off' })
    .default('auto'),
  DEMO_IDENTITIES: z
    .enum(['auto', 'on', 'off'], { error: 'is expected to be auto, on or off' })
    .default('auto'),
  CORS_ORIGINS: z.string().default(''),
  BASE_DOMAIN: z
    .string()
    .regex(/^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$/, {
      error: 'is expected to be a domain in small letters, such as shops.example.com',
    })
    .optional(),
  TRUSTED_PROXIES: z
    .string()
    .default('')
    .transform(splitList)
    .refine((ranges) => ranges.every(isAddressRange), {
      error: 'is expected to be addresses or CIDR ranges separated by commas, such as 10.0.0.0/8',
    }),
  FORWARDED_HEADER: z
    .enum(['x-forwarded', 'forwarded'], { error: 'is expected to be x-forwarded or forwarded' })
    .default('x-forwarded'),
  DNS_SERVERS: z
    .string()
    .default('')
    .transform(splitList)
    .refine((servers) => servers.every(isServerAddress), {
      error: 'is expected to be addresses separated by commas, such as 9.9.9.9 or 127.0.0.1:5353',
    }),
  REQUEST_MAX_BYTES: wholeNumber(1_000_000, 1_000, 100_000_000),
  UPLOAD_MAX_BYTES: wholeNumber(25_000_000, 1_000, 1_000_000_000),
  PERSISTED_DOCUMENTS: z.string().optional(),
  PERSISTED_DOCUMENTS_ONLY: flag('false'),
  OPERATION_MAX_COST: wholeNumber(5_000, 500, 1_000_000),
  LOG_LEVEL: z
    .enum(['trace', 'debug', 'info', 'warn', 'error', 'silent'], {
      error: 'is expected to be trace, debug, info, warn, error or silent',
    })
    .default('info'),
});

export type Environment = z.infer<typeof environmentSchema>;

export interface Config {
  readonly environment: Environment['NODE_ENV'];
  readonly host: string;
  readonly port: number;
  /** By `npm start`: npm's shell stands between us and whoever wants us to stop. */
  readonly startedByNpm: boolean;
  /** Server processes that share the port. */
  readonly processes: number;
  /** Absolute. Where the embedded Postgres and a laptop's signing keys live. */
  readonly dataDir: string;
  /** May create roles and objects: for migrating. Absent: the embedded Postgres, unless serverUrl is given. */
  readonly adminUrl: string | undefined;
  readonly serverUrl: string | undefined;
  readonly operatorUrl: string | undefined;
  readonly poolSize: number;
  /** Where limits are shared; absent: in Postgres. */
  readonly redisUrl: string | undefined;
  /** What every key there begins with. */
  readonly redisPrefix: string;
  readonly pipeline: boolean;
  readonly namedStatements: boolean;
  /** JWK set as JSON text; absent: made once and kept in the data directory. */
  readonly signingKeys: string | undefined;
  readonly accessTokenSeconds: number;
  /** For so many days a deleted business can be restored. */
  readonly deleteGraceDays: number;
  /** Without a slash at its end: what links in mails begin with. Its port is 0 where any free one will do. */
  readonly publicUrl: string;
  /** Absent: mail stays in the outbox, where a laptop can read it. */
  readonly smtpUrl: string | undefined;
  readonly mailFrom: string;
  readonly graphiql: boolean;
  /** Whether GraphiQL may sign in as somebody of the demo data: never in production. */
  readonly demoIdentities: boolean;
  readonly corsOrigins: readonly string[];
  /** Its subdomains are businesses; null: hosts name none. */
  readonly baseDomain: string | null;
  /** Addresses and CIDR ranges whose forwarded headers count. */
  readonly trustedProxies: readonly string[];
  readonly forwardedHeader: Environment['FORWARDED_HEADER'];
  /** Where domains are looked up: `address` or `address:port`; none: where the system does. */
  readonly dnsServers: readonly string[];
  readonly requestMaxBytes: number;
  readonly uploadMaxBytes: number;
  /** A manifest's path, absolute; absent: documents are sent by clients. */
  readonly persistedDocuments: string | undefined;
  /** Whether no other document is executed. */
  readonly persistedDocumentsOnly: boolean;
  /** The most points that one operation may cost; see docs/limits.md. */
  readonly maximumCost: number;
  readonly logLevel: Environment['LOG_LEVEL'];
}

/** A wrong or missing setting. Its message names every variable at fault and what is expected. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}

/**
 * Reads the environment once, into one frozen object. An empty variable counts as absent, as in a
 * compose file's `NAME=`. Throws ConfigError.
 */
export function loadConfig(
  environment: Readonly<Record<string, string | undefined>> = process.env,
): Config {
  const given = Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== ''));
  const parsed = environmentSchema.safeParse(given);
  if (!parsed.success) {
    throw new ConfigError(
      parsed.error.issues.map((issue) => `${issue.path.join('.')} ${issue.message}.`).join('\n'),
    );
  }
  const values = parsed.data;
  const production = values.NODE_ENV === 'production';
  if (production) requireInProduction(values);
  if (values.PERSISTED_DOCUMENTS_ONLY && values.PERSISTED_DOCUMENTS === undefined) {
    throw new ConfigError(
      'PERSISTED_DOCUMENTS is expected beside PERSISTED_DOCUMENTS_ONLY: without a manifest nothing could run.',
    );
  }
  return Object.freeze({
    environment: values.NODE_ENV,
    startedByNpm: environment.npm_lifecycle_event === 'start',
    host: values.HOST,
    port: values.PORT,
    processes: values.WEB_CONCURRENCY,
    dataDir: path.resolve(values.DATA_DIR),
    adminUrl: values.DATABASE_URL,
    serverUrl: values.APP_DATABASE_URL,
    operatorUrl: values.OPERATOR_DATABASE_URL,
    poolSize: values.DATABASE_POOL_SIZE,
    redisUrl: values.REDIS_URL,
    redisPrefix: values.REDIS_PREFIX,
    pipeline: values.DATABASE_PIPELINE,
    namedStatements: values.DATABASE_NAMED_STATEMENTS,
    signingKeys: values.JWT_PRIVATE_KEYS,
    accessTokenSeconds: values.ACCESS_TOKEN_SECONDS,
    deleteGraceDays: values.TENANT_DELETE_GRACE_DAYS,
    publicUrl: (values.PUBLIC_URL ?? urlOf(values.HOST, values.PORT)).replace(/\/$/, ''),
    smtpUrl: values.SMTP_URL,
    mailFrom: values.MAIL_FROM,
    graphiql: values.GRAPHIQL === 'auto' ? !production : values.GRAPHIQL === 'on',
    demoIdentities:
      values.DEMO_IDENTITIES === 'auto' ? !production : values.DEMO_IDENTITIES === 'on',
    corsOrigins: splitList(values.CORS_ORIGINS),
    baseDomain: values.BASE_DOMAIN ?? null,
    trustedProxies: values.TRUSTED_PROXIES,
    dnsServers: values.DNS_SERVERS,
    forwardedHeader: values.FORWARDED_HEADER,
    requestMaxBytes: values.REQUEST_MAX_BYTES,
    uploadMaxBytes: values.UPLOAD_MAX_BYTES,
    persistedDocuments: values.PERSISTED_DOCUMENTS && path.resolve(values.PERSISTED_DOCUMENTS),
    persistedDocumentsOnly: values.PERSISTED_DOCUMENTS_ONLY,
    maximumCost: values.OPERATION_MAX_COST,
    logLevel: values.LOG_LEVEL,
  });
}

const urlOf = (host: string, port: number): string =>
  `http://${host.includes(':') ? `[${host}]` : host}:${port}`;

/** What has a convenient default on a laptop and must be chosen where it counts. */
function requireInProduction(values: Environment): void {
  const missing: string[] = [];
  if (values.DEMO_IDENTITIES === 'on') {
    missing.push(
      'DEMO_IDENTITIES is expected to be auto or off in production: nobody signs in there without a credential.',
    );
  }
  if (values.APP_DATABASE_URL === undefined) {
    missing.push(
      'APP_DATABASE_URL is expected in production: the URL of the role tenantry_server.',
    );
  }
  if (values.JWT_PRIVATE_KEYS === undefined) {
    missing.push(
      'JWT_PRIVATE_KEYS is expected in production: a JWK set with a private Ed25519 key, see .env.example.',
    );
  }
  if (values.SMTP_URL !== undefined && values.PUBLIC_URL === undefined) {
    missing.push(
      'PUBLIC_URL is expected in production beside SMTP_URL: what links in mails begin with.',
    );
  }
  if (values.SMTP_URL !== undefined && values.MAIL_FROM.includes('@localhost')) {
    missing.push('MAIL_FROM is expected in production beside SMTP_URL: whom mail is from.');
  }
  if (missing.length > 0) throw new ConfigError(missing.join('\n'));
}

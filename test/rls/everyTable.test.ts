import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { insertOf } from './support/makeRow.ts';
import type { TenantTable } from './support/tenantTables.ts';
import { createTwoTenants, sqlState, type TwoTenants } from './support/twoTenants.ts';

const policyRefuses = '42501';
const foreignKeyRefuses = '23503';

let tenants: TwoTenants;
beforeAll(async () => {
  tenants = await createTwoTenants();
});
afterAll(() => tenants.close());

const granted = (privilege: string): TenantTable[] =>
  tenants.tables.filter(({ grants }) => grants.includes(privilege));

/** Asks each table the same; answers those whose answer is not the expected, with what it was. */
async function exceptions<T>(
  tables: readonly TenantTable[],
  expected: T,
  ask: (table: TenantTable) => Promise<T>,
): Promise<Record<string, T>> {
  const found: Record<string, T> = {};
  for (const table of tables) {
    const answer = await ask(table);
    if (answer !== expected) found[table.name] = answer;
  }
  return found;
}

describe('in every table with a tenant', () => {
  it('there are the tables that we know of', () => {
    const names = tenants.tables.map(({ name }) => name);
    expect(names).toEqual(
      expect.arrayContaining(['app.products', 'app.messages', 'app.tenants', 'app.audit_events']),
    );
    expect(granted('SELECT').map(({ name }) => name)).toEqual(names);
  });

  it('each sees its own rows and none of the other', async () => {
    const whose = (tenantId: string) =>
      exceptions(tenants.tables, tenantId, async ({ name, tenantKey }) => {
        const { rows } = await tenants.asTenant(tenantId, (client) =>
          client.query(`select distinct ${tenantKey} as tenant from ${name}`),
        );
        return rows.map(({ tenant }) => tenant).join();
      });
    expect(await whose(tenants.a)).toEqual({});
    expect(await whose(tenants.b)).toEqual({});
  });

  it('a row of the other is not found when it is asked for, and no condition is tried on it', async () => {
    const { a, b } = tenants;
    const seen = await exceptions(tenants.tables, 0, ({ name, tenantKey }) =>
      tenants.asTenant(a, async (client) => {
        const named = await client.query(`select from ${name} where ${tenantKey} = $1`, [b]);
        // Divides by zero on rows of B: an error would tell that there are some.
        const trap = `case when ${tenantKey} = $1 then 1 / (length(${tenantKey}::text) - 36) else 0 end = 1`;
        const trapped = await client.query(`select from ${name} where ${trap}`, [b]);
        return (named.rowCount ?? -1) + (trapped.rowCount ?? -1);
      }),
    );
    expect(seen).toEqual({});
  });

  it('statistics show nothing either', async () => {
    const { rows } = await tenants.asTenant(tenants.a, (client) =>
      client.query(
        `select tablename from pg_stats where schemaname = 'app' and tablename <> 'plans'`,
      ),
    );
    expect(rows).toEqual([]);
  });

  it('the other’s rows are not changed or deleted, also by statements without a condition', async () => {
    const { a, b } = tenants;
    const before = await tenants.everythingOf(b);
    const rewritten = await exceptions(granted('UPDATE'), `${a}`, ({ name, tenantKey }) =>
      tenants.asTenant(a, async (client) => {
        await client.query(
          `update ${name} set ${tenantKey} = ${tenantKey} where ${tenantKey} = $1`,
          [b],
        );
        // Reads no column, so that no policy for SELECT stands in the way.
        await client.query(`update ${name} set ${tenantKey} = $1`, [a]);
        const update = `update ${name} set ${tenantKey} = ${tenantKey} returning ${tenantKey} as tenant`;
        return (await client.query(update)).rows.map(({ tenant }) => tenant).join();
      }),
    );
    expect(rewritten).toEqual({});
    const deleted = await exceptions(granted('DELETE'), 0, ({ name, tenantKey }) =>
      tenants.asTenant(a, async (client) => {
        const text = `delete from ${name} where ${tenantKey} <> $1 returning *`;
        return (await client.query(text, [a])).rows.length;
      }),
    );
    expect(deleted).toEqual({});
    const emptied = await exceptions(granted('DELETE'), 1, ({ name }) =>
      tenants.asTenant(a, async (client) => {
        await client.query('savepoint s');
        const { rowCount } = await client.query(`delete from ${name}`);
        await client.query('rollback to s');
        return rowCount;
      }),
    );
    expect(emptied).toEqual({});
    expect(await tenants.everythingOf(b)).toBe(before);
  });

  it('a row with the other’s id is refused, and nothing else is wrong with it', async () => {
    const { a, b } = tenants;
    const tables = granted('INSERT');
    const asA = await exceptions(tables, policyRefuses, async (table) => {
      const { text, values } = insertOf(table, await tenants.freshRow(table, b));
      return (await tenants.refusal(a, text, values)) ?? 'done';
    });
    expect(asA).toEqual({});
    // 23505: the one row that it may have is there already.
    const asB = await exceptions(tables, true, async (table) => {
      const { text, values } = insertOf(table, await tenants.freshRow(table, b));
      return [undefined, '23505'].includes(await tenants.refusal(b, text, values));
    });
    expect(asB).toEqual({});
  });

  it('a row is not moved to the other', async () => {
    const { a, b } = tenants;
    const moved = await exceptions(
      granted('UPDATE'),
      policyRefuses,
      async ({ name, tenantKey }) => {
        const text = `update ${name} set ${tenantKey} = $1 where ${tenantKey} = $2`;
        return (await tenants.refusal(a, text, [b, a])) ?? 'done';
      },
    );
    expect(moved).toEqual({});
  });

  it('a foreign key to a row of the other is refused, as one to a row that does not exist', async () => {
    const { a, b } = tenants;
    const tried: string[] = [];
    const accepted: Record<string, string> = {};
    for (const table of granted('INSERT')) {
      for (const { name, columns, parent, parentColumns } of table.foreignKeys) {
        const isTenants = tenants.tables.some((other) => other.name === parent);
        const own = columns.filter((column) => column !== table.tenantKey);
        if (!isTenants || own.length === 0) continue;
        tried.push(name);
        const row = await tenants.freshRow(table, a);
        for (const column of own) {
          row[column] = tenants.rowOf(parent, b)[parentColumns[columns.indexOf(column)] ?? ''];
        }
        const { text, values } = insertOf(table, row);
        const answer = (await tenants.refusal(a, text, values)) ?? 'done';
        if (answer !== foreignKeyRefuses) accepted[name] = answer;
      }
    }
    expect(accepted).toEqual({});
    expect(tried).toEqual(
      expect.arrayContaining(['messages_conversation_id_fkey', 'conversations_assignee_id_fkey']),
    );
  });

  it('an upsert with the other’s unique value does not touch, show or take over its row', async () => {
    const { a, b } = tenants;
    const before = await tenants.everythingOf(b);
    const leaked: string[] = [];
    for (const table of granted('INSERT')) {
      const key = table.tenantKey ?? '';
      for (const unique of table.uniqueKeys) {
        // B's values in every column of the key but the tenant: what A could know or guess.
        const row = { ...(await tenants.freshRow(table, a)) };
        for (const column of unique) {
          if (column !== key) row[column] = tenants.rowOf(table.name, b)[column];
        }
        const { text, values = [] } = insertOf(table, row);
        const upsert = `${text} on conflict (${unique.join(', ')}) do update set ${key} = excluded.${key}`;
        // Without RETURNING too: with it a row has to be visible as well as writable.
        await tenants.asTenant(a, (client) => client.query(upsert, values)).catch(sqlState);
        const returned = await tenants
          .asTenant(a, (client) => client.query(`${upsert} returning *`, values))
          .then(({ rows }) => JSON.stringify(rows), sqlState);
        if (returned.includes(b)) leaked.push(`${table.name} (${unique})`);
      }
    }
    expect(leaked).toEqual([]);
    expect(await tenants.everythingOf(b)).toBe(before);
  });

  it('without a tenant, with an empty or a malformed one there are no rows and no error', async () => {
    const settings = [
      null,
      '',
      ' ',
      'null',
      '*',
      "' or true --",
      '{}',
      `${tenants.a} `,
      tenants.a.slice(1),
    ];
    for (const setting of [...settings, `${tenants.a},${tenants.b}`]) {
      const shown = await exceptions(tenants.tables, 0, ({ name }) =>
        tenants.asTenant(null, async (client) => {
          if (setting !== null)
            await client.query(`select set_config('app.tenant_id', $1, true)`, [setting]);
          return (await client.query(`select from ${name}`)).rowCount ?? -1;
        }),
      );
      expect({ setting, shown }).toEqual({ setting, shown: {} });
    }
  });

  it('without a tenant nothing is written', async () => {
    const accepted = await exceptions(granted('INSERT'), policyRefuses, async (table) => {
      const { text, values } = insertOf(table, await tenants.freshRow(table, tenants.a));
      return (await tenants.refusal(null, text, values)) ?? 'done';
    });
    expect(accepted).toEqual({});
  });
});

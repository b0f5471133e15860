import { randomUUID } from 'node:crypto';
import { and, asc, count, eq, sql } from 'drizzle-orm';
import { alias } from 'drizzle-orm/pg-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Database, TenantTransaction } from '../../src/db/database.ts';
import { prepare, tenant } from '../../src/db/query/prepare.ts';
import { customers } from '../../src/db/tables/customers.ts';
import { tenants } from '../../src/db/tables/tenants.ts';
import { nameFor } from '../../src/db/wire/statementBook.ts';
import { createTwoTenants, customersEach, type TwoTenants } from './support/twoTenants.ts';

let world: TwoTenants;
let db: Database;

beforeAll(async () => {
  world = await createTwoTenants();
  db = world.open({ poolSize: 1 });
});
afterAll(() => world.close());

const inTenant = <T>(tenantId: string, work: (tx: TenantTransaction) => Promise<T>): Promise<T> =>
  db.withTenant(tenantId, { mode: 'write' }, work);

const byPhone = prepare((d) =>
  d
    .select()
    .from(customers)
    .where(and(eq(customers.tenantId, tenant), eq(customers.phone, sql.placeholder('phone')))),
);
const byIds = prepare((d) =>
  d
    .select({ id: customers.id, name: customers.name })
    .from(customers)
    .where(
      and(eq(customers.tenantId, tenant), sql`${customers.id} = any(${sql.placeholder('ids')})`),
    )
    .orderBy(asc(customers.phone)),
);
const insertOne = prepare((d) =>
  d
    .insert(customers)
    .values({
      tenantId: tenant,
      id: sql.placeholder('id'),
      phone: sql.placeholder('phone'),
      labels: sql.placeholder('labels'),
      metadata: sql.placeholder('metadata'),
      createdAt: sql.placeholder('createdAt'),
    })
    .returning(),
);

const phone = '+5215510000001';

describe('a prepared statement', () => {
  test('is filled with the tenant of the handle, which no value can replace', async () => {
    for (const tenantId of [world.a, world.b]) {
      const rows = await inTenant(tenantId, (tx) => byPhone(tx, { phone, tenantId: randomUUID() }));
      expect(rows.map((row) => row.tenantId)).toEqual([tenantId]);
    }
  });

  test('takes an array as one value, whatever its length', async () => {
    const ids = await inTenant(world.a, (tx) => tx.db.select({ id: customers.id }).from(customers));
    for (const length of [0, 1, 7, customersEach]) {
      const wanted = ids.slice(0, length).map((row) => row.id);
      const found = await inTenant(world.a, (tx) => byIds(tx, { ids: wanted }));
      expect(new Set(found.map((row) => row.id))).toEqual(new Set(wanted));
    }
  });

  test('encodes values and decodes rows by their columns', async () => {
    const id = randomUUID();
    const createdAt = '2026-01-02T03:04:05.670Z'; // which Postgres writes without the zero
    const metadata = { text: 'a "b" \\', list: [1, null], digits: '123' };
    const labels = ['vip', 'a,b', '"', ''];
    const [row] = await inTenant(world.a, (tx) =>
      insertOne(tx, { id, phone: '+4912345678', labels, metadata, createdAt }),
    );
    expect(row).toMatchObject({ id, tenantId: world.a, labels, metadata, createdAt, email: null });
    expect(row?.updatedAt).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
  });

  test('reads a JSON string as that string, once', async () => {
    const id = randomUUID();
    await inTenant(world.a, (tx) =>
      tx.query(
        `insert into app.customers (tenant_id, id, phone, metadata) values ($1, $2, '+4912345679', '"123"')`,
        [tx.tenantId, id],
      ),
    );
    const [row] = await inTenant(world.a, (tx) =>
      tx.db
        .select({
          column: customers.metadata,
          expression: sql<unknown>`metadata`,
          at: sql<Date>`created_at`,
        })
        .from(customers)
        .where(eq(customers.id, id)),
    );
    expect(row).toMatchObject({ column: '123', expression: '123' });
    expect(row?.at).toBeInstanceOf(Date);
  });

  test('maps joins, with null for what a left join did not find', async () => {
    const other = alias(customers, 'other');
    const joined = prepare((d) =>
      d
        .select()
        .from(customers)
        .leftJoin(
          other,
          and(eq(other.tenantId, customers.tenantId), eq(other.phone, sql.placeholder('other'))),
        )
        .innerJoin(tenants, eq(tenants.id, customers.tenantId))
        .where(and(eq(customers.tenantId, tenant), eq(customers.phone, phone))),
    );
    const [missing] = await inTenant(world.a, (tx) => joined(tx, { other: '+1' }));
    expect(missing).toMatchObject({ customers: { phone }, other: null, tenants: { slug: 'a' } });
    const [found] = await inTenant(world.a, (tx) => joined(tx, { other: phone }));
    expect(found?.other).toEqual(found?.customers);
    const nested = prepare((d) =>
      d
        .select({
          id: customers.id,
          business: { slug: tenants.slug, n: sql<number>`1 + 1`.as('n') },
        })
        .from(customers)
        .innerJoin(tenants, eq(tenants.id, customers.tenantId))
        .where(eq(customers.tenantId, tenant))
        .limit(1),
    );
    const [row] = await inTenant(world.b, (tx) => nested(tx));
    expect(row).toMatchObject({ business: { slug: 'b', n: 2 } });
  });

  test('without rows answers how many it touched', async () => {
    const rename = prepare((d) =>
      d
        .update(customers)
        .set({ email: sql`${sql.placeholder('email')}` })
        .where(and(eq(customers.tenantId, tenant), eq(customers.phone, phone))),
    );
    expect(await inTenant(world.a, (tx) => rename(tx, { email: 'a@example.com' }))).toEqual({
      rows: [],
      rowCount: 1,
    });
  });

  test('counts in JavaScript numbers', async () => {
    const counted = prepare((d) =>
      d
        .select({ n: count(), sum: sql`sum(1::bigint)`.mapWith(Number) })
        .from(customers)
        .where(and(eq(customers.tenantId, tenant), eq(customers.name, sql.placeholder('name')))),
    );
    const rows = await inTenant(world.a, (tx) => counted(tx, { name: `of ${world.a}` }));
    expect(rows).toEqual([{ n: customersEach, sum: customersEach }]);
    const dynamic = await inTenant(world.a, (tx) =>
      tx.db.$count(customers, eq(customers.name, `of ${world.a}`)),
    );
    expect(dynamic).toBe(customersEach);
  });

  test('goes out under a stable name from its first run on', async () => {
    const fresh = world.open({ poolSize: 1 });
    const names = await fresh.withTenant(world.a, { mode: 'read' }, async (tx) => {
      await byPhone(tx, { phone });
      return (
        await tx.query<{ name: string; statement: string }>(
          'select name, statement from pg_prepared_statements',
        )
      ).rows;
    });
    const own = names.find((row) => row.statement.includes('"customers"."phone" = $2'));
    expect(own?.name).toBe(nameFor(own?.statement ?? ''));
  });

  test('made from what clients ask is named only when it comes again', async () => {
    const oneOf = prepare((d) => d.select({ one: sql<number>`11` }).from(customers).limit(1), {
      oneOfMany: true,
    });
    const named = await inTenant(world.a, async (tx) => {
      const asked = () =>
        tx.query(`select from pg_prepared_statements where statement like 'select 11 %'`);
      await oneOf(tx);
      const before = await asked();
      await oneOf(tx);
      return [before.rowCount, (await asked()).rowCount];
    });
    expect(named).toEqual([0, 1]);
  });

  test('costs its statement and nothing else', async () => {
    const before = db.statistics;
    await inTenant(world.a, (tx) => byPhone(tx, { phone }));
    const after = db.statistics;
    // BEGIN, the tenant and the statement; COMMIT
    expect([after.flushes - before.flushes, after.statements - before.statements]).toEqual([2, 4]);
  });

  test('whose value is missing or can not be encoded closes the frame', async () => {
    const id = randomUUID();
    for (const values of [{}, { id, phone: '+4912345670', labels: [], metadata: { no: 1n } }]) {
      const operation = db.operation(world.a, { mode: 'write' });
      await operation.tx.query('select 1');
      void insertOne(operation.tx, values); // nobody looks at it
      await expect(operation.commit()).rejects.toMatchObject({
        code: 'TRANSACTION_FAILED',
        cause: { code: 'FORBIDDEN_STATEMENT' },
      });
    }
  });

  test('is refused at once when the fence would refuse it', () => {
    expect(() =>
      prepare((d) => d.select({ x: sql`set_config('app.tenant_id', '', true)` }).from(customers)),
    ).toThrow(/opener/);
  });
});

test('the template that statements are built with never executes', async () => {
  let outcome: unknown;
  prepare((d) => {
    const query = d.select().from(customers);
    outcome = query.execute().catch((error: unknown) => error);
    return query;
  });
  await expect(outcome).resolves.toMatchObject({
    message: expect.stringContaining('never executed'),
  });
});

describe('Drizzle on a handle', () => {
  test('throws the database errors themselves', async () => {
    const twice = inTenant(world.a, (tx) =>
      tx.db.insert(customers).values({ tenantId: tx.tenantId, id: randomUUID(), phone }),
    );
    await expect(twice).rejects.toMatchObject({ code: 'STATEMENT_FAILED', sqlState: '23505' });
  });

  test('its transaction() is a savepoint', async () => {
    const id = randomUUID();
    await inTenant(world.a, async (tx) => {
      const inner = tx.db.transaction(async (nested) => {
        await nested.insert(customers).values({ tenantId: tx.tenantId, id, phone: '+4912345671' });
        await nested.transaction(async (deeper) => deeper.execute(sql`select 1/0`));
      });
      await expect(inner).rejects.toMatchObject({ sqlState: '22012' });
      expect(await tx.db.select().from(customers).where(eq(customers.id, id))).toEqual([]);
    });
  });

  test('its nested handle is closed with its savepoint', async () => {
    await inTenant(world.a, async (tx) => {
      let late: { execute(query: string): PromiseLike<unknown> } | undefined;
      await tx.db.transaction(async (nested) => {
        late = nested;
      });
      await expect(late?.execute('select 1')).rejects.toMatchObject({ code: 'HANDLE_CLOSED' });
    });
  });

  test('raw statements answer rows keyed by column', async () => {
    const answer = await inTenant(world.a, (tx) =>
      tx.db.execute(sql`select ${'x'}::text as a, now() as b, 5::bigint as c`),
    );
    expect(answer.rows[0]).toMatchObject({ a: 'x', b: expect.any(Date), c: 5 });
  });

  test('sends one statement and no more', async () => {
    const before = db.statistics.statements;
    await inTenant(world.a, (tx) => tx.db.select().from(customers).limit(1));
    // Beside BEGIN, the tenant and COMMIT.
    expect(db.statistics.statements - before).toBe(4);
  });
});

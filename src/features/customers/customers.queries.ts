import { and, eq, getTableColumns, sql } from 'drizzle-orm';
import type { TenantTransaction } from '../../db/database.ts';
import {
  type Comparators,
  indexedTextField,
  indexedValueField,
  readFilter,
  textField,
} from '../../db/query/filters.ts';
import { keyset, type Order } from '../../db/query/keyset.ts';
import { pickColumns, sortColumnNames } from '../../db/query/pickColumns.ts';
import { prepare, tenant } from '../../db/query/prepare.ts';
import { prepareByKeys } from '../../db/query/prepareByKeys.ts';
import { prepareShapes } from '../../db/query/prepareShapes.ts';
import { customers } from '../../db/tables/customers.ts';
import type { Page } from '../../lib/pagination.ts';

export type Customer = typeof customers.$inferSelect;
export type NewCustomer = typeof customers.$inferInsert;
export type CustomerFilter = Readonly<Record<string, Comparators | null | undefined>>;

const filterFields = {
  phone: indexedTextField(customers.phone),
  name: textField(customers.name),
  externalReference: indexedTextField(customers.externalReference),
  createdAt: indexedValueField(customers.createdAt),
};

/** The newest first. */
export const customerOrder: Order = {
  sort: 'customers',
  columns: [
    { sql: customers.createdAt, kind: 'time' },
    { sql: customers.id, kind: 'uuid' },
  ],
  descending: true,
};

const all = getTableColumns(customers);

const pageStatement = prepareShapes<Customer[]>();
const lightPageStatement = prepareShapes<Customer[]>({ light: true });

/** One page in reading direction, `page.limit` rows at most, with these `columns` (null: all). */
export function findCustomerPage(
  tx: TenantTransaction,
  asked: CustomerFilter,
  page: Page,
  columns: readonly string[] | null,
): Promise<Customer[]> {
  const filter = readFilter(asked, filterFields);
  const keys = keyset(customerOrder, page);
  const isLight = filter.shape === '' && columns !== null && !columns.includes('metadata');
  const shape = `${filter.shape}|${keys.shape}|${columns ?? '*'}`;
  const statement = (isLight ? lightPageStatement : pageStatement)(shape, (db) =>
    db
      .select(pickColumns(all, columns, sortColumnNames(all, customerOrder)))
      .from(customers)
      .where(and(eq(customers.tenantId, tenant), ...filter.conditions, keys.where))
      .orderBy(...keys.orderBy)
      .limit(sql.placeholder('limit')),
  );
  return statement(tx, { ...filter.values, ...keys.values, limit: page.limit });
}

const countStatement = prepareShapes<{ count: number }[]>();

export async function countCustomers(
  tx: TenantTransaction,
  asked: CustomerFilter,
): Promise<number> {
  const filter = readFilter(asked, filterFields);
  const statement = countStatement(filter.shape, (db) =>
    db
      .select({ count: sql<number>`count(*)::int` })
      .from(customers)
      .where(and(eq(customers.tenantId, tenant), ...filter.conditions)),
  );
  return (await statement(tx, filter.values))[0]?.count ?? 0;
}

export const findCustomersByIds = prepareByKeys<Customer>(customers, all, customers.id, 'ids');

/** Reads the customer with this number and holds it until COMMIT. */
export const lockCustomerByPhone = prepare((db) =>
  db
    .select()
    .from(customers)
    .where(and(eq(customers.tenantId, tenant), eq(customers.phone, sql.placeholder('phone'))))
    .for('update'),
);

/** Inserts, or changes the given fields of the customer who has this number already. */
export async function upsertCustomerRow(
  tx: TenantTransaction,
  row: NewCustomer,
  changes: Partial<NewCustomer>,
): Promise<Customer | undefined> {
  const rows = await tx.db
    .insert(customers)
    .values(row)
    .onConflictDoUpdate({
      target: [customers.tenantId, customers.phone],
      set: { ...changes, updatedAt: sql`excluded.updated_at` },
    })
    .returning();
  return rows[0];
}

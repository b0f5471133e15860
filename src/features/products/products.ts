import type { QuotaLeases } from '../../auth/limits.ts';
import type { Actor } from '../../auth/principal.ts';
import type { TenantTransaction } from '../../db/database.ts';
import { onConstraint } from '../../db/query/constraints.ts';
import { refuse } from '../../lib/errors.ts';
import { newId } from '../../lib/ids.ts';
import { changedFields, recordAudit } from '../audit/audit.ts';
import { recordCountedAudit } from '../usage/countedAudit.ts';
import { checkProduct, type ProductFields, toColumns } from './productInput.ts';
import {
  insertProduct,
  lockProduct,
  type NewProduct,
  type Product,
  updateProduct,
} from './products.queries.ts';

const created = { meter: 'PRODUCTS', feature: 'productCreate' } as const;

/** The input's path in every product mutation's `userErrors.field`. */
const input = ['input'];

export interface NewProductFields extends ProductFields {
  /** Chosen by the client, so that a repeated call cannot make a second product. */
  id?: string | null | undefined;
  name: string;
  price: { amount: string; currencyCode: string };
}

/**
 * Adds a product. Refuses with ID_TAKEN, SKU_TAKEN, EXTERNAL_REFERENCE_TAKEN, QUOTA_EXCEEDED, or what is wrong with
 * its fields. `leases`: where units of the meter may be had that are counted already.
 */
export async function createProduct(
  tx: TenantTransaction,
  actor: Actor,
  fields: NewProductFields,
  leases: QuotaLeases | null = null,
): Promise<Product> {
  checkProduct(fields, input);
  const columns = toColumns(fields);
  const row = { ...columns, tenantId: tx.tenantId, id: fields.id ?? newId() } as NewProduct;
  const event = {
    action: 'product.created',
    targetType: 'Product',
    targetId: row.id,
    after: columns,
  } as const;
  const counted = recordCountedAudit(tx, actor, created, event, leases);
  const inserted = refusingDoubles(Promise.all([counted.done, insertProduct(tx, row)]));
  if (!counted.mayRefuse) tx.complete(2);
  const [, product] = await inserted;
  return product;
}

/** Changes the fields that are given. Refuses with NOT_FOUND, or as createProduct does. */
export async function changeProduct(
  tx: TenantTransaction,
  actor: Actor,
  id: string,
  fields: ProductFields,
): Promise<Product> {
  checkProduct(fields, input);
  const [before] = await lockProduct(tx, { id });
  if (before === undefined) notFound();
  const columns = toColumns(fields);
  const changes = changedFields(before, columns as Partial<Product>);
  if (Object.keys(changes.after).length === 0) return before;
  const [product] = await refusingDoubles(
    Promise.all([
      updateProduct(tx, id, columns),
      recordAudit(tx, actor, {
        action: 'product.updated',
        targetType: 'Product',
        targetId: id,
        ...changes,
      }),
    ]),
  );
  return product ?? notFound();
}

/** Takes a product out of sale. It stays readable, for conversations speak of it. Twice is once. */
export function archiveProduct(tx: TenantTransaction, actor: Actor, id: string): Promise<Product> {
  return changeProduct(tx, actor, id, { status: 'ARCHIVED' });
}

function notFound(): never {
  refuse('NOT_FOUND', [...input, 'id'], 'There is no product with this id.');
}

/** Uniqueness as Postgres found it → what the client hears. */
function refusingDoubles<T>(work: Promise<T>): Promise<T> {
  return onConstraint(work, {
    products_pkey: () => refuse('ID_TAKEN', [...input, 'id'], 'A product has this id already.'),
    products_tenant_id_sku_key: () =>
      refuse('SKU_TAKEN', [...input, 'sku'], 'Another product has this SKU; SKUs are unique.'),
    products_tenant_id_external_reference_key: () =>
      refuse(
        'EXTERNAL_REFERENCE_TAKEN',
        [...input, 'externalReference'],
        'Another product has this external reference; update that one instead.',
      ),
  });
}

import type { Actor } from '../../auth/principal.ts';
import type { TenantTransaction } from '../../db/database.ts';
import { type Issue, Refusal, refuse } from '../../lib/errors.ts';
import { recordAudit } from '../audit/audit.ts';
import type { ProductDraft } from './import/draft.ts';
import { checkProduct, type ProductFields, toColumns } from './productInput.ts';
import { findProductsByReferences, type Product } from './products.queries.ts';
import { batchSize, upsertProducts } from './upsertProducts.ts';

export interface UpsertFields extends ProductFields {
  externalReference: string;
  name: string;
  price: { amount: string; currencyCode: string };
}

export interface BulkUpsert {
  /** In the order in which they were given. */
  products: Product[];
  created: number;
  updated: number;
  unchanged: number;
}

const at = ['input', 'products'];

/** Writes up to 500 products by external reference, all or none; refuses with everything that is wrong. */
export async function bulkUpsert(
  tx: TenantTransaction,
  actor: Actor,
  list: readonly UpsertFields[],
): Promise<BulkUpsert> {
  if (list.length > batchSize) refuse('TOO_LONG', at, `At most ${batchSize} products at once.`);
  const wrong = list.flatMap((fields, index) => issuesOf(fields, [...at, String(index)]));
  if (wrong.length > 0) throw new Refusal(wrong);
  const { problems, ...counts } = await upsertProducts(
    tx,
    { actor, feature: 'productBulkUpsert' },
    list.map(toDraft),
  );
  if (problems.length > 0) {
    throw new Refusal(
      problems.map(({ index, code, field, message }) => ({
        code,
        field: [...at, String(index), ...(field === null ? [] : [field])],
        message,
      })),
    );
  }
  const references = list.map(({ externalReference }) => externalReference);
  const [stored] = await Promise.all([
    findProductsByReferences(tx, { references }),
    counts.created + counts.updated > 0
      ? recordAudit(tx, actor, {
          action: 'products.upserted',
          targetType: 'Product',
          targetId: null,
          after: counts,
        })
      : undefined,
  ]);
  const byReference = new Map(stored.map((product) => [product.externalReference, product]));
  return { ...counts, products: references.flatMap((one) => byReference.get(one) ?? []) };
}

function issuesOf(fields: UpsertFields, path: readonly string[]): readonly Issue[] {
  try {
    checkProduct(fields, path);
    return [];
  } catch (error) {
    if (error instanceof Refusal) return error.issues;
    throw error;
  }
}

function toDraft(fields: UpsertFields): ProductDraft {
  const { priceAmount: _amount, priceCurrency: _currency, ...rest } = toColumns(fields);
  const { amount: price, currencyCode: currency } = fields.price;
  return { ...rest, price, currency } as ProductDraft;
}

import type { Actor } from '../../auth/principal.ts';
import type { TenantTransaction } from '../../db/database.ts';
import { StatementFailed } from '../../db/errors.ts';
import { newId } from '../../lib/ids.ts';
import { changedFields } from '../audit/audit.ts';
import { describeQuota, giveBack, type Use, useMeterPartly } from '../usage/useMeter.ts';
import { awaitTurn } from './bulkTurn.queries.ts';
import type { ProductDraft } from './import/draft.ts';
import {
  findSkuOwners,
  lockProductsByReferences,
  type NewProduct,
  type Product,
  upsertProductRows,
} from './products.queries.ts';

/** How many products go into one statement: 17 columns each, and Postgres takes 65 535 parameters. */
export const batchSize = 500;

/** Why one product of a batch was not written. */
export interface UpsertProblem {
  /** Its place in the list that was given. */
  readonly index: number;
  readonly externalReference: string;
  readonly code: 'SKU_TAKEN' | 'REFERENCE_REPEATED' | 'CURRENCY_MISSING' | 'QUOTA_EXCEEDED';
  /** null: the product as a whole. */
  readonly field: 'sku' | 'externalReference' | 'price' | null;
  readonly message: string;
}

export interface UpsertResult {
  created: number;
  updated: number;
  unchanged: number;
  problems: UpsertProblem[];
}

/** Who writes products, and through which root field: whose use of PRODUCTS it is. */
export interface Writer {
  readonly actor: Actor;
  readonly feature: string;
}

/**
 * Writes products by external reference: what is not there is added, what differs is changed, what
 * is as it should be is not touched. A field that a draft lacks keeps its stored value, so an
 * archived product stays archived unless the draft says a status. Products that cannot be written
 * become problems, new ones past the plan's limit among them; the others are.
 *
 * A SKU counts as taken while another stored product has it, even where the same call gives that
 * one a new SKU: Postgres checks row by row, so an exchange of two SKUs would hang on their order.
 */
export async function upsertProducts(
  tx: TenantTransaction,
  writer: Writer,
  drafts: readonly ProductDraft[],
): Promise<UpsertResult> {
  const total: UpsertResult = { created: 0, updated: 0, unchanged: 0, problems: [] };
  const seen: Seen = { references: new Set(), skus: new Set() };
  for (let from = 0; from < drafts.length; from += batchSize) {
    const batch = drafts
      .slice(from, from + batchSize)
      .map((draft, place) => ({ draft, index: from + place }));
    const { created, updated, unchanged, problems } = await writeBatch(tx, writer, batch, seen);
    total.created += created;
    total.updated += updated;
    total.unchanged += unchanged;
    total.problems.push(...problems);
  }
  return total;
}

interface Entry {
  readonly draft: ProductDraft;
  readonly index: number;
}

/** What earlier drafts of the same call have used. */
interface Seen {
  readonly references: Set<string>;
  readonly skus: Set<string>;
}

const skuConstraint = 'products_tenant_id_sku_key';

/**
 * Somebody else may take a SKU between our look and our write; what they did shows at the next look.
 * Each lost race shows one more SKU as taken, so there are no more of them than products: a fixed
 * number of attempts (it was three) failed the whole import at the fourth SKU.
 */
async function writeBatch(
  tx: TenantTransaction,
  writer: Writer,
  batch: readonly Entry[],
  seen: Seen,
  attempts = batch.length + 1,
): Promise<UpsertResult> {
  const before = { references: new Set(seen.references), skus: new Set(seen.skus) };
  try {
    return await tx.savepoint((inner) => tryBatch(inner, writer, batch, seen));
  } catch (error) {
    const lostRace = error instanceof StatementFailed && error.constraint === skuConstraint;
    if (!lostRace || attempts <= 1) throw error;
    return writeBatch(tx, writer, batch, Object.assign(seen, before), attempts - 1);
  }
}

async function tryBatch(
  tx: TenantTransaction,
  writer: Writer,
  batch: readonly Entry[],
  seen: Seen,
): Promise<UpsertResult> {
  const references = batch.map(({ draft }) => draft.externalReference);
  const skus = batch.flatMap(({ draft }) => draft.sku ?? []);
  const [, stored, owners] = await Promise.all([
    awaitTurn(tx),
    lockProductsByReferences(tx, { references }),
    skus.length === 0 ? [] : findSkuOwners(tx, { skus }),
  ]);
  const storedBy = new Map(stored.map((product) => [product.externalReference, product]));
  const ownerOf = new Map(owners.map(({ sku, externalReference }) => [sku, externalReference]));
  const problems: UpsertProblem[] = [];
  const rows: NewProduct[] = [];
  const fresh: Fresh[] = [];
  let unchanged = 0;
  for (const { draft, index } of batch) {
    const before = storedBy.get(draft.externalReference);
    const problem = problemOf(draft, before, ownerOf, seen);
    if (problem !== null) {
      problems.push({ ...problem, index, externalReference: draft.externalReference });
      continue;
    }
    seen.references.add(draft.externalReference);
    if (draft.sku) seen.skus.add(draft.sku);
    // ON CONFLICT checks NOT NULL on the row as proposed, before it finds the one that is there.
    const columns = toRow(draft, before);
    const row = { ...columns, tenantId: tx.tenantId, id: newId() } as NewProduct;
    if (before === undefined) fresh.push({ row, index });
    else if (isUnchanged(before, columns)) unchanged += 1;
    else rows.push(row);
  }
  const allowed = await countFresh(tx, writer, fresh);
  problems.push(...allowed.problems);
  const written = await writeRows(tx, [...rows, ...allowed.rows]);
  // Somebody else may have added one of them since we looked, and has counted it.
  await giveBack(tx, writer.actor, useOf(writer, allowed.rows.length - written.created));
  return { ...written, unchanged, problems };
}

interface Fresh {
  readonly row: NewProduct;
  readonly index: number;
}

const useOf = ({ feature }: Writer, amount: number): Use => ({
  ...{ meter: 'PRODUCTS', amount, feature },
});

/** Counts new products, as many as the plan still allows, in their order; the others become problems. */
async function countFresh(
  tx: TenantTransaction,
  writer: Writer,
  fresh: readonly Fresh[],
): Promise<{ rows: NewProduct[]; problems: UpsertProblem[] }> {
  const taken = await useMeterPartly(tx, writer.actor, useOf(writer, fresh.length));
  const rows = fresh.slice(0, taken).map(({ row }) => row);
  if (taken === fresh.length) return { rows, problems: [] };
  const message = await describeQuota(tx, 'PRODUCTS');
  const problems = fresh.slice(taken).map(({ row, index }) => ({
    ...{ index, externalReference: row.externalReference ?? '', field: null, message },
    code: 'QUOTA_EXCEEDED' as const,
  }));
  return { rows, problems };
}

type Reason = Pick<UpsertProblem, 'code' | 'field' | 'message'>;

function problemOf(
  draft: ProductDraft,
  before: Product | undefined,
  ownerOf: ReadonlyMap<string | null, string | null>,
  seen: Seen,
): Reason | null {
  const { externalReference, sku } = draft;
  if (seen.references.has(externalReference)) {
    const message = 'The external reference stands here twice; give each product its own.';
    return { code: 'REFERENCE_REPEATED', field: 'externalReference', message };
  }
  if (before === undefined && draft.currency === undefined) {
    const message = 'A new product needs the currency of its price; give one for the whole file.';
    return { code: 'CURRENCY_MISSING', field: 'price', message };
  }
  if (sku === undefined || sku === null) return null;
  const taken = ownerOf.has(sku) && ownerOf.get(sku) !== externalReference;
  if (!taken && !seen.skus.has(sku)) return null;
  const message = `Another product has the SKU ${JSON.stringify(sku)}; SKUs are unique.`;
  return { code: 'SKU_TAKEN', field: 'sku', message };
}

/** Rows that give the same columns share a statement; a Shopify file needs one, JSONL a few. */
async function writeRows(
  tx: TenantTransaction,
  rows: readonly NewProduct[],
): Promise<{ created: number; updated: number }> {
  const byShape = Map.groupBy(rows, (row) => Object.keys(row).sort().join());
  const stored = await Promise.all(
    [...byShape.values()].map((same) => upsertProductRows(tx, same)),
  );
  const ours = new Set(rows.map(({ id }) => id));
  const created = stored.flat().filter(({ id }) => ours.has(id)).length;
  return { created, updated: rows.length - created };
}

function isUnchanged(before: Product, row: Partial<NewProduct>): boolean {
  return Object.keys(changedFields(before, row as Partial<Product>).after).length === 0;
}

function toRow(
  { price, currency, ...rest }: ProductDraft,
  before: Product | undefined,
): Partial<NewProduct> {
  const priceCurrency = currency ?? before?.priceCurrency;
  const row = { ...rest, priceAmount: price, priceCurrency };
  return Object.fromEntries(Object.entries(row).filter(([, value]) => value !== undefined));
}

import { and, eq, sql } from 'drizzle-orm';
import type { TenantTransaction } from '../../db/database.ts';
import { pickColumns, sortColumnNames } from '../../db/query/pickColumns.ts';
import { type TemplateDrizzle, tenant } from '../../db/query/prepare.ts';
import { prepareShapes } from '../../db/query/prepareShapes.ts';
import { products } from '../../db/tables/products.ts';
import { type Count, countedNewest, mostCounted } from './productCounts.queries.ts';
import {
  firstFound,
  firstFoundCounted,
  fitsQuery,
  foundPlace,
  foundQuery,
  isMatched,
} from './productSearch.queries.ts';
import { type FoundProduct, productColumns, productOrder } from './products.queries.ts';

const orders = [productOrder('RELEVANCE', true), productOrder('CREATED_AT', true)];
const isOwnMatch = and(eq(products.tenantId, tenant), isMatched);
const score = sql<number | null>`matched.score`;

const firstPage = prepareShapes<FoundProduct[]>();

/**
 * The first page of a search in its own order: found and read by one statement, where searching first
 * costs a round trip. A row's score says whether it was RANKED; see sortOf.
 */
export function findFirstMatches(
  tx: TenantTransaction,
  phrase: string,
  limit: number,
  asked: readonly string[] | null,
): Promise<FoundProduct[]> {
  const statement = firstPage(`${asked ?? '*'}`, (db) =>
    db
      .select({ ...columnsOf(asked), score })
      .from(firstFound)
      .innerJoin(products, isOwnMatch)
      .orderBy(foundPlace),
  );
  return statement(tx, { phrase, page: limit });
}

interface CountedProduct extends FoundProduct {
  count: number;
  among: number;
}

const countedPage = prepareShapes<CountedProduct[]>();

/** The same with how many there are, as countProducts says it. Where there is no row, nothing was found. */
export async function findAndCountMatches(
  tx: TenantTransaction,
  phrase: string,
  limit: number,
  asked: readonly string[] | null,
): Promise<{ found: FoundProduct[]; count: Count }> {
  const statement = countedPage(`${asked ?? '*'}`, (db) =>
    db
      .select({
        ...columnsOf(asked),
        score,
        count: sql<number>`matched.count`,
        among: sql<number>`matched.among`,
      })
      .from(firstFoundCounted(newestMatches(db)))
      .innerJoin(products, isOwnMatch)
      .orderBy(foundPlace),
  );
  const found = await statement(tx, { phrase, page: limit });
  const { count, among } = found[0] ?? { count: 0, among: 0 };
  return { found, count: { count, atLeast: among > mostCounted } };
}

function columnsOf(asked: readonly string[] | null): typeof productColumns {
  const cursors = orders.flatMap((order) => sortColumnNames(productColumns, order));
  return pickColumns(productColumns, asked, cursors);
}

const newestMatches = (db: TemplateDrizzle) =>
  countedNewest(db, { fits: sql<boolean>`${fitsQuery(foundQuery)}`.as('fits') });

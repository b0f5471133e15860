import { sql } from 'drizzle-orm';
import { check, foreignKey, index, primaryKey, text, uuid } from 'drizzle-orm/pg-core';
import { app, pendingEntries, tenantId } from './columns.ts';
import { products } from './products.ts';

/**
 * The words that a business's products are named by: where a mistyped word of a search is looked up.
 * Each is there because of the product that first had it. That product is part of the key so that
 * nobody waits: with (tenant, word) alone, a long import that brings a new word would hold up whoever
 * else writes that word until it commits. Two at once store it twice, which harms nobody.
 */
export const productWords = app.table(
  'product_words',
  {
    tenantId: tenantId(),
    word: text('word').notNull(),
    productId: uuid('product_id').notNull(),
  },
  (table) => [
    primaryKey({
      name: 'product_words_pkey',
      columns: [table.tenantId, table.word, table.productId],
    }),
    foreignKey({
      name: 'product_words_product_id_fkey',
      columns: [table.tenantId, table.productId],
      foreignColumns: [products.tenantId, products.id],
    }),
    index('product_words_word_idx')
      .using('gin', table.tenantId, table.word.op('gin_trgm_ops'))
      .with(pendingEntries),
    check('product_words_length', sql`length(${table.word}) between 3 and 40`),
  ],
);

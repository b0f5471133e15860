import { LRUCache } from 'lru-cache';
import type { TenantTransaction } from '../../db/database.ts';

/** What a product is named by: the columns that app.learn_product_words() reads. */
interface Named {
  readonly name?: string | undefined;
  readonly category?: string | null | undefined;
  readonly tags?: readonly string[] | undefined;
}

/** `tenant word`. About 100 bytes each; words are never taken out of the table, so none goes stale. */
const known = new LRUCache<string, true>({ max: 50_000 });

/**
 * Whether `product_words` may lack a word of these products, so that the statement which writes them is
 * to learn them; once that has committed they are known here. To look each word up again took a third of
 * a create's time in Postgres. Words are told apart more finely than in SQL (no accents taken off), so
 * what is known here is known there.
 */
export function needsLearning(tx: TenantTransaction, rows: readonly Named[]): boolean {
  const fresh = rows.flatMap(wordsOf).flatMap((word) => {
    const key = `${tx.tenantId} ${word}`;
    return known.get(key) ? [] : [key];
  });
  if (fresh.length === 0) return false;
  tx.afterCommit(() => {
    for (const key of fresh) known.set(key, true);
  });
  return true;
}

function wordsOf({ name, category, tags }: Named): string[] {
  const text = [name, category, ...(tags ?? [])].join(' ').toLowerCase();
  return text.match(/[\p{L}\p{N}\p{M}]+/gu) ?? [];
}

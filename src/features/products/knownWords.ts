import { LRUCache } from 'lru-cache';
import type { TenantTransaction } from '../../db/database.ts';

/** What a product is named by: the columns that app.learn_product_words() reads. */
interface Named {
  readonly name?: string | undefined;
  readonly category?: string | null | undefined;
  readonly tags?: readonly string[] | undefined;
}

/** About 100 bytes each; words are never taken out of the table, so none goes stale. */
const mostWords = 50_000;

/** By tenant: one text for tenant and word would have to be put together and hashed for each word that is asked. */
const known = new LRUCache<string, Set<string>>({
  maxSize: mostWords,
  sizeCalculation: (words) => words.size,
});

/**
 * Whether `product_words` may lack a word of these products, so that the statement which writes them is
 * to learn them; once that has committed they are known here. To look each word up again took a third of
 * a create's time in Postgres. Words are told apart more finely than in SQL (no accents taken off), so
 * what is known here is known there.
 */
export function needsLearning(tx: TenantTransaction, rows: readonly Named[]): boolean {
  const learned = known.get(tx.tenantId);
  let fresh: string[] | undefined;
  for (const row of rows) {
    for (const word of wordsOf(row)) {
      if (learned?.has(word)) continue;
      fresh ??= [];
      fresh.push(word);
    }
  }
  if (fresh === undefined) return false;
  const words = fresh;
  tx.afterCommit(() => learn(tx.tenantId, words));
  return true;
}

/** A tenant that has said as many different words as there is room for begins anew. */
function learn(tenantId: string, words: readonly string[]): void {
  const before = known.peek(tenantId);
  const learned = before === undefined || before.size >= mostWords / 2 ? new Set<string>() : before;
  // A copy, for a piece of a text keeps all of it.
  for (const word of words) learned.add(Buffer.from(word).toString());
  // Anew with its size.
  known.delete(tenantId);
  known.set(tenantId, learned);
}

function wordsOf({ name, category, tags }: Named): readonly string[] {
  let text = name ?? '';
  if (category) text = `${text} ${category}`;
  if (tags !== undefined && tags.length > 0) text = `${text} ${tags.join(' ')}`;
  return text.toLowerCase().match(/[\p{L}\p{N}\p{M}]+/gu) ?? [];
}

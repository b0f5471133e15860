import { LRUCache } from 'lru-cache';

const mostDocuments = 1_000;
/** Documents may have a megabyte each; a parsed one takes some twenty times its text. */
const mostCharacters = 4_000_000;

/** What is known of documents, by their text: as many as are used again, bounded by count and size. */
export function createDocumentCache<Known extends object>(): LRUCache<string, Known> {
  return new LRUCache({
    max: mostDocuments,
    maxSize: mostCharacters,
    sizeCalculation: (_known, text) => text.length + 1,
  });
}

import { LRUCache } from 'lru-cache';

const mostDocuments = 1_000;
/** A dense document takes 90 bytes a letter once it is parsed, so that this is 90 MB at the worst. */
const mostCharacters = 1_000_000;

/** What is known of documents, by their text: as many as are used again, bounded by count and size. */
export function createDocumentCache<Known extends object>(): LRUCache<string, Known> {
  return new LRUCache({
    max: mostDocuments,
    maxSize: mostCharacters,
    sizeCalculation: (_known, text) => text.length + 1,
  });
}

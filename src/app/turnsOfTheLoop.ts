/** What a turn of the event loop may begin of it: some 2 ms. */
const mostInATurn = 2;

const waiting: (() => void)[] = [];
let begun = 0;
let isPlanned = false;

/**
 * Resolves when dear work may begin: a document that is not known yet, or Yoga's way, which is ten times
 * that of a usual request. No more than two in a turn of the event loop, first come, first served. Who
 * is served the usual way needs some seven turns; with 200 connections that sent what is refused, each
 * of those took as long as all 200, and a products page 2.4 s instead of 1.4 ms. Not a count of those
 * under way: what waits for a lock would keep the others out. null: at once.
 */
export function turnForDearWork(): Promise<void> | null {
  plan();
  if (begun < mostInATurn && waiting.length === 0) {
    begun += 1;
    return null;
  }
  return new Promise((resolve) => waiting.push(resolve));
}

function plan(): void {
  if (isPlanned) return;
  isPlanned = true;
  setImmediate(() => {
    isPlanned = false;
    begun = 0;
    for (const start of waiting.splice(0, mostInATurn)) {
      begun += 1;
      start();
    }
    if (waiting.length > 0) plan();
  });
}

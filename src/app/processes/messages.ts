/** What a server process says to the one that started it. */
export type WorkerMessage =
  | { readonly kind: 'serving'; readonly url: string }
  /** It was asked to stop, and waits to be told so. */
  | { readonly kind: 'leaving' }
  /** Why it could not start, for a person to read; it ends then. */
  | { readonly kind: 'failed'; readonly reason: string };

/** What it is told: to stop in order. A message, for Windows has no signal that can be heard. */
export const stopMessage = 'stop';

/** What went over the wire since the start, for tests and metrics. A flush is one round trip's worth of writing. */
export interface Traffic {
  flushes: number;
  statements: number;
}

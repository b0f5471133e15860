/** What an operation holds beside its connection: one of the turns that its tenant has at a time. */
export interface Place {
  /** Frees it. Once it is left, to leave it again does nothing. */
  leave(): void;
  /** Takes one again. null: at once. Rejects when none comes free in time, or the client hangs up. */
  enter(): Promise<void> | null;
  /** Leaves it without freeing it: to whoever has the one that this answers. */
  handOver(): Place;
}

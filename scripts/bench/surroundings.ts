/** What a run of the bench is given, and what it leaves to be undone. */
export interface Surroundings {
  /** An empty directory. */
  readonly scratch: string;
  /** A Postgres to make a database on; undefined: an embedded one. */
  readonly databaseUrl: string | undefined;
  /** PATH. */
  readonly path: string;
  /** Takes what is to be done in the end, whatever happens. */
  undo(step: () => Promise<unknown>): void;
}

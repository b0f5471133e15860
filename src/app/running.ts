import type { Logger } from './logger.ts';

/** Something that serves, in this process or in others. */
export interface Running {
  readonly url: string;
  /** What a person who started it is told beside the address. */
  readonly greeting: string;
  /** Answers what is under way and leaves nothing behind; rejects when that went wrong. */
  close(): Promise<void>;
  /** Ends at once what would outlive this process. */
  endNow(): void;
  /** Rejects when it cannot go on. */
  readonly failed: Promise<never>;
}

/**
 * One request's forgotten promise must not end the requests of every business. What it meant to write
 * is rolled back: a transaction with a failed statement cannot commit.
 */
export function survivePromises(logger: Logger): void {
  process.on('unhandledRejection', (error) => {
    logger.error({ err: error }, 'a promise failed that nobody waited for');
  });
}

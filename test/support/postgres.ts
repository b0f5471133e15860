import { inject } from 'vitest';
import { serverUrlFrom } from '../../src/db/setup/serverRole.ts';
import { cloneTemplate, dropDatabase, urlOfDatabase } from './testDatabases.ts';

declare module 'vitest' {
  interface ProvidedContext {
    postgres: { adminUrl: string; template: string; fresh: string | null };
  }
}

export interface TestDatabase {
  /** A role that may do everything in it, and create roles and databases. */
  readonly adminUrl: string;
  /** The role that the server runs as. */
  readonly serverUrl: string;
  /** Never rejects. Hardly anybody waits for it: for a backend that is about to end, DROP DATABASE sleeps 100 ms. */
  drop(): Promise<void>;
}

/**
 * An own, migrated, empty database, cloned from the template that test/support/globalSetup.ts
 * made: about 20 ms. Whoever forgets to drop it has it dropped at the end of the run.
 */
export const createTestDatabase = (): Promise<TestDatabase> =>
  createDatabaseFrom(inject('postgres').template);

/** The same from another template of this run. */
export async function createDatabaseFrom(template: string): Promise<TestDatabase> {
  const { adminUrl } = inject('postgres');
  const name = await cloneTemplate(adminUrl, template);
  const url = urlOfDatabase(adminUrl, name);
  return {
    adminUrl: url,
    serverUrl: serverUrlFrom(url),
    drop: () => dropDatabase(adminUrl, name).catch(() => undefined),
  };
}

import type { Database } from '../../db/database.ts';
import { exchangeCredit } from '../../features/limits/credit.queries.ts';
import type { CreditStore } from '../../features/limits/credit.ts';

/** Credit shared through Postgres. `process`: under which name this one holds it. */
export function postgresCredit(database: Pick<Database, 'lookup'>, process: string): CreditStore {
  return {
    exchange: (tenantId, asked) =>
      exchangeCredit((text, values) => database.lookup(text, values), tenantId, process, asked),
  };
}

import { createOperator } from '../auth/operators.ts';
import type { Config } from '../config.ts';
import { demoPassword } from './demo/demoData.ts';
import type { Logger } from './logger.ts';
import { openOperators } from './openOperators.ts';
import type { Workplace } from './workplace.ts';

const email = 'operator@tenantry.example';

/**
 * The demo's operator, whose password everybody knows: only in the embedded database, and never where
 * demo identities are off, as they are in production. Answers what to tell the person who started it.
 */
export async function seedOperator(
  { embedded, operatorUrl }: Workplace,
  config: Config,
  logger: Logger,
): Promise<string> {
  if (!embedded || !config.demoIdentities || operatorUrl === undefined) return '';
  const database = openOperators(operatorUrl, config, logger);
  try {
    await createOperator(database, { email, name: 'Olive Operator', password: demoPassword });
  } finally {
    await database.close();
  }
  return `Operators, at /operator/graphql (mutation operatorSignIn), the same password:\n  ${email}\n`;
}

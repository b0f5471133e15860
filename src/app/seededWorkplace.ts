import type { Config } from '../config.ts';
import type { Logger } from './logger.ts';
import { openWorkplace, type Workplace } from './workplace.ts';

/** With the demo's businesses in it when the database is ours to seed, and what to tell about them. */
export async function openSeededWorkplace(
  config: Config,
  logger: Logger,
): Promise<{ workplace: Workplace; greeting: string }> {
  const workplace = await openWorkplace(config, logger);
  if (!workplace.embedded) return { workplace, greeting: '' };
  try {
    const { seedDemo } = await import('./seed.ts');
    const { seedOperator } = await import('./seedOperator.ts');
    const { greeting } = await seedDemo(workplace, config.dataDir);
    const operators = await seedOperator(workplace, config, logger);
    const over = `To start over, stop the server and remove ${config.dataDir}.\n`;
    return { workplace, greeting: `${greeting}${operators}\n${over}` };
  } catch (error) {
    await workplace.close().catch(() => undefined);
    throw error;
  }
}

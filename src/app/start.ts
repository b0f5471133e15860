import cluster from 'node:cluster';
import { inspect } from 'node:util';
import { type Config, loadConfig } from '../config.ts';
import { explainFailure } from './explainFailure.ts';
import { createLogger, type Logger } from './logger.ts';
import { type Running, survivePromises } from './running.ts';
import { onStopSignal, stopWithParent } from './stopSignals.ts';

/** The whole program, whichever of its processes this is: from the environment to the end. */
export async function start(): Promise<void> {
  if (cluster.isWorker) {
    const { runWorker } = await import('./processes/worker.ts');
    return runWorker();
  }
  try {
    const config = loadConfig();
    const logger = createLogger(config.logLevel);
    survivePromises(logger);
    const running = await (config.processes > 1 ? runMany(config, logger) : runOne(config, logger));
    if (config.startedByNpm) stopWithParent();
    onStopSignal(
      async () => {
        try {
          await running.close();
          process.exit(0);
        } catch (error) {
          logger.fatal({ err: error }, 'stopping went wrong');
          process.exit(1);
        }
      },
      () => running.endNow(),
    );
    // Last, for whoever waits for it may send a signal at once.
    process.stdout.write(
      `\nTenantry is at ${running.url}/graphql\n${hints(config, running.url)}${running.greeting}\n`,
    );
    await running.failed;
  } catch (error) {
    // What its reader can mend is said in a sentence; anything else keeps its stack.
    process.stderr.write(`${explainFailure(error) ?? inspect(error)}\n`);
    process.exit(1);
  }
}

/** What else is there: the page, and the mail that is not sent anywhere. */
function hints({ graphiql, smtpUrl, demoIdentities }: Config, url: string): string {
  const page = graphiql ? '  a browser finds GraphiQL there\n' : '';
  const mail = smtpUrl === undefined && demoIdentities ? `  its mail is at ${url}/outbox\n` : '';
  return page + mail;
}

async function runOne(config: Config, logger: Logger): Promise<Running> {
  const { serve } = await import('./serve.ts');
  return serve(config, logger);
}

async function runMany(config: Config, logger: Logger): Promise<Running> {
  const { runPrimary } = await import('./processes/primary.ts');
  return runPrimary(config, logger);
}

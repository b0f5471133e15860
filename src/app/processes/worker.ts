import cluster from 'node:cluster';
import { inspect } from 'node:util';
import { loadConfig } from '../../config.ts';
import { explainFailure } from '../explainFailure.ts';
import { createLogger } from '../logger.ts';
import { type Running, survivePromises } from '../running.ts';
import { serve } from '../serve.ts';
import { onStopSignal } from '../stopSignals.ts';
import { stopMessage, type WorkerMessage } from './messages.ts';

/** One of several server processes; its environment comes from the primary (primary.ts). */
export async function runWorker(): Promise<void> {
  let running: Running;
  const config = loadConfig();
  const logger = createLogger(config.logLevel);
  survivePromises(logger);
  try {
    running = await serve(config, logger);
  } catch (error) {
    await tell({ kind: 'failed', reason: explainFailure(error) ?? inspect(error) });
    process.exit(1);
  }

  let stopping: Promise<void> | undefined;
  const stop = (): Promise<void> => {
    stopping ??= running.close().then(
      () => process.exit(0),
      (error: unknown) => {
        logger.fatal({ err: error }, 'stopping went wrong');
        process.exit(1);
      },
    );
    return stopping;
  };
  // Ctrl-C and systemd signal every process of the group. The primary hands over connections, so it
  // has to know first (workers.ts).
  onStopSignal(
    () => (process.connected ? tell({ kind: 'leaving' }) : stop()),
    () => undefined,
  );
  process.on('message', (message) => {
    if (message === stopMessage) void stop();
  });
  cluster.worker?.once('disconnect', () => {
    // The primary is gone, and with it the port. Node would end us here, in the middle of answers and
    // with usage that is counted and not yet written, unless we are said to leave on purpose.
    if (cluster.worker) cluster.worker.exitedAfterDisconnect = true;
    void stop();
  });
  await tell({ kind: 'serving', url: running.url });
}

/** Resolves when it is on its way, or nobody is there to hear it. */
function tell(message: WorkerMessage): Promise<void> {
  return new Promise((resolve) => {
    if (process.send === undefined || !process.connected) resolve();
    else process.send(message, undefined, undefined, () => resolve());
  });
}

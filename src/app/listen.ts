import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { ConfigError } from '../config.ts';

/** How long a client may take to say what it wants: it holds a socket meanwhile, and nothing else. */
export interface Patience {
  /** From the connection, or the previous answer, until the request's headers are there. */
  readonly headersMs: number;
  /** The same until its body is there too. */
  readonly requestMs: number;
}

/** 25 MB, the largest upload, in a minute is 3.3 Mbit/s. */
const patience: Patience = { headersMs: 10_000, requestMs: 60_000 };

/** An HTTP server that answers 408 to clients that are too slow and closes their connection. */
export function createHttpServer(
  handler: RequestListener,
  { headersMs, requestMs } = patience,
): Server {
  return createServer(
    {
      headersTimeout: headersMs,
      requestTimeout: requestMs,
      // Node looks every 30 s by default, which would make 40 of the ten.
      connectionsCheckingInterval: Math.min(1_000, headersMs / 4),
    },
    handler,
  );
}

/** Resolves with the address, once it takes connections. Throws ConfigError when the port is taken. */
export function listen(
  server: Server,
  { host, port }: { host: string; port: number },
): Promise<string> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      reject(
        error.code === 'EADDRINUSE'
          ? new ConfigError(`PORT ${port} is in use; choose another, or 0 for any free one.`)
          : error,
      );
    });
    server.listen(port, host, () => {
      resolve(`http://${host}:${(server.address() as AddressInfo).port}`);
    });
  });
}

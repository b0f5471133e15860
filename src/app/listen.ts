import { createServer, type RequestListener, type Server } from 'node:http';
import { type AddressInfo, isIPv6 } from 'node:net';
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

interface Place {
  readonly host: string;
  readonly port: number;
}

/** Resolves with the address, once it takes connections. Throws ConfigError when it cannot take any. */
export function listen(server: Server, { host, port }: Place): Promise<string> {
  return new Promise((resolve, reject) => {
    server.once('error', (error) => {
      reject(new ConfigError(explainListenFailure(error, { host, port })));
    });
    server.listen(port, host, () => {
      const name = isIPv6(host) ? `[${host}]` : host;
      resolve(`http://${name}:${(server.address() as AddressInfo).port}`);
    });
  });
}

/** Which of HOST and PORT is at fault, by Node's error code, and what to do about it. */
export function explainListenFailure(error: NodeJS.ErrnoException, { host, port }: Place): string {
  switch (error.code) {
    case 'EADDRINUSE':
      return `PORT ${port} is in use; choose another, or 0 for any free one.`;
    case 'EACCES':
      return `PORT ${port} needs rights that this user does not have; choose one from 1024 on, or 0 for any free one.`;
    case 'EADDRNOTAVAIL':
      return `HOST ${host} is no address of this machine; choose 127.0.0.1 for this machine alone, or 0.0.0.0 for all of its addresses.`;
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return `HOST ${host} is not a name that this machine can look up; choose 127.0.0.1 for this machine alone, or 0.0.0.0 for all of its addresses.`;
    default:
      return `HOST ${host} and PORT ${port} cannot be listened on: ${error.message}.`;
  }
}

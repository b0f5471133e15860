import type { Socket } from 'node:net';
import pg from 'pg';

/** The private state of pg 8.23.1 that tells what a connection is really doing. */
export interface ClientInternals {
  readonly readyForQuery: boolean | undefined;
  readonly host: string;
  readonly port: number;
  readonly processID: number | null;
  readonly secretKey: number | null;
  readonly _connected: boolean;
  readonly _ending: boolean;
  readonly _queryable: boolean;
  readonly _activeQuery: unknown;
  readonly _queryQueue: readonly unknown[];
  readonly _sentQueryQueue: readonly unknown[];
  readonly connection: {
    readonly stream: Socket;
    once(event: 'readyForQuery', listener: () => void): void;
    on(event: 'parseComplete', listener: () => void): void;
  };
  /** As of the last ReadyForQuery: idle, in a transaction, in a failed one. */
  getTransactionStatus(): 'I' | 'T' | 'E' | null;
}

export function internalsOf(client: pg.Client): ClientInternals {
  return client as unknown as ClientInternals;
}

/** The server waits for a command outside of any transaction, and nothing is under way in either direction. */
export function isAtRest(client: ClientInternals): boolean {
  const { stream } = client.connection;
  return (
    client._connected &&
    client._queryable &&
    !client._ending &&
    client.readyForQuery === true &&
    !client._activeQuery &&
    client._queryQueue.length === 0 &&
    client._sentQueryQueue.length === 0 &&
    client.getTransactionStatus() === 'I' &&
    stream.writable &&
    stream.writableLength === 0
  );
}

/** Throws when the installed pg is not built as the one that this layer was tested with. */
export function assertKnownDriver(): void {
  const client = internalsOf(new pg.Client());
  const known =
    client._connected === false &&
    client._ending === false &&
    client._queryable === true &&
    client._activeQuery === null &&
    Array.isArray(client._queryQueue) &&
    Array.isArray(client._sentQueryQueue) &&
    client.processID === null &&
    client.getTransactionStatus() === null &&
    typeof client.connection.stream.cork === 'function' &&
    typeof client.connection.once === 'function';
  if (!known) {
    throw new Error(
      'This version of pg is unknown to the opener: pin 8.23.1, or adapt src/db and run its torture tests.',
    );
  }
}

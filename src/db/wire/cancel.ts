import net from 'node:net';

const cancelCode = (1234 << 16) | 5678;
const timeoutMs = 1_000;

/**
 * Sends a CancelRequest on a socket of its own and resolves when the server closed it, which it does
 * after signalling the backend; also resolves (never rejects) when that can't be reached within a second.
 * https://www.postgresql.org/docs/current/protocol-flow.html#PROTOCOL-FLOW-CANCELING-REQUESTS
 */
export function sendCancelRequest(target: {
  host: string;
  port: number;
  processId: number;
  secretKey: number;
}): Promise<void> {
  const message = Buffer.alloc(16);
  message.writeInt32BE(16, 0);
  message.writeInt32BE(cancelCode, 4);
  message.writeInt32BE(target.processId, 8);
  message.writeInt32BE(target.secretKey, 12);
  return new Promise((resolve) => {
    const socket = target.host.startsWith('/')
      ? net.connect(`${target.host}/.s.PGSQL.${target.port}`)
      : net.connect(target.port, target.host);
    socket.setTimeout(timeoutMs, () => socket.destroy());
    socket.on('connect', () => socket.end(message));
    socket.on('error', () => socket.destroy());
    socket.on('close', () => resolve());
    socket.resume();
  });
}

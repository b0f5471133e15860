import net from 'node:net';

export type Direction = 'toServer' | 'toClient';

export interface TcpProxy {
  /** Added to each piece from the client to Postgres; may be changed at any time. */
  delayMs: number;
  /** Told of each piece as it arrives. `link`: one connection through the proxy. */
  onPiece: ((link: number, direction: Direction, piece: Buffer) => void) | undefined;
  /** The same URL with this proxy's address in it. */
  urlFor(url: string): string;
  close(): Promise<void>;
}

/**
 * A TCP proxy in front of Postgres. Each piece that arrives from the client is passed on `delayMs`
 * later, in order; answers pass at once: every round trip that is waited for takes that much longer,
 * and what was written together stays together. Node's timers fire up to a millisecond late, so the
 * bench measures and prints what the delay really is. Refused: half of it each way, which comes to
 * two late timers.
 */
export async function startProxy(targetUrl: string, delayMs: number): Promise<TcpProxy> {
  const target = new URL(targetUrl);
  const sockets = new Set<net.Socket>();
  let links = 0;

  const listener = net.createServer((client) => {
    const link = links++;
    const server = net.connect(Number(target.port || 5432), target.hostname);
    const pair = [client, server];
    for (const [index, socket] of pair.entries()) {
      const other = pair[1 - index];
      sockets.add(socket);
      socket.setNoDelay(true);
      socket.on('error', () => undefined); // 'close' follows, and closes the other side
      socket.on('close', () => {
        sockets.delete(socket);
        other?.destroy();
      });
    }
    client.on('data', (piece: Buffer) => {
      proxy.onPiece?.(link, 'toServer', piece);
      if (proxy.delayMs === 0) server.write(piece);
      else setTimeout(() => server.writable && server.write(piece), proxy.delayMs);
    });
    server.on('data', (piece: Buffer) => {
      proxy.onPiece?.(link, 'toClient', piece);
      if (client.writable) client.write(piece);
    });
  });
  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve));
  const { port } = listener.address() as net.AddressInfo;

  const proxy: TcpProxy = {
    delayMs,
    onPiece: undefined,
    urlFor(url) {
      const changed = new URL(url);
      changed.hostname = '127.0.0.1';
      changed.port = String(port);
      return changed.href;
    },
    async close() {
      for (const socket of sockets) socket.destroy();
      await new Promise<void>((resolve) => listener.close(() => resolve()));
    },
  };
  return proxy;
}

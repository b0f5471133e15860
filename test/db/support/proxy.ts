import net from 'node:net';

export type Direction = 'toServer' | 'toClient';

/** What to do with one piece of traffic; a Buffer takes its place. */
export type Verdict =
  | Buffer
  | 'pass'
  /** Lost, and from now on nothing passes in either direction; the sockets stay open. */
  | 'blackHole'
  /** Lost, both sides are reset. */
  | 'reset'
  /** Delivered, then both sides are reset: the other end acts on it and its answer is lost. */
  | 'passThenReset';

interface Link {
  readonly client: net.Socket;
  readonly server: net.Socket;
  swallowing: boolean;
}

/** A TCP proxy in front of Postgres that can delay, swallow, cut and reset. */
export interface Proxy {
  readonly port: number;
  /** Every piece that the client sent, in order: what arrived together was written together. */
  readonly sent: Buffer[];
  readonly openLinks: number;
  /** Decides about each piece; `undefined` lets everything pass. */
  judge: ((piece: Buffer, direction: Direction) => Verdict) | undefined;
  delayMs: number;
  /** Refuses new connections while true. */
  refusing: boolean;
  urlFor(url: string): string;
  /** New connections go to another server. */
  retarget(url: string): void;
  resetAll(): void;
  swallowAll(): void;
  close(): Promise<void>;
}

export async function startProxy(targetUrl: string): Promise<Proxy> {
  let target = new URL(targetUrl);
  const links = new Set<Link>();
  const sent: Buffer[] = [];

  const cut = (link: Link): void => {
    links.delete(link);
    link.client.resetAndDestroy();
    link.server.resetAndDestroy();
  };

  const deliver = (to: net.Socket, piece: Buffer): void => {
    if (proxy.delayMs === 0) to.write(piece);
    else setTimeout(() => to.writable && to.write(piece), proxy.delayMs);
  };

  const forward = (link: Link, direction: Direction, from: net.Socket, to: net.Socket): void => {
    from.on('data', (piece: Buffer) => {
      if (direction === 'toServer') sent.push(piece);
      if (link.swallowing) return;
      const verdict = proxy.judge?.(piece, direction) ?? 'pass';
      if (verdict === 'blackHole') {
        link.swallowing = true;
      } else if (verdict === 'reset') {
        cut(link);
      } else if (verdict === 'passThenReset') {
        // The far end must have read it before its connection goes: a reset discards what is unread.
        to.write(piece);
        link.swallowing = true;
        from.resetAndDestroy();
        to.once('data', () => cut(link));
      } else {
        deliver(to, verdict === 'pass' ? piece : verdict);
      }
    });
    from.on('error', () => undefined);
    from.on('close', () => {
      if (link.swallowing) return;
      links.delete(link);
      to.destroy();
    });
  };

  const listener = net.createServer((client) => {
    if (proxy.refusing) {
      client.resetAndDestroy();
      return;
    }
    const server = net.connect(Number(target.port), target.hostname);
    client.setNoDelay(true);
    server.setNoDelay(true);
    const link: Link = { client, server, swallowing: false };
    links.add(link);
    forward(link, 'toServer', client, server);
    forward(link, 'toClient', server, client);
  });
  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve));
  const { port } = listener.address() as net.AddressInfo;

  const proxy: Proxy = {
    port,
    sent,
    get openLinks() {
      return links.size;
    },
    judge: undefined,
    delayMs: 0,
    refusing: false,
    urlFor(url) {
      const changed = new URL(url);
      changed.hostname = '127.0.0.1';
      changed.port = String(port);
      return changed.href;
    },
    retarget(url) {
      target = new URL(url);
    },
    resetAll() {
      for (const link of [...links]) cut(link);
    },
    swallowAll() {
      for (const link of links) link.swallowing = true;
    },
    async close() {
      proxy.resetAll();
      await new Promise<void>((resolve) => listener.close(() => resolve()));
    },
  };
  return proxy;
}

/** The piece with one text in it overwritten by another, padded to the same length. */
export function overwrite(piece: Buffer, text: string, by: string): Buffer {
  const at = piece.indexOf(text);
  if (at < 0) return piece;
  const changed = Buffer.from(piece);
  changed.write(by.padEnd(text.length), at, 'latin1');
  return changed;
}

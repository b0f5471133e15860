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
  /** Delivered, then both sides are cut: the other end acts on it, and what comes after is lost. */
  | 'passThenReset'
  /** The same with this in its place. */
  | { readonly last: Buffer }
  /** Delivered as soon as this resolves; what comes behind it must wait for it by itself. */
  | { readonly after: Promise<void> }
  /** Kept, and delivered in one piece with the next. */
  | 'gather';

interface Link {
  readonly client: net.Socket;
  readonly server: net.Socket;
  swallowing: boolean;
}

/** A TCP proxy in front of Postgres that can delay, swallow, cut and reset. */
export interface TcpProxy {
  readonly port: number;
  /** Every piece that the client sent, in order: what arrived together was written together. */
  readonly sent: Buffer[];
  /** Decides about each piece; `undefined` lets everything pass. */
  judge: ((piece: Buffer, direction: Direction) => Verdict) | undefined;
  delayMs: number;
  /** Refuses new connections while true. */
  refusing: boolean;
  urlFor(url: string): string;
  resetAll(): void;
  close(): Promise<void>;
}

export async function startProxy(targetUrl: string): Promise<TcpProxy> {
  const target = new URL(targetUrl);
  const links = new Set<Link>();
  const sent: Buffer[] = [];

  const cut = (link: Link): void => {
    links.delete(link);
    link.client.resetAndDestroy();
    link.server.resetAndDestroy();
  };

  /** In order, as TCP does, however the delay changes: each timer delivers the piece that has waited longest. */
  const delayed = new WeakMap<net.Socket, Buffer[]>();
  const deliver = (to: net.Socket, piece: Buffer): void => {
    const waiting = delayed.get(to) ?? [];
    if (proxy.delayMs === 0 && waiting.length === 0) {
      to.write(piece);
      return;
    }
    waiting.push(piece);
    delayed.set(to, waiting);
    setTimeout(() => {
      const next = waiting.shift();
      if (to.writable && next !== undefined) to.write(next);
    }, proxy.delayMs);
  };

  const deliverThenCut = (link: Link, direction: Direction, last: Buffer): void => {
    link.swallowing = true;
    const to = direction === 'toServer' ? link.server : link.client;
    // With what is delayed in front of it: TCP leaves nothing out either.
    const piece = Buffer.concat([...(delayed.get(to)?.splice(0) ?? []), last]);
    if (direction === 'toClient') {
      link.server.resetAndDestroy();
      link.client.end(piece, () => links.delete(link));
    } else {
      link.client.resetAndDestroy();
      // Postgres must have read it before its connection goes: a reset discards what is unread.
      link.server.write(piece);
      link.server.once('data', () => cut(link));
    }
  };

  const carryOut = (
    verdict: Exclude<Verdict, 'gather'>,
    link: Link,
    direction: Direction,
    piece: Buffer,
  ): void => {
    const to = direction === 'toServer' ? link.server : link.client;
    if (Buffer.isBuffer(verdict)) deliver(to, verdict);
    else if (verdict === 'pass') deliver(to, piece);
    else if (verdict === 'blackHole') link.swallowing = true;
    else if (verdict === 'reset') cut(link);
    else if (typeof verdict === 'object' && 'after' in verdict) {
      void verdict.after.then(() => deliver(to, piece));
    } else deliverThenCut(link, direction, verdict === 'passThenReset' ? piece : verdict.last);
  };

  const forward = (link: Link, direction: Direction): void => {
    const [from, to] =
      direction === 'toServer' ? [link.client, link.server] : [link.server, link.client];
    let gathered = Buffer.alloc(0);
    from.on('data', (arrived: Buffer) => {
      if (direction === 'toServer') sent.push(arrived);
      if (link.swallowing) return;
      const piece = Buffer.concat([gathered, arrived]);
      gathered = Buffer.alloc(0);
      const verdict = proxy.judge?.(piece, direction) ?? 'pass';
      if (verdict === 'gather') gathered = piece;
      else carryOut(verdict, link, direction, piece);
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
    forward(link, 'toServer');
    forward(link, 'toClient');
  });
  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve));
  const { port } = listener.address() as net.AddressInfo;

  const proxy: TcpProxy = {
    port,
    sent,
    judge: undefined,
    delayMs: 0,
    refusing: false,
    urlFor(url) {
      const changed = new URL(url);
      changed.hostname = '127.0.0.1';
      changed.port = String(port);
      return changed.href;
    },
    resetAll() {
      for (const link of [...links]) cut(link);
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

/**
 * The messages of a piece, as far as they are whole, and the rest.
 * https://www.postgresql.org/docs/current/protocol-message-formats.html
 */
export function messagesOf(piece: Buffer): Buffer[] {
  const messages: Buffer[] = [];
  let at = 0;
  while (at + 5 <= piece.length) {
    const end = at + 1 + piece.readInt32BE(at + 1);
    messages.push(piece.subarray(at, end));
    at = end;
  }
  return at < piece.length ? [...messages, piece.subarray(at)] : messages;
}

/** The piece up to and with the first answer of one kind: 'E' is an error. */
export function upTo(piece: Buffer, kind: string): Buffer {
  const messages = messagesOf(piece);
  const last = messages.findIndex((message) => message.toString('latin1', 0, 1) === kind);
  return Buffer.concat(last === -1 ? messages : messages.slice(0, last + 1));
}

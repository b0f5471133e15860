import type { Direction } from './proxy.ts';

/** A statement as it went over the wire. */
export interface SentStatement {
  readonly text: string;
  readonly values: readonly (string | null)[];
}

/** What one connection sent, round trip by round trip: a new one begins after something was answered. */
export type RoundTrip = SentStatement[];

interface Link {
  unread: Buffer;
  started: boolean;
  lastWas: Direction;
  readonly texts: Map<string, string>;
  roundTrips: RoundTrip[];
}

/**
 * Reads the client's half of the protocol (postgresql.org/docs/current/protocol-message-formats.html):
 * which statements ran, with which values, and how many round trips it took.
 */
export class WireReader {
  readonly #links = new Map<number, Link>();

  take(id: number, direction: Direction, piece: Buffer): void {
    const link = this.#link(id);
    if (direction === 'toServer') {
      if (link.lastWas === 'toClient') link.roundTrips.push([]);
      link.unread = Buffer.concat([link.unread, piece]);
      readMessages(link);
    }
    link.lastWas = direction;
  }

  /** Forgets what was sent so far, but not what was prepared. */
  clear(): void {
    for (const link of this.#links.values()) link.roundTrips = [];
  }

  /** Of each connection that sent anything since `clear`. */
  get sent(): RoundTrip[][] {
    return [...this.#links.values()].map((link) => link.roundTrips).filter((all) => all.length > 0);
  }

  #link(id: number): Link {
    let link = this.#links.get(id);
    if (link === undefined) {
      link = {
        unread: Buffer.alloc(0),
        started: false,
        lastWas: 'toClient',
        texts: new Map(),
        roundTrips: [],
      };
      this.#links.set(id, link);
    }
    return link;
  }
}

function readMessages(link: Link): void {
  for (;;) {
    // The start-up message alone has no type before its length.
    const head = link.started ? 1 : 0;
    if (link.unread.length < head + 4) return;
    const length = head + link.unread.readInt32BE(head);
    if (link.unread.length < length) return;
    const message = link.unread.subarray(0, length);
    link.unread = link.unread.subarray(length);
    if (link.started) readMessage(link, message.toString('latin1', 0, 1), message.subarray(5));
    else link.started = message.readInt32BE(4) === 196_608; // else: a question about encryption
  }
}

function readMessage(link: Link, type: string, body: Buffer): void {
  const current = link.roundTrips.at(-1);
  if (type === 'P') {
    const { text: name, next } = cString(body, 0);
    link.texts.set(name, cString(body, next).text);
  } else if (type === 'B') {
    current?.push(readBind(link, body));
  } else if (type === 'Q') {
    current?.push({ text: cString(body, 0).text, values: [] });
  }
}

function readBind(link: Link, body: Buffer): SentStatement {
  const { next: afterPortal } = cString(body, 0);
  const { text: name, next } = cString(body, afterPortal);
  const formats = body.readInt16BE(next);
  let at = next + 2 + formats * 2;
  const values: (string | null)[] = [];
  const count = body.readInt16BE(at);
  at += 2;
  for (let index = 0; index < count; index += 1) {
    const length = body.readInt32BE(at);
    at += 4;
    values.push(length < 0 ? null : body.toString('utf8', at, at + length));
    at += Math.max(0, length);
  }
  return { text: link.texts.get(name) ?? '', values };
}

function cString(body: Buffer, from: number): { text: string; next: number } {
  const end = body.indexOf(0, from);
  return { text: body.toString('utf8', from, end), next: end + 1 };
}

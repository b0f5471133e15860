import type { IncomingMessage } from 'node:http';
import { BlockList, isIP, type Socket } from 'node:net';

/** Which of a proxy's headers count; the other is whatever a client wrote, passed on unread. */
export type ForwardedHeader = 'x-forwarded' | 'forwarded';

/** Who asks: the address and host name that the outermost proxy of ours saw. */
export interface Client {
  readonly ip: string | null;
  readonly host: string | null;
}

export type ReadClient = (request: IncomingMessage) => Client;

/**
 * Reads who asks. Forwarded headers count only from `proxies` (addresses or CIDR ranges): from anybody
 * else they are the client's own words. Of a chain of addresses the right-most that is no proxy of ours
 * is taken, for those left of it the client may have made up (RFC 7239, section 8.1).
 */
export function createClientReader(
  proxies: readonly string[],
  header: ForwardedHeader,
): ReadClient {
  if (proxies.length === 0) {
    return (request) => ({
      ip: peerOf(request.socket),
      host: request.headers.host ?? null,
    });
  }
  const trusted = toBlockList(proxies);
  const isTrusted = (address: string): boolean =>
    trusted.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4');
  const read = header === 'forwarded' ? readForwarded : readXForwarded;

  return (request) => {
    let ip = peerOf(request.socket);
    const direct = { ip, host: request.headers.host ?? null };
    if (ip === null || !isTrusted(ip)) return direct;
    const { addresses, host } = read(request);
    for (const told of addresses.toReversed()) {
      const address = plainAddress(told);
      if (address === null) break; // "unknown", or made up: what is left of it counts no more
      ip = address;
      if (!isTrusted(address)) break;
    }
    return { ip, host: host ?? direct.host };
  };
}

/** A connection's other end, which stays the same: to read it anew took 1 % of a product by id. */
const peers = new WeakMap<Socket, string | null>();

function peerOf(socket: Socket): string | null {
  let peer = peers.get(socket);
  if (peer === undefined) {
    peer = plainAddress(socket.remoteAddress);
    peers.set(socket, peer);
  }
  return peer;
}

interface Told {
  readonly addresses: readonly string[];
  readonly host: string | null;
}

function readXForwarded({ headers }: IncomingMessage): Told {
  const list = (name: string) => [headers[name] ?? []].flat().join(',').split(',').map(trim);
  return {
    addresses: list('x-forwarded-for').filter(Boolean),
    host: list('x-forwarded-host').at(-1) || null,
  };
}

const longestForwarded = 4_096;

/** `Forwarded: for=192.0.2.1;host=a.example, for="[2001:db8::1]:4711"` (RFC 7239, section 4). */
function readForwarded({ headers }: IncomingMessage): Told {
  const parameter =
    /(?:^|[;,])[ \t]*(for|host)=(?:"((?:[^"\\]|\\.)*)"|([^\s;,"]*))[ \t]*(?=[;,]|$)/gi;
  // What proxies of ours wrote is at the end; the rest may be a client's, as long as it likes.
  const told = (headers.forwarded ?? '').slice(-longestForwarded);
  const addresses: string[] = [];
  let host: string | null = null;
  for (const [, name, quoted, token] of told.matchAll(parameter)) {
    const value = quoted?.replaceAll(/\\(.)/g, '$1') ?? token ?? '';
    if (name?.toLowerCase() === 'for') addresses.push(value);
    else host = value;
  }
  return { addresses, host };
}

const trim = (text: string): string => text.trim();

/** `[::1]:80`, `1.2.3.4:80` and `::ffff:1.2.3.4` → the address; null: it is none. */
function plainAddress(text: string | undefined): string | null {
  const bare = (text ?? '')
    .replace(/^\[([^\]]*)\](?::\d+)?$/, '$1')
    .replace(/^(\d+\.\d+\.\d+\.\d+):\d+$/, '$1')
    .replace(/^::ffff:(?=\d+\.\d+\.\d+\.\d+$)/i, '');
  return isIP(bare) === 0 ? null : bare;
}

function toBlockList(ranges: readonly string[]): BlockList {
  const list = new BlockList();
  for (const range of ranges) {
    const [address = '', prefix] = range.split('/');
    const family = isIP(address) === 6 ? 'ipv6' : 'ipv4';
    list.addSubnet(address, Number(prefix ?? (family === 'ipv6' ? 128 : 32)), family);
  }
  return list;
}

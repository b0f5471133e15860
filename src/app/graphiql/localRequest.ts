import type { IncomingMessage } from 'node:http';

const localNames = new Set(['localhost', '127.0.0.1', '[::1]']);
/** What a proxy adds: then the peer's address is the proxy's and says nothing of who asks. */
const proxyHeaders = ['forwarded', 'via', 'x-forwarded-for', 'x-forwarded-host', 'x-real-ip'];

/**
 * Whether a request comes from this very machine, straight and by one of its local names. The name
 * is looked at besides the address, because a page of a foreign site whose name was made to point to
 * 127.0.0.1 ("DNS rebinding") also connects from here, and only its Host header gives it away.
 */
export function isLocalRequest(request: IncomingMessage): boolean {
  return (
    isLoopback(request.socket.remoteAddress ?? '') &&
    localNames.has(hostName(request.headers.host ?? '')) &&
    proxyHeaders.every((name) => request.headers[name] === undefined)
  );
}

/**
 * Whether a browser sends the request for a page of this server itself, or it comes from no browser.
 * Every browser of these days sends at least one of the two headers with a POST.
 */
export function isSameOrigin(request: IncomingMessage): boolean {
  const { origin, host } = request.headers;
  const site = request.headers['sec-fetch-site'];
  return (
    (origin === undefined || origin === `http://${host}` || origin === `https://${host}`) &&
    (site === undefined || site === 'same-origin')
  );
}

const isLoopback = (address: string): boolean =>
  address === '::1' || /^(?:::ffff:)?127\.\d+\.\d+\.\d+$/.test(address);

const hostName = (host: string): string => host.replace(/:\d+$/, '').toLowerCase();

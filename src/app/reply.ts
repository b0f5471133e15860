import type { IncomingMessage } from 'node:http';
import type { Reply } from '../graphql/reply.ts';
import { PublicError } from '../lib/errors.ts';
import type { AnswerHead } from './answerHead.ts';
import { isSameOrigin } from './graphiql/localRequest.ts';

export interface CookieOptions {
  readonly corsOrigins: readonly string[];
  /** Whether cookies are for https alone. */
  readonly secureCookies: boolean;
}

/**
 * RFC 6265bis, 4.1.3.2: a browser takes a `__Host-` cookie from this very host over https alone, so that
 * no other subdomain, which is another business, can put one of its own in its place.
 */
const cookieName = (secure: boolean): string =>
  secure ? '__Host-tenantry_refresh' : 'tenantry_refresh';

/**
 * The refresh token's cookie: out of scripts' reach (HttpOnly) and sent by no foreign site
 * (SameSite=Strict). For every path, as the prefix asks for: the API is at /graphql and at
 * /t/{slug}/graphql, and a path keeps no page of the same origin from anything. That a JSON POST alone reaches GraphQL keeps forms out; what is left is a page
 * of the same site under another origin, so the origin has to be ours or one of CORS_ORIGINS by name.
 * A class, for one is made with every request and hardly ever asked anything.
 */
export class HttpReply implements Reply {
  readonly #request: IncomingMessage;
  readonly #head: Pick<AnswerHead, 'setHeader'>;
  readonly #options: CookieOptions;

  constructor(
    request: IncomingMessage,
    head: Pick<AnswerHead, 'setHeader'>,
    options: CookieOptions,
  ) {
    this.#request = request;
    this.#head = head;
    this.#options = options;
  }

  readRefreshCookie(): string | null {
    const name = cookieName(this.#options.secureCookies);
    const cookie = readCookie(this.#request.headers.cookie, name);
    if (cookie !== null) this.requireCookies();
    return cookie;
  }

  requireCookies(): void {
    const { origin } = this.#request.headers;
    if (isSameOrigin(this.#request)) return;
    if (origin !== undefined && this.#options.corsOrigins.includes(origin)) return;
    throw new PublicError(
      'FORBIDDEN',
      'A page of this origin may not use the refresh cookie: name it in CORS_ORIGINS, or keep the refresh token yourself.',
    );
  }

  setRefreshCookie(cookie: { token: string; expiresAt: Date } | null): void {
    const { secureCookies } = this.#options;
    const name = cookieName(secureCookies);
    const value =
      cookie === null
        ? `${name}=; Max-Age=0`
        : `${name}=${cookie.token}; Expires=${cookie.expiresAt.toUTCString()}`;
    const secure = secureCookies ? '; Secure' : '';
    this.#head.setHeader('Set-Cookie', `${value}; Path=/; HttpOnly; SameSite=Strict${secure}`);
  }

  setRetryAfter(seconds: number): void {
    this.#head.setHeader('Retry-After', String(seconds));
  }

  setRateLimit(policy: string, state: string): void {
    this.#head.setHeader('RateLimit-Policy', policy);
    this.#head.setHeader('RateLimit', state);
  }

  setReplayed(): void {
    this.#head.setHeader('Idempotency-Replayed', 'true');
  }
}

function readCookie(header: string | undefined, name: string): string | null {
  for (const pair of header?.split(';') ?? []) {
    const [found, value] = pair.trim().split('=', 2);
    if (found === name && value !== undefined && value !== '') return value;
  }
  return null;
}

/** `http://localhost` and the like: the one place where a cookie may travel without TLS. */
export function isPlainLoopback(publicUrl: string): boolean {
  const { protocol, hostname } = new URL(publicUrl);
  return protocol === 'http:' && /^(?:localhost|127\.[\d.]+|\[::1\])$/.test(hostname);
}

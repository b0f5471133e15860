/** What a field may read of the HTTP request, and say in its answer, beside GraphQL. */
export interface Reply {
  /** Throws FORBIDDEN where a page asks that may not use the cookie. */
  requireCookies(): void;
  /** The refresh token that a browser sent; null: none. Throws as requireCookies does. */
  readRefreshCookie(): string | null;
  /** null: the browser is to forget it. */
  setRefreshCookie(cookie: { token: string; expiresAt: Date } | null): void;
  setRetryAfter(seconds: number): void;
  /** The headers RateLimit-Policy and RateLimit. */
  setRateLimit(policy: string, state: string): void;
  /** The answer is one that was given before. */
  setReplayed(): void;
}

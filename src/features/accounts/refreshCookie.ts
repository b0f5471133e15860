import type { RefreshedToken } from '../../auth/sessions.ts';
import type { OperationContext } from '../../graphql/context.ts';
import { refuse } from '../../lib/errors.ts';

/** Where a client keeps its refresh token. */
export type RefreshTokenPlace = 'BODY' | 'COOKIE';

/** Puts the refresh token where it was asked for; in the cookie it is taken out of the answer. */
export function placeRefreshToken(
  { reply }: OperationContext,
  place: RefreshTokenPlace,
  issued: RefreshedToken,
): Omit<RefreshedToken, 'refreshToken'> & { refreshToken: string | null } {
  if (place === 'BODY') return issued;
  reply.setRefreshCookie({ token: issued.refreshToken, expiresAt: issued.refreshExpiresAt });
  return { ...issued, refreshToken: null };
}

/** The refresh token that was given, or else the cookie's; null: neither. */
export function findRefreshToken(
  { reply }: OperationContext,
  given: string | null | undefined,
): { token: string; place: RefreshTokenPlace } | null {
  if (given) return { token: given, place: 'BODY' };
  const token = reply.readRefreshCookie();
  return token === null ? null : { token, place: 'COOKIE' };
}

export function refuseNoToken(): never {
  refuse(
    'SESSION_ENDED',
    ['input', 'refreshToken'],
    'There is no refresh token, in the input or in a cookie; sign in.',
  );
}

import { commonErrorCodes } from '../../lib/validation.ts';

export const accountErrorCodes = {
  INVALID: commonErrorCodes.INVALID,
  TOO_SHORT: commonErrorCodes.TOO_SHORT,
  TOO_LONG: commonErrorCodes.TOO_LONG,
  NOT_FOUND: commonErrorCodes.NOT_FOUND,
  WEAK_PASSWORD: 'The password is among those that are tried first.',
  WRONG_PASSWORD: 'The password is another.',
  INVALID_TOKEN: 'The token was not mailed by us, was used, or has run out.',
  SESSION_ENDED: 'The session has ended; sign in again.',
  ALREADY_REFRESHED: 'The refresh token was used a moment ago, by another call of the same client.',
  TOO_MANY_ATTEMPTS: 'Enough was tried for now; `retryAt` says when to come back.',
} as const;

import { commonErrorCodes } from '../../lib/validation.ts';

export const apiKeyErrorCodes = {
  ...commonErrorCodes,
  UNKNOWN_SCOPE: 'There is no such scope for API keys.',
  SCOPE_NOT_YOURS: 'You may not do this yourself, so you cannot let a key do it.',
  ALREADY_ROTATED: 'Another key has taken over; rotate that one.',
  NOT_USABLE: 'The key was revoked or has run out; make a new one.',
} as const;

import { commonErrorCodes } from '../../lib/validation.ts';

export const memberErrorCodes = {
  NOT_FOUND: commonErrorCodes.NOT_FOUND,
  ROLE_TOO_LOW: 'It is about a role above your own.',
  LAST_OWNER: 'A business has an owner: make somebody else one first.',
  YOURSELF: 'This is for others; to go yourself use memberLeave.',
  ALREADY_OWNER: 'They are an owner already.',
  TRANSFER_PENDING: 'An ownership transfer waits to be accepted; cancel it first.',
  SUSPENDED: 'The business is suspended: nothing in it can be changed.',
} as const;

export const invitationErrorCodes = {
  INVALID: commonErrorCodes.INVALID,
  NOT_FOUND: commonErrorCodes.NOT_FOUND,
  ROLE_TOO_LOW: memberErrorCodes.ROLE_TOO_LOW,
  ALREADY_MEMBER: 'They are in the business already.',
  ALREADY_INVITED: 'They are invited already; resend or revoke that invitation.',
  NOT_OPEN: 'The invitation was accepted, revoked or followed by another.',
  MEMBER_LIMIT: 'The business has as many members as its plan allows.',
  TOO_MANY_ATTEMPTS: 'Enough was mailed for now; the message says when to come back.',
} as const;

export const acceptanceErrorCodes = {
  INVALID: commonErrorCodes.INVALID,
  TOO_SHORT: commonErrorCodes.TOO_SHORT,
  TOO_LONG: commonErrorCodes.TOO_LONG,
  WEAK_PASSWORD: 'The password is among those that are tried first.',
  INVALID_TOKEN: 'The token was not mailed by us, was used or revoked, or has run out.',
  WRONG_ACCOUNT: 'You are signed in as somebody else than who was invited.',
  SIGN_IN_FIRST: 'The address has an account: sign in to it, then accept.',
  ACCOUNT_NEEDED: 'The address has no account yet: give a name and a password for one.',
  ALREADY_MEMBER: invitationErrorCodes.ALREADY_MEMBER,
  MEMBER_LIMIT: invitationErrorCodes.MEMBER_LIMIT,
  SUSPENDED: memberErrorCodes.SUSPENDED,
  TOO_MANY_ATTEMPTS: 'Enough was tried for now; `retryAt` says when to come back.',
} as const;

import { commonErrorCodes } from '../../lib/validation.ts';

export const conversationErrorCodes = {
  ...commonErrorCodes,
  NOT_ASSIGNABLE: 'This member may only look; somebody who can answer is needed.',
} as const;

import { commonErrorCodes } from '../../lib/validation.ts';
import { quotaErrorCodes } from '../usage/useMeter.ts';

export const conversationErrorCodes = {
  ...commonErrorCodes,
  ...quotaErrorCodes,
  NOT_ASSIGNABLE: 'This member may only look; somebody who can answer is needed.',
} as const;

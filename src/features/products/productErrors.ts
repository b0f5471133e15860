import { commonErrorCodes } from '../../lib/validation.ts';
import { quotaErrorCodes } from '../usage/useMeter.ts';

export const productErrorCodes = {
  ...commonErrorCodes,
  ...quotaErrorCodes,
  SKU_TAKEN: 'Another product of yours has this SKU.',
  REFERENCE_REPEATED: 'The same external reference stands twice in one call.',
  IMPORT_FAILED:
    'The file has problems and `onError` says to stop at the first; nothing was imported.',
} as const;

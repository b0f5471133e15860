import { defineLoader } from '../../graphql/loader.ts';
import { type ApiKey, findApiKeysByIds } from './apiKeys.queries.ts';

export const loadApiKey = defineLoader<ApiKey>(
  (tx, ids) => findApiKeysByIds(tx, { ids }),
  (apiKey) => apiKey.id,
);

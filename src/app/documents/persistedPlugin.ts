import { GraphQLError } from 'graphql';
import type { Plugin } from 'graphql-yoga';
import { PublicError } from '../../lib/errors.ts';
import type { PersistedDocuments } from './persistedDocuments.ts';

/** Puts the document in the place of its id, on Yoga's way; the lean one asks by itself. */
export function persistedPlugin(documents: PersistedDocuments): Plugin {
  return {
    onParams({ params, request, setParams }) {
      if (typeof params !== 'object' || params === null) return;
      const documentId = Reflect.get(params, 'documentId') ?? idInUrl(request);
      try {
        const query = documents.textFor({ ...params, documentId });
        if (query !== undefined) setParams({ ...params, query });
      } catch (error) {
        if (!(error instanceof PublicError)) throw error;
        throw new GraphQLError(error.message, { originalError: error });
      }
    },
  };
}

/** Yoga reads what it knows from a GET request's address. */
const idInUrl = ({ method, url }: Request): string | undefined =>
  method === 'GET' ? (new URL(url).searchParams.get('documentId') ?? undefined) : undefined;

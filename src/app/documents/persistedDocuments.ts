import { readFile } from 'node:fs/promises';
import type { GraphQLSchema } from 'graphql';
import type { GraphQLParams } from 'graphql-yoga';
import { type Config, ConfigError } from '../../config.ts';
import { PublicError } from '../../lib/errors.ts';
import { findFaults, type Manifest, readManifest } from './manifest.ts';

/** What a request says of its document, beside or instead of `query`. */
export type AskedDocument = GraphQLParams & { readonly documentId?: unknown };

export interface PersistedDocuments {
  /**
   * The document that a request means; undefined: it names none. Throws PublicError for one that is not
   * known, and for one that is sent itself where only those of the manifest are executed.
   */
  textFor(params: AskedDocument): string | undefined;
}

/** Reads PERSISTED_DOCUMENTS. Throws ConfigError where a document of it could not run. */
export async function loadPersistedDocuments(
  { persistedDocuments: path, persistedDocumentsOnly, maximumCost }: Config,
  schema: GraphQLSchema,
): Promise<PersistedDocuments> {
  if (path === undefined) return persistedDocumentsOf(new Map(), false);
  let manifest: Manifest;
  try {
    manifest = readManifest(await readFile(path, 'utf8'));
  } catch (error) {
    throw new ConfigError(
      `PERSISTED_DOCUMENTS ${path} cannot be used: ${(error as Error).message}.`,
    );
  }
  const faults = findFaults(schema, manifest, maximumCost);
  if (faults.length > 0) {
    const shown = faults.slice(0, 20).map((fault) => `- ${fault}`);
    throw new ConfigError(
      `PERSISTED_DOCUMENTS ${path} has documents that could not run:\n${shown.join('\n')}`,
    );
  }
  return persistedDocumentsOf(manifest, persistedDocumentsOnly);
}

function persistedDocumentsOf(manifest: Manifest, only: boolean): PersistedDocuments {
  return {
    textFor(params) {
      // Who sends the document itself needs none of ours.
      if (params.query != null && !only) return params.query;
      const id = idIn(params);
      if (id === undefined) {
        if (only) throw required();
        return undefined;
      }
      const text = manifest.get(id) ?? manifest.get(id.replace(/^sha256:/, ''));
      if (text === undefined) throw unknown(only);
      return text;
    },
  };
}

/** By GraphQL over HTTP's appendix on persisted documents, or as Apollo's clients say it. */
function idIn({ documentId, extensions }: AskedDocument): string | undefined {
  if (typeof documentId === 'string') return documentId;
  const { persistedQuery } = (extensions ?? {}) as { persistedQuery?: { sha256Hash?: unknown } };
  const hash = persistedQuery?.sha256Hash;
  return typeof hash === 'string' ? hash : undefined;
}

const unknown = (only: boolean) =>
  new PublicError('PERSISTED_DOCUMENT_NOT_FOUND', 'This server has no document of this id.', {
    extensions: {
      fix: only
        ? 'Deploy its manifest here first.'
        : 'Deploy its manifest here first, or send the document itself as "query".',
    },
  });

const required = () =>
  new PublicError(
    'PERSISTED_DOCUMENT_REQUIRED',
    'This server executes only the documents of its manifest.',
    { extensions: { fix: 'Send "documentId" instead of "query"; GraphiQL cannot be used here.' } },
  );

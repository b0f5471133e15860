import type { IncomingMessage } from 'node:http';
import { type DocumentNode, type GraphQLSchema, getOperationAST } from 'graphql';
import type { GraphQLParams } from 'graphql-yoga';
import { LRUCache } from 'lru-cache';
import { createDocumentCache } from './documentCache.ts';
import type { PersistedDocuments } from './documents/persistedDocuments.ts';
import { withResult } from './finishedResult.ts';
import type { ExecuteOperation, ServerContext } from './operationPlugin.ts';
import { turnForDearWork } from './turnsOfTheLoop.ts';
import { askYoga, type GraphQLServer } from './yoga.ts';

/** An answer that is ready for the wire. */
export interface LeanAnswer {
  readonly contentType: string;
  readonly body: string;
}

export type AnswerLean = (
  request: IncomingMessage,
  body: Buffer<ArrayBuffer>,
  context: ServerContext,
) => Promise<LeanAnswer | Response | null>;

/**
 * The short way for what nearly every request is: a JSON POST that is answered without errors. Yoga's
 * plugins parse and validate each document once; then it is executed as Yoga's own way does it. Left
 * out are Yoga's Request, Response, streams and hooks, which were two thirds of a products page's
 * time. Everything else stays with Yoga: null, when it is to take the whole request, and a result with
 * errors goes to Yoga to be put into an answer, so that statuses and bodies are made in one place.
 */
export function createLeanPath(
  graphql: GraphQLServer,
  schema: GraphQLSchema,
  execute: ExecuteOperation,
  persisted: PersistedDocuments,
): AnswerLean {
  /** Parsed and found valid. */
  const documents = createDocumentCache<DocumentNode>();

  /** null: Yoga is to say what is wrong with it. A promise for one that is new, which takes its turn. */
  function findDocument(
    params: GraphQLParams,
    context: ServerContext,
  ): DocumentNode | null | Promise<DocumentNode | null> {
    let query: string;
    try {
      query = persisted.textFor(params) ?? '';
    } catch {
      return null;
    }
    return documents.get(query) ?? readDocument(params, query, context);
  }

  async function readDocument(
    params: GraphQLParams,
    query: string,
    context: ServerContext,
  ): Promise<DocumentNode | null> {
    // A registered one is not a client's to make dear.
    if (typeof params.query === 'string') await turnForDearWork();
    const known = documents.get(query); // by somebody before it in the line
    if (known !== undefined) return known;
    try {
      const { parse, validate } = graphql.getEnveloped({
        ...context,
        params: { ...params, query },
      } as never);
      const document = parse(query) as DocumentNode;
      if (validate(schema, document).length > 0) return null;
      documents.set(query, document);
      return document;
    } catch {
      return null;
    }
  }

  return async (request, body, context) => {
    const contentType = contentTypeFor(request.headers.accept ?? '*/*');
    const params = contentType === null ? null : readParams(body);
    if (contentType === null || params === null) return null;
    let document = findDocument(params, context);
    if (document instanceof Promise) document = await document;
    if (document === null) return null;
    const { operationName, variables: variableValues } = params;
    const operation = getOperationAST(document, operationName);
    if (!operation || operation.operation === 'subscription') return null;
    const result = await execute({ schema, document, operationName, variableValues }, context);
    if (result.errors === undefined) {
      return { contentType, body: JSON.stringify(result) };
    }
    await turnForDearWork();
    return askYoga(
      graphql,
      new graphql.fetchAPI.Request('http://localhost/graphql', {
        method: 'POST',
        headers: request.headers as Record<string, string>,
        body,
      }),
      { ...context, ...withResult(result) },
    );
  };
}

export const isLean = (answer: LeanAnswer | Response): answer is LeanAnswer =>
  typeof answer.body === 'string';

const known = new Set(['query', 'documentId', 'variables', 'operationName', 'extensions']);

/** null: not what a client library sends, and Yoga knows what to say to it. */
function readParams(body: Buffer): GraphQLParams | null {
  let params: unknown;
  try {
    params = JSON.parse(body.toString('utf8'));
  } catch {
    return null;
  }
  if (!isObject(params)) return null;
  const { query, variables, extensions, operationName } = params;
  const fine =
    (query == null || typeof query === 'string') &&
    Object.keys(params).every((name) => known.has(name)) &&
    (variables == null || isObject(variables)) &&
    (extensions == null || isObject(extensions)) &&
    (operationName == null || typeof operationName === 'string');
  return fine ? (params as GraphQLParams) : null;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

const contentTypes = new LRUCache<string, { readonly chosen: string | null }>({ max: 100 });

function contentTypeFor(accept: string): string | null {
  let known = contentTypes.get(accept);
  if (known === undefined) {
    known = { chosen: chooseContentType(accept) };
    contentTypes.set(accept, known);
  }
  return known.chosen;
}

/** As Yoga chooses (its accept.js): the first of the two types that is listed; a wildcard is JSON. */
function chooseContentType(accept: string): string | null {
  for (const listed of accept.replaceAll(/\s/g, '').toLowerCase().split(',')) {
    const [type = '', ...parameters] = listed.split(';');
    const charset = parameters.find((parameter) => parameter.includes('charset='));
    if (charset !== undefined && charset !== 'charset=utf-8') continue;
    if (type === 'application/graphql-response+json') return `${type}; charset=utf-8`;
    if (['*/*', 'application/*', 'application/json'].includes(type)) {
      return 'application/json; charset=utf-8';
    }
  }
  return null;
}

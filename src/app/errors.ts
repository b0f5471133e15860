import { GraphQLError } from 'graphql';
import { type DatabaseError, isDatabaseError } from '../db/errors.ts';
import { type ErrorCode, errorStatus, PublicError } from '../lib/errors.ts';
import { ofAnotherType } from '../lib/ids.ts';

/** The request is at fault before any field is: graphql-js and Yoga say so with these. */
type DocumentErrorCode =
  | 'GRAPHQL_PARSE_FAILED'
  | 'GRAPHQL_VALIDATION_FAILED'
  | 'OPERATION_RESOLUTION_FAILURE';

/**
 * What Yoga reads from `extensions.http`. `spec`: the status is for those who accept
 * `application/graphql-response+json`; who accepts only `application/json` gets 200 (GraphQL over
 * HTTP, 6.4.1).
 */
export interface ErrorHttp {
  readonly status?: number;
  readonly spec?: boolean;
  readonly headers?: Readonly<Record<string, string>>;
}

/** What an error becomes for a client, and whether somebody should look at it. */
export interface ExposedError {
  readonly message: string;
  readonly code: ErrorCode | DocumentErrorCode;
  readonly extensions: Readonly<Record<string, unknown>>;
  /** Set where the whole response should have this status. */
  readonly status: number | null;
  /** What Yoga itself asked for, where the error is its own. */
  readonly http?: ErrorHttp | undefined;
  /** The thing to log; null: the client's own doing. */
  readonly fault: unknown;
}

const internal = 'Something went wrong on our side. Send us the request id if it stays so.';

/** Refusals of the whole request, which proxies and clients handle by their status. */
const saidByStatus: ReadonlySet<ErrorCode> = new Set([
  'UNAUTHENTICATED',
  'RATE_LIMITED',
  'IDEMPOTENCY_KEY_IN_USE',
  'IDEMPOTENCY_KEY_REUSED',
]);

/** Whatever was thrown → what may be shown. SQL, constraints, stacks and paths never pass here. */
export function expose(error: unknown): ExposedError {
  const cause = rootCause(error);
  if (cause instanceof PublicError) {
    return {
      message: cause.message,
      code: cause.code,
      extensions: cause.extensions,
      status:
        errorStatus[cause.code] >= 500 || saidByStatus.has(cause.code)
          ? errorStatus[cause.code]
          : null,
      fault: errorStatus[cause.code] >= 500 ? cause : null,
    };
  }
  if (isDatabaseError(cause)) return exposeDatabaseError(cause);
  if (cause instanceof GraphQLError) return exposeGraphQLError(cause);
  return { message: internal, code: 'INTERNAL', extensions: {}, status: null, fault: cause };
}

/** graphql-js wraps what resolvers throw; scalars throw GraphQLErrors of their own inside. */
function rootCause(error: unknown): unknown {
  let cause = error;
  while (cause instanceof GraphQLError && cause.originalError) cause = cause.originalError;
  return cause;
}

interface GivenExtensions extends Record<string, unknown> {
  http?: ErrorHttp;
  originalError?: unknown;
}

function exposeGraphQLError(error: GraphQLError): ExposedError {
  const { http: given, code, originalError, ...extensions } = error.extensions as GivenExtensions;
  // The JSON parser's, with a piece of the request in it. What is no JSON is no GraphQL request: a
  // 400 whatever is accepted.
  const http = given && originalError ? { ...given, spec: false } : given;
  return {
    message: wordingOf(error.message),
    code: codeOf(error, code, http),
    extensions,
    status: null,
    http,
    fault: null,
  };
}

/** Pothos refuses an id of another type by itself; it is said as `readId` says it. */
function wordingOf(message: string): string {
  const [, id, wanted] = /^ID: (\w+) is not of type: (\w+)$/.exec(message) ?? [];
  return id === undefined || wanted === undefined ? message : ofAnotherType(id, wanted);
}

function codeOf(error: GraphQLError, given: unknown, http?: ErrorHttp): ExposedError['code'] {
  if (http?.status === 405) return 'METHOD_NOT_ALLOWED';
  switch (given) {
    case 'GRAPHQL_PARSE_FAILED':
    case 'GRAPHQL_VALIDATION_FAILED':
    case 'OPERATION_RESOLUTION_FAILURE':
    case 'BAD_REQUEST':
      return given;
    default:
      return error.message.startsWith('Syntax Error') ? 'GRAPHQL_PARSE_FAILED' : 'BAD_USER_INPUT';
  }
}

function exposeDatabaseError(error: DatabaseError): ExposedError {
  switch (error.code) {
    case 'DATABASE_UNAVAILABLE':
      return shown(
        'UNAVAILABLE',
        'The database cannot be reached just now; try again in a moment.',
        error,
        503,
      );
    case 'OPERATION_TIMED_OUT':
      return shown(
        'TIMED_OUT',
        'This took too long and was stopped; nothing was changed.',
        error,
        504,
      );
    case 'OPERATION_CANCELLED':
      return shown('TIMED_OUT', 'The request was given up; nothing was changed.', null, null);
    case 'COMMIT_IN_DOUBT':
      return shown(
        'COMMIT_IN_DOUBT',
        'The connection broke while the change was being saved: look whether it took effect before you repeat it, unless it has an idempotency key.',
        error,
        500,
      );
    case 'STATEMENT_FAILED':
      return exposeSqlState(error, error.sqlState);
    case 'TRANSACTION_FAILED':
      // What came after the first failure; the cause says what that was.
      return isDatabaseError(error.cause)
        ? exposeDatabaseError(error.cause)
        : shown('INTERNAL', internal, error, null);
    default:
      return shown('INTERNAL', internal, error, null);
  }
}

function exposeSqlState(error: DatabaseError, sqlState: string): ExposedError {
  // Class 22: a value that no column of this kind can hold. https://www.postgresql.org/docs/current/errcodes-appendix.html
  if (sqlState.startsWith('22')) {
    return shown(
      'BAD_USER_INPUT',
      'A value is out of range or not of the form that is asked for.',
      null,
      null,
    );
  }
  if (sqlState === '57014' || sqlState === '55P03' || sqlState === '25P04') {
    return shown(
      'TIMED_OUT',
      'This took too long and was stopped; nothing was changed.',
      error,
      504,
    );
  }
  if (sqlState === '40001' || sqlState === '40P01') {
    return shown(
      'UNAVAILABLE',
      'Another change came in between; nothing was changed, try again.',
      null,
      503,
    );
  }
  return shown('INTERNAL', internal, error, null);
}

function shown(
  code: ErrorCode,
  message: string,
  fault: unknown,
  status: number | null,
): ExposedError {
  return { message, code, extensions: {}, status, fault };
}

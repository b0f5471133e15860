/**
 * A refusal that the caller can do something about: it becomes `userErrors`, and the mutation field
 * that throws it changes nothing. `code` is one of the feature's own enum, `field` the path of the
 * input that is at fault, `message` says what to do.
 */
export interface Issue {
  readonly code: string;
  readonly field: readonly string[] | null;
  readonly message: string;
}

export class Refusal extends Error {
  readonly issues: readonly Issue[];

  constructor(issues: readonly Issue[]) {
    super(issues.map((issue) => issue.message).join(' '));
    this.name = 'Refusal';
    this.issues = issues;
  }
}

/** Throws a refusal with one issue. */
export function refuse(code: string, field: readonly string[] | null, message: string): never {
  throw new Refusal([{ code, field, message }]);
}

/** The codes of `errors[].extensions.code`, with the HTTP status each has before execution. */
export const errorStatus = {
  UNAUTHENTICATED: 401,
  FORBIDDEN: 403,
  NOT_FOUND: 404,
  METHOD_NOT_ALLOWED: 405,
  NOT_ACCEPTABLE: 406,
  BAD_USER_INPUT: 400,
  BAD_REQUEST: 400,
  OPERATION_TOO_COSTLY: 400,
  PERSISTED_DOCUMENT_NOT_FOUND: 400,
  PERSISTED_DOCUMENT_REQUIRED: 400,
  TENANT_MISMATCH: 400,
  PAYLOAD_TOO_LARGE: 413,
  REQUEST_TIMEOUT: 408,
  UNSUPPORTED_MEDIA_TYPE: 415,
  RATE_LIMITED: 429,
  IDEMPOTENCY_KEY_IN_USE: 409,
  IDEMPOTENCY_KEY_REUSED: 422,
  COMMIT_IN_DOUBT: 500,
  TIMED_OUT: 504,
  UNAVAILABLE: 503,
  INTERNAL: 500,
} as const;

export type ErrorCode = keyof typeof errorStatus;

/** An error that may be shown as it is: its message has no SQL, no stack, no other tenant's existence. */
export class PublicError extends Error {
  readonly code: ErrorCode;
  readonly extensions: Readonly<Record<string, unknown>>;

  constructor(
    code: ErrorCode,
    message: string,
    options: { extensions?: Readonly<Record<string, unknown>>; cause?: unknown } = {},
  ) {
    super(message, { cause: options.cause });
    this.name = 'PublicError';
    this.code = code;
    this.extensions = options.extensions ?? {};
  }
}

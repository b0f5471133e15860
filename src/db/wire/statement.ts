import { ForbiddenStatement } from '../errors.ts';
import type { WireValue } from './wireValues.ts';

export interface StatementRequest {
  readonly text: string;
  readonly values?: readonly unknown[] | undefined;
  /** Makes the values instead: what throws in it closes the frame, as a refused value does. */
  readonly bind?: (() => readonly unknown[]) | undefined;
  /**
   * It mostly takes a fraction of a millisecond, whatever the tenant has: found by an index, and short. A
   * read of little else shares a connection with others', which wait for it a moment (ReadRide).
   */
  readonly light?: boolean | undefined;
  /** A stable name; left out, a text that comes again gets one by itself. */
  readonly name?: string | undefined;
}

/** One statement ready for the wire: checked, named, its values already serialised. */
export interface Statement {
  readonly text: string;
  readonly values: readonly WireValue[];
  readonly name: string | undefined;
  /** See StatementRequest. */
  readonly light: boolean;
}

/** Bind counts its parameters in 16 bits; more would wrap around and misalign the protocol. */
const mostValues = 65_535;

// An allow-list: whatever ends or alters a transaction or a session (BEGIN, SET, COPY, LISTEN,
// DECLARE, PREPARE, DISCARD, DO, CALL …) is refused without having to be known. A leading /* comment
// is refused too: Postgres nests them, a pattern can't.
const allowedVerb =
  /^(?:\s|--[^\n]*\n|\()*(?:select|insert|update|delete|merge|with|values|table|explain)\b/i;

// Functions that do the same from within a query: the tenant setting belongs to the opener, and a
// session-level advisory lock outlives the transaction and follows the connection to the next tenant.
const forbiddenCall =
  /\b(?:set_config|set_tenant|open_read|pg_(?:try_)?advisory_(?:un)?lock(?:_shared|_all)?|dblink\w*)\b/i;

/** Refuses what may not run inside a tenant's transaction. Throws ForbiddenStatement. */
export function checkText(text: string): void {
  if (typeof text !== 'string')
    throw new ForbiddenStatement('A statement is a text and its values.');
  if (text.includes('\0')) throw new ForbiddenStatement('A statement may not contain a NUL byte.');
  if (!allowedVerb.test(text)) {
    throw new ForbiddenStatement(
      'A transaction handle runs SELECT, INSERT, UPDATE, DELETE, MERGE, WITH, VALUES, TABLE and EXPLAIN only.',
    );
  }
  if (forbiddenCall.test(text)) {
    throw new ForbiddenStatement('Settings and session locks belong to the opener.');
  }
}

/** Throws ForbiddenStatement. */
export function checkValues(values: unknown): void {
  if (!Array.isArray(values)) {
    throw new ForbiddenStatement('Values come as an array; callbacks are refused.');
  }
  if (values.length > mostValues) {
    throw new ForbiddenStatement(`A statement takes at most ${mostValues} values.`);
  }
}

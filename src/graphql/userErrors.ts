import type { TenantTransaction } from '../db/database.ts';
import { type Issue, Refusal } from '../lib/errors.ts';
import { builder } from './builder.ts';
import type { OperationContext } from './context.ts';
import { computed } from './lookAhead.ts';

/** What a mutation field came to: a value, or the reasons why nothing was changed. */
export interface Settled<Value> {
  readonly value: Value | null;
  readonly userErrors: readonly Issue[];
}

/**
 * Runs a mutation field's rule. A Refusal undoes what it did and becomes `userErrors`;
 * anything else that is thrown fails the operation, which then changes nothing at all.
 */
export async function settle<Value>(
  context: OperationContext,
  work: (tx: TenantTransaction) => Promise<Value>,
): Promise<Settled<Value>> {
  try {
    return { value: await context.undoably(work), userErrors: [] };
  } catch (error) {
    if (error instanceof Refusal) return { value: null, userErrors: error.issues };
    throw error;
  }
}

/** The same in a transaction of its own, of a tenant that is not the operation's. */
export async function settleApart<Value>(
  context: OperationContext,
  tenantId: string,
  work: (tx: TenantTransaction) => Promise<Value>,
): Promise<Settled<Value>> {
  try {
    return { value: await context.apart(tenantId, work), userErrors: [] };
  } catch (error) {
    if (error instanceof Refusal) return { value: null, userErrors: error.issues };
    throw error;
  }
}

/** Declares a feature's error type and its closed set of codes, each with what it means. */
export function userErrorType(name: string, codes: Readonly<Record<string, string>>) {
  const code = builder.enumType(`${name}ErrorCode`, {
    description: 'Why nothing was changed. Codes are added, never changed.',
    values: Object.fromEntries(
      Object.entries(codes).map(([value, description]) => [value, { value, description }]),
    ),
  });
  return builder.objectRef<Issue>(`${name}UserError`).implement({
    description: 'One reason why nothing was changed.',
    fields: (t) => ({
      field: t.stringList({
        nullable: true,
        description:
          'The path of the input at fault, such as ["input", "sku"]; null: no single one.',
        extensions: computed('field'),
        resolve: (issue) => (issue.field === null ? null : [...issue.field]),
      }),
      code: t.field({
        type: code,
        description: 'Stable, for programs.',
        extensions: computed('code'),
        resolve: (issue) => issue.code,
      }),
      message: t.exposeString('message', { description: 'What to do about it, for people.' }),
    }),
  });
}

import SchemaBuilder from '@pothos/core';
import RelayPlugin from '@pothos/plugin-relay';
import type { Issue } from '../../lib/errors.ts';
import { DateTime, Decimal, JsonObject, LocalDate, SafeInt } from '../scalars.ts';
import type { OperatorContext } from './context.ts';

interface SchemaTypes {
  Context: OperatorContext;
  DefaultFieldNullability: false;
  DefaultEdgesNullability: { list: false; items: false };
  DefaultNodeNullability: false;
  Scalars: {
    DateTime: { Input: Date; Output: Date | string };
    Date: { Input: string; Output: string };
    Decimal: { Input: string; Output: string };
    JSONObject: { Input: Record<string, unknown>; Output: Record<string, unknown> };
    SafeInt: { Input: number; Output: number };
  };
}

/**
 * The operators' schema. Its own builder, so that neither schema can come to hold a field of the other
 * by an import. Every field needs a signed-in operator but the one that signs in, which says so with
 * `extensions: { access: 'public' }`.
 */
export const operatorBuilder = new SchemaBuilder<SchemaTypes>({
  defaultFieldNullability: false,
  plugins: [RelayPlugin],
  relay: {
    clientMutationId: 'omit',
    cursorType: 'String',
    nodeQueryOptions: false,
    nodesQueryOptions: false,
    pageInfoTypeOptions: { description: 'Where a page stands in its list.' },
    hasNextPageFieldOptions: { description: 'Whether there is more after this page.' },
    hasPreviousPageFieldOptions: { description: 'Whether there is more before this page.' },
    startCursorFieldOptions: { description: 'Give it as "before" for the previous page.' },
    endCursorFieldOptions: { description: 'Give it as "after" for the next page.' },
    firstArgOptions: { description: 'How many from the start of the list, at most 100.' },
    afterArgOptions: { description: 'Only what comes after this cursor.' },
    lastArgOptions: { description: 'How many from the end of the list, at most 100.' },
    beforeArgOptions: { description: 'Only what comes before this cursor.' },
    edgesFieldOptions: {
      nullable: { list: false, items: false },
      description: 'The rows with a cursor each.',
    },
    nodeFieldOptions: { description: 'The row itself.' },
    cursorFieldOptions: { description: 'The place of this row in the list.' },
    pageInfoFieldOptions: { description: 'Whether there is more, and from where to go on.' },
    nodesOnConnection: { description: 'The rows without their cursors.' },
    mutationInputArgOptions: { description: 'What to do.' },
  },
});

operatorBuilder.queryType({ description: 'What an operator can read, across tenants.' });
operatorBuilder.mutationType({
  description:
    'What an operator can change, one field an operation: each is a transaction of the tenant that it touches, and is in its audit log. A response with `errors` changed nothing.',
});

operatorBuilder.addScalarType('DateTime', DateTime);
operatorBuilder.addScalarType('Date', LocalDate);
operatorBuilder.addScalarType('Decimal', Decimal);
operatorBuilder.addScalarType('JSONObject', JsonObject);
operatorBuilder.addScalarType('SafeInt', SafeInt);

/** Declares an error type and its closed set of codes, as userErrorType does for tenants. */
export function operatorErrorType(name: string, codes: Readonly<Record<string, string>>) {
  const code = operatorBuilder.enumType(`${name}ErrorCode`, {
    description: 'Why nothing was changed. Codes are added, never changed.',
    values: Object.fromEntries(
      Object.entries(codes).map(([value, description]) => [value, { value, description }]),
    ),
  });
  return operatorBuilder.objectRef<Issue>(`${name}UserError`).implement({
    description: 'One reason why nothing was changed.',
    fields: (t) => ({
      field: t.stringList({
        nullable: true,
        description: 'The path of the input at fault; null: no single one.',
        resolve: ({ field }) => (field === null ? null : [...field]),
      }),
      code: t.field({
        type: code,
        description: 'Stable, for programs.',
        resolve: (issue) => issue.code,
      }),
      message: t.exposeString('message', { description: 'What to do about it, for people.' }),
    }),
  });
}

import type { ObjectFieldsShape, ObjectRef } from '@pothos/core';
import type { Connection } from '../lib/pagination.ts';
import { builder } from './builder.ts';

type Types = typeof builder.$inferSchemaTypes;

/** A connection whose rows can be counted; counting is a statement of its own, run only if asked for. */
export interface CountedConnection<Row> extends Connection<Row> {
  /** null: too many to count. */
  countRows(): Promise<number | null>;
}

const countDescription =
  'How many rows the whole list has. It is counted anew on every request and costs a statement: ask for it once, not on every page.';

/**
 * Declares `<Name>Connection` and `<Name>Edge` for a type, with `nodes` beside `edges`, `totalCount`
 * and what `fields` adds.
 */
export function defineConnection<
  Row extends object,
  List extends CountedConnection<Row> = CountedConnection<Row>,
>(
  name: string,
  type: ObjectRef<Types, Row>,
  fields: ObjectFieldsShape<Types, List> = () => ({}),
): ObjectRef<Types, List> {
  return builder.connectionObject(
    {
      type,
      name: `${name}Connection`,
      description: 'A page of a list; see relay.dev/graphql/connections.htm.',
      fields: (t) => ({
        totalCount: t.int({
          nullable: true,
          description: countDescription,
          resolve: (connection) => (connection as unknown as List).countRows(),
        }),
        ...fields(t as never),
      }),
    },
    { name: `${name}Edge`, description: 'A row and its place in the list.' },
  ) as unknown as ObjectRef<Types, List>;
}

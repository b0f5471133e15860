import type { ObjectRef } from '@pothos/core';
import type { CountedConnection } from '../connections.ts';
import { operatorBuilder } from './builder.ts';

type Types = typeof operatorBuilder.$inferSchemaTypes;

/** As defineConnection, in the operators' schema. */
export function defineOperatorConnection<Row extends object>(
  name: string,
  type: ObjectRef<Types, Row>,
): ObjectRef<Types, CountedConnection<Row>> {
  return operatorBuilder.connectionObject(
    {
      type,
      name: `${name}Connection`,
      description: 'A page of a list; see relay.dev/graphql/connections.htm.',
      fields: (t) => ({
        totalCount: t.int({
          nullable: true,
          description: 'How many rows the whole list has; counted anew on every request.',
          resolve: (connection) => (connection as unknown as CountedConnection<Row>).countRows(),
        }),
      }),
    },
    { name: `${name}Edge`, description: 'A row and its place in the list.' },
  ) as unknown as ObjectRef<Types, CountedConnection<Row>>;
}

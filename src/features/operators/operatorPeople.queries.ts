import { eq, sql } from 'drizzle-orm';
import { prepare } from '../../db/query/prepare.ts';
import { users } from '../../db/tables/users.ts';

// Of the operator's role: the server's may not read or write people.

export const insertPerson = prepare((db) =>
  db
    .insert(users)
    .values({
      id: sql.placeholder('id'),
      email: sql.placeholder('email'),
      name: sql.placeholder('name'),
      emailVerifiedAt: sql`now()`,
    })
    .onConflictDoNothing(),
);

export const findPerson = prepare((db) =>
  db
    .select({ id: users.id, name: users.name, emailVerifiedAt: users.emailVerifiedAt })
    .from(users)
    .where(eq(users.email, sql.placeholder('email'))),
);

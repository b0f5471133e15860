import type pg from 'pg';

/**
 * Fills tables without their secondary indexes and makes these anew at the end, which takes a fraction
 * of the time (10 million messages: 3 minutes instead of more than 15) and leaves what a REINDEX would.
 * Primary keys stay. Committed as it goes: the database is thrown away when this fails.
 */
export async function withoutIndexes(client: pg.Client, fill: () => Promise<void>): Promise<void> {
  const { rows } = await client.query<{ drop: string; make: string }>(
    `select format('alter table %s drop constraint %I', conrelid::regclass, conname) as drop,
       format('alter table %s add constraint %I %s', conrelid::regclass, conname, pg_get_constraintdef(oid)) as make
     from pg_constraint where contype = 'u' and connamespace = 'app'::regnamespace
       and conrelid not in ('app.tenants'::regclass, 'app.users'::regclass)
     union all
     select format('drop index app.%I', indexname), indexdef from pg_indexes
     where schemaname = 'app' and indexname not in (
       select conname from pg_constraint where connamespace = 'app'::regnamespace)`,
  );
  for (const { drop } of rows) await client.query(drop);
  await fill();
  for (const { make } of rows) await client.query(make);
}

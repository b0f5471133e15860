import type { OperatorDatabase } from '../db/operatorDatabase.ts';

// The operators' own tables, on the operators' own connection: nothing of this can be asked of a
// tenant's request.

export interface Operator {
  id: string;
  email: string;
  name: string;
  disabledAt: Date | null;
  createdAt: Date;
}

const columns = 'id, email, name, disabled_at as "disabledAt", created_at as "createdAt"';

/** `email` in lower case. */
export async function findOperatorCredentials(
  database: OperatorDatabase,
  email: string,
): Promise<(Operator & { passwordHash: string }) | null> {
  const rows = await database.lookup<Operator & { passwordHash: string }>(
    `select ${columns}, password_hash as "passwordHash" from app.operators where email = $1`,
    [email],
  );
  return rows[0] ?? null;
}

/** All of them, by e-mail address. */
export function listOperators(database: OperatorDatabase): Promise<Operator[]> {
  return database.lookup<Operator>(`select ${columns} from app.operators order by email`, []);
}

/** null: somebody has this address already. `email` in lower case. */
export async function insertOperator(
  database: OperatorDatabase,
  row: { id: string; email: string; name: string; passwordHash: string },
): Promise<Operator | null> {
  const rows = await database.lookup<Operator>(
    `insert into app.operators (id, email, name, password_hash) values ($1, $2, $3, $4)
     on conflict (email) do nothing returning ${columns}`,
    [row.id, row.email, row.name, row.passwordHash],
  );
  return rows[0] ?? null;
}

/** Ends every session with it, for each request looks here. null: there is no such operator. */
export async function setOperatorDisabled(
  database: OperatorDatabase,
  email: string,
  disabled: boolean,
): Promise<Operator | null> {
  const rows = await database.lookup<Operator>(
    `update app.operators set updated_at = now(),
       disabled_at = case when $2::boolean then coalesce(disabled_at, now()) end
     where email = $1 returning ${columns}`,
    [email, disabled],
  );
  return rows[0] ?? null;
}

/** Sets a new password and ends all sessions. null: there is no such operator. */
export async function setOperatorPassword(
  database: OperatorDatabase,
  email: string,
  passwordHash: string,
): Promise<Operator | null> {
  const rows = await database.lookup<Operator>(
    `with changed as (
       update app.operators set updated_at = now(), password_hash = $2 where email = $1 returning *
     ), ended as (
       update app.operator_sessions set revoked_at = now()
       where operator_id in (select id from changed) and revoked_at is null
     )
     select ${columns} from changed`,
    [email, passwordHash],
  );
  return rows[0] ?? null;
}

/** false: the password that was checked is theirs no more, or they were disabled meanwhile. */
export async function openOperatorSession(
  database: OperatorDatabase,
  session: {
    id: string;
    operatorId: string;
    verifiedHash: string;
    seconds: number;
    ip: string | null;
    userAgent: string | null;
  },
): Promise<boolean> {
  const { id, operatorId, ip, userAgent, seconds, verifiedHash } = session;
  // The lock makes a change of the password that is under way come first, which ends this sign-in, or
  // wait, and then it ends the session.
  const opened = await database.lookup(
    `with good as (
       select o.id from app.operators o
       where o.id = $2 and o.password_hash = $6 and o.disabled_at is null for share
     )
     insert into app.operator_sessions (id, operator_id, ip, user_agent, expires_at)
     select $1, good.id, $3, $4, now() + make_interval(secs => $5) from good returning id`,
    [id, operatorId, ip, userAgent, seconds, verifiedHash],
  );
  return opened.length > 0;
}

/** null unless the session lives and its operator is not disabled. */
export async function findOperatorOfSession(
  database: OperatorDatabase,
  session: { sessionId: string; operatorId: string },
): Promise<Operator | null> {
  const rows = await database.lookup<Operator>(
    `select ${columns} from app.operators o
     where o.id = $2 and o.disabled_at is null and exists (
       select from app.operator_sessions s
       where s.id = $1 and s.operator_id = o.id and s.revoked_at is null and s.expires_at > now())`,
    [session.sessionId, session.operatorId],
  );
  return rows[0] ?? null;
}

export async function endOperatorSession(
  database: OperatorDatabase,
  sessionId: string,
): Promise<void> {
  await database.lookup(
    'update app.operator_sessions set revoked_at = now() where id = $1 and revoked_at is null',
    [sessionId],
  );
}

/**
 * Counts one more attempt for each key, at once and for every instance, and answers how many there
 * were in the running quarter of an hour: concurrent attempts get different numbers. In the order of
 * the keys, or two attempts could wait for each other.
 */
export async function countOperatorAttempts(
  database: OperatorDatabase,
  keys: readonly string[],
): Promise<Map<string, number>> {
  const rows = await database.lookup<{ key: string; attempts: number }>(
    `insert into app.operator_attempts as known (key, started_at, attempts)
     select counted, now(), 1 from unnest($1::text[]) as counted order by counted
     on conflict (key) do update set
       attempts = case when known.started_at > excluded.started_at - interval '15 minutes'
                       then known.attempts + 1 else 1 end,
       started_at = case when known.started_at > excluded.started_at - interval '15 minutes'
                         then known.started_at else excluded.started_at end
     returning key, attempts`,
    [keys],
  );
  return new Map(rows.map(({ key, attempts }) => [key, attempts]));
}

/** Forgets these keys, and all whose time is over. */
export async function forgetOperatorAttempts(
  database: OperatorDatabase,
  keys: readonly string[],
): Promise<void> {
  await database.lookup(
    `delete from app.operator_attempts where key = any($1) or started_at < now() - interval '1 day'`,
    [keys],
  );
}

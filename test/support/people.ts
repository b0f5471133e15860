import { randomUUID } from 'node:crypto';
import { expect } from 'vitest';
import { encodeId } from '../../src/lib/ids.ts';

import type { TestServer } from './server.ts';

/** Makes somebody with the demo's password a member of a business; the member's id, `mem_…`. */
export async function addMember(
  server: TestServer,
  person: { email: string; role: string; slug: string },
): Promise<string> {
  const [userId, memberId] = [randomUUID(), randomUUID()];
  await server.asAdmin(
    `with person as (
       insert into app.users (id, email, name, password_hash, email_verified_at)
       select $1, $2, 'Somebody', u.password_hash, now() from app.users u where u.email = 'owner@lumen.example'
       on conflict (email) do update set updated_at = now() returning id, email)
     insert into app.members (tenant_id, id, user_id, role, name, email)
     select t.id, $3, p.id, $4, 'Somebody', p.email from app.tenants t, person p where t.slug = $5`,
    [userId, person.email, memberId, person.role, person.slug],
  );
  return encodeId('Member', memberId);
}

/** A statement that holds a row, with its values. */
export type Held = readonly [text: string, value: unknown];

export const tenantRow = (slug: string): Held => [
  'select from app.tenants where slug = $1 for update',
  slug,
];

/**
 * Starts all of these while a row is held, in this order, and lets go of it when all wait: they get it
 * in the order in which they came.
 */
export async function atOnce<T>(
  server: TestServer,
  [text, value]: Held,
  starts: readonly (() => Promise<T>)[],
): Promise<T[]> {
  const waiting = `select count(*)::int as count from pg_stat_activity
    where datname = current_database() and wait_event_type = 'Lock'`;
  const under = await server.holding(text, [value], async () => {
    const started: Promise<T>[] = [];
    for (const start of starts) {
      started.push(start());
      const count = async () => (await server.asAdmin(waiting))[0]?.count;
      await expect.poll(count, { interval: 5 }).toBeGreaterThanOrEqual(started.length);
    }
    return { started };
  });
  return Promise.all(under.started);
}

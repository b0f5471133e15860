import { sql } from 'drizzle-orm';
import { check, foreignKey, index, primaryKey, text, unique, uuid } from 'drizzle-orm/pg-core';
import { app, createdAt, id, moment, tenantId, updatedAt } from './columns.ts';
import { tenants } from './tenants.ts';
import { users } from './users.ts';

export const memberRoles = ['OWNER', 'ADMIN', 'MEMBER', 'VIEWER'] as const;
export type MemberRole = (typeof memberRoles)[number];

/**
 * A person in a business. Name and e-mail are kept here too: the server's role may not read `users`,
 * and a list of members must not leave the tenant's own rows (nor, on Citus, its shard).
 */
export const members = app.table(
  'members',
  {
    tenantId: tenantId(),
    id: id(),
    /**
     * null: they have left. The row stays, for what they wrote names them; and as everything that lets
     * somebody in looks for their user, no query has to remember that a member may be a former one.
     */
    userId: uuid('user_id'),
    role: text('role', { enum: memberRoles }).notNull(),
    name: text('name').notNull(),
    email: text('email').notNull(),
    createdAt: createdAt(),
    leftAt: moment('left_at'),
    updatedAt: updatedAt(),
  },
  (table) => [
    primaryKey({ name: 'members_pkey', columns: [table.tenantId, table.id] }),
    unique('members_tenant_id_user_id_key').on(table.tenantId, table.userId),
    foreignKey({
      name: 'members_tenant_id_fkey',
      columns: [table.tenantId],
      foreignColumns: [tenants.id],
    }),
    foreignKey({
      name: 'members_user_id_fkey',
      columns: [table.userId],
      foreignColumns: [users.id],
    }),
    index('members_user_id_idx').on(table.userId),
    index('members_tenant_id_created_at_id_idx')
      .on(table.tenantId, table.createdAt, table.id)
      .where(sql`${table.userId} is not null`),
    // Owners are counted before one of them goes.
    index('members_tenant_id_role_idx')
      .on(table.tenantId, table.role)
      .where(sql`${table.userId} is not null`),
    check('members_role_known', sql`${table.role} in ('OWNER','ADMIN','MEMBER','VIEWER')`),
  ],
);

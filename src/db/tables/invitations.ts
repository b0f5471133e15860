import { sql } from 'drizzle-orm';
import { check, foreignKey, index, primaryKey, text, uniqueIndex, uuid } from 'drizzle-orm/pg-core';
import { app, createdAt, id, moment, tenantId, updatedAt } from './columns.ts';
import { memberRoles, members } from './members.ts';
import { tenants } from './tenants.ts';

/**
 * Who was asked to join a business, and as what. The token that was mailed is kept as its SHA-256, and
 * leads to the business by a route (`tenant_routes`, kind INVITATION) while it can be used.
 */
export const invitations = app.table(
  'invitations',
  {
    tenantId: tenantId(),
    id: id(),
    /** In small letters, as in `users`. */
    email: text('email').notNull(),
    role: text('role', { enum: memberRoles }).notNull(),
    tokenHash: text('token_hash').notNull(),
    invitedById: uuid('invited_by_id').notNull(),
    expiresAt: moment('expires_at').notNull(),
    acceptedAt: moment('accepted_at'),
    revokedAt: moment('revoked_at'),
    /** Accepted, revoked, or run out and followed by another; null: its token may still be good. */
    closedAt: moment('closed_at'),
    createdAt: createdAt(),
    updatedAt: updatedAt(),
  },
  (table) => [
    primaryKey({ name: 'invitations_pkey', columns: [table.tenantId, table.id] }),
    foreignKey({
      name: 'invitations_tenant_id_fkey',
      columns: [table.tenantId],
      foreignColumns: [tenants.id],
    }),
    foreignKey({
      name: 'invitations_invited_by_id_fkey',
      columns: [table.tenantId, table.invitedById],
      foreignColumns: [members.tenantId, members.id],
    }),
    uniqueIndex('invitations_one_open_an_address')
      .on(table.tenantId, table.email)
      .where(sql`${table.closedAt} is null`),
    index('invitations_tenant_id_created_at_id_idx').on(table.tenantId, table.createdAt, table.id),
    index('invitations_tenant_id_token_hash_idx').on(table.tenantId, table.tokenHash),
    index('invitations_tenant_id_invited_by_id_idx').on(table.tenantId, table.invitedById),
    check('invitations_role_known', sql`${table.role} in ('OWNER','ADMIN','MEMBER','VIEWER')`),
  ],
);

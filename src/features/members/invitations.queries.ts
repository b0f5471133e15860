import { and, eq, getTableColumns, isNull, sql } from 'drizzle-orm';
import type { TenantTransaction } from '../../db/database.ts';
import { keyset, type Order } from '../../db/query/keyset.ts';
import { prepare, tenant } from '../../db/query/prepare.ts';
import { prepareByKeys } from '../../db/query/prepareByKeys.ts';
import { prepareShapes } from '../../db/query/prepareShapes.ts';
import { invitations } from '../../db/tables/invitations.ts';
import { tenantRoutes } from '../../db/tables/tenantRoutes.ts';
import type { Page } from '../../lib/pagination.ts';

export type Invitation = typeof invitations.$inferSelect;

/** The newest first. */
export const invitationOrder: Order = {
  sort: 'invitations',
  columns: [
    { sql: invitations.createdAt, kind: 'time' },
    { sql: invitations.id, kind: 'uuid' },
  ],
  descending: true,
};

const pageStatement = prepareShapes<Invitation[]>();

export function findInvitationPage(tx: TenantTransaction, page: Page): Promise<Invitation[]> {
  const keys = keyset(invitationOrder, page);
  const statement = pageStatement(keys.shape, (db) =>
    db
      .select()
      .from(invitations)
      .where(and(eq(invitations.tenantId, tenant), keys.where))
      .orderBy(...keys.orderBy)
      .limit(sql.placeholder('limit')),
  );
  return statement(tx, { ...keys.values, limit: page.limit });
}

export const countInvitations = prepare((db) =>
  db
    .select({ count: sql<number>`count(*)::int` })
    .from(invitations)
    .where(eq(invitations.tenantId, tenant)),
);

export const findInvitationsByIds = prepareByKeys<Invitation>(
  invitations,
  getTableColumns(invitations),
  invitations.id,
  'ids',
);

export const lockInvitation = prepare((db) =>
  db
    .select()
    .from(invitations)
    .where(and(eq(invitations.tenantId, tenant), eq(invitations.id, sql.placeholder('id'))))
    .for('update'),
);

const withToken = and(
  eq(invitations.tenantId, tenant),
  eq(invitations.tokenHash, sql.placeholder('tokenHash')),
  isNull(invitations.closedAt),
  sql`${invitations.expiresAt} > now()`,
);

/** Whose token it is, while that is good. */
export const findOpenInvitation = prepare((db) => db.select().from(invitations).where(withToken));

/** The same, held until COMMIT: of two who accept at once the second finds it closed. */
export const lockOpenInvitation = prepare((db) =>
  db.select().from(invitations).where(withToken).for('update'),
);

const expiry = sql`now() + make_interval(secs => ${sql.placeholder('seconds')})`;

export const insertInvitation = prepare((db) =>
  db
    .insert(invitations)
    .values({
      tenantId: tenant,
      id: sql.placeholder('id'),
      // As users.email is made small: by Postgres, whose letters are not always JavaScript's.
      email: sql`lower(${sql.placeholder('email')})`,
      role: sql.placeholder('role'),
      tokenHash: sql.placeholder('tokenHash'),
      invitedById: sql.placeholder('invitedById'),
      expiresAt: expiry,
    })
    .returning(),
);

export const renewInvitation = prepare((db) =>
  db
    .update(invitations)
    .set({
      tokenHash: sql`${sql.placeholder('tokenHash')}`,
      expiresAt: expiry,
      updatedAt: sql`now()`,
    })
    .where(and(eq(invitations.tenantId, tenant), eq(invitations.id, sql.placeholder('id'))))
    .returning(),
);

export const markAccepted = prepare((db) =>
  db
    .update(invitations)
    .set({ acceptedAt: sql`now()`, closedAt: sql`now()`, updatedAt: sql`now()` })
    .where(and(eq(invitations.tenantId, tenant), eq(invitations.id, sql.placeholder('id'))))
    .returning(),
);

export const markRevoked = prepare((db) =>
  db
    .update(invitations)
    .set({ revokedAt: sql`now()`, closedAt: sql`now()`, updatedAt: sql`now()` })
    .where(and(eq(invitations.tenantId, tenant), eq(invitations.id, sql.placeholder('id'))))
    .returning(),
);

/** Makes way for another to the same address. */
export const closeExpired = prepare((db) =>
  db
    .update(invitations)
    .set({ closedAt: sql`now()`, updatedAt: sql`now()` })
    .where(
      and(
        eq(invitations.tenantId, tenant),
        sql`${invitations.email} = lower(${sql.placeholder('email')})`,
        isNull(invitations.closedAt),
        sql`${invitations.expiresAt} <= now()`,
      ),
    )
    .returning(),
);

/** Those that somebody sent, to a role that they may give no longer. */
export const revokeUnbacked = prepare((db) =>
  db
    .update(invitations)
    .set({ revokedAt: sql`now()`, closedAt: sql`now()`, updatedAt: sql`now()` })
    .where(
      and(
        eq(invitations.tenantId, tenant),
        eq(invitations.invitedById, sql.placeholder('memberId')),
        isNull(invitations.closedAt),
        sql`not ${invitations.role} = any(${sql.placeholder('stillGiven')})`,
      ),
    )
    .returning(),
);

/** Where a token finds its tenant. */
export const insertTokenRoute = prepare((db) =>
  db
    .insert(tenantRoutes)
    .values({ kind: 'INVITATION', key: sql.placeholder('tokenHash'), tenantId: tenant }),
);

export const deleteTokenRoutes = prepare((db) =>
  db
    .delete(tenantRoutes)
    .where(
      and(
        eq(tenantRoutes.tenantId, tenant),
        eq(tenantRoutes.kind, 'INVITATION'),
        sql`${tenantRoutes.key} = any(${sql.placeholder('tokenHashes')})`,
      ),
    ),
);

// The functions of sql/functions/invitations.sql.

export interface InvitedUser {
  user_id: string;
  /** false: they were only ever let in by other means. */
  has_password: boolean;
}

/** null: the invited address has no account. */
export async function findInvitedUser(
  tx: TenantTransaction,
  tokenHash: string,
): Promise<InvitedUser | null> {
  const { rows } = await tx.query<InvitedUser>(
    'select user_id, has_password from app.find_invited($1)',
    [tokenHash],
  );
  return rows[0] ?? null;
}

/** The new account's user; null: the address has one by now. */
export async function admitInvited(
  tx: TenantTransaction,
  tokenHash: string,
  person: { userId: string; name: string; passwordHash: string },
): Promise<string | null> {
  const { rows } = await tx.query<{ user_id: string }>(
    'select user_id from app.admit_invited($1, $2, $3, $4)',
    [tokenHash, person.userId, person.name, person.passwordHash],
  );
  return rows[0]?.user_id ?? null;
}

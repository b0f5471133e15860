import { randomBytes } from 'node:crypto';
import { eq, sql } from 'drizzle-orm';
import type { TenantTransaction } from '../../db/database.ts';
import { cannedReplies } from '../../db/tables/cannedReplies.ts';
import { conversations } from '../../db/tables/conversations.ts';
import { customers } from '../../db/tables/customers.ts';
import { invitations } from '../../db/tables/invitations.ts';
import { members } from '../../db/tables/members.ts';
import { messages } from '../../db/tables/messages.ts';
import { notifications } from '../../db/tables/notifications.ts';
import { products } from '../../db/tables/products.ts';
import { tenantSettings } from '../../db/tables/tenantSettings.ts';
import { usageCounters } from '../../db/tables/usageCounters.ts';
import { usageDays } from '../../db/tables/usageDays.ts';
import { reconcileUsage } from '../../features/usage/reconcile.queries.ts';
import { noApiKey } from '../../features/usage/useMeter.queries.ts';
import { newId } from '../../lib/ids.ts';
import type { DemoTenant, DemoUsage } from './demoTenant.ts';

/** Rows a statement: enough to be quick, far from the 65 535 parameters that one may have. */
const batch = 500;

/** Writes everything of a demo business into its own tenant. `userIds`: e-mail → user. */
export async function insertDemo(
  tx: TenantTransaction,
  demo: DemoTenant,
  userIds: ReadonlyMap<string, string>,
  apiKeyIds: readonly string[],
): Promise<void> {
  const { tenantId } = tx;
  const ids = (rows: readonly unknown[]) => rows.map(() => newId());
  const memberIds = ids(demo.members);
  const customerIds = ids(demo.customers);
  await tx.db.insert(tenantSettings).values({ tenantId, ...demo.settings });
  await tx.db.insert(members).values(
    demo.members.map((member, index) => ({
      ...member,
      tenantId,
      id: memberIds[index] ?? '',
      userId: userIds.get(member.email) ?? '',
    })),
  );
  // Its token is nobody's: who wants to join invites again, or has it resent.
  await tx.db.insert(invitations).values({
    tenantId,
    id: newId(),
    email: `newcomer@${demo.slug}.example`,
    role: 'MEMBER',
    tokenHash: randomBytes(32).toString('hex'),
    invitedById: memberIds[demo.members.findIndex(({ role }) => role === 'OWNER')] ?? '',
    expiresAt: new Date(Date.now() + 48 * 3_600_000).toISOString(),
  });
  await tx.db
    .insert(cannedReplies)
    .values(demo.cannedReplies.map((reply) => ({ ...reply, tenantId, id: newId() })));
  for (const part of parts(demo.products)) {
    await tx.db
      .insert(products)
      .values(part.map((product) => ({ ...product, tenantId, id: newId() })));
  }
  await tx.db
    .select({
      learned: sql`app.learn_product_words(${products.tenantId}, ${products.id}, ${products.name}, ${products.category}, ${products.tags})`,
    })
    .from(products)
    .where(eq(products.tenantId, tenantId));
  await tx.db
    .insert(customers)
    .values(
      demo.customers.map((row, index) => ({ ...row, tenantId, id: customerIds[index] ?? '' })),
    );
  const threads = demo.conversations.map((row) => ({ ...row, id: newId() }));
  await tx.db.insert(conversations).values(
    threads.map(({ messages: _messages, customer, assignee, ...row }) => ({
      ...row,
      tenantId,
      customerId: customerIds[customer] ?? '',
      assigneeId: assignee === null ? null : (memberIds[assignee] ?? null),
    })),
  );
  const said = threads.flatMap((thread) =>
    thread.messages.map(({ author, ...row }) => ({
      ...row,
      tenantId,
      id: newId(),
      conversationId: thread.id,
      authorMemberId: author.kind === 'MEMBER' ? (memberIds[author.member] ?? null) : null,
      authorCustomerId: author.kind === 'CUSTOMER' ? (customerIds[thread.customer] ?? null) : null,
      authorApiKeyId: author.kind === 'API_KEY' ? (apiKeyIds[author.apiKey] ?? null) : null,
    })),
  );
  for (const part of parts(said)) await tx.db.insert(messages).values(part);
  const isRequests = ({ meter }: DemoUsage) => meter === 'API_REQUESTS_PER_DAY';
  const counted = demo.usage.map((row) => ({ ...row, tenantId }));
  await tx.db.insert(usageCounters).values(counted.filter(isRequests));
  await tx.db.insert(usageDays).values([
    ...counted
      .filter((row) => !isRequests(row) && row.used > 0)
      .map((row, index) => ({
        ...{ ...row, slot: 0, feature: featureOf[row.meter] },
        // The integrator's program answers every third day.
        apiKeyId: (index % 3 === 0 ? apiKeyIds[0] : null) ?? noApiKey,
      })),
    {
      ...{ tenantId, meter: 'PRODUCTS', day: demo.createdAt.slice(0, 10), slot: 0 },
      ...{ feature: 'productImport', apiKeyId: noApiKey, used: demo.products.length },
    },
  ]);
  await reconcileUsage(tx, { fix: true });
  await tx.db.insert(notifications).values(warningFor(tx, demo));
}

/** As it would have been written three days ago, on a plan that allowed less. */
function warningFor({ tenantId }: TenantTransaction, { usage }: DemoTenant) {
  const busy = usage.filter(({ meter }) => meter === 'API_REQUESTS_PER_DAY').at(-4);
  if (busy === undefined) throw new Error('the demo has no requests');
  const { meter, day: period, used } = busy;
  const limit = Math.floor(used / 0.8);
  return {
    ...{ tenantId, id: newId(), kind: 'USAGE_WARNING' as const },
    key: `usage ${meter} 80 ${limit} ${period}`,
    data: { meter, period, percent: 80, used, limit },
    createdAt: `${period}T17:24:09.310Z`,
  };
}

const featureOf = {
  API_REQUESTS_PER_DAY: '',
  MESSAGES_PER_DAY: 'messageSend',
  CONVERSATIONS_PER_MONTH: 'conversationCreate',
};

function parts<Row>(rows: readonly Row[]): Row[][] {
  return Array.from({ length: Math.ceil(rows.length / batch) }, (_, index) =>
    rows.slice(index * batch, (index + 1) * batch),
  );
}

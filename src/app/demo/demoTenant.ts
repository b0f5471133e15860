import type { Permission } from '../../auth/permissions.ts';
import type { cannedReplies } from '../../db/tables/cannedReplies.ts';
import type { conversations } from '../../db/tables/conversations.ts';
import type { customers } from '../../db/tables/customers.ts';
import type { MemberRole } from '../../db/tables/members.ts';
import type { messages } from '../../db/tables/messages.ts';
import type { products } from '../../db/tables/products.ts';
import type { Settings } from './vocabulary.ts';

/** A business as the seed stores it: rows without ids, which point at each other by index. */
export interface DemoTenant {
  slug: string;
  name: string;
  description: string;
  plan: 'BASIC' | 'PREMIUM';
  /** ISO 4217, of all its products. */
  currency: string;
  createdAt: string;
  settings: Settings;
  /** The same e-mail in two tenants is the same user. */
  members: DemoMember[];
  /** The secrets are made by the seed. */
  apiKeys: DemoApiKey[];
  cannedReplies: DemoCannedReply[];
  products: DemoProduct[];
  customers: DemoCustomer[];
  /** The one that was active last comes first. */
  conversations: DemoConversation[];
  usage: DemoUsage[];
}

interface DemoMember {
  name: string;
  email: string;
  role: MemberRole;
  createdAt: string;
}

interface DemoApiKey {
  name: string;
  scopes: Permission[];
  createdAt: string;
}

type Stored<Row, Without extends keyof Row> = Omit<Row, Without | 'tenantId' | 'id'>;

type DemoCannedReply = Stored<typeof cannedReplies.$inferSelect, never>;
export type DemoProduct = Stored<
  typeof products.$inferSelect,
  'nameKey' | 'searchVector' | 'searchSignature'
>;
export type DemoCustomer = Stored<typeof customers.$inferSelect, never>;

export type DemoConversation = Stored<
  typeof conversations.$inferSelect,
  'customerId' | 'assigneeId'
> & {
  /** Index into `customers`. */
  customer: number;
  /** Index into `members`. */
  assignee: number | null;
  /** 2 to 12, in the order of `createdAt`, no two at the same moment. */
  messages: DemoMessage[];
};

export type DemoMessage = Stored<
  typeof messages.$inferSelect,
  | 'conversationId'
  | 'authorMemberId'
  | 'authorCustomerId'
  | 'authorApiKeyId'
  | 'externalReference'
  | 'searchVector'
> & { author: DemoAuthor };

/** Indexes into `members` and `apiKeys`; the customer is the conversation's. */
export type DemoAuthor =
  | { kind: 'CUSTOMER' }
  | { kind: 'MEMBER'; member: number }
  | { kind: 'API_KEY'; apiKey: number }
  | { kind: 'SYSTEM' };

/** What was counted on a day. Messages and conversations are exactly those of the tenant. */
export interface DemoUsage {
  meter: 'API_REQUESTS_PER_DAY' | 'MESSAGES_PER_DAY' | 'CONVERSATIONS_PER_MONTH';
  /** In UTC, "2026-01-31". */
  day: string;
  used: number;
}

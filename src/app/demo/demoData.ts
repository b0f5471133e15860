import { buildConversations } from './buildConversations.ts';
import { buildCustomers } from './buildCustomers.ts';
import { buildProducts } from './buildProducts.ts';
import { buildUsage } from './buildUsage.ts';
import type { DemoTenant } from './demoTenant.ts';
import { harbor } from './harbor/business.ts';
import { lumen } from './lumen/business.ts';
import { day, hour, momentAt } from './moments.ts';
import { Random } from './random.ts';
import type { Business } from './vocabulary.ts';

/** Of every demo identity. Printed at the start of a laptop's server; never used in production. */
export const demoPassword = 'demo-password';

/**
 * Two invented businesses on different plans, with the same SKUs, customers' phone numbers and
 * external references, so that a leak would show; whatever else can be seen of them differs.
 *
 * The same for the same `now`, and the same but for the dates for another. Nothing is dated after
 * `now` except `snoozedUntil`; conversations and usage lie in the last 30 days. The caller owns
 * what it gets. Takes about 30 ms.
 */
export function demoData(now: Date): DemoTenant[] {
  return [lumen, harbor].map((business) => buildTenant(business, now));
}

function buildTenant(business: Business, now: Date): DemoTenant {
  // A source of chance for each table: a change in one leaves the others as they were.
  const chance = (table: string): Random => new Random(`${business.slug} ${table}`);
  const products = buildProducts(business, chance('products'), now);
  const customers = buildCustomers(business, chance('customers'), now);
  const conversations = buildConversations(business, chance('conversations'), now, {
    products,
    customers,
  });
  const begun = now.getTime() - business.ageInDays * day;
  const createdAt = momentAt(begun);
  const soonAfter = (hours: number): string => momentAt(begun + hours * hour);
  const { slug, name, description, plan, currency, settings } = business;
  return {
    ...{ slug, name, description, plan, currency, createdAt },
    settings: structuredClone(settings),
    members: business.members.map((member, index) => ({ ...member, createdAt: soonAfter(index) })),
    apiKeys: business.apiKeys.map((key) => ({
      name: key.name,
      scopes: [...key.scopes],
      createdAt: soonAfter(20),
    })),
    cannedReplies: business.cannedReplies.map((reply, index) => ({
      ...reply,
      createdAt: soonAfter(24 + index),
      updatedAt: soonAfter(24 + index),
    })),
    products,
    customers: customers.map(({ country: _, ...customer }) => customer),
    conversations,
    usage: buildUsage(business, chance('usage'), now, conversations),
  };
}

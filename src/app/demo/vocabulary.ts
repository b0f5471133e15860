import type { Permission } from '../../auth/permissions.ts';
import type { MemberRole } from '../../db/tables/members.ts';
import type { PhoneCountry } from './phones.ts';

/** What a demo business is told from: words only. The builders beside it make rows of them. */

export interface OptionChoice {
  name: string;
  values: readonly string[];
  /** Per cent on the base price, one for each value; the lowest is 0. */
  surcharges?: readonly number[];
}

/** A sort of product; each of its finishes becomes one product of the catalogue. */
export interface ProductKind {
  noun: string;
  category: string;
  /** Lowest and highest base price, in whole units of the business's currency. */
  price: readonly [number, number];
  /** As they stand in the middle of a sentence, where `{finish}` is. */
  finishes: readonly string[];
  about: readonly string[];
  details: readonly string[];
  options?: readonly OptionChoice[];
  tags: readonly string[];
}

export type Intent =
  | 'availability'
  | 'price'
  | 'delivery'
  | 'return'
  | 'complaint'
  | 'opening_hours'
  | 'advice'
  | 'thanks';

/**
 * A conversation to be played, ending with our word. A line begins with who speaks: `>` the
 * customer, `<` a member, `*` an automatic message, `#` an internal note (never the last line).
 * `[Hi|Hello]` is one of the two; `{product} {other} {price} {offer} {option} {stock} {location}
 * {order} {days} {first}` are filled in.
 */
export interface Script {
  intent: Intent;
  subject: string;
  /** What the product has to be like; one that can be bought when left out. */
  wants?: 'SOLD_OUT' | 'COLORS';
  /** Of which the product has to be; any when left out. */
  categories?: readonly string[];
  lines: readonly string[];
}

/** The customers of one language. */
export interface Community {
  locale: string;
  firstNames: readonly string[];
  lastNames: readonly string[];
  scripts: readonly Script[];
}

/** As the columns of `tenant_settings` hold them. */
export interface Settings {
  business: {
    communication: {
      tone: 'FORMAL' | 'FRIENDLY' | 'CASUAL';
      emojis: boolean;
      typicalPhrases: string[];
      greeting: string;
      closing: string;
    };
    shipping: {
      available: boolean;
      zones: { name: string; cost: { amount: string; currencyCode: string } }[];
      estimatedDays: { min: number; max: number };
    };
    discounts: { negotiable: boolean; maxPercent: number; bulk: boolean };
  };
  branding: { displayName: string; color: string; logoUrl: string };
}

/** One business: who it is, and the words from which its rows are made. */
export interface Business {
  slug: string;
  name: string;
  description: string;
  plan: 'BASIC' | 'PREMIUM';
  /** ISO 4217. */
  currency: string;
  ageInDays: number;
  settings: Settings;
  members: readonly { name: string; email: string; role: MemberRole }[];
  apiKeys: readonly { name: string; scopes: readonly Permission[] }[];
  cannedReplies: readonly { shortcut: string; body: string }[];
  /** Every product is called after one of these; at least as many as a kind has finishes. */
  collections: readonly string[];
  kinds: readonly ProductKind[];
  /** Said of half of the products, at the end of their description. */
  assurances: readonly string[];
  locations: readonly string[];
  secondHand: Readonly<Record<'USED' | 'REFURBISHED', { prefix: string; remark: string }>>;
  customerLabels: readonly string[];
  emailDomain: string;
  /** The community of a customer by the country of their phone number. */
  communities: Readonly<Record<PhoneCountry, Community>>;
  conversations: number;
  /** What prices below 150 end in: 0.9 makes 39.90. */
  priceEnding: number;
  orderPrefix: string;
  /** API requests on an average day; no day has more than twice as many. */
  apiRequests: number;
}

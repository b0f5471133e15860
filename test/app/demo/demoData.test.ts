import { getTableConfig } from 'drizzle-orm/pg-core';
import { describe, expect, test } from 'vitest';
import { demoData } from '../../../src/app/demo/demoData.ts';
import type { DemoConversation } from '../../../src/app/demo/demoTenant.ts';
import { permissions } from '../../../src/auth/permissions.ts';
import {
  conversationPriorities,
  conversationStatuses,
} from '../../../src/db/tables/conversations.ts';
import { productConditions, productStatuses, products } from '../../../src/db/tables/products.ts';
import { checkProduct } from '../../../src/features/products/productInput.ts';

const now = new Date('2026-03-04T09:30:15.250Z');
const daysAgo = (days: number): number => now.getTime() - days * 86_400_000;
const tenants = demoData(now);
const [lumen, harbor] = tenants;
if (lumen === undefined || harbor === undefined) throw new Error('The demo has two tenants.');

const unique = (values: readonly unknown[]): boolean => new Set(values).size === values.length;
const shared = <T>(left: readonly T[], right: readonly T[]): T[] =>
  left.filter((value) => right.includes(value));
/** Inbound since we last said something; a note is said to nobody. */
const unanswered = ({ messages }: DemoConversation) =>
  messages
    .slice(messages.findLastIndex(({ direction }) => direction === 'OUTBOUND') + 1)
    .filter(({ direction }) => direction === 'INBOUND');

describe('two tenants in which a leak would show', () => {
  test('differ in plan, currency, people and language', () => {
    expect(tenants.map(({ slug, plan, currency }) => [slug, plan, currency])).toEqual([
      ['lumen', 'PREMIUM', 'EUR'],
      ['harbor', 'BASIC', 'USD'],
    ]);
    expect(tenants.map(({ members }) => members.map(({ role }) => role))).toEqual([
      ['OWNER', 'ADMIN', 'MEMBER', 'VIEWER'],
      ['OWNER', 'MEMBER', 'VIEWER'],
    ]);
    const locales = tenants.map(({ customers }) => customers.flatMap(({ locale }) => locale ?? []));
    expect(shared(...(locales as [string[], string[]]))).toEqual([]);
  });

  test('have one person in common, who can switch', () => {
    const both = shared(
      lumen.members.map(({ email }) => email),
      harbor.members.map(({ email }) => email),
    );
    expect(both).toEqual(['admin@lumen.example']);
  });

  test('share SKUs, phones and the references of customers, and nothing that is read', () => {
    const values = (of: typeof lumen) => ({
      sku: of.products.map(({ sku }) => sku),
      handle: of.products.map(({ externalReference }) => externalReference),
      product: of.products.map(({ name }) => name),
      description: of.products.map(({ description }) => description),
      phone: of.customers.map(({ phone }) => phone),
      reference: of.customers.map(({ externalReference }) => externalReference),
      customer: of.customers.flatMap(({ name }) => name ?? []),
      email: of.customers.flatMap(({ email }) => email ?? []),
      message: of.conversations.flatMap(({ messages }) => messages.map(({ body }) => body)),
      reply: of.cannedReplies.map(({ body }) => body),
    });
    const [left, right] = [values(lumen), values(harbor)];
    const both = (column: keyof typeof left) => shared<string | null>(left[column], right[column]);
    expect(both('sku').length).toBeGreaterThanOrEqual(100);
    expect(both('phone')).toHaveLength(120);
    expect(both('reference')).toHaveLength(120);
    for (const read of ['handle', 'product', 'description', 'customer', 'email'] as const) {
      expect([read, both(read)]).toEqual([read, []]);
    }
    expect([...both('message'), ...both('reply')]).toEqual([]);
  });
});

describe.each(tenants)('the demo of $slug', (tenant) => {
  const expected = { lumen: [200, 150], harbor: [120, 80] }[tenant.slug];

  test('has as much as promised', () => {
    expect([tenant.products.length, tenant.conversations.length]).toEqual(expected);
    expect(tenant.customers).toHaveLength(120);
    expect(tenant.cannedReplies).toHaveLength(6);
    expect(unique(tenant.cannedReplies.map(({ shortcut }) => shortcut))).toBe(true);
    expect(tenant.slug).toMatch(/^[a-z0-9](-?[a-z0-9])*$/);
    for (const { scopes } of tenant.apiKeys)
      expect(shared(scopes, [...permissions])).toEqual(scopes);
  });

  test('has products that the tables and the mutations take', () => {
    // Every column but the keys and the generated ones, so that the rows of one insert are alike.
    const columns = Object.entries(products)
      .filter(([, column]) => getTableConfig(products).columns.includes(column))
      .filter(([, column]) => column.generated === undefined)
      .map(([name]) => name);
    for (const product of tenant.products) {
      expect(['tenantId', 'id', ...Object.keys(product)].toSorted()).toEqual(columns.toSorted());
      expect(product.priceAmount).toMatch(/^[1-9]\d*\.\d\d$/);
      expect(product.priceCurrency).toBe(tenant.currency);
      expect(productConditions).toContain(product.condition);
      expect(productStatuses).toContain(product.status);
      expect(product.description).toMatch(/^\p{Lu}.{40,}\.$/u);
      const { priceAmount: amount, priceCurrency: currencyCode, ...fields } = product;
      checkProduct({ ...fields, price: { amount, currencyCode } }, []);
      for (const { url } of product.images) expect(new URL(url).host).toBe('images.example.com');
    }
    expect(unique(tenant.products.map(({ name }) => name))).toBe(true);
    expect(unique(tenant.products.map(({ externalReference }) => externalReference))).toBe(true);
    const kinds = (read: (product: (typeof tenant.products)[number]) => unknown): number =>
      new Set(tenant.products.map(read)).size;
    expect(kinds(({ status }) => status)).toBe(3);
    expect(kinds(({ condition }) => condition)).toBe(3);
    expect(kinds(({ category }) => category)).toBeGreaterThan(7);
    expect(tenant.products.some(({ stock }) => stock === 0)).toBe(true);
    expect(tenant.products.some(({ stock }) => stock === null)).toBe(true);
  });

  test('has products that are the sum of their variants', () => {
    const varied = tenant.products.filter(({ variants }) => variants.length > 0);
    expect(varied.length).toBeGreaterThan(50);
    for (const { sku, priceAmount, stock, options, variants } of varied) {
      const stocks = variants.flatMap((variant) => variant.stock ?? []);
      expect(variants[0]?.sku).toBe(sku);
      expect(Math.min(...variants.map(({ price }) => Number(price)))).toBe(Number(priceAmount));
      expect(stock).toBe(stocks.length === 0 ? null : stocks.reduce((sum, each) => sum + each, 0));
      expect(variants).toHaveLength(options.reduce((all, { values }) => all * values.length, 1));
      expect(unique(variants.map(({ title }) => title))).toBe(true);
      for (const { price, compareAtPrice } of variants) {
        expect(Number(compareAtPrice ?? Number.POSITIVE_INFINITY)).toBeGreaterThan(Number(price));
      }
    }
    const skus = tenant.products.flatMap(({ sku, variants }) => [
      sku,
      ...variants.slice(1).map((variant) => variant.sku),
    ]);
    expect(unique(skus)).toBe(true);
  });

  test('has customers whose phones ring nowhere and whose mail arrives nowhere', () => {
    const fiction =
      /^(\+1202555\d{4}|\+1503555\d{4}|\+447700900\d{3}|\+493023125\d{3}|\+33639980\d{3})$/;
    for (const { phone, email } of tenant.customers) {
      expect(phone).toMatch(/^\+[1-9][0-9]{6,14}$/);
      expect(phone).toMatch(fiction);
      if (phone.startsWith('+1')) expect(phone.slice(5)).toMatch(/^55501\d\d$/);
      expect(email ?? 'none@example.com').toMatch(/^[a-z.]+@example\.(com|org)$/);
    }
    expect(unique(tenant.customers.map(({ phone }) => phone))).toBe(true);
    expect(unique(tenant.customers.map(({ externalReference }) => externalReference))).toBe(true);
    expect(unique(tenant.customers.flatMap(({ name }) => name ?? []))).toBe(true);
  });

  test('has conversations whose summary agrees with their messages', () => {
    for (const conversation of tenant.conversations) {
      const { messages, status, assignee, waitingSince, unreadCount } = conversation;
      const last = messages.at(-1);
      expect(messages.length).toBeGreaterThanOrEqual(2);
      expect(messages.length).toBeLessThanOrEqual(12);
      const times = messages.map(({ createdAt }) => Date.parse(createdAt));
      expect(times).toEqual([...new Set(times)].toSorted((left, right) => left - right));
      expect(conversation.createdAt).toEqual(messages[0]?.createdAt);
      expect(last?.direction).not.toBe('INTERNAL');
      expect(conversation.lastMessageAt).toEqual(last?.createdAt);
      expect(conversation.lastMessagePreview).toBe(last?.body);

      const open = unanswered(conversation);
      expect(waitingSince).toEqual(open[0]?.createdAt ?? null);
      expect([0, open.length]).toContain(unreadCount);
      if (status === 'PENDING') expect(waitingSince).not.toBeNull();
      if (status === 'PENDING') expect(assignee).toBeNull();
      if (status === 'RESOLVED' || status === 'SNOOZED') expect(waitingSince).toBeNull();
      expect(conversation.snoozedUntil !== null).toBe(status === 'SNOOZED');
      expect(conversationPriorities).toContain(conversation.priority);
    }
    const statuses = new Set(tenant.conversations.map(({ status }) => status));
    expect([...statuses].toSorted()).toEqual([...conversationStatuses].toSorted());
    expect(unique(tenant.conversations.map(({ externalReference }) => externalReference))).toBe(
      true,
    );
    expect(tenant.conversations.some(({ unreadCount }) => unreadCount > 1)).toBe(true);
    expect(tenant.conversations.filter(({ waitingSince }) => waitingSince).length).toBeGreaterThan(
      9,
    );
  });

  test('has messages from those who could have written them, with no gap left in the text', () => {
    const writer = { INBOUND: ['CUSTOMER'], INTERNAL: ['MEMBER'] };
    const ours = ['MEMBER', 'API_KEY', 'SYSTEM'];
    for (const { customer, subject, messages } of tenant.conversations) {
      expect(tenant.customers[customer]?.name).toEqual(expect.any(String));
      expect(subject ?? 'none').not.toMatch(/[{}[\]|]|undefined|null|NaN/);
      for (const { direction, author, body } of messages) {
        expect(direction === 'OUTBOUND' ? ours : writer[direction]).toContain(author.kind);
        if (author.kind === 'MEMBER') {
          expect(['OWNER', 'ADMIN', 'MEMBER']).toContain(tenant.members[author.member]?.role);
        }
        if (author.kind === 'API_KEY') expect(tenant.apiKeys[author.apiKey]).toBeDefined();
        expect(body).toMatch(/^[^{}[\]|<>#*]{2,}$/);
        expect(body).not.toMatch(/undefined|null|NaN|^\s|\s$| {2}/);
      }
    }
    const about = (text: string): boolean =>
      tenant.products.some(({ name }) => text.includes(name));
    const talks = tenant.conversations.map(({ subject, messages }) =>
      [subject, ...messages.map(({ body }) => body)].join('\n'),
    );
    expect(talks.filter(about).length).toBeGreaterThan(talks.length * 0.95);
  });

  test('uses exactly what its conversations used, within the plan', () => {
    const limits = { PREMIUM: [10_000, 10_000, 10_000], BASIC: [1000, 1000, 1000] }[tenant.plan];
    const rows = (meter: string) => tenant.usage.filter((row) => row.meter === meter);
    const used = (meter: string): number[] => rows(meter).map((row) => row.used);
    const sum = (values: number[]): number => values.reduce((all, value) => all + value, 0);
    const sent = tenant.conversations.flatMap(({ messages }) =>
      messages.filter(({ direction }) => direction !== 'INTERNAL'),
    );
    expect(rows('MESSAGES_PER_DAY').map(({ day }) => day)).toEqual(
      Array.from({ length: 30 }, (_, at) => new Date(daysAgo(29 - at)).toISOString().slice(0, 10)),
    );
    expect(sum(used('MESSAGES_PER_DAY'))).toBe(sent.length);
    expect(sum(used('CONVERSATIONS_PER_MONTH'))).toBe(tenant.conversations.length);
    const today = sent.filter(({ createdAt }) => createdAt >= '2026-03-04');
    expect(used('MESSAGES_PER_DAY').at(-1)).toBe(today.length);
    expect(Math.max(...used('API_REQUESTS_PER_DAY'))).toBeLessThan(limits[0] ?? 0);
    expect(Math.max(...used('MESSAGES_PER_DAY'))).toBeLessThan(limits[1] ?? 0);
    expect(sum(used('CONVERSATIONS_PER_MONTH'))).toBeLessThan(limits[2] ?? 0);
  });

  test('lies before now: the newest minutes ago, the conversations within 30 days', () => {
    const dates: number[] = [];
    JSON.stringify(tenant, function collect(this: Record<string, unknown>, key, value) {
      const date = this[key];
      if (/(?:At|Since)$/.test(key) && typeof date === 'string') dates.push(Date.parse(date));
      return value;
    });
    expect(Math.max(...dates)).toBeLessThanOrEqual(now.getTime());
    expect(Math.min(...dates)).toBe(Date.parse(tenant.createdAt));
    const talks = tenant.conversations.map(({ lastMessageAt }) => Date.parse(lastMessageAt));
    expect(talks).toEqual(talks.toSorted((left, right) => right - left));
    expect(talks[0]).toBeGreaterThan(daysAgo(10 / 1440));
    expect(Math.min(...talks)).toBeLessThan(daysAgo(20));
    for (const { createdAt, customer, snoozedUntil } of tenant.conversations) {
      const begun = Date.parse(createdAt);
      expect(begun).toBeGreaterThan(daysAgo(29));
      expect(Date.parse(tenant.customers[customer]?.createdAt ?? '')).toBeLessThan(begun);
      if (snoozedUntil !== null) expect(Date.parse(snoozedUntil)).toBeGreaterThan(now.getTime());
    }
    for (const { createdAt, updatedAt } of [...tenant.products, ...tenant.customers]) {
      expect(createdAt <= updatedAt).toBe(true);
    }
  });
});

test('the demo is the same for the same moment, and but for dates for any other', () => {
  expect(demoData(now)).toEqual(tenants);
  const bodies = (data: typeof tenants): unknown =>
    data.map(({ products, customers, conversations }) => [
      products.map(({ name, priceAmount, stock }) => [name, priceAmount, stock]),
      customers.map(({ name, phone, email }) => [name, phone, email]),
      conversations.map(({ subject, status, messages }) => [
        subject,
        status,
        messages.map(({ body }) => body),
      ]),
    ]);
  for (const other of ['2024-02-29T00:00:00.000Z', '2031-12-31T23:59:59.999Z']) {
    expect(bodies(demoData(new Date(other)))).toEqual(bodies(tenants));
  }
});

test('what a caller changes does not reach the next', () => {
  const before = JSON.stringify(tenants);
  const [changed] = demoData(now);
  changed?.settings.business.communication.typicalPhrases.push('changed');
  changed?.products[0]?.tags.push('changed');
  changed?.apiKeys[0]?.scopes.pop();
  expect(JSON.stringify(demoData(now))).toBe(before);
});

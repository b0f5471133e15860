import type { Tenant } from '../features/tenants/tenants.queries.ts';
import { encodeId } from '../lib/ids.ts';

export function printJson(value: unknown): void {
  process.stdout.write(`${JSON.stringify(value)}\n`);
}

export const dayOf = (moment: Date | string): string =>
  (typeof moment === 'string' ? moment : moment.toISOString()).slice(0, 10);

/** A tenant as the operators' API shows it. */
export function shownTenant({ id, slug, name, domain, status, plan, createdAt, purgeAt }: Tenant) {
  return { id: encodeId('Tenant', id), slug, name, domain, status, plan, createdAt, purgeAt };
}

/** `NAME  value` lines, the values under each other. */
export function describeFields(fields: Readonly<Record<string, string | number | null>>): string {
  const width = Math.max(...Object.keys(fields).map((name) => name.length));
  return Object.entries(fields)
    .map(([name, value]) => `${name.padEnd(width)}  ${value ?? '-'}\n`)
    .join('');
}

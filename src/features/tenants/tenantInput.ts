import { commonErrorCodes, Findings } from '../../lib/validation.ts';

export const tenantErrorCodes = {
  INVALID: commonErrorCodes.INVALID,
  TOO_SHORT: commonErrorCodes.TOO_SHORT,
  TOO_LONG: commonErrorCodes.TOO_LONG,
  NOT_FOUND: commonErrorCodes.NOT_FOUND,
  SLUG_TAKEN: 'Another business has this slug, or had it once.',
  SLUG_RESERVED: 'The platform keeps this slug for itself.',
  SLUG_LIMIT: 'The business has been renamed too often.',
  UNKNOWN_SCOPE: 'There is no such scope for API keys.',
  SCOPE_NOT_YOURS: 'You may not do this yourself, so you cannot let a key do it.',
  EMAIL_NOT_VERIFIED: 'The e-mail address has to be verified first.',
  TOO_MANY_ATTEMPTS: 'Enough businesses were made for now; the message says when to come back.',
  TOO_MANY: 'You own as many businesses as one person may.',
  CONFIRMATION_WRONG: 'What was to confirm the deletion is not the slug of the business.',
} as const;

/** Names that a visitor takes for the platform's own, in an address or a subdomain. */
const reservedSlugs: ReadonlySet<string> = new Set([
  ...['admin', 'api', 'app', 'assets', 'auth', 'billing', 'blog', 'cdn', 'dashboard', 'docs'],
  ...['graphql', 'help', 'health', 'imap', 'internal', 'livez', 'localhost', 'login', 'mail'],
  ...['metrics', 'mx', 'ns', 'ns1', 'ns2', 'operator', 'pop', 'readyz', 'root', 'security'],
  ...['signup', 'smtp', 'static', 'status', 'support', 'system', 'tenantry', 'webhooks', 'www'],
]);

export const isReservedSlug = (slug: string): boolean => reservedSlugs.has(slug);

export interface TenantFields {
  name?: string | null | undefined;
  slug?: string | null | undefined;
  description?: string | null | undefined;
  metadata?: Readonly<Record<string, unknown>> | null | undefined;
}

/** Throws the refusal with everything that is wrong with what is given. */
export function checkTenant(fields: TenantFields): void {
  const findings = new Findings();
  findings.expectText(fields.name, { min: 1, max: 100 }, ['input', 'name']);
  findings.expectText(fields.description, { max: 2_000 }, ['input', 'description']);
  findings.expectJson(fields.metadata, 20_000, ['input', 'metadata']);
  const { slug } = fields;
  if (slug !== null && slug !== undefined) {
    const at = ['input', 'slug'];
    // A label of a host name (RFC 1035), so that it can be a subdomain; no double dash, or "xn--…" could be one.
    findings.expect(
      slug.length >= 3 && slug.length <= 63 && /^[a-z0-9](-?[a-z0-9])*$/.test(slug),
      'INVALID',
      at,
      'It has 3 to 63 small letters and digits, single dashes between them.',
    );
    findings.expect(!isReservedSlug(slug), 'SLUG_RESERVED', at, 'Choose another slug.');
  }
  findings.settle();
}

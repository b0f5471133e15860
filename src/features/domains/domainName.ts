import { domainToASCII } from 'node:url';
import { parse } from 'tldts';
import { commonErrorCodes, Findings } from '../../lib/validation.ts';

export const domainErrorCodes = {
  INVALID: commonErrorCodes.INVALID,
  NOT_FOUND: commonErrorCodes.NOT_FOUND,
  PUBLIC_SUFFIX: 'Everybody has their domains under this one, such as "co.uk".',
  RESERVED: 'The domain is the platform’s own.',
  TOO_MANY: 'The business has as many domains as it may.',
  NOT_PROVED: 'The DNS record that proves the domain yours is not there, or not yet.',
  DNS_UNAVAILABLE: 'DNS could not be asked just now.',
  DOMAIN_TAKEN: 'The domain is in use by another business.',
} as const;

/**
 * A domain as it is written in DNS: small letters, punycode, no dot at the end. Throws the refusal for
 * what is no domain that somebody can own: an address, a public suffix (publicsuffix.org, private ones
 * too), a name that no registry gives, or the platform's own.
 */
export function readDomain(given: string, baseDomain: string | null): string {
  const typed = given.trim().replace(/\.$/, '');
  const strange = typed.length > 1_000 || /[\s/:@?#%]/.test(typed);
  const domain = strange ? '' : domainToASCII(typed);
  const {
    isIp,
    isIcann,
    isPrivate,
    publicSuffix,
    domain: registrable,
  } = parse(domain, {
    allowPrivateDomains: true,
  });
  const isName =
    domain.length <= 253 &&
    /^(?=.*\.)[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)*$/.test(
      domain,
    );
  const findings = new Findings();
  const at = ['input', 'domain'];
  findings.expect(
    isName && isIp === false && (isIcann === true || isPrivate === true),
    'INVALID',
    at,
    'It is a domain that can be registered, such as "shop.example.com", without "https://".',
  );
  findings.settle();
  findings.expect(
    registrable !== null && domain !== publicSuffix,
    'PUBLIC_SUFFIX',
    at,
    'It is a domain of your own, not one under which everybody has theirs.',
  );
  findings.expect(
    baseDomain === null || (domain !== baseDomain && !domain.endsWith(`.${baseDomain}`)),
    'RESERVED',
    at,
    'Change the slug of the business instead to change its address here.',
  );
  findings.settle();
  return domain;
}

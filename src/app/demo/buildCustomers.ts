import type { DemoCustomer } from './demoTenant.ts';
import { day, momentBetween } from './moments.ts';
import { demoPhones, type PhoneCountry } from './phones.ts';
import type { Random } from './random.ts';
import type { Business } from './vocabulary.ts';

export type Customer = DemoCustomer & { country: PhoneCountry };

/** Of whom only the phone number is known, at the end of the list: they have not written yet. */
const nameless = 4;

/** One customer for each of the demo's phones, in their order; names are unique. */
export function buildCustomers(business: Business, random: Random, now: Date): Customer[] {
  const taken = new Set<string>();
  return demoPhones.map(({ country, phone }, index) => {
    const { locale, firstNames, lastNames } = business.communities[country];
    const drawName = (): string => `${random.pick(firstNames)} ${random.pick(lastNames)}`;
    const known = index < demoPhones.length - nameless;
    let name = known ? drawName() : null;
    while (name !== null && taken.has(name)) name = drawName();
    if (name !== null) taken.add(name);
    const writesMail = random.chance(0.85);
    const createdAt = momentBetween(
      random,
      now.getTime() - (business.ageInDays - 2) * day,
      now.getTime() - 31 * day,
    );
    return {
      country,
      phone,
      name,
      email: name !== null && writesMail ? toEmail(name, business.emailDomain) : null,
      locale: known ? locale : null,
      labels: business.customerLabels.filter(() => random.chance(0.12)),
      metadata: known ? { source: random.pick(['website', 'shop', 'recommendation', 'fair']) } : {},
      // The same in both businesses on purpose, as their phones and SKUs are.
      externalReference: `crm-${2001 + index}`,
      createdAt,
      updatedAt: momentBetween(random, Date.parse(createdAt), now.getTime()),
    };
  });
}

function toEmail(name: string, domain: string): string {
  const plain = name.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase();
  return `${plain.replace(/[^a-z]+/g, '.')}@${domain}`;
}

/**
 * Numbers that authorities keep free for films and examples, so no demo can ring at anybody's:
 * - US: 555-0100 to 555-0199 in every area code (NANPA).
 * - GB: 07700 900000 to 900999 (Ofcom, "Telephone numbers for use in TV and radio drama").
 * - DE: (0)30 23125 000 to 999 (Bundesnetzagentur, "Rufnummern für Drehbücher").
 * - FR: 06 39 98 00 00 to 99 99 (Arcep, Plan national de numérotation).
 */
const ranges = [
  { country: 'US', prefix: '+12025550', first: 100, step: 7, count: 14 },
  { country: 'US', prefix: '+15035550', first: 101, step: 9, count: 10 },
  { country: 'GB', prefix: '+447700900', first: 7, step: 23, count: 40 },
  { country: 'DE', prefix: '+493023125', first: 12, step: 27, count: 36 },
  { country: 'FR', prefix: '+33639980', first: 31, step: 43, count: 20 },
] as const;

export type PhoneCountry = (typeof ranges)[number]['country'];

/** 120 numbers in E.164. Both businesses have exactly these customers' phones. */
export const demoPhones: readonly { country: PhoneCountry; phone: string }[] = ranges.flatMap(
  ({ country, prefix, first, step, count }) =>
    Array.from({ length: count }, (_, index) => ({
      country,
      phone: prefix + String(first + index * step).padStart(3, '0'),
    })),
);

/** When a meter starts again, in UTC by the database's clock; NONE: it measures what is there now. */
export type MeterPeriod = 'DAY' | 'MONTH' | 'NONE';

/** Every meter, as plans limit it, with what its unit is called in a sentence. */
export const meters = {
  API_REQUESTS_PER_DAY: 'DAY',
  MESSAGES_PER_DAY: 'DAY',
  CONVERSATIONS_PER_MONTH: 'MONTH',
  AI_TOKENS_PER_MONTH: 'MONTH',
  PRODUCTS: 'NONE',
  MEMBERS: 'NONE',
  STORAGE_BYTES: 'NONE',
} as const satisfies Record<string, MeterPeriod>;

export type Meter = keyof typeof meters;

/** What is counted in the transaction of the work (useMeter.ts): requests are not, and members are rows. */
export type ExactMeter = Exclude<Meter, 'API_REQUESTS_PER_DAY' | 'MEMBERS'>;

/** As a refusal says them: "1,000 messages a day". */
export const meterWords: Readonly<Record<Meter, string>> = {
  API_REQUESTS_PER_DAY: 'requests a day',
  MESSAGES_PER_DAY: 'messages a day',
  CONVERSATIONS_PER_MONTH: 'new conversations a month',
  AI_TOKENS_PER_MONTH: 'tokens of the assistant a month',
  PRODUCTS: 'products',
  MEMBERS: 'members',
  STORAGE_BYTES: 'bytes of files',
};

/** When the period that a day ("2026-01-31") is in ends. */
export function endOf(period: MeterPeriod, today: string): Date | null {
  const [year = 0, month = 1, day = 1] = today.split('-').map(Number);
  if (period === 'DAY') return new Date(Date.UTC(year, month - 1, day + 1));
  return period === 'MONTH' ? new Date(Date.UTC(year, month, 1)) : null;
}

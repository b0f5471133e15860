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

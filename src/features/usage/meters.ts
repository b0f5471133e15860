/** When a meter starts again, in UTC by the database's clock; NONE: it measures what is there now. */
export type MeterPeriod = 'DAY' | 'MONTH' | 'NONE';

/** Every meter, as plans limit it. */
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
export type CountedMeter = {
  [Name in Meter]: (typeof meters)[Name] extends 'NONE' ? never : Name;
}[Meter];

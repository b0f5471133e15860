import { bigint, date, primaryKey, text } from 'drizzle-orm/pg-core';
import { app } from './columns.ts';

/** What all businesses together used of each meter, of days that change no more; as platform_hours. */
export const platformDays = app.table(
  'platform_days',
  {
    day: date('day', { mode: 'string' }).notNull(),
    meter: text('meter').notNull(),
    used: bigint('used', { mode: 'number' }).notNull(),
  },
  (table) => [primaryKey({ name: 'platform_days_pkey', columns: [table.day, table.meter] })],
);

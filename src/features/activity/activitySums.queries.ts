import { activityHours } from '../../db/tables/activityHours.ts';
import { type ActivityCounts, activityNames } from './activityCounts.ts';

/** What a series has a point for. */
export const spans = { HOUR: '1 hour', DAY: '24 hours' } as const;
export type Span = keyof typeof spans;

/** The sums and counts of one span of a series. */
export interface ActivityPoint extends ActivityCounts {
  start: Date;
}

/** As platform_hours has it too. */
export const columnOf = (name: keyof ActivityCounts) => activityHours[name];

/** The columns of both tables. */
export const activityColumnList = activityNames.map((name) => columnOf(name).name).join(', ');

/** The sums of the columns of activity_hours or platform_hours, each under its column's name. */
export const activitySumColumns = activityNames
  .map((name) => `sum(${columnOf(name).name})::int8 as ${columnOf(name).name}`)
  .join(', ');

/** Those of `counted` as ActivityCounts, zeros where an outer join found none. */
export const countedActivity = activityNames
  .map((name) => `coalesce(counted.${columnOf(name).name}, 0) as "${name}"`)
  .join(', ');

/** When a series of `days`, today included, begins. */
export const since = (days: string) =>
  `date_trunc('day', now(), 'UTC') - (${days}::int - 1) * interval '24 hours'`;

/** Every span of a series up to now, as span(start). Hours, for a day of a time zone may have 23. */
export const spanSeries = (days: string, step: string) =>
  `generate_series(${since(days)}, now(), ${step}::interval) as span(start)`;

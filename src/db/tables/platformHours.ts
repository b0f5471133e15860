import { activityColumns } from './activityColumns.ts';
import { app, moment } from './columns.ts';

/**
 * The sums of activity_hours over all businesses, of hours that are over: 720 rows for 30 days, where
 * 10 000 businesses have 7 million. Made afterwards: a row that every business's batch adds to would let
 * them wait for each other. It names no business, and outlives those that are purged.
 */
export const platformHours = app.table('platform_hours', {
  hour: moment('hour').primaryKey(),
  ...activityColumns(),
});

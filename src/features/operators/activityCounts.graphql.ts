import { operatorBuilder } from '../../graphql/operator/builder.ts';
import { type ActivityCounts, errorRateOf } from '../activity/activityCounts.ts';
import { activityWords } from '../activity/activityWords.ts';
import { percentileOf } from '../activity/latency.ts';

export const Counts = operatorBuilder.interfaceRef<ActivityCounts>('ActivityCounts').implement({
  description: activityWords.counts,
  fields: (t) => ({
    operations: t.expose('operations', {
      type: 'SafeInt',
      description: activityWords.operations,
    }),
    clientErrors: t.expose('clientErrors', {
      type: 'SafeInt',
      description: activityWords.clientErrors,
    }),
    serverFaults: t.expose('serverFaults', {
      type: 'SafeInt',
      description: activityWords.serverFaults,
    }),
    errorRate: t.field({
      type: 'Decimal',
      nullable: true,
      description: activityWords.errorRate,
      resolve: (counts) => errorRateOf(counts),
    }),
    refused: t.expose('refused', { type: 'SafeInt', description: activityWords.refused }),
    p50Ms: t.int({
      nullable: true,
      description: activityWords.p50Ms,
      resolve: (counts) => percentileOf(counts, 0.5),
    }),
    p95Ms: t.int({
      nullable: true,
      description: activityWords.p95Ms,
      resolve: (counts) => percentileOf(counts, 0.95),
    }),
    p99Ms: t.int({
      nullable: true,
      description: activityWords.p99Ms,
      resolve: (counts) => percentileOf(counts, 0.99),
    }),
  }),
});

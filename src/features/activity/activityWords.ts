/** What both schemas say of the fields of ActivityCounts. */
export const activityWords = {
  counts: 'What was asked in some time, and how it was answered.',
  operations: 'GraphQL operations that were executed.',
  clientErrors: 'Of these, those with `errors` of the caller’s doing; `userErrors` are none.',
  serverFaults: 'Of these, those with `errors` that are the server’s fault.',
  errorRate: 'The share of operations that had errors, "0" to "1"; null: there were none.',
  refused: 'Answered with 429, beside the operations.',
  p50Ms: 'Half of all operations took no longer, in milliseconds; null: there were none.',
  p95Ms: 'The same for 95 of 100.',
  p99Ms: 'The same for 99 of 100; 10,000 stands for that and more.',
  point: 'What was asked in one hour or day.',
  start: 'When it began.',
  span: 'What a series has a point for, in UTC.',
  hour: 'Every hour.',
  day: 'Every day.',
} as const;

import { expect, test } from 'vitest';
import { buildOperatorSchema } from '../../../src/app/operator/schema.ts';
import { shapeRules } from '../../graphql/contract/shapeRules.ts';
import { wordingRules } from '../../graphql/contract/wordingRules.ts';

const schema = buildOperatorSchema();

/** A log of all tenants is not counted; two mutations take nothing that an input could hold. */
const exempt = [
  'AuditEventConnection.totalCount',
  'Mutation.operatorRenew',
  'Mutation.operatorSignOut',
];

// The contract of the tenants' schema, which clients know already.
test.each([...wordingRules, ...shapeRules])('$name', ({ find }) => {
  expect(find(schema).filter((at) => !exempt.includes(at))).toEqual([]);
});

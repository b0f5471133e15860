import type { GraphQLSchema } from 'graphql';
import '../features/accounts/accounts.graphql.ts';
import '../features/accounts/passwords.graphql.ts';
import '../features/accounts/registration.graphql.ts';
import '../features/accounts/sessions.graphql.ts';
import '../features/accounts/signIn.graphql.ts';
import '../features/accounts/tokens.graphql.ts';
import '../features/apiKeys/apiKeys.graphql.ts';
import '../features/audit/audit.graphql.ts';
import '../features/cannedReplies/cannedReplies.graphql.ts';
import '../features/conversations/conversationMutations.graphql.ts';
import '../features/conversations/conversations.graphql.ts';
import '../features/conversations/messageSearch.graphql.ts';
import '../features/activity/activity.graphql.ts';
import '../features/conversations/messages.graphql.ts';
import '../features/cost/costEstimate.graphql.ts';
import '../features/customers/customers.graphql.ts';
import '../features/domains/domains.graphql.ts';
import '../features/isolation/isolation.graphql.ts';
import '../features/limits/rateLimit.graphql.ts';
import '../features/members/invitationAcceptance.graphql.ts';
import '../features/members/invitations.graphql.ts';
import '../features/members/memberMutations.graphql.ts';
import '../features/members/members.graphql.ts';
import '../features/notifications/notifications.graphql.ts';
import '../features/permissions/permissions.graphql.ts';
import '../features/plans/entitlements.graphql.ts';
import '../features/plans/planChange.graphql.ts';
import '../features/plans/plans.graphql.ts';
import '../features/products/productBatches.graphql.ts';
import '../features/products/productMutations.graphql.ts';
import '../features/products/products.graphql.ts';
import '../features/settings/settings.graphql.ts';
import '../features/settings/settingsMutations.graphql.ts';
import '../features/tenants/tenantMutations.graphql.ts';
import '../features/tenants/tenants.graphql.ts';
import '../features/usage/usage.graphql.ts';
import { specifiedDirectives } from 'graphql';
import { builder } from '../graphql/builder.ts';
import { costDirective, declareCosts } from '../graphql/cost/declareCosts.ts';
import { accessDirectives, enforceAccess } from '../graphql/enforceAccess.ts';
import { declareRateLimits } from '../graphql/rateLimits.ts';
import { resolveRelayFields } from '../graphql/relayFields.ts';
import { declareRepeats, repeatDirectives } from '../graphql/repeats.ts';
import { declareUnmetered, unmeteredDirective } from '../graphql/unmetered.ts';

/** What fields declare, put in front of their resolvers and into the schema as directives, in this order. */
const steps = [
  resolveRelayFields,
  enforceAccess,
  declareCosts,
  declareRepeats,
  declareUnmetered,
  declareRateLimits,
];

/** The whole schema; every feature is named above, and nowhere else. */
export function buildSchema(): GraphQLSchema {
  const schema = builder.toSchema({
    directives: [
      ...specifiedDirectives,
      ...accessDirectives,
      costDirective,
      ...repeatDirectives,
      unmeteredDirective,
    ],
  });
  return steps.reduce((made, step) => step(made), schema);
}

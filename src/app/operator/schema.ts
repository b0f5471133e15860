import { type GraphQLSchema, specifiedDirectives } from 'graphql';
import '../../features/operators/operatorAudit.graphql.ts';
import '../../features/operators/operatorOverrides.graphql.ts';
import '../../features/operators/operatorPlans.graphql.ts';
import '../../features/operators/operators.graphql.ts';
import '../../features/operators/operatorTenantMutations.graphql.ts';
import '../../features/operators/operatorTenants.graphql.ts';
import '../../features/operators/platformActivity.graphql.ts';
import '../../features/operators/tenantActivity.graphql.ts';
import { costDirective, declareCosts } from '../../graphql/cost/declareCosts.ts';
import { operatorBuilder } from '../../graphql/operator/builder.ts';

/** The operators' whole schema; nothing of it is in the tenants', and nothing of theirs in it. */
export const buildOperatorSchema = (): GraphQLSchema =>
  declareCosts(operatorBuilder.toSchema({ directives: [...specifiedDirectives, costDirective] }));

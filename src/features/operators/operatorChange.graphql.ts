import type { Actor } from '../../auth/principal.ts';
import type { TenantTransaction } from '../../db/database.ts';
import type { OperatorContext } from '../../graphql/operator/context.ts';
import type { Settled } from '../../graphql/userErrors.ts';
import {
  findReferred,
  type TenantReference,
  TenantReferenceInput,
} from './operatorTenants.graphql.ts';

/** Of an input that is about one tenant. */
export const which = {
  type: TenantReferenceInput,
  required: true,
  description: 'Which one.',
} as const;

/** Runs a rule in the tenant's transaction, which is committed with the answer. */
export async function change<Value>(
  context: OperatorContext,
  reference: TenantReference,
  rule: (tx: TenantTransaction, actor: Actor) => Promise<Value>,
): Promise<Settled<Value>> {
  const { actor } = context;
  const tenant = await findReferred(context, reference);
  if (tenant !== null) return context.settle(tenant.id, (tx) => rule(tx, actor));
  const message = 'There is no such tenant.';
  return { value: null, userErrors: [{ code: 'NOT_FOUND', field: ['input', 'tenant'], message }] };
}

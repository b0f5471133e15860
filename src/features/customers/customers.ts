import type { Actor } from '../../auth/principal.ts';
import type { TenantTransaction } from '../../db/database.ts';
import { onConstraint } from '../../db/query/constraints.ts';
import { refuse } from '../../lib/errors.ts';
import { newId } from '../../lib/ids.ts';
import { Findings } from '../../lib/validation.ts';
import { changedFields, recordAudit } from '../audit/audit.ts';
import {
  type Customer,
  lockCustomerByPhone,
  type NewCustomer,
  upsertCustomerRow,
} from './customers.queries.ts';

/** What can be said of a customer; `undefined` leaves a field alone, `null` empties it. */
export interface CustomerFields {
  phone: string;
  name?: string | null | undefined;
  email?: string | null | undefined;
  locale?: string | null | undefined;
  labels?: readonly string[] | null | undefined;
  metadata?: Record<string, unknown> | null | undefined;
  externalReference?: string | null | undefined;
}

/** Adds the customer with this phone number, or changes the fields that are given. */
export async function upsertCustomer(
  tx: TenantTransaction,
  actor: Actor,
  fields: CustomerFields,
): Promise<Customer> {
  check(fields);
  const [before] = await lockCustomerByPhone(tx, { phone: fields.phone });
  const changes = toColumns(fields);
  const row = { ...changes, tenantId: tx.tenantId, id: before?.id ?? newId(), phone: fields.phone };
  const [customer] = await onConstraint(
    Promise.all([
      upsertCustomerRow(tx, row, changes),
      recordAudit(tx, actor, {
        action: before === undefined ? 'customer.created' : 'customer.updated',
        targetType: 'Customer',
        targetId: row.id,
        ...(before === undefined
          ? { after: { ...changes, phone: fields.phone } }
          : changedFields(before, changes as Partial<Customer>)),
      }),
    ]),
    {
      customers_tenant_id_external_reference_key: () =>
        refuse(
          'EXTERNAL_REFERENCE_TAKEN',
          ['input', 'externalReference'],
          'Another customer has this external reference.',
        ),
    },
  );
  if (customer === undefined) throw new Error('INSERT … RETURNING gave no row');
  return customer;
}

function check(fields: CustomerFields): void {
  const findings = new Findings();
  for (const name of ['name', 'email', 'externalReference'] as const) {
    findings.expectText(fields[name], { min: 1, max: 255 }, ['input', name]);
  }
  findings.expectText(fields.locale, { min: 2, max: 35 }, ['input', 'locale']);
  for (const [index, label] of (fields.labels ?? []).entries()) {
    findings.expectText(label, { min: 1, max: 100 }, ['input', 'labels', String(index)]);
  }
  const labels = fields.labels?.length ?? 0;
  findings.expect(labels <= 100, 'TOO_LONG', ['input', 'labels'], 'At most 100 are possible.');
  findings.expectJson(fields.metadata, 65_536, ['input', 'metadata']);
  findings.settle();
}

function toColumns(fields: CustomerFields): Partial<NewCustomer> {
  const columns = {
    name: fields.name,
    email: fields.email,
    locale: fields.locale,
    labels: fields.labels === null ? [] : fields.labels?.slice(),
    metadata: fields.metadata === null ? {} : fields.metadata,
    externalReference: fields.externalReference,
  };
  return Object.fromEntries(
    Object.entries(columns).filter(([, value]) => value !== undefined),
  ) as Partial<NewCustomer>;
}

import { encodeId, type IdType } from '../../../src/lib/ids.ts';
import type { TestServer } from '../../support/server.ts';

/** Of the sample's open invitation, for what takes a mailed token. */
export const sampleToken = `tot_${'A'.repeat(43)}`;

/** Stands in a message of the sample, for what searches. */
export const sampleWord = 'samovar';

const tables: readonly (readonly [IdType, string])[] = [
  ['ApiKey', 'api_keys'],
  ['AuditEvent', 'audit_events'],
  ['CannedReply', 'canned_replies'],
  ['Customer', 'customers'],
  ['Invitation', 'invitations'],
  ['Member', 'members'],
];

/**
 * Ids of rows of the demo's first business, by type, that have something in every field that leads
 * on: an assigned conversation with a message of every kind of author, a product with all its parts.
 */
export async function makeSample(server: TestServer): Promise<ReadonlyMap<string, string>> {
  const [tenant] = await server.asAdmin(`select id from app.tenants where slug = 'lumen'`);
  const tenantId = String(tenant?.id);
  const one = async (text: string) => {
    const [row] = await server.asAdmin(text, [tenantId]);
    if (row === undefined) throw new Error(`The demo has nothing for: ${text}`);
    return String(row.id);
  };
  const sample = new Map<string, string>([['Tenant', encodeId('Tenant', tenantId)]]);
  for (const [type, table] of tables) {
    sample.set(
      type,
      encodeId(type, await one(`select id from app.${table} where tenant_id = $1 limit 1`)),
    );
  }
  const product = await one(
    `select id from app.products where tenant_id = $1 and jsonb_array_length(variants) > 0
       and jsonb_array_length(images) > 0 and jsonb_array_length(options) > 0 limit 1`,
  );
  const conversation = await one(
    'select id from app.conversations where tenant_id = $1 and assignee_id is not null limit 1',
  );
  const [message] = await server.asAdmin(
    `insert into app.messages (tenant_id, id, conversation_id, direction, body, author_member_id, author_customer_id, author_api_key_id)
     select c.tenant_id, gen_random_uuid(), c.id, 'INTERNAL', $3,
            case kind when 1 then c.assignee_id end,
            case kind when 2 then c.customer_id end,
            case kind when 3 then (select id from app.api_keys k where k.tenant_id = c.tenant_id limit 1) end
     from app.conversations c, generate_series(1, 3) kind where c.tenant_id = $1 and c.id = $2 returning id`,
    [tenantId, conversation, `A ${sampleWord} by each kind of author`],
  );
  const [domain] = await server.asAdmin(
    `insert into app.tenant_domains (tenant_id, id, domain, token)
     values ($1, gen_random_uuid(), 'shop.example.com', 'a token') returning id`,
    [tenantId],
  );
  await server.asAdmin(
    `with known as (
       update app.invitations set token_hash = encode(sha256($2::bytea), 'hex')
       where tenant_id = $1 returning token_hash)
     insert into app.tenant_routes (kind, key, tenant_id) select 'INVITATION', token_hash, $1 from known`,
    [tenantId, sampleToken],
  );
  await server.asAdmin(
    `insert into app.ownership_transfers (tenant_id, id, from_id, to_id, expires_at)
     select $1, gen_random_uuid(), id, id, now() + interval '1 day' from app.members
     where tenant_id = $1 limit 1`,
    [tenantId],
  );
  await server.asAdmin(
    `insert into app.scheduled_plan_changes (tenant_id, plan, effective_at)
     values ($1, 'BASIC', now() + interval '1 day')`,
    [tenantId],
  );
  // More people than may be: any change of plan would exceed it.
  await server.asAdmin(
    `insert into app.tenant_overrides (tenant_id, kind, code, limit_value, reason)
     values ($1, 'LIMIT', 'MEMBERS', 1, 'a test')`,
    [tenantId],
  );
  return sample
    .set('TenantDomain', encodeId('TenantDomain', String(domain?.id)))
    .set('Product', encodeId('Product', product))
    .set('Conversation', encodeId('Conversation', conversation))
    .set('Message', encodeId('Message', String(message?.id)));
}

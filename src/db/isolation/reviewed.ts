/**
 * What breaks the letter of a rule and was looked at: kept short, and each with the reason why no
 * tenant can learn or change anything of another's through it.
 */
export interface Reviewed {
  readonly kind:
    | 'sharedTable'
    | 'uniqueKey'
    | 'foreignKey'
    | 'definer'
    | 'narrowRole'
    | 'appendOnly';
  /** As the rule of that kind names it. */
  readonly object: string;
  /** sharedTable: privileges. definer: its owner. narrowRole: the tables it may use, `tenant tables` being all that have a tenant. */
  readonly allows?: readonly string[];
  readonly reason: string;
}

export const reviewed: readonly Reviewed[] = [
  {
    kind: 'sharedTable',
    object: 'app.plans',
    allows: ['SELECT'],
    reason: 'The plans are the same for everybody, and the server cannot write them.',
  },
  {
    kind: 'sharedTable',
    object: 'app.features',
    allows: ['SELECT'],
    reason: 'What plans can open is the same for everybody too.',
  },
  {
    kind: 'uniqueKey',
    object: 'app.tenants.tenants_slug_key',
    reason: 'A slug is part of a public address, so that one is taken is no secret.',
  },
  {
    kind: 'uniqueKey',
    object: 'app.tenants.tenants_domain_key',
    reason: 'A domain is public too, and leads to one business.',
  },
  {
    kind: 'uniqueKey',
    object: 'app.tenant_routes.tenant_routes_pkey',
    reason:
      'A route leads to one tenant. What it can tell is that a slug, a domain or a phone-number id is in use; a key is 256 random bits.',
  },
  {
    kind: 'foreignKey',
    object: 'app.members.members_user_id_fkey',
    reason: 'People are above tenants; the key tells that a random UUID is a person, not who.',
  },
  ...['find_tenant(text, text)', 'find_credentials(text)', 'list_memberships(uuid)'].map(lookup),
  ...['find_membership(uuid, uuid, uuid)', 'find_api_key(text)'].map(lookup),
  {
    kind: 'definer',
    object: 'app.list_expired_reservations(integer)',
    allows: ['tenantry_lookup'],
    reason: 'Answers ids of tenants for the sweep; no resolver can reach it.',
  },
  {
    kind: 'definer',
    object: 'app.list_old_activity(integer)',
    allows: ['tenantry_lookup'],
    reason: 'As list_expired_reservations.',
  },
  {
    kind: 'definer',
    object: 'app.search_products(text, integer)',
    allows: ['tenantry_search'],
    reason: 'Its body keeps to the tenant that is set, and it answers ids that are read again.',
  },
  ...[
    'queue_mail(uuid, text, text, text)',
    'claim_mail(integer)',
    'finish_mail(uuid, text, double precision)',
    'read_outbox(integer)',
  ].map(mail),
  ...[
    'open_session(uuid, uuid, text, uuid, text, integer, text, text)',
    'find_account(uuid, uuid)',
    'list_sessions(uuid)',
    'find_session(text)',
    'end_session(uuid, uuid, text, text, text, text)',
    'adopt_home(uuid, uuid)',
    'rotate_refresh_token(text, text, uuid, text, integer, integer, integer, text, text, text)',
    'register(text, text, text, text, integer, uuid, text, text, text, text)',
    'resend_registration(text, text, integer, uuid, text, text)',
    'fail_sign_in(text, text, uuid, text, text, text)',
    'find_registration(text)',
    'confirm_registration(text, uuid)',
    'request_password_reset(text, text, integer, uuid, text, text, text, text, text)',
    'find_password_reset(text)',
    'reset_password(text, text, uuid, text, text, text, text, text)',
    'change_password(uuid, uuid, text, text, uuid, text, text, text, text, text)',
    'take_attempts(text[], integer[], integer)',
    'give_back_attempts(text[], text[])',
    'sweep_accounts()',
  ].map(account),
  ...['find_invited(text)', 'admit_invited(text, uuid, text, text)'].map(invited),
  ...[
    'create_tenant(text, text, text, text, uuid, uuid, integer)',
    'rename_tenant(text, integer)',
    'request_deletion(interval)',
    'restore_tenant(uuid)',
    'list_purgeable(integer)',
    'route_domain(uuid)',
    'unroute_domain(text)',
    'change_plan(uuid, text)',
    'schedule_plan_change(uuid, text)',
    'cancel_plan_change(uuid)',
    'finish_plan_change(boolean)',
    'list_plan_changes(integer)',
  ].map(lifecycle),
  {
    kind: 'definer',
    object: 'app.purge_tenant(integer)',
    allows: ['tenantry_purger'],
    reason: 'Removes the tenant that is set, and only when its time has come.',
  },
  {
    kind: 'definer',
    object: 'app.sweep_idempotency_keys(integer)',
    allows: ['tenantry_purger'],
    reason: 'Removes keys that have run out, and answers how many.',
  },
  {
    kind: 'narrowRole',
    object: 'tenantry_provisioner',
    allows: [
      'members',
      'plans',
      'scheduled_plan_changes',
      'tenant_domains',
      'tenant_routes',
      'tenants',
      'users',
    ].map(inApp),
    reason:
      'What beginning, ending and moving a business to another plan need; it writes the one that is set.',
  },
  {
    kind: 'narrowRole',
    object: 'tenantry_purger',
    allows: ['tenant tables', inApp('purged_tenants')],
    reason: 'Deletes in every table, by policies that show it the tenant that is set and no other.',
  },
  {
    kind: 'definer',
    object: 'app.search_messages(text, integer)',
    allows: ['tenantry_message_search'],
    reason: 'Its body keeps to the tenant that is set, and it answers ids that are read again.',
  },
  {
    kind: 'narrowRole',
    object: 'tenantry_lookup',
    allows: [
      'activity_hours',
      'api_keys',
      'features',
      'members',
      'plans',
      'quota_leases',
      'sessions',
      'tenant_overrides',
      'tenant_routes',
      'tenants',
      'usage_reservations',
      'users',
    ].map(inApp),
    reason: 'What signing in, routing and gates need, and whose rows the sweep is to look at.',
  },
  {
    kind: 'narrowRole',
    object: 'tenantry_search',
    allows: [inApp('product_words'), inApp('products')],
    reason: 'What product search needs.',
  },
  {
    kind: 'narrowRole',
    object: 'tenantry_message_search',
    allows: [inApp('messages')],
    reason: 'What message search needs.',
  },
  {
    kind: 'narrowRole',
    object: 'tenantry_accounts',
    allows: [
      'attempt_counters',
      'audit_events',
      'invitations',
      'mails',
      'members',
      'one_time_tokens',
      'refresh_tokens',
      'sessions',
      'tenants',
      'users',
    ].map(inApp),
    reason: 'What changes people, their sessions and their mail.',
  },
  {
    kind: 'appendOnly',
    object: 'app.audit_events',
    reason: 'A log that its writer can rewrite proves nothing.',
  },
];

function lookup(signature: string): Reviewed {
  return {
    kind: 'definer',
    object: inApp(signature),
    allows: ['tenantry_lookup'],
    reason: 'Runs before a tenant is known, and answers only whoever names the key it looks up.',
  };
}

function mail(signature: string): Reviewed {
  return {
    kind: 'definer',
    object: inApp(signature),
    allows: ['tenantry_accounts'],
    reason:
      'Queues and sends mail, which belongs to no business; no resolver can reach what reads it.',
  };
}

function account(signature: string): Reviewed {
  return {
    kind: 'definer',
    object: inApp(signature),
    allows: ['tenantry_accounts'],
    reason:
      'People are above tenants. It acts on the one person, session or token that its caller names, and reads no row of a business but their memberships.',
  };
}

function invited(signature: string): Reviewed {
  return {
    kind: 'definer',
    object: inApp(signature),
    allows: ['tenantry_accounts'],
    reason:
      'Answers whoever holds the 256-bit token of an open invitation of the tenant that is set, about the one address that it was mailed to.',
  };
}

function lifecycle(signature: string): Reviewed {
  return {
    kind: 'definer',
    object: inApp(signature),
    allows: ['tenantry_provisioner'],
    reason: 'Writes the tenant that is set; of others it tells that a slug or a domain is in use.',
  };
}

function inApp(name: string): string {
  return `app.${name}`;
}

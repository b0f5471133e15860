-- What the migrations and sql/ come to, printed by "npm run schema:print". To read and to compare, not to run.

create role tenantry_accounts nologin nosuperuser nobypassrls nocreaterole nocreatedb noinherit;

create role tenantry_lookup nologin nosuperuser nobypassrls nocreaterole nocreatedb noinherit;

create role tenantry_message_search nologin nosuperuser nobypassrls nocreaterole nocreatedb noinherit;

create role tenantry_operator login nosuperuser nobypassrls nocreaterole nocreatedb noinherit;
alter role tenantry_operator set idle_in_transaction_session_timeout = 15s;
alter role tenantry_operator set lock_timeout = 5s;
alter role tenantry_operator set search_path = app;
alter role tenantry_operator set statement_timeout = 1min;

create role tenantry_owner nologin nosuperuser nobypassrls nocreaterole nocreatedb noinherit;

create role tenantry_provisioner nologin nosuperuser nobypassrls nocreaterole nocreatedb noinherit;

create role tenantry_purger nologin nosuperuser nobypassrls nocreaterole nocreatedb noinherit;

create role tenantry_search nologin nosuperuser nobypassrls nocreaterole nocreatedb noinherit;

create role tenantry_server login nosuperuser nobypassrls nocreaterole nocreatedb noinherit;
alter role tenantry_server set idle_in_transaction_session_timeout = 15s;
alter role tenantry_server set jit = off;
alter role tenantry_server set lock_timeout = 5s;
alter role tenantry_server set max_parallel_workers_per_gather = 0;
alter role tenantry_server set plan_cache_mode = force_generic_plan;
alter role tenantry_server set random_page_cost = 1.1;
alter role tenantry_server set search_path = app;
alter role tenantry_server set statement_timeout = 15s;

create schema app authorization tenantry_owner;
grant usage on schema app to tenantry_accounts;
grant usage on schema app to tenantry_lookup;
grant usage on schema app to tenantry_message_search;
grant usage on schema app to tenantry_operator;
grant usage on schema app to tenantry_provisioner;
grant usage on schema app to tenantry_purger;
grant usage on schema app to tenantry_search;
grant usage on schema app to tenantry_server;

create table app.activity_hours (
  tenant_id uuid not null,
  hour timestamp(3) with time zone not null,
  operations bigint not null,
  client_errors bigint not null,
  server_faults bigint not null,
  refused bigint not null,
  ms_1 bigint not null,
  ms_2 bigint not null,
  ms_5 bigint not null,
  ms_10 bigint not null,
  ms_20 bigint not null,
  ms_50 bigint not null,
  ms_100 bigint not null,
  ms_200 bigint not null,
  ms_500 bigint not null,
  ms_1000 bigint not null,
  ms_2000 bigint not null,
  ms_5000 bigint not null,
  ms_10000 bigint not null,
  ms_more bigint not null,
  last_at timestamp(3) with time zone not null,
  constraint activity_hours_pkey PRIMARY KEY (tenant_id, hour),
  constraint activity_hours_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES app.tenants(id)
);
alter table app.activity_hours owner to tenantry_owner;
CREATE INDEX activity_hours_hour_idx ON app.activity_hours USING btree (hour);
alter table app.activity_hours enable row level security;
alter table app.activity_hours force row level security;
create policy lookup on app.activity_hours for select to tenantry_lookup
  using (true);
create policy operator on app.activity_hours for select to tenantry_operator
  using (true);
create policy purge on app.activity_hours for all to tenantry_purger
  using ((tenant_id = app.current_tenant()));
create policy tenant on app.activity_hours for all to tenantry_server
  using ((tenant_id = app.current_tenant()))
  with check ((tenant_id = app.current_tenant()));
grant select on app.activity_hours to tenantry_operator;
grant delete, select on app.activity_hours to tenantry_purger;
grant delete, insert, select, update on app.activity_hours to tenantry_server;
grant select (tenant_id), select (hour) on app.activity_hours to tenantry_lookup;

create table app.api_keys (
  tenant_id uuid not null,
  id uuid not null,
  name text not null,
  prefix text not null,
  secret_hash text not null,
  scopes text[] not null,
  created_at timestamp(3) with time zone default now() not null,
  expires_at timestamp(3) with time zone,
  revoked_at timestamp(3) with time zone,
  last_used_at timestamp(3) with time zone,
  rotated_to_id uuid,
  cost_per_minute integer,
  constraint api_keys_pkey PRIMARY KEY (tenant_id, id),
  constraint api_keys_tenant_id_secret_hash_key UNIQUE (tenant_id, secret_hash),
  constraint api_keys_rotated_to_id_fkey FOREIGN KEY (tenant_id, rotated_to_id) REFERENCES app.api_keys(tenant_id, id),
  constraint api_keys_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES app.tenants(id)
);
alter table app.api_keys owner to tenantry_owner;
CREATE INDEX api_keys_tenant_id_created_at_id_idx ON app.api_keys USING btree (tenant_id, created_at, id);
alter table app.api_keys enable row level security;
alter table app.api_keys force row level security;
create policy lookup on app.api_keys for select to tenantry_lookup
  using (true);
create policy purge on app.api_keys for all to tenantry_purger
  using ((tenant_id = app.current_tenant()));
create policy tenant on app.api_keys for all to tenantry_server
  using ((tenant_id = app.current_tenant()))
  with check ((tenant_id = app.current_tenant()));
grant select on app.api_keys to tenantry_lookup;
grant delete, select on app.api_keys to tenantry_purger;
grant insert, select, update on app.api_keys to tenantry_server;

create table app.attempt_counters (
  key text not null,
  used integer not null,
  expires_at timestamp(3) with time zone not null,
  constraint attempt_counters_pkey PRIMARY KEY (key)
);
alter table app.attempt_counters owner to tenantry_owner;
CREATE INDEX attempt_counters_expires_at_idx ON app.attempt_counters USING btree (expires_at);
alter table app.attempt_counters enable row level security;
alter table app.attempt_counters force row level security;
create policy accounts on app.attempt_counters for all to tenantry_accounts
  using (true)
  with check (true);
grant delete, insert, select, update on app.attempt_counters to tenantry_accounts;

create table app.audit_events (
  tenant_id uuid not null,
  id uuid not null,
  occurred_at timestamp(3) with time zone default now() not null,
  actor_kind text not null,
  actor_id uuid,
  actor_name text not null,
  action text not null,
  target_type text not null,
  target_id uuid,
  before jsonb,
  after jsonb,
  ip text,
  user_agent text,
  request_id text not null,
  quota_lease uuid,
  constraint audit_events_pkey PRIMARY KEY (tenant_id, id),
  constraint audit_events_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES app.tenants(id),
  constraint audit_events_actor_kind_known CHECK ((actor_kind = ANY (ARRAY['USER'::text, 'API_KEY'::text, 'OPERATOR'::text, 'SYSTEM'::text])))
);
alter table app.audit_events owner to tenantry_owner;
CREATE INDEX audit_events_occurred_at_id_idx ON app.audit_events USING btree (occurred_at, id);
CREATE INDEX audit_events_tenant_id_occurred_at_id_idx ON app.audit_events USING btree (tenant_id, occurred_at, id);
CREATE INDEX audit_events_tenant_id_target_id_occurred_at_id_idx ON app.audit_events USING btree (tenant_id, target_id, occurred_at, id);
alter table app.audit_events enable row level security;
alter table app.audit_events force row level security;
create policy accounts on app.audit_events for insert to tenantry_accounts
  with check (true);
create policy operator on app.audit_events for all to tenantry_operator
  using (true)
  with check (true);
create policy purge on app.audit_events for all to tenantry_purger
  using ((tenant_id = app.current_tenant()));
create policy tenant on app.audit_events for all to tenantry_server
  using ((tenant_id = app.current_tenant()))
  with check ((tenant_id = app.current_tenant()));
grant insert on app.audit_events to tenantry_accounts;
grant insert, select on app.audit_events to tenantry_operator;
grant delete, select on app.audit_events to tenantry_purger;
grant insert, select on app.audit_events to tenantry_server;

create table app.canned_replies (
  tenant_id uuid not null,
  id uuid not null,
  shortcut text not null,
  body text not null,
  created_at timestamp(3) with time zone default now() not null,
  updated_at timestamp(3) with time zone default now() not null,
  constraint canned_replies_pkey PRIMARY KEY (tenant_id, id),
  constraint canned_replies_tenant_id_shortcut_key UNIQUE (tenant_id, shortcut),
  constraint canned_replies_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES app.tenants(id)
);
alter table app.canned_replies owner to tenantry_owner;
alter table app.canned_replies enable row level security;
alter table app.canned_replies force row level security;
create policy purge on app.canned_replies for all to tenantry_purger
  using ((tenant_id = app.current_tenant()));
create policy tenant on app.canned_replies for all to tenantry_server
  using ((tenant_id = app.current_tenant()))
  with check ((tenant_id = app.current_tenant()));
grant delete, select on app.canned_replies to tenantry_purger;
grant delete, insert, select, update on app.canned_replies to tenantry_server;

create table app.conversations (
  tenant_id uuid not null,
  id uuid not null,
  customer_id uuid not null,
  subject text,
  status text default 'OPEN'::text not null,
  priority text default 'NORMAL'::text not null,
  assignee_id uuid,
  labels text[] default '{}'::text[] not null,
  snoozed_until timestamp(3) with time zone,
  unread_count integer default 0 not null,
  waiting_since timestamp(3) with time zone,
  last_intent text,
  last_message_at timestamp(3) with time zone default now() not null,
  last_message_preview text,
  external_reference text,
  created_at timestamp(3) with time zone default now() not null,
  updated_at timestamp(3) with time zone default now() not null,
  constraint conversations_pkey PRIMARY KEY (tenant_id, id),
  constraint conversations_tenant_id_external_reference_key UNIQUE (tenant_id, external_reference),
  constraint conversations_assignee_id_fkey FOREIGN KEY (tenant_id, assignee_id) REFERENCES app.members(tenant_id, id),
  constraint conversations_customer_id_fkey FOREIGN KEY (tenant_id, customer_id) REFERENCES app.customers(tenant_id, id),
  constraint conversations_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES app.tenants(id),
  constraint conversations_priority_known CHECK ((priority = ANY (ARRAY['LOW'::text, 'NORMAL'::text, 'HIGH'::text, 'URGENT'::text]))),
  constraint conversations_status_known CHECK ((status = ANY (ARRAY['OPEN'::text, 'PENDING'::text, 'SNOOZED'::text, 'RESOLVED'::text]))),
  constraint conversations_unread_not_negative CHECK ((unread_count >= 0))
);
alter table app.conversations owner to tenantry_owner;
CREATE INDEX conversations_tenant_id_assignee_id_last_message_at_id_idx ON app.conversations USING btree (tenant_id, assignee_id, last_message_at, id);
CREATE INDEX conversations_tenant_id_created_at_id_idx ON app.conversations USING btree (tenant_id, created_at, id);
CREATE INDEX conversations_tenant_id_customer_id_last_message_at_id_idx ON app.conversations USING btree (tenant_id, customer_id, last_message_at, id);
CREATE INDEX conversations_tenant_id_last_message_at_id_idx ON app.conversations USING btree (tenant_id, last_message_at, id);
CREATE INDEX conversations_tenant_id_status_last_message_at_id_idx ON app.conversations USING btree (tenant_id, status, last_message_at, id);
alter table app.conversations enable row level security;
alter table app.conversations force row level security;
create policy purge on app.conversations for all to tenantry_purger
  using ((tenant_id = app.current_tenant()));
create policy tenant on app.conversations for all to tenantry_server
  using ((tenant_id = app.current_tenant()))
  with check ((tenant_id = app.current_tenant()));
grant delete, select on app.conversations to tenantry_purger;
grant insert, select, update on app.conversations to tenantry_server;

create table app.credit_windows (
  tenant_id uuid not null,
  bucket text not null,
  starts_at timestamp(3) with time zone not null,
  ends_at timestamp(3) with time zone not null,
  taken bigint not null,
  holds jsonb not null,
  constraint credit_windows_pkey PRIMARY KEY (tenant_id, bucket),
  constraint credit_windows_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES app.tenants(id)
);
alter table app.credit_windows owner to tenantry_owner;
alter table app.credit_windows enable row level security;
alter table app.credit_windows force row level security;
create policy purge on app.credit_windows for all to tenantry_purger
  using ((tenant_id = app.current_tenant()));
create policy tenant on app.credit_windows for all to tenantry_server
  using ((tenant_id = app.current_tenant()))
  with check ((tenant_id = app.current_tenant()));
grant delete, select on app.credit_windows to tenantry_purger;
grant delete, insert, select, update on app.credit_windows to tenantry_server;

create table app.customers (
  tenant_id uuid not null,
  id uuid not null,
  phone text not null,
  name text,
  email text,
  locale text,
  labels text[] default '{}'::text[] not null,
  metadata jsonb default '{}'::jsonb not null,
  external_reference text,
  created_at timestamp(3) with time zone default now() not null,
  updated_at timestamp(3) with time zone default now() not null,
  constraint customers_pkey PRIMARY KEY (tenant_id, id),
  constraint customers_tenant_id_external_reference_key UNIQUE (tenant_id, external_reference),
  constraint customers_tenant_id_phone_key UNIQUE (tenant_id, phone),
  constraint customers_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES app.tenants(id),
  constraint customers_phone_e164 CHECK ((phone ~ '^\+[1-9][0-9]{6,14}$'::text))
);
alter table app.customers owner to tenantry_owner;
CREATE INDEX customers_tenant_id_created_at_id_idx ON app.customers USING btree (tenant_id, created_at, id);
alter table app.customers enable row level security;
alter table app.customers force row level security;
create policy purge on app.customers for all to tenantry_purger
  using ((tenant_id = app.current_tenant()));
create policy tenant on app.customers for all to tenantry_server
  using ((tenant_id = app.current_tenant()))
  with check ((tenant_id = app.current_tenant()));
grant delete, select on app.customers to tenantry_purger;
grant insert, select, update on app.customers to tenantry_server;

create table app.features (
  code text not null,
  name text not null,
  description text not null,
  "position" integer not null,
  constraint features_pkey PRIMARY KEY (code)
);
alter table app.features owner to tenantry_owner;
alter table app.features enable row level security;
alter table app.features force row level security;
create policy everyone on app.features for select to tenantry_lookup, tenantry_operator, tenantry_server
  using (true);
create policy owner on app.features for all to tenantry_owner
  using (true)
  with check (true);
grant select on app.features to tenantry_lookup;
grant select on app.features to tenantry_operator;
grant select on app.features to tenantry_server;

create table app.idempotency_keys (
  tenant_id uuid not null,
  key text not null,
  caller text not null,
  rights text not null,
  input text not null,
  answer text,
  created_at timestamp(3) with time zone default now() not null,
  expires_at timestamp(3) with time zone not null,
  constraint idempotency_keys_pkey PRIMARY KEY (tenant_id, key),
  constraint idempotency_keys_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES app.tenants(id),
  constraint idempotency_keys_key_short CHECK (((length(key) >= 1) AND (length(key) <= 255)))
);
alter table app.idempotency_keys owner to tenantry_owner;
CREATE INDEX idempotency_keys_expires_at_idx ON app.idempotency_keys USING btree (expires_at);
alter table app.idempotency_keys enable row level security;
alter table app.idempotency_keys force row level security;
create policy expired on app.idempotency_keys for all to tenantry_purger
  using ((expires_at <= now()));
create policy purge on app.idempotency_keys for all to tenantry_purger
  using ((tenant_id = app.current_tenant()));
create policy tenant on app.idempotency_keys for all to tenantry_server
  using ((tenant_id = app.current_tenant()))
  with check ((tenant_id = app.current_tenant()));
grant delete, select on app.idempotency_keys to tenantry_purger;
grant insert, select, update on app.idempotency_keys to tenantry_server;

create table app.invitations (
  tenant_id uuid not null,
  id uuid not null,
  email text not null,
  role text not null,
  token_hash text not null,
  invited_by_id uuid not null,
  expires_at timestamp(3) with time zone not null,
  accepted_at timestamp(3) with time zone,
  revoked_at timestamp(3) with time zone,
  closed_at timestamp(3) with time zone,
  created_at timestamp(3) with time zone default now() not null,
  updated_at timestamp(3) with time zone default now() not null,
  constraint invitations_pkey PRIMARY KEY (tenant_id, id),
  constraint invitations_invited_by_id_fkey FOREIGN KEY (tenant_id, invited_by_id) REFERENCES app.members(tenant_id, id),
  constraint invitations_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES app.tenants(id),
  constraint invitations_role_known CHECK ((role = ANY (ARRAY['OWNER'::text, 'ADMIN'::text, 'MEMBER'::text, 'VIEWER'::text])))
);
alter table app.invitations owner to tenantry_owner;
CREATE UNIQUE INDEX invitations_one_open_an_address ON app.invitations USING btree (tenant_id, email) WHERE (closed_at IS NULL);
CREATE INDEX invitations_tenant_id_created_at_id_idx ON app.invitations USING btree (tenant_id, created_at, id);
CREATE INDEX invitations_tenant_id_invited_by_id_idx ON app.invitations USING btree (tenant_id, invited_by_id);
CREATE INDEX invitations_tenant_id_token_hash_idx ON app.invitations USING btree (tenant_id, token_hash);
alter table app.invitations enable row level security;
alter table app.invitations force row level security;
create policy accounts on app.invitations for select to tenantry_accounts
  using ((tenant_id = app.current_tenant()));
create policy purge on app.invitations for all to tenantry_purger
  using ((tenant_id = app.current_tenant()));
create policy tenant on app.invitations for all to tenantry_server
  using ((tenant_id = app.current_tenant()))
  with check ((tenant_id = app.current_tenant()));
grant select on app.invitations to tenantry_accounts;
grant delete, select on app.invitations to tenantry_purger;
grant insert, select, update on app.invitations to tenantry_server;

create view app.lease_use with (security_invoker=true) as
 SELECT l.tenant_id,
    l.meter,
    l.period,
    l.day,
    l.feature,
    l.api_key_id,
    l.amount,
    u.used,
    l.id
   FROM (app.quota_leases l
     CROSS JOIN LATERAL ( SELECT count(*) AS used
           FROM app.audit_events a
          WHERE ((a.tenant_id = l.tenant_id) AND (a.id > l.id) AND (a.id <= l.last_event_id) AND (a.quota_lease = l.id))) u);
alter view app.lease_use owner to tenantry_owner;
grant select on app.lease_use to tenantry_operator;
grant select on app.lease_use to tenantry_server;

create table app.mails (
  id uuid not null,
  recipient text not null,
  subject text not null,
  body text,
  created_at timestamp(3) with time zone default now() not null,
  due_at timestamp(3) with time zone default now(),
  attempts integer default 0 not null,
  sent_at timestamp(3) with time zone,
  failed_at timestamp(3) with time zone,
  last_error text,
  constraint mails_pkey PRIMARY KEY (id)
);
alter table app.mails owner to tenantry_owner;
CREATE INDEX mails_created_at_idx ON app.mails USING btree (created_at);
CREATE INDEX mails_due_at_idx ON app.mails USING btree (due_at);
alter table app.mails enable row level security;
alter table app.mails force row level security;
create policy accounts on app.mails for all to tenantry_accounts
  using (true)
  with check (true);
grant delete, insert, select, update on app.mails to tenantry_accounts;

create table app.members (
  tenant_id uuid not null,
  id uuid not null,
  user_id uuid,
  role text not null,
  name text not null,
  email text not null,
  created_at timestamp(3) with time zone default now() not null,
  updated_at timestamp(3) with time zone default now() not null,
  left_at timestamp(3) with time zone,
  constraint members_pkey PRIMARY KEY (tenant_id, id),
  constraint members_tenant_id_user_id_key UNIQUE (tenant_id, user_id),
  constraint members_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES app.tenants(id),
  constraint members_user_id_fkey FOREIGN KEY (user_id) REFERENCES app.users(id),
  constraint members_role_known CHECK ((role = ANY (ARRAY['OWNER'::text, 'ADMIN'::text, 'MEMBER'::text, 'VIEWER'::text])))
);
alter table app.members owner to tenantry_owner;
CREATE INDEX members_tenant_id_created_at_id_idx ON app.members USING btree (tenant_id, created_at, id) WHERE (user_id IS NOT NULL);
CREATE INDEX members_tenant_id_role_idx ON app.members USING btree (tenant_id, role) WHERE (user_id IS NOT NULL);
CREATE INDEX members_user_id_idx ON app.members USING btree (user_id);
alter table app.members enable row level security;
alter table app.members force row level security;
create policy accounts on app.members for select to tenantry_accounts
  using (true);
create policy lookup on app.members for select to tenantry_lookup
  using (true);
create policy operator on app.members for select to tenantry_operator
  using (true);
create policy provision_insert on app.members for insert to tenantry_provisioner
  with check (((tenant_id = app.current_tenant()) AND (role = 'OWNER'::text)));
create policy provision_read on app.members for select to tenantry_provisioner
  using (true);
create policy purge on app.members for all to tenantry_purger
  using ((tenant_id = app.current_tenant()));
create policy tenant on app.members for all to tenantry_server
  using ((tenant_id = app.current_tenant()))
  with check ((tenant_id = app.current_tenant()));
grant select on app.members to tenantry_accounts;
grant select on app.members to tenantry_lookup;
grant insert, select on app.members to tenantry_provisioner;
grant delete, select on app.members to tenantry_purger;
grant insert, select, update on app.members to tenantry_server;
grant select (tenant_id), select (id), select (user_id), select (left_at) on app.members to tenantry_operator;

create table app.messages (
  tenant_id uuid not null,
  id uuid not null,
  conversation_id uuid not null,
  direction text not null,
  body text not null,
  author_member_id uuid,
  author_customer_id uuid,
  author_api_key_id uuid,
  external_reference text,
  created_at timestamp(3) with time zone default now() not null,
  search_vector tsvector generated always as (app.message_search_vector(body)) stored,
  constraint messages_pkey PRIMARY KEY (tenant_id, id),
  constraint messages_tenant_id_external_reference_key UNIQUE (tenant_id, external_reference),
  constraint messages_author_api_key_id_fkey FOREIGN KEY (tenant_id, author_api_key_id) REFERENCES app.api_keys(tenant_id, id),
  constraint messages_author_customer_id_fkey FOREIGN KEY (tenant_id, author_customer_id) REFERENCES app.customers(tenant_id, id),
  constraint messages_author_member_id_fkey FOREIGN KEY (tenant_id, author_member_id) REFERENCES app.members(tenant_id, id),
  constraint messages_conversation_id_fkey FOREIGN KEY (tenant_id, conversation_id) REFERENCES app.conversations(tenant_id, id),
  constraint messages_direction_known CHECK ((direction = ANY (ARRAY['INBOUND'::text, 'OUTBOUND'::text, 'INTERNAL'::text]))),
  constraint messages_one_author_at_most CHECK ((num_nonnulls(author_member_id, author_customer_id, author_api_key_id) <= 1))
);
alter table app.messages owner to tenantry_owner;
CREATE INDEX messages_search_vector_idx ON app.messages USING gin (app.tenant_words(tenant_id, search_vector)) WITH (gin_pending_list_limit='256');
CREATE INDEX messages_tenant_id_conversation_id_created_at_id_idx ON app.messages USING btree (tenant_id, conversation_id, created_at, id);
CREATE INDEX messages_tenant_id_created_at_id_idx ON app.messages USING btree (tenant_id, created_at, id);
alter table app.messages enable row level security;
alter table app.messages force row level security;
create policy purge on app.messages for all to tenantry_purger
  using ((tenant_id = app.current_tenant()));
create policy search on app.messages for select to tenantry_message_search
  using (true);
create policy tenant on app.messages for all to tenantry_server
  using ((tenant_id = app.current_tenant()))
  with check ((tenant_id = app.current_tenant()));
grant delete, select on app.messages to tenantry_purger;
grant insert, select, update on app.messages to tenantry_server;
grant select (tenant_id), select (id), select (created_at), select (search_vector) on app.messages to tenantry_message_search;

create table app.notification_reads (
  tenant_id uuid not null,
  member_id uuid not null,
  notification_id uuid not null,
  read_at timestamp(3) with time zone default now() not null,
  constraint notification_reads_pkey PRIMARY KEY (tenant_id, member_id, notification_id),
  constraint notification_reads_member_id_fkey FOREIGN KEY (tenant_id, member_id) REFERENCES app.members(tenant_id, id),
  constraint notification_reads_notification_id_fkey FOREIGN KEY (tenant_id, notification_id) REFERENCES app.notifications(tenant_id, id)
);
alter table app.notification_reads owner to tenantry_owner;
alter table app.notification_reads enable row level security;
alter table app.notification_reads force row level security;
create policy purge on app.notification_reads for all to tenantry_purger
  using ((tenant_id = app.current_tenant()));
create policy tenant on app.notification_reads for all to tenantry_server
  using ((tenant_id = app.current_tenant()))
  with check ((tenant_id = app.current_tenant()));
grant delete, select on app.notification_reads to tenantry_purger;
grant insert, select on app.notification_reads to tenantry_server;

create table app.notifications (
  tenant_id uuid not null,
  id uuid not null,
  kind text not null,
  key text not null,
  data jsonb not null,
  created_at timestamp(3) with time zone default now() not null,
  constraint notifications_pkey PRIMARY KEY (tenant_id, id),
  constraint notifications_tenant_id_key_key UNIQUE (tenant_id, key),
  constraint notifications_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES app.tenants(id),
  constraint notifications_kind_known CHECK ((kind = 'USAGE_WARNING'::text))
);
alter table app.notifications owner to tenantry_owner;
CREATE INDEX notifications_tenant_id_created_at_id_idx ON app.notifications USING btree (tenant_id, created_at, id);
alter table app.notifications enable row level security;
alter table app.notifications force row level security;
create policy purge on app.notifications for all to tenantry_purger
  using ((tenant_id = app.current_tenant()));
create policy tenant on app.notifications for all to tenantry_server
  using ((tenant_id = app.current_tenant()))
  with check ((tenant_id = app.current_tenant()));
grant delete, select on app.notifications to tenantry_purger;
grant insert, select on app.notifications to tenantry_server;

create table app.one_time_tokens (
  token_hash text not null,
  kind text not null,
  email text not null,
  user_id uuid,
  name text,
  password_hash text,
  created_at timestamp(3) with time zone default now() not null,
  expires_at timestamp(3) with time zone not null,
  constraint one_time_tokens_pkey PRIMARY KEY (token_hash),
  constraint one_time_tokens_user_id_users_id_fk FOREIGN KEY (user_id) REFERENCES app.users(id),
  constraint one_time_tokens_kind_known CHECK ((kind = ANY (ARRAY['REGISTRATION'::text, 'PASSWORD_RESET'::text])))
);
alter table app.one_time_tokens owner to tenantry_owner;
CREATE INDEX one_time_tokens_email_idx ON app.one_time_tokens USING btree (email);
CREATE INDEX one_time_tokens_expires_at_idx ON app.one_time_tokens USING btree (expires_at);
CREATE INDEX one_time_tokens_user_id_idx ON app.one_time_tokens USING btree (user_id);
alter table app.one_time_tokens enable row level security;
alter table app.one_time_tokens force row level security;
create policy accounts on app.one_time_tokens for all to tenantry_accounts
  using (true)
  with check (true);
grant delete, insert, select, update on app.one_time_tokens to tenantry_accounts;

create table app.operator_attempts (
  key text not null,
  started_at timestamp(3) with time zone not null,
  attempts integer not null,
  constraint operator_attempts_pkey PRIMARY KEY (key)
);
alter table app.operator_attempts owner to tenantry_owner;
alter table app.operator_attempts enable row level security;
alter table app.operator_attempts force row level security;
create policy operator on app.operator_attempts for all to tenantry_operator
  using (true)
  with check (true);
grant delete, insert, select, update on app.operator_attempts to tenantry_operator;

create table app.operator_sessions (
  id uuid not null,
  operator_id uuid not null,
  ip text,
  user_agent text,
  created_at timestamp(3) with time zone default now() not null,
  expires_at timestamp(3) with time zone not null,
  revoked_at timestamp(3) with time zone,
  constraint operator_sessions_pkey PRIMARY KEY (id),
  constraint operator_sessions_operator_id_operators_id_fk FOREIGN KEY (operator_id) REFERENCES app.operators(id)
);
alter table app.operator_sessions owner to tenantry_owner;
CREATE INDEX operator_sessions_operator_id_idx ON app.operator_sessions USING btree (operator_id);
alter table app.operator_sessions enable row level security;
alter table app.operator_sessions force row level security;
create policy operator on app.operator_sessions for all to tenantry_operator
  using (true)
  with check (true);
grant insert, select, update on app.operator_sessions to tenantry_operator;

create table app.operators (
  id uuid not null,
  email text not null,
  name text not null,
  password_hash text not null,
  disabled_at timestamp(3) with time zone,
  created_at timestamp(3) with time zone default now() not null,
  updated_at timestamp(3) with time zone default now() not null,
  constraint operators_pkey PRIMARY KEY (id),
  constraint operators_email_key UNIQUE (email),
  constraint operators_email_is_lower_case CHECK ((email = lower(email)))
);
alter table app.operators owner to tenantry_owner;
alter table app.operators enable row level security;
alter table app.operators force row level security;
create policy operator on app.operators for all to tenantry_operator
  using (true)
  with check (true);
grant insert, select, update on app.operators to tenantry_operator;

create table app.ownership_transfers (
  tenant_id uuid not null,
  id uuid not null,
  from_id uuid not null,
  to_id uuid not null,
  expires_at timestamp(3) with time zone not null,
  closed_at timestamp(3) with time zone,
  created_at timestamp(3) with time zone default now() not null,
  constraint ownership_transfers_pkey PRIMARY KEY (tenant_id, id),
  constraint ownership_transfers_from_id_fkey FOREIGN KEY (tenant_id, from_id) REFERENCES app.members(tenant_id, id),
  constraint ownership_transfers_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES app.tenants(id),
  constraint ownership_transfers_to_id_fkey FOREIGN KEY (tenant_id, to_id) REFERENCES app.members(tenant_id, id)
);
alter table app.ownership_transfers owner to tenantry_owner;
CREATE INDEX ownership_transfers_open_idx ON app.ownership_transfers USING btree (tenant_id, expires_at) WHERE (closed_at IS NULL);
CREATE INDEX ownership_transfers_tenant_id_from_id_idx ON app.ownership_transfers USING btree (tenant_id, from_id);
CREATE INDEX ownership_transfers_tenant_id_to_id_idx ON app.ownership_transfers USING btree (tenant_id, to_id);
alter table app.ownership_transfers enable row level security;
alter table app.ownership_transfers force row level security;
create policy purge on app.ownership_transfers for all to tenantry_purger
  using ((tenant_id = app.current_tenant()));
create policy tenant on app.ownership_transfers for all to tenantry_server
  using ((tenant_id = app.current_tenant()))
  with check ((tenant_id = app.current_tenant()));
grant delete, select on app.ownership_transfers to tenantry_purger;
grant insert, select, update on app.ownership_transfers to tenantry_server;

create table app.plans (
  code text not null,
  name text not null,
  "position" integer not null,
  limits jsonb not null,
  features text[] not null,
  description text default ''::text not null,
  self_service boolean default true not null,
  constraint plans_pkey PRIMARY KEY (code)
);
alter table app.plans owner to tenantry_owner;
alter table app.plans enable row level security;
alter table app.plans force row level security;
create policy everyone on app.plans for select to tenantry_lookup, tenantry_operator, tenantry_provisioner, tenantry_server
  using (true);
create policy owner on app.plans for all to tenantry_owner
  using (true)
  with check (true);
grant select on app.plans to tenantry_lookup;
grant select on app.plans to tenantry_operator;
grant select on app.plans to tenantry_provisioner;
grant select on app.plans to tenantry_server;

create table app.platform_days (
  day date not null,
  meter text not null,
  used bigint not null,
  constraint platform_days_pkey PRIMARY KEY (day, meter)
);
alter table app.platform_days owner to tenantry_owner;
alter table app.platform_days enable row level security;
alter table app.platform_days force row level security;
create policy operator on app.platform_days for all to tenantry_operator
  using (true)
  with check (true);
grant insert, select on app.platform_days to tenantry_operator;

create table app.platform_hours (
  hour timestamp(3) with time zone not null,
  operations bigint not null,
  client_errors bigint not null,
  server_faults bigint not null,
  refused bigint not null,
  ms_1 bigint not null,
  ms_2 bigint not null,
  ms_5 bigint not null,
  ms_10 bigint not null,
  ms_20 bigint not null,
  ms_50 bigint not null,
  ms_100 bigint not null,
  ms_200 bigint not null,
  ms_500 bigint not null,
  ms_1000 bigint not null,
  ms_2000 bigint not null,
  ms_5000 bigint not null,
  ms_10000 bigint not null,
  ms_more bigint not null,
  constraint platform_hours_pkey PRIMARY KEY (hour)
);
alter table app.platform_hours owner to tenantry_owner;
alter table app.platform_hours enable row level security;
alter table app.platform_hours force row level security;
create policy operator on app.platform_hours for all to tenantry_operator
  using (true)
  with check (true);
grant insert, select on app.platform_hours to tenantry_operator;

create table app.product_words (
  tenant_id uuid not null,
  word text not null,
  product_id uuid not null,
  constraint product_words_pkey PRIMARY KEY (tenant_id, word, product_id),
  constraint product_words_product_id_fkey FOREIGN KEY (tenant_id, product_id) REFERENCES app.products(tenant_id, id),
  constraint product_words_length CHECK (((length(word) >= 3) AND (length(word) <= 40)))
);
alter table app.product_words owner to tenantry_owner;
CREATE INDEX product_words_word_idx ON app.product_words USING gin (tenant_id, word extensions.gin_trgm_ops) WITH (gin_pending_list_limit='256');
alter table app.product_words enable row level security;
alter table app.product_words force row level security;
create policy purge on app.product_words for all to tenantry_purger
  using ((tenant_id = app.current_tenant()));
create policy search on app.product_words for select to tenantry_search
  using (true);
create policy tenant on app.product_words for all to tenantry_server
  using ((tenant_id = app.current_tenant()))
  with check ((tenant_id = app.current_tenant()));
grant delete, select on app.product_words to tenantry_purger;
grant insert, select on app.product_words to tenantry_server;
grant select (tenant_id), select (word) on app.product_words to tenantry_search;

create table app.products (
  tenant_id uuid not null,
  id uuid not null,
  name text not null,
  description text default ''::text not null,
  sku text,
  price_amount numeric(19,4) not null,
  price_currency text not null,
  category text,
  condition text default 'NEW'::text not null,
  location text,
  stock integer,
  status text default 'ACTIVE'::text not null,
  tags text[] default '{}'::text[] not null,
  images jsonb default '[]'::jsonb not null,
  options jsonb default '[]'::jsonb not null,
  variants jsonb default '[]'::jsonb not null,
  metadata jsonb default '{}'::jsonb not null,
  external_reference text,
  created_at timestamp(3) with time zone default now() not null,
  updated_at timestamp(3) with time zone default now() not null,
  name_key text generated always as (app.fold(name)) stored,
  search_vector tsvector generated always as (app.product_search_vector(name, sku, category, tags, description)) stored,
  search_signature bytea generated always as (app.product_search_signature(name, sku, category, tags, description)) stored,
  constraint products_pkey PRIMARY KEY (tenant_id, id),
  constraint products_tenant_id_external_reference_key UNIQUE (tenant_id, external_reference),
  constraint products_tenant_id_sku_key UNIQUE (tenant_id, sku),
  constraint products_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES app.tenants(id),
  constraint products_condition_known CHECK ((condition = ANY (ARRAY['NEW'::text, 'USED'::text, 'REFURBISHED'::text]))),
  constraint products_currency_shape CHECK ((price_currency ~ '^[A-Z]{3}$'::text)),
  constraint products_price_not_negative CHECK ((price_amount >= (0)::numeric)),
  constraint products_status_known CHECK ((status = ANY (ARRAY['DRAFT'::text, 'ACTIVE'::text, 'ARCHIVED'::text])))
);
alter table app.products owner to tenantry_owner;
CREATE INDEX products_random_order_idx ON app.products USING btree (tenant_id, (((get_byte(uuid_send(id), 14) * 256) + get_byte(uuid_send(id), 15))), id, search_signature) WHERE (((get_byte(uuid_send(id), 14) * 256) + get_byte(uuid_send(id), 15)) < 8192);
CREATE INDEX products_search_vector_idx ON app.products USING gin (app.tenant_words(tenant_id, search_vector)) WITH (gin_pending_list_limit='256');
CREATE INDEX products_tenant_id_category_created_at_id_idx ON app.products USING btree (tenant_id, category, created_at, id);
CREATE INDEX products_tenant_id_created_at_id_search_signature_idx ON app.products USING btree (tenant_id, created_at, id, search_signature);
CREATE INDEX products_tenant_id_name_key_id_idx ON app.products USING btree (tenant_id, name_key, id);
CREATE INDEX products_tenant_id_price_amount_id_idx ON app.products USING btree (tenant_id, price_amount, id);
CREATE INDEX products_tenant_id_updated_at_id_idx ON app.products USING btree (tenant_id, updated_at, id);
alter table app.products enable row level security;
alter table app.products force row level security;
create policy operator on app.products for select to tenantry_operator
  using (true);
create policy purge on app.products for all to tenantry_purger
  using ((tenant_id = app.current_tenant()));
create policy search on app.products for select to tenantry_search
  using (true);
create policy tenant on app.products for all to tenantry_server
  using ((tenant_id = app.current_tenant()))
  with check ((tenant_id = app.current_tenant()));
grant delete, select on app.products to tenantry_purger;
grant insert, select, update on app.products to tenantry_server;
grant select (tenant_id), select (id) on app.products to tenantry_operator;
grant select (tenant_id), select (id), select (sku), select (created_at), select (search_vector), select (search_signature) on app.products to tenantry_search;

create table app.purged_tenants (
  id uuid not null,
  slug text not null,
  plan text not null,
  created_at timestamp(3) with time zone not null,
  deletion_requested_at timestamp(3) with time zone,
  purged_at timestamp(3) with time zone not null,
  removed jsonb not null,
  constraint purged_tenants_pkey PRIMARY KEY (id)
);
alter table app.purged_tenants owner to tenantry_owner;
CREATE INDEX purged_tenants_created_at_idx ON app.purged_tenants USING btree (created_at);
CREATE INDEX purged_tenants_purged_at_idx ON app.purged_tenants USING btree (purged_at);
alter table app.purged_tenants enable row level security;
alter table app.purged_tenants force row level security;
create policy operator on app.purged_tenants for select to tenantry_operator
  using (true);
create policy purge on app.purged_tenants for all to tenantry_purger
  using ((id = app.current_tenant()))
  with check ((id = app.current_tenant()));
grant select on app.purged_tenants to tenantry_operator;
grant insert, select, update on app.purged_tenants to tenantry_purger;

create table app.quota_leases (
  tenant_id uuid not null,
  id uuid not null,
  meter text not null,
  period date not null,
  day date not null,
  feature text not null,
  api_key_id uuid not null,
  amount bigint not null,
  last_event_id uuid not null,
  is_closed boolean default false not null,
  expires_at timestamp(3) with time zone not null,
  constraint quota_leases_pkey PRIMARY KEY (tenant_id, id),
  constraint quota_leases_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES app.tenants(id),
  constraint quota_leases_amount_positive CHECK ((amount > 0))
);
alter table app.quota_leases owner to tenantry_owner;
alter table app.quota_leases enable row level security;
alter table app.quota_leases force row level security;
create policy lookup on app.quota_leases for select to tenantry_lookup
  using (true);
create policy operator on app.quota_leases for select to tenantry_operator
  using (true);
create policy purge on app.quota_leases for all to tenantry_purger
  using ((tenant_id = app.current_tenant()));
create policy tenant on app.quota_leases for all to tenantry_server
  using ((tenant_id = app.current_tenant()))
  with check ((tenant_id = app.current_tenant()));
grant select on app.quota_leases to tenantry_operator;
grant delete, select on app.quota_leases to tenantry_purger;
grant delete, insert, select, update on app.quota_leases to tenantry_server;
grant select (tenant_id), select (is_closed), select (expires_at) on app.quota_leases to tenantry_lookup;

create table app.refresh_tokens (
  token_hash text not null,
  session_id uuid not null,
  created_at timestamp(3) with time zone default now() not null,
  used_at timestamp(3) with time zone,
  constraint refresh_tokens_pkey PRIMARY KEY (token_hash),
  constraint refresh_tokens_session_id_sessions_id_fk FOREIGN KEY (session_id) REFERENCES app.sessions(id) ON DELETE CASCADE
);
alter table app.refresh_tokens owner to tenantry_owner;
CREATE INDEX refresh_tokens_session_id_idx ON app.refresh_tokens USING btree (session_id);
alter table app.refresh_tokens enable row level security;
alter table app.refresh_tokens force row level security;
create policy accounts on app.refresh_tokens for all to tenantry_accounts
  using (true)
  with check (true);
grant delete, insert, select, update on app.refresh_tokens to tenantry_accounts;

create table app.scheduled_plan_changes (
  tenant_id uuid not null,
  plan text not null,
  effective_at timestamp(3) with time zone not null,
  created_at timestamp(3) with time zone default now() not null,
  constraint scheduled_plan_changes_pkey PRIMARY KEY (tenant_id),
  constraint scheduled_plan_changes_plan_plans_code_fk FOREIGN KEY (plan) REFERENCES app.plans(code),
  constraint scheduled_plan_changes_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES app.tenants(id)
);
alter table app.scheduled_plan_changes owner to tenantry_owner;
CREATE INDEX scheduled_plan_changes_effective_at_idx ON app.scheduled_plan_changes USING btree (effective_at);
alter table app.scheduled_plan_changes enable row level security;
alter table app.scheduled_plan_changes force row level security;
create policy operator on app.scheduled_plan_changes for all to tenantry_operator
  using (true)
  with check (true);
create policy provision on app.scheduled_plan_changes for all to tenantry_provisioner
  using ((tenant_id = app.current_tenant()))
  with check ((tenant_id = app.current_tenant()));
create policy provision_read on app.scheduled_plan_changes for select to tenantry_provisioner
  using (true);
create policy purge on app.scheduled_plan_changes for all to tenantry_purger
  using ((tenant_id = app.current_tenant()));
create policy tenant on app.scheduled_plan_changes for all to tenantry_server
  using ((tenant_id = app.current_tenant()))
  with check ((tenant_id = app.current_tenant()));
grant delete, insert, select, update on app.scheduled_plan_changes to tenantry_operator;
grant delete, insert, select, update on app.scheduled_plan_changes to tenantry_provisioner;
grant delete, select on app.scheduled_plan_changes to tenantry_purger;
grant select on app.scheduled_plan_changes to tenantry_server;

create table app.sessions (
  id uuid not null,
  user_id uuid not null,
  ip text,
  user_agent text,
  created_at timestamp(3) with time zone default now() not null,
  expires_at timestamp(3) with time zone not null,
  revoked_at timestamp(3) with time zone,
  home_tenant_id uuid,
  last_seen_at timestamp(3) with time zone,
  constraint sessions_pkey PRIMARY KEY (id),
  constraint sessions_home_tenant_id_tenants_id_fk FOREIGN KEY (home_tenant_id) REFERENCES app.tenants(id) ON DELETE SET NULL,
  constraint sessions_user_id_users_id_fk FOREIGN KEY (user_id) REFERENCES app.users(id)
);
alter table app.sessions owner to tenantry_owner;
CREATE INDEX sessions_home_tenant_id_idx ON app.sessions USING btree (home_tenant_id);
CREATE INDEX sessions_user_id_idx ON app.sessions USING btree (user_id);
alter table app.sessions enable row level security;
alter table app.sessions force row level security;
create policy accounts on app.sessions for all to tenantry_accounts
  using (true)
  with check (true);
create policy lookup on app.sessions for select to tenantry_lookup
  using (true);
grant delete, insert, select, update on app.sessions to tenantry_accounts;
grant select on app.sessions to tenantry_lookup;

create table app.tenant_domains (
  tenant_id uuid not null,
  id uuid not null,
  domain text not null,
  token text not null,
  created_at timestamp(3) with time zone default now() not null,
  proved_at timestamp(3) with time zone,
  verified_at timestamp(3) with time zone,
  constraint tenant_domains_pkey PRIMARY KEY (tenant_id, id),
  constraint tenant_domains_tenant_id_domain_key UNIQUE (tenant_id, domain),
  constraint tenant_domains_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES app.tenants(id)
);
alter table app.tenant_domains owner to tenantry_owner;
CREATE INDEX tenant_domains_tenant_id_created_at_id_idx ON app.tenant_domains USING btree (tenant_id, created_at, id);
alter table app.tenant_domains enable row level security;
alter table app.tenant_domains force row level security;
create policy provision_read on app.tenant_domains for select to tenantry_provisioner
  using ((tenant_id = app.current_tenant()));
create policy purge on app.tenant_domains for all to tenantry_purger
  using ((tenant_id = app.current_tenant()));
create policy tenant on app.tenant_domains for all to tenantry_server
  using ((tenant_id = app.current_tenant()))
  with check ((tenant_id = app.current_tenant()));
grant select on app.tenant_domains to tenantry_provisioner;
grant delete, select on app.tenant_domains to tenantry_purger;
grant delete, insert, select, update on app.tenant_domains to tenantry_server;

create table app.tenant_overrides (
  tenant_id uuid not null,
  kind text not null,
  code text not null,
  limit_value bigint,
  granted boolean,
  reason text not null,
  expires_at timestamp(3) with time zone,
  created_at timestamp(3) with time zone default now() not null,
  constraint tenant_overrides_pkey PRIMARY KEY (tenant_id, kind, code),
  constraint tenant_overrides_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES app.tenants(id),
  constraint tenant_overrides_kind_known CHECK ((kind = ANY (ARRAY['LIMIT'::text, 'FEATURE'::text]))),
  constraint tenant_overrides_limit_value_not_negative CHECK ((limit_value >= 0)),
  constraint tenant_overrides_says_one_thing CHECK (
CASE kind
    WHEN 'FEATURE'::text THEN ((granted IS NOT NULL) AND (limit_value IS NULL))
    ELSE (granted IS NULL)
END)
);
alter table app.tenant_overrides owner to tenantry_owner;
alter table app.tenant_overrides enable row level security;
alter table app.tenant_overrides force row level security;
create policy lookup on app.tenant_overrides for select to tenantry_lookup
  using (true);
create policy operator on app.tenant_overrides for all to tenantry_operator
  using (true)
  with check (true);
create policy purge on app.tenant_overrides for all to tenantry_purger
  using ((tenant_id = app.current_tenant()));
create policy tenant on app.tenant_overrides for all to tenantry_server
  using ((tenant_id = app.current_tenant()))
  with check ((tenant_id = app.current_tenant()));
grant select on app.tenant_overrides to tenantry_lookup;
grant delete, insert, select, update on app.tenant_overrides to tenantry_operator;
grant delete, select on app.tenant_overrides to tenantry_purger;
grant select on app.tenant_overrides to tenantry_server;

create table app.tenant_routes (
  kind text not null,
  key text not null,
  tenant_id uuid not null,
  constraint tenant_routes_pkey PRIMARY KEY (kind, key),
  constraint tenant_routes_tenant_id_tenants_id_fk FOREIGN KEY (tenant_id) REFERENCES app.tenants(id),
  constraint tenant_routes_kind_known CHECK ((kind = ANY (ARRAY['SLUG'::text, 'DOMAIN'::text, 'PHONE_NUMBER_ID'::text, 'API_KEY'::text, 'INVITATION'::text])))
);
alter table app.tenant_routes owner to tenantry_owner;
CREATE INDEX tenant_routes_tenant_id_idx ON app.tenant_routes USING btree (tenant_id);
alter table app.tenant_routes enable row level security;
alter table app.tenant_routes force row level security;
create policy lookup on app.tenant_routes for select to tenantry_lookup
  using (true);
create policy operator on app.tenant_routes for all to tenantry_operator
  using (true)
  with check (true);
create policy own_keys_deleted_only on app.tenant_routes as restrictive for delete to tenantry_server
  using ((kind = ANY (ARRAY['API_KEY'::text, 'INVITATION'::text])));
create policy own_keys_only on app.tenant_routes as restrictive for insert to tenantry_server
  with check ((kind = ANY (ARRAY['API_KEY'::text, 'INVITATION'::text])));
create policy provision on app.tenant_routes for all to tenantry_provisioner
  using (((tenant_id = app.current_tenant()) AND (kind = ANY (ARRAY['SLUG'::text, 'DOMAIN'::text]))))
  with check (((tenant_id = app.current_tenant()) AND (kind = ANY (ARRAY['SLUG'::text, 'DOMAIN'::text]))));
create policy purge on app.tenant_routes for all to tenantry_purger
  using ((tenant_id = app.current_tenant()));
create policy tenant on app.tenant_routes for all to tenantry_server
  using ((tenant_id = app.current_tenant()))
  with check ((tenant_id = app.current_tenant()));
grant select on app.tenant_routes to tenantry_lookup;
grant delete, insert, select on app.tenant_routes to tenantry_operator;
grant delete, insert, select on app.tenant_routes to tenantry_provisioner;
grant delete, select on app.tenant_routes to tenantry_purger;
grant delete, insert, select on app.tenant_routes to tenantry_server;

create table app.tenant_settings (
  tenant_id uuid not null,
  version integer default 1 not null,
  business jsonb default '{}'::jsonb not null,
  ai jsonb default '{}'::jsonb not null,
  branding jsonb default '{}'::jsonb not null,
  custom jsonb default '{}'::jsonb not null,
  updated_at timestamp(3) with time zone default now() not null,
  constraint tenant_settings_pkey PRIMARY KEY (tenant_id),
  constraint tenant_settings_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES app.tenants(id)
);
alter table app.tenant_settings owner to tenantry_owner;
alter table app.tenant_settings enable row level security;
alter table app.tenant_settings force row level security;
create policy operator on app.tenant_settings for select to tenantry_operator
  using (true);
create policy purge on app.tenant_settings for all to tenantry_purger
  using ((tenant_id = app.current_tenant()));
create policy tenant on app.tenant_settings for all to tenantry_server
  using ((tenant_id = app.current_tenant()))
  with check ((tenant_id = app.current_tenant()));
grant delete, select on app.tenant_settings to tenantry_purger;
grant insert, select, update on app.tenant_settings to tenantry_server;
grant select (tenant_id), select (version), select (updated_at) on app.tenant_settings to tenantry_operator;

create table app.tenants (
  id uuid not null,
  slug text not null,
  name text not null,
  description text,
  domain text,
  status text default 'TRIAL'::text not null,
  plan text not null,
  metadata jsonb default '{}'::jsonb not null,
  created_at timestamp(3) with time zone default now() not null,
  updated_at timestamp(3) with time zone default now() not null,
  status_before_suspension text,
  status_before_deletion text,
  deletion_requested_at timestamp(3) with time zone,
  purge_at timestamp(3) with time zone,
  constraint tenants_pkey PRIMARY KEY (id),
  constraint tenants_domain_key UNIQUE (domain),
  constraint tenants_slug_key UNIQUE (slug),
  constraint tenants_plan_plans_code_fk FOREIGN KEY (plan) REFERENCES app.plans(code),
  constraint tenants_slug_shape CHECK ((slug ~ '^[a-z0-9](-?[a-z0-9])*$'::text)),
  constraint tenants_status_known CHECK ((status = ANY (ARRAY['TRIAL'::text, 'ACTIVE'::text, 'SUSPENDED'::text, 'DELETING'::text])))
);
alter table app.tenants owner to tenantry_owner;
CREATE INDEX tenants_created_at_id_idx ON app.tenants USING btree (created_at, id);
CREATE INDEX tenants_purge_at_idx ON app.tenants USING btree (purge_at) WHERE (purge_at IS NOT NULL);
CREATE INDEX tenants_search_idx ON app.tenants USING gin (app.fold(((((name || ' '::text) || slug) || ' '::text) || COALESCE(domain, ''::text))) extensions.gin_trgm_ops);
alter table app.tenants enable row level security;
alter table app.tenants force row level security;
create policy accounts on app.tenants for select to tenantry_accounts
  using (true);
create policy lookup on app.tenants for select to tenantry_lookup
  using (true);
create policy operator on app.tenants for all to tenantry_operator
  using (true)
  with check (true);
create policy provision_insert on app.tenants for insert to tenantry_provisioner
  with check ((id = app.current_tenant()));
create policy provision_read on app.tenants for select to tenantry_provisioner
  using (true);
create policy provision_update on app.tenants for update to tenantry_provisioner
  using ((id = app.current_tenant()))
  with check ((id = app.current_tenant()));
create policy purge on app.tenants for all to tenantry_purger
  using ((id = app.current_tenant()));
create policy tenant on app.tenants for all to tenantry_server
  using ((id = app.current_tenant()))
  with check ((id = app.current_tenant()));
grant select on app.tenants to tenantry_accounts;
grant select on app.tenants to tenantry_lookup;
grant insert, select, update on app.tenants to tenantry_operator;
grant insert, select, update on app.tenants to tenantry_provisioner;
grant delete, select on app.tenants to tenantry_purger;
grant select on app.tenants to tenantry_server;
grant update (name), update (description), update (metadata), update (updated_at) on app.tenants to tenantry_server;

create table app.usage_counters (
  tenant_id uuid not null,
  meter text not null,
  day date not null,
  used bigint not null,
  updated_at timestamp(3) with time zone default now() not null,
  constraint usage_counters_pkey PRIMARY KEY (tenant_id, meter, day),
  constraint usage_counters_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES app.tenants(id),
  constraint usage_counters_not_negative CHECK ((used >= 0))
);
alter table app.usage_counters owner to tenantry_owner;
CREATE INDEX usage_counters_day_idx ON app.usage_counters USING btree (day);
alter table app.usage_counters enable row level security;
alter table app.usage_counters force row level security;
create policy operator on app.usage_counters for select to tenantry_operator
  using (true);
create policy purge on app.usage_counters for all to tenantry_purger
  using ((tenant_id = app.current_tenant()));
create policy tenant on app.usage_counters for all to tenantry_server
  using ((tenant_id = app.current_tenant()))
  with check ((tenant_id = app.current_tenant()));
grant select on app.usage_counters to tenantry_operator;
grant delete, select on app.usage_counters to tenantry_purger;
grant insert, select, update on app.usage_counters to tenantry_server;

create table app.usage_days (
  tenant_id uuid not null,
  meter text not null,
  day date not null,
  slot smallint not null,
  feature text not null,
  api_key_id uuid not null,
  used bigint not null,
  constraint usage_days_pkey PRIMARY KEY (tenant_id, meter, day, slot, feature, api_key_id),
  constraint usage_days_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES app.tenants(id)
);
alter table app.usage_days owner to tenantry_owner;
CREATE INDEX usage_days_day_idx ON app.usage_days USING btree (day);
alter table app.usage_days enable row level security;
alter table app.usage_days force row level security;
create policy operator on app.usage_days for select to tenantry_operator
  using (true);
create policy purge on app.usage_days for all to tenantry_purger
  using ((tenant_id = app.current_tenant()));
create policy tenant on app.usage_days for all to tenantry_server
  using ((tenant_id = app.current_tenant()))
  with check ((tenant_id = app.current_tenant()));
grant select on app.usage_days to tenantry_operator;
grant delete, select on app.usage_days to tenantry_purger;
grant insert, select, update on app.usage_days to tenantry_server;

create view app.usage_ledger with (security_invoker=true) as
 SELECT usage_days.tenant_id,
    usage_days.meter,
    usage_days.day,
    usage_days.feature,
    usage_days.api_key_id,
    usage_days.used
   FROM app.usage_days
UNION ALL
 SELECT lease_use.tenant_id,
    lease_use.meter,
    lease_use.day,
    lease_use.feature,
    lease_use.api_key_id,
    lease_use.used
   FROM app.lease_use
  WHERE (lease_use.used > 0);
alter view app.usage_ledger owner to tenantry_owner;
grant select on app.usage_ledger to tenantry_operator;
grant select on app.usage_ledger to tenantry_server;

create table app.usage_reservations (
  tenant_id uuid not null,
  id uuid not null,
  meter text not null,
  period date not null,
  day date not null,
  feature text not null,
  api_key_id uuid not null,
  amount bigint not null,
  state text not null,
  created_at timestamp(3) with time zone default now() not null,
  expires_at timestamp(3) with time zone not null,
  constraint usage_reservations_pkey PRIMARY KEY (tenant_id, id),
  constraint usage_reservations_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES app.tenants(id),
  constraint usage_reservations_amount_positive CHECK ((amount > 0)),
  constraint usage_reservations_state_known CHECK ((state = ANY (ARRAY['OPEN'::text, 'SETTLED'::text, 'RELEASED'::text, 'EXPIRED'::text])))
);
alter table app.usage_reservations owner to tenantry_owner;
CREATE INDEX usage_reservations_expires_at_idx ON app.usage_reservations USING btree (expires_at);
CREATE INDEX usage_reservations_tenant_id_meter_period_idx ON app.usage_reservations USING btree (tenant_id, meter, period) WHERE (state = 'OPEN'::text);
alter table app.usage_reservations enable row level security;
alter table app.usage_reservations force row level security;
create policy lookup on app.usage_reservations for select to tenantry_lookup
  using (true);
create policy operator on app.usage_reservations for select to tenantry_operator
  using (true);
create policy purge on app.usage_reservations for all to tenantry_purger
  using ((tenant_id = app.current_tenant()));
create policy tenant on app.usage_reservations for all to tenantry_server
  using ((tenant_id = app.current_tenant()))
  with check ((tenant_id = app.current_tenant()));
grant select on app.usage_reservations to tenantry_operator;
grant delete, select on app.usage_reservations to tenantry_purger;
grant delete, insert, select, update on app.usage_reservations to tenantry_server;
grant select (tenant_id), select (state), select (expires_at) on app.usage_reservations to tenantry_lookup;

create table app.usage_slots (
  tenant_id uuid not null,
  meter text not null,
  period date not null,
  slot smallint not null,
  used bigint not null,
  share bigint not null,
  basis bigint not null,
  constraint usage_slots_pkey PRIMARY KEY (tenant_id, meter, period, slot),
  constraint usage_slots_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES app.tenants(id),
  constraint usage_slots_slot_known CHECK (((slot >= 0) AND (slot <= 15)))
);
alter table app.usage_slots owner to tenantry_owner;
alter table app.usage_slots enable row level security;
alter table app.usage_slots force row level security;
create policy operator on app.usage_slots for select to tenantry_operator
  using (true);
create policy purge on app.usage_slots for all to tenantry_purger
  using ((tenant_id = app.current_tenant()));
create policy tenant on app.usage_slots for all to tenantry_server
  using ((tenant_id = app.current_tenant()))
  with check ((tenant_id = app.current_tenant()));
grant select on app.usage_slots to tenantry_operator;
grant delete, select on app.usage_slots to tenantry_purger;
grant delete, insert, select, update on app.usage_slots to tenantry_server;

create table app.users (
  id uuid not null,
  email text not null,
  name text not null,
  password_hash text,
  email_verified_at timestamp(3) with time zone,
  created_at timestamp(3) with time zone default now() not null,
  updated_at timestamp(3) with time zone default now() not null,
  constraint users_pkey PRIMARY KEY (id),
  constraint users_email_key UNIQUE (email),
  constraint users_email_is_lower_case CHECK ((email = lower(email)))
);
alter table app.users owner to tenantry_owner;
alter table app.users enable row level security;
alter table app.users force row level security;
create policy accounts on app.users for all to tenantry_accounts
  using (true)
  with check (true);
create policy lookup on app.users for select to tenantry_lookup
  using (true);
create policy operator on app.users for all to tenantry_operator
  using (true)
  with check (true);
create policy provision_read on app.users for select to tenantry_provisioner
  using (true);
grant insert, select, update on app.users to tenantry_accounts;
grant select on app.users to tenantry_lookup;
grant insert on app.users to tenantry_operator;
grant select on app.users to tenantry_provisioner;
grant select (id), select (email), select (name), select (email_verified_at) on app.users to tenantry_operator;

CREATE OR REPLACE FUNCTION app.adjust_slots(meter_name text, started date, change bigint)
 RETURNS integer
 LANGUAGE plpgsql
AS $function$
declare
  tenant constant uuid := app.current_tenant();
  locks constant bigint := app.slot_lock(tenant, meter_name);
  deadline constant timestamptz := clock_timestamp() + interval '5 s';
begin
  loop
    for place in 0..15 loop
      continue when not pg_try_advisory_xact_lock(locks | place);
      if change <> 0 then
        insert into app.usage_slots as s (tenant_id, meter, period, slot, used, share, basis)
        values (tenant, meter_name, started, place, change, change, 9007199254740991)
        on conflict (tenant_id, meter, period, slot) do update
        set used = s.used + change, share = s.share + least(change, 0),
            basis = case when change > 0 then excluded.basis else s.basis end;
      end if;
      return place;
    end loop;
    if clock_timestamp() > deadline then
      raise exception 'every slot of the meter is held' using errcode = '55P03';
    end if;
    perform pg_sleep(0.002);
  end loop;
end $function$;
alter function app.adjust_slots(text,date,bigint) owner to tenantry_owner;
grant execute on function app.adjust_slots(text,date,bigint) to tenantry_server;

CREATE OR REPLACE FUNCTION app.admit_invited(given_token_hash text, new_user_id uuid, given_name text, given_password_hash text)
 RETURNS TABLE(user_id uuid)
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'app', 'pg_temp'
AS $function$
#variable_conflict use_column
declare
  address text;
begin
  select i.email into address from app.invitations i
  where i.tenant_id = app.current_tenant() and i.token_hash = given_token_hash
    and i.closed_at is null and i.expires_at > now();
  if address is null then return; end if;
  delete from app.one_time_tokens t where t.kind = 'REGISTRATION' and t.email = address;
  return query
    insert into app.users as u (id, email, name, password_hash, email_verified_at)
    values (new_user_id, address, given_name, given_password_hash, now())
    on conflict (email) do update
    set password_hash = excluded.password_hash, email_verified_at = excluded.email_verified_at,
        updated_at = excluded.updated_at
    where u.password_hash is null
    returning u.id;
end $function$;
alter function app.admit_invited(text,uuid,text,text) owner to tenantry_accounts;
grant execute on function app.admit_invited(text,uuid,text,text) to tenantry_server;

CREATE OR REPLACE FUNCTION app.adopt_home(session_id uuid, home uuid)
 RETURNS void
 LANGUAGE sql
 SECURITY DEFINER
 SET search_path TO 'app', 'pg_temp'
AS $function$
  update app.sessions s set home_tenant_id = home where s.id = session_id and s.home_tenant_id is null
$function$;
alter function app.adopt_home(uuid,uuid) owner to tenantry_accounts;
grant execute on function app.adopt_home(uuid,uuid) to tenantry_server;

CREATE OR REPLACE FUNCTION app.audit_person(person uuid, what text, from_ip text, agent text, request text)
 RETURNS void
 LANGUAGE sql
 SET search_path TO 'app', 'pg_temp'
AS $function$
  insert into app.audit_events (tenant_id, id, actor_kind, actor_id, actor_name, action,
                                target_type, target_id, ip, user_agent, request_id)
  select m.tenant_id, app.new_id(), 'USER', person, m.name, what, 'Member', m.id, from_ip, agent, request
  from app.members m where m.user_id = person
$function$;
alter function app.audit_person(uuid,text,text,text,text) owner to tenantry_accounts;

CREATE OR REPLACE FUNCTION app.cancel_plan_change(owner_user_id uuid)
 RETURNS text
 LANGUAGE sql
 SECURITY DEFINER
 SET search_path TO 'app', 'pg_temp'
AS $function$
  delete from app.scheduled_plan_changes c
  where c.tenant_id = app.current_tenant()
    and exists (select from app.members m
                where m.tenant_id = c.tenant_id and m.user_id = owner_user_id and m.role = 'OWNER')
  returning c.plan
$function$;
alter function app.cancel_plan_change(uuid) owner to tenantry_provisioner;
grant execute on function app.cancel_plan_change(uuid) to tenantry_operator;
grant execute on function app.cancel_plan_change(uuid) to tenantry_server;

CREATE OR REPLACE FUNCTION app.change_password(person uuid, current_session uuid, old_password_hash text, new_password_hash text, mail_id uuid, mail_subject text, mail_body text, from_ip text, agent text, request text)
 RETURNS boolean
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'app', 'pg_temp'
AS $function$
declare
  address text;
begin
  update app.users u set password_hash = new_password_hash, updated_at = now()
  where u.id = person and u.password_hash = old_password_hash
  returning u.email into address;
  if address is null then return false; end if;
  update app.sessions s set revoked_at = now()
  where s.user_id = person and s.id <> current_session and s.revoked_at is null;
  delete from app.one_time_tokens t where t.kind = 'PASSWORD_RESET' and t.user_id = person;
  perform app.queue_mail(mail_id, address, mail_subject, mail_body);
  perform app.audit_person(person, 'member.passwordChanged', from_ip, agent, request);
  perform pg_notify('tenantry_identity', person::text);
  return true;
end $function$;
alter function app.change_password(uuid,uuid,text,text,uuid,text,text,text,text,text) owner to tenantry_accounts;
grant execute on function app.change_password(uuid,uuid,text,text,uuid,text,text,text,text,text) to tenantry_server;

CREATE OR REPLACE FUNCTION app.change_plan(owner_user_id uuid, new_plan text)
 RETURNS boolean
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'app', 'pg_temp'
AS $function$
begin
  update app.tenants t
  set plan = p.code, status = case t.status when 'TRIAL' then 'ACTIVE' else t.status end, updated_at = now()
  from app.plans p
  where t.id = app.current_tenant() and t.status <> 'DELETING' and p.code = new_plan and p.self_service
    and exists (select from app.members m
                where m.tenant_id = t.id and m.user_id = owner_user_id and m.role = 'OWNER');
  if not found then return false; end if;
  delete from app.scheduled_plan_changes c where c.tenant_id = app.current_tenant();
  return true;
end $function$;
alter function app.change_plan(uuid,text) owner to tenantry_provisioner;
grant execute on function app.change_plan(uuid,text) to tenantry_operator;
grant execute on function app.change_plan(uuid,text) to tenantry_server;

CREATE OR REPLACE FUNCTION app.claim_mail(lease_seconds integer)
 RETURNS TABLE(id uuid, recipient text, subject text, body text, attempts integer)
 LANGUAGE sql
 SECURITY DEFINER
 SET search_path TO 'app', 'pg_temp'
AS $function$
  update app.mails m
  set due_at = now() + make_interval(secs => lease_seconds), attempts = m.attempts + 1
  where m.id = (
    select due.id from app.mails due where due.due_at <= now() + interval '1 millisecond' -- kept rounded
    order by due.due_at limit 1 for update skip locked)
  returning m.id, m.recipient, m.subject, m.body, m.attempts
$function$;
alter function app.claim_mail(integer) owner to tenantry_accounts;
grant execute on function app.claim_mail(integer) to tenantry_server;

CREATE OR REPLACE FUNCTION app.clock()
 RETURNS timestamp with time zone
 LANGUAGE sql
AS $function$ select clock_timestamp() $function$;
alter function app.clock() owner to tenantry_owner;
grant execute on function app.clock() to tenantry_server;

CREATE OR REPLACE FUNCTION app.close_lease(lease uuid)
 RETURNS void
 LANGUAGE plpgsql
AS $function$
declare
  closed_meter text;
begin
  update app.quota_leases l set is_closed = true
  where l.tenant_id = app.current_tenant() and l.id = lease returning l.meter into closed_meter;
  if found then perform app.settle_leases(closed_meter); end if;
end $function$;
alter function app.close_lease(uuid) owner to tenantry_owner;
grant execute on function app.close_lease(uuid) to tenantry_server;

CREATE OR REPLACE FUNCTION app.common_bits(query tsquery)
 RETURNS integer[]
 LANGUAGE plpgsql
 IMMUTABLE
 SET search_path TO 'app', 'pg_temp'
AS $function$
declare
  word text;
  bytes bytea;
  common bytea;
  beginning bigint;
begin
  foreach word in array regexp_split_to_array(query::text, '[^[:alnum:]]+') loop
    continue when word = '';
    bytes := convert_to(word, 'UTF8');
    common := substr(coalesce(common, bytes), 1, 4);
    while common <> substr(bytes, 1, length(common)) loop
      common := substr(common, 1, length(common) - 1);
    end loop;
  end loop;
  if length(common) < 3 then return null; end if;
  beginning := app.search_beginning(common, length(common));
  return array[app.search_bit(beginning, 1), app.search_bit(beginning, 2)];
end $function$;
alter function app.common_bits(tsquery) owner to tenantry_search;

CREATE OR REPLACE FUNCTION app.compare_usage(meter_name text, OUT counted bigint, OUT ledger bigint, OUT stored bigint)
 RETURNS record
 LANGUAGE sql
 STABLE
AS $function$
  with period as (
    select app.meter_period(meter_name) as started, app.meter_period(meter_name)::timestamp at time zone 'utc' as since
  ), sums as (
    select
      (select coalesce(sum(s.used), 0) from app.usage_slots s
       where s.tenant_id = app.current_tenant() and s.meter = meter_name and s.period = started)
      - (select coalesce(sum(r.amount), 0) from app.usage_reservations r
         where r.tenant_id = app.current_tenant() and r.meter = meter_name and r.period = started and r.state = 'OPEN')
      - (select coalesce(sum(l.amount - l.used), 0) from app.lease_use l
         where l.tenant_id = app.current_tenant() and l.meter = meter_name and l.period = started) as counted,
      (select coalesce(sum(d.used), 0) from app.usage_days d
       where d.tenant_id = app.current_tenant() and d.meter = meter_name and d.day >= started)
      + (select coalesce(sum(l.used), 0) from app.lease_use l
         where l.tenant_id = app.current_tenant() and l.meter = meter_name and l.day >= started) as ledger,
      case meter_name
        when 'PRODUCTS' then (select count(*) from app.products p where p.tenant_id = app.current_tenant())
        when 'CONVERSATIONS_PER_MONTH' then (select count(*) from app.conversations c
          where c.tenant_id = app.current_tenant() and c.created_at >= since)
        when 'MESSAGES_PER_DAY' then (select count(*) from app.messages m
          where m.tenant_id = app.current_tenant() and m.direction <> 'INTERNAL' and m.created_at >= since)
      end as stored,
      case when meter_name = 'MESSAGES_PER_DAY' then (select count(*) from app.messages m
        where m.tenant_id = app.current_tenant() and m.direction <> 'INTERNAL'
          and m.created_at >= since and m.created_at < since + interval '1 minute') else 0 end as uncertain
    from period
  )
  select counted, ledger,
         case when counted = ledger and counted between stored - uncertain and stored then counted else stored end
  from sums
$function$;
alter function app.compare_usage(text) owner to tenantry_owner;
grant execute on function app.compare_usage(text) to tenantry_server;

CREATE OR REPLACE FUNCTION app.confirm_registration(given_token_hash text, new_user_id uuid)
 RETURNS TABLE(user_id uuid, email text)
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'app', 'pg_temp'
AS $function$
#variable_conflict use_column
declare
  waiting app.one_time_tokens;
begin
  delete from app.one_time_tokens t
  where t.token_hash = given_token_hash and t.kind = 'REGISTRATION'
  returning t.* into waiting;
  if waiting.token_hash is null or waiting.expires_at <= now() then return; end if;
  delete from app.one_time_tokens t where t.kind = 'REGISTRATION' and t.email = waiting.email;
  return query
    insert into app.users as u (id, email, name, password_hash, email_verified_at)
    values (new_user_id, waiting.email, waiting.name, waiting.password_hash, now())
    on conflict (email) do update
    set password_hash = excluded.password_hash, email_verified_at = excluded.email_verified_at,
        updated_at = excluded.updated_at
    where u.password_hash is null
    returning u.id, u.email;
end $function$;
alter function app.confirm_registration(text,uuid) owner to tenantry_accounts;
grant execute on function app.confirm_registration(text,uuid) to tenantry_server;

CREATE OR REPLACE FUNCTION app.create_tenant(new_slug text, new_name text, new_description text, new_plan text, owner_user_id uuid, owner_member_id uuid, most_owned integer)
 RETURNS TABLE(outcome text, tenant_id uuid)
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'app', 'pg_temp'
AS $function$
#variable_conflict use_column
declare
  person app.users%rowtype;
  known uuid;
begin
  -- Of the same person one at a time: that they own so many stays true, and a double click makes one.
  perform pg_advisory_xact_lock(hashtextextended('create_tenant ' || owner_user_id, 0));
  select * into person from app.users u where u.id = owner_user_id;
  if not found or person.email_verified_at is null then
    return query select 'EMAIL_NOT_VERIFIED', null::uuid;
    return;
  end if;
  select t.id into known from app.tenants t
  join app.members m on m.tenant_id = t.id and m.user_id = owner_user_id and m.role = 'OWNER'
  where t.slug = new_slug and t.name = new_name and t.status <> 'DELETING';
  if found then
    return query select 'KNOWN', known;
    return;
  end if;
  if most_owned <= (select count(*) from app.members m
                    where m.user_id = owner_user_id and m.role = 'OWNER') then
    return query select 'TOO_MANY', null::uuid;
    return;
  end if;
  insert into app.tenants (id, slug, name, description, plan, status)
  values (app.current_tenant(), new_slug, new_name, new_description, new_plan, 'TRIAL');
  insert into app.tenant_routes (kind, key, tenant_id) values ('SLUG', new_slug, app.current_tenant());
  insert into app.members (tenant_id, id, user_id, role, name, email)
  values (app.current_tenant(), owner_member_id, owner_user_id, 'OWNER', person.name, person.email);
  return query select 'CREATED', app.current_tenant();
end $function$;
alter function app.create_tenant(text,text,text,text,uuid,uuid,integer) owner to tenantry_provisioner;
grant execute on function app.create_tenant(text,text,text,text,uuid,uuid,integer) to tenantry_operator;
grant execute on function app.create_tenant(text,text,text,text,uuid,uuid,integer) to tenantry_server;

CREATE OR REPLACE FUNCTION app.current_tenant()
 RETURNS uuid
 LANGUAGE sql
 STABLE PARALLEL SAFE
AS $function$
      select case
        when pg_catalog.pg_input_is_valid(current_setting('app.tenant_id', true), 'uuid')
        then current_setting('app.tenant_id', true)::uuid
      end
    $function$;
alter function app.current_tenant() owner to tenantry_owner;
grant execute on function app.current_tenant() to tenantry_accounts;
grant execute on function app.current_tenant() to tenantry_lookup;
grant execute on function app.current_tenant() to tenantry_message_search;
grant execute on function app.current_tenant() to tenantry_operator;
grant execute on function app.current_tenant() to tenantry_provisioner;
grant execute on function app.current_tenant() to tenantry_purger;
grant execute on function app.current_tenant() to tenantry_search;
grant execute on function app.current_tenant() to tenantry_server;

CREATE OR REPLACE FUNCTION app.end_session(person uuid, session_id uuid, what text, from_ip text, agent text, request text)
 RETURNS boolean
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'app', 'pg_temp'
AS $function$
begin
  update app.sessions s set revoked_at = now()
  where s.id = session_id and s.user_id = person and s.revoked_at is null and s.expires_at > now();
  if not found then return false; end if;
  perform app.audit_person(person, what, from_ip, agent, request);
  perform pg_notify('tenantry_identity', session_id::text);
  return true;
end $function$;
alter function app.end_session(uuid,uuid,text,text,text,text) owner to tenantry_accounts;
grant execute on function app.end_session(uuid,uuid,text,text,text,text) to tenantry_server;

CREATE OR REPLACE FUNCTION app.exchange_credit(tenant uuid, process text, buckets text[], seconds integer[], limits bigint[], starts bigint[], spent bigint[], pending bigint[], holding bigint[], need bigint[], smallest bigint[], extra bigint[])
 RETURNS TABLE(window_start bigint, ends_in double precision, granted bigint, free bigint, elsewhere bigint)
 LANGUAGE plpgsql
 SET search_path TO 'app', 'pg_temp'
AS $function$
declare
  hold_ms constant bigint := 3000;
  moment timestamptz;
  ms bigint;
  known app.credit_windows%rowtype;
  used bigint;
  own bigint;
  under_way bigint;
  others bigint;
  kept bigint;
begin
  -- By itself, or in a transaction of the very tenant: the rest of another's would run as this one.
  if app.current_tenant() is null then
    perform app.set_tenant(tenant);
  elsif app.current_tenant() <> tenant then
    raise exception 'the transaction belongs to another tenant' using errcode = '42501';
  end if;
  for place in 1 .. cardinality(buckets) loop
    select * into known from app.credit_windows w
    where w.tenant_id = tenant and w.bucket = buckets[place] for update;
    if not found then
      insert into app.credit_windows (tenant_id, bucket, starts_at, ends_at, taken, holds)
      values (tenant, buckets[place], 'epoch', 'epoch', 0, '{}')
      on conflict (tenant_id, bucket) do nothing;
      -- Whoever brings a bucket takes away a few that nobody has used since yesterday.
      delete from app.credit_windows w
      where w.tenant_id = tenant and w.bucket in (
        select old.bucket from app.credit_windows old
        where old.tenant_id = tenant and old.ends_at > 'epoch' and old.ends_at < app.clock() - interval '1 day'
        limit 10 for update skip locked);
      select * into known from app.credit_windows w
      where w.tenant_id = tenant and w.bucket = buckets[place] for update;
    end if;
    -- After the lock: whoever waited for it must not go back into a window that has ended meanwhile.
    moment := app.clock();
    ms := extract(epoch from moment) * 1000;
    window_start := ms / 1000 / seconds[place] * seconds[place];
    ends_in := (window_start + seconds[place]) * 1000 - extract(epoch from moment) * 1000;
    if extract(epoch from known.starts_at)::bigint <> window_start then
      known.taken := 0;
      known.holds := '{}';
    end if;
    own := case when starts[place] = window_start then holding[place] else 0 end;
    under_way := case when starts[place] = window_start then pending[place] else 0 end;
    if starts[place] = window_start then known.taken := greatest(known.taken + spent[place], 0); end if;
    if buckets[place] = 'requests' then
      -- Counted for good once a second, with what they were about; until then they are held.
      used := coalesce((select c.used from app.usage_counters c
        where c.tenant_id = tenant and c.meter = 'API_REQUESTS_PER_DAY'
          and c.day = (to_timestamp(window_start) at time zone 'utc')::date), 0);
    else
      used := known.taken;
    end if;
    select coalesce(jsonb_object_agg(key, value), '{}'), coalesce(sum((value ->> 0)::bigint), 0),
           coalesce(sum((value ->> 0)::bigint + (value ->> 2)::bigint), 0)
      into known.holds, elsewhere, others
    from jsonb_each(known.holds) where key <> process and (value ->> 1)::bigint > ms;

    free := greatest(limits[place] - used - own - under_way - others, 0);
    granted := case when free >= smallest[place] then least(free, need[place]) else 0 end;
    free := free - granted;
    if granted = need[place] then
      kept := least(extra[place], free / 16);
      granted := granted + kept;
      free := free - kept;
    elsif elsewhere > 0 then
      perform pg_notify('tenantry_credit', concat_ws(' ', process, tenant, buckets[place]));
    end if;
    if own + granted + under_way > 0 then
      known.holds := known.holds
        || jsonb_build_object(process, jsonb_build_array(own + granted, ms + hold_ms, under_way));
    end if;
    update app.credit_windows w
    set taken = known.taken, holds = known.holds, starts_at = to_timestamp(window_start),
        ends_at = to_timestamp(window_start + seconds[place])
    where w.tenant_id = tenant and w.bucket = buckets[place];
    return next;
  end loop;
end $function$;
alter function app.exchange_credit(uuid,text,text[],integer[],bigint[],bigint[],bigint[],bigint[],bigint[],bigint[],bigint[],bigint[]) owner to tenantry_owner;
grant execute on function app.exchange_credit(uuid,text,text[],integer[],bigint[],bigint[],bigint[],bigint[],bigint[],bigint[],bigint[],bigint[]) to tenantry_server;

CREATE OR REPLACE FUNCTION app.expire_reservations(meter_name text)
 RETURNS integer
 LANGUAGE plpgsql
AS $function$
declare
  due record;
  expired integer := 0;
begin
  for due in
    select r.id, r.meter, r.period, r.amount from app.usage_reservations r
    where r.tenant_id = app.current_tenant() and (meter_name is null or r.meter = meter_name)
      and r.state = 'OPEN' and r.expires_at <= clock_timestamp()
    for update skip locked
  loop
    update app.usage_reservations r set state = 'EXPIRED'
    where r.tenant_id = app.current_tenant() and r.id = due.id;
    perform app.adjust_slots(due.meter, due.period, -due.amount);
    expired := expired + 1;
  end loop;
  return expired;
end $function$;
alter function app.expire_reservations(text) owner to tenantry_owner;
grant execute on function app.expire_reservations(text) to tenantry_server;

CREATE OR REPLACE FUNCTION app.fail_sign_in(given_email text, wanted_slug text, wanted_id uuid, from_ip text, agent text, request text)
 RETURNS void
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'app', 'pg_temp'
AS $function$
declare
  meant record;
begin
  select m.tenant_id, m.id into meant
  from app.users u join app.members m on m.user_id = u.id join app.tenants t on t.id = m.tenant_id
  where u.email = lower(given_email) and t.status <> 'DELETING'
  order by (wanted_slug is null or t.slug = wanted_slug) and (wanted_id is null or t.id = wanted_id) desc,
           m.created_at, t.id
  limit 1;
  if found then
    insert into app.audit_events (tenant_id, id, actor_kind, actor_name, action, target_type, target_id,
                                  ip, user_agent, request_id)
    values (meant.tenant_id, app.new_id(), 'SYSTEM', 'Somebody', 'member.signInFailed', 'Member', meant.id,
            from_ip, agent, request);
  else
    perform pg_logical_emit_message(true, 'tenantry', repeat(' ', 400));
  end if;
end $function$;
alter function app.fail_sign_in(text,text,uuid,text,text,text) owner to tenantry_accounts;
grant execute on function app.fail_sign_in(text,text,uuid,text,text,text) to tenantry_server;

CREATE OR REPLACE FUNCTION app.find_account(session_id uuid, person uuid)
 RETURNS TABLE(name text, email text)
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO 'app', 'pg_temp'
AS $function$
  select u.name, u.email from app.sessions s join app.users u on u.id = s.user_id
  where s.id = session_id and s.user_id = person and s.revoked_at is null and s.expires_at > now()
$function$;
alter function app.find_account(uuid,uuid) owner to tenantry_accounts;
grant execute on function app.find_account(uuid,uuid) to tenantry_server;

CREATE OR REPLACE FUNCTION app.find_api_key(key_hash text)
 RETURNS TABLE(tenant_id uuid, key_id uuid, name text, scopes text[], expires_at timestamp with time zone, tenant_status text, slug text, plan text, limits jsonb, features text[], reaches text[], cost_per_minute integer)
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO 'app', 'pg_temp'
AS $function$
  select k.tenant_id, k.id, k.name, k.scopes, k.expires_at, t.status, t.slug,
    p.plan, p.limits, p.features, p.reaches, k.cost_per_minute
  from app.tenant_routes r
  join app.api_keys k on k.tenant_id = r.tenant_id and k.secret_hash = r.key
  join app.tenants t on t.id = r.tenant_id
  cross join lateral app.plan_standing(t.id, t.plan) p
  where r.kind = 'API_KEY' and r.key = key_hash
    and k.revoked_at is null and (k.expires_at is null or k.expires_at > now())
$function$;
alter function app.find_api_key(text) owner to tenantry_lookup;
grant execute on function app.find_api_key(text) to tenantry_server;

CREATE OR REPLACE FUNCTION app.find_credentials(sign_in_email text)
 RETURNS TABLE(user_id uuid, name text, password_hash text)
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO 'app', 'pg_temp'
AS $function$
  select u.id, u.name, u.password_hash from app.users u where u.email = lower(sign_in_email)
$function$;
alter function app.find_credentials(text) owner to tenantry_lookup;
grant execute on function app.find_credentials(text) to tenantry_server;

CREATE OR REPLACE FUNCTION app.find_invited(given_token_hash text)
 RETURNS TABLE(user_id uuid, has_password boolean)
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO 'app', 'pg_temp'
AS $function$
  select u.id, u.password_hash is not null
  from app.invitations i join app.users u on u.email = i.email
  where i.tenant_id = app.current_tenant() and i.token_hash = given_token_hash
    and i.closed_at is null and i.expires_at > now()
$function$;
alter function app.find_invited(text) owner to tenantry_accounts;
grant execute on function app.find_invited(text) to tenantry_server;

CREATE OR REPLACE FUNCTION app.find_membership(session_id uuid, member_user_id uuid, member_tenant_id uuid)
 RETURNS TABLE(member_id uuid, role text, member_name text, email text, tenant_status text, slug text, plan text, limits jsonb, features text[], reaches text[])
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO 'app', 'pg_temp'
AS $function$
  select m.id, m.role, m.name, m.email, t.status, t.slug, p.plan, p.limits, p.features, p.reaches
  from app.sessions s
  join app.members m on m.user_id = s.user_id and m.tenant_id = member_tenant_id
  join app.tenants t on t.id = m.tenant_id
  cross join lateral app.plan_standing(t.id, t.plan) p
  where s.id = session_id and s.user_id = member_user_id
    and s.revoked_at is null and s.expires_at > now()
$function$;
alter function app.find_membership(uuid,uuid,uuid) owner to tenantry_lookup;
grant execute on function app.find_membership(uuid,uuid,uuid) to tenantry_server;

CREATE OR REPLACE FUNCTION app.find_password_reset(given_token_hash text)
 RETURNS TABLE(email text)
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO 'app', 'pg_temp'
AS $function$
  select u.email from app.one_time_tokens t join app.users u on u.id = t.user_id
  where t.token_hash = given_token_hash and t.kind = 'PASSWORD_RESET' and t.expires_at > now()
$function$;
alter function app.find_password_reset(text) owner to tenantry_accounts;
grant execute on function app.find_password_reset(text) to tenantry_server;

CREATE OR REPLACE FUNCTION app.find_registration(given_token_hash text)
 RETURNS TABLE(email text, password_hash text)
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO 'app', 'pg_temp'
AS $function$
  select t.email, t.password_hash from app.one_time_tokens t
  where t.token_hash = given_token_hash and t.kind = 'REGISTRATION' and t.expires_at > now()
$function$;
alter function app.find_registration(text) owner to tenantry_accounts;
grant execute on function app.find_registration(text) to tenantry_server;

CREATE OR REPLACE FUNCTION app.find_session(refresh_hash text)
 RETURNS TABLE(session_id uuid, user_id uuid)
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO 'app', 'pg_temp'
AS $function$
  select s.id, s.user_id from app.refresh_tokens r join app.sessions s on s.id = r.session_id
  where r.token_hash = refresh_hash
$function$;
alter function app.find_session(text) owner to tenantry_accounts;
grant execute on function app.find_session(text) to tenantry_server;

CREATE OR REPLACE FUNCTION app.find_tenant(route_kind text, route_key text)
 RETURNS TABLE(id uuid, slug text, name text, status text, plan text)
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO 'app', 'pg_temp'
AS $function$
  select t.id, t.slug, t.name, t.status, t.plan
  from app.tenant_routes r join app.tenants t on t.id = r.tenant_id
  where r.kind = route_kind and r.key = route_key
    -- A domain is kept while the plan does not have it, and leads nowhere meanwhile.
    and (r.kind <> 'DOMAIN' or exists (
      select from app.plan_standing(t.id, t.plan) s where 'CUSTOM_DOMAIN' = any (s.features)))
$function$;
alter function app.find_tenant(text,text) owner to tenantry_lookup;
grant execute on function app.find_tenant(text,text) to tenantry_server;

CREATE OR REPLACE FUNCTION app.finish_mail(mail_id uuid, failure text, retry_seconds double precision)
 RETURNS void
 LANGUAGE sql
 SECURITY DEFINER
 SET search_path TO 'app', 'pg_temp'
AS $function$
  update app.mails m
  set due_at = now() + make_interval(secs => retry_seconds),
      body = case when failure is not null and retry_seconds is not null then m.body end,
      sent_at = case when failure is null then now() end,
      failed_at = case when failure is not null and retry_seconds is null then now() end,
      last_error = failure
  where m.id = mail_id and m.sent_at is null
$function$;
alter function app.finish_mail(uuid,text,double precision) owner to tenantry_accounts;
grant execute on function app.finish_mail(uuid,text,double precision) to tenantry_server;

CREATE OR REPLACE FUNCTION app.finish_plan_change(apply boolean)
 RETURNS boolean
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'app', 'pg_temp'
AS $function$
declare
  due text;
begin
  delete from app.scheduled_plan_changes c
  where c.tenant_id = app.current_tenant() and c.effective_at <= now()
  returning c.plan into due;
  if due is null then return false; end if;
  if apply then
    update app.tenants t
    set plan = due, status = case t.status when 'TRIAL' then 'ACTIVE' else t.status end, updated_at = now()
    where t.id = app.current_tenant() and t.status <> 'DELETING';
  end if;
  return true;
end $function$;
alter function app.finish_plan_change(boolean) owner to tenantry_provisioner;
grant execute on function app.finish_plan_change(boolean) to tenantry_operator;
grant execute on function app.finish_plan_change(boolean) to tenantry_server;

CREATE OR REPLACE FUNCTION app.first_share(place integer, total bigint)
 RETURNS bigint
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
AS $function$
  select case when total <= 0 then 0
              when place = 0 then (total + 1) / 2
              else total / 2 / 15 + case when place - 1 < total / 2 % 15 then 1 else 0 end end
$function$;
alter function app.first_share(integer,bigint) owner to tenantry_owner;
grant execute on function app.first_share(integer,bigint) to tenantry_server;

CREATE OR REPLACE FUNCTION app.fold(input text)
 RETURNS text
 LANGUAGE plpgsql
 IMMUTABLE PARALLEL SAFE STRICT
AS $function$
    begin
      if pg_catalog.octet_length(input) operator(pg_catalog.=) pg_catalog.length(input) then return pg_catalog.lower(input); end if;
      return pg_catalog.lower(extensions.unaccent('extensions.unaccent'::regdictionary, input));
    end $function$;
alter function app.fold(text) owner to tenantry_owner;
grant execute on function app.fold(text) to tenantry_message_search;
grant execute on function app.fold(text) to tenantry_operator;
grant execute on function app.fold(text) to tenantry_provisioner;
grant execute on function app.fold(text) to tenantry_search;
grant execute on function app.fold(text) to tenantry_server;

CREATE OR REPLACE FUNCTION app.give_back_attempts(cleared text[], returned text[])
 RETURNS void
 LANGUAGE sql
 SECURITY DEFINER
 SET search_path TO 'app', 'pg_temp'
AS $function$
  update app.attempt_counters c set used = greatest(c.used - 1, 0)
  where c.key in (select encode(sha256(convert_to(lower(subject), 'UTF8')), 'hex') from unnest(returned) subject);
  delete from app.attempt_counters c
  where c.key in (select encode(sha256(convert_to(lower(subject), 'UTF8')), 'hex') from unnest(cleared) subject);
$function$;
alter function app.give_back_attempts(text[],text[]) owner to tenantry_accounts;
grant execute on function app.give_back_attempts(text[],text[]) to tenantry_server;

CREATE OR REPLACE FUNCTION app.hold_slot(tenant uuid, meter_name text, started date)
 RETURNS integer
 LANGUAGE plpgsql
AS $function$
declare
  place integer;
begin
  for place in
    select s.slot from app.usage_slots s
    where s.tenant_id = tenant and s.meter = meter_name and s.period = started order by s.slot
  loop
    if pg_try_advisory_xact_lock(app.slot_lock(tenant, meter_name) | place) then return place; end if;
  end loop;
  return -1;
end $function$;
alter function app.hold_slot(uuid,text,date) owner to tenantry_owner;
grant execute on function app.hold_slot(uuid,text,date) to tenantry_server;

CREATE OR REPLACE FUNCTION app.is_leased(tenant uuid, meter_name text, started date)
 RETURNS boolean
 LANGUAGE plpgsql
AS $function$
begin
  return exists (select from app.quota_leases l
                 where l.tenant_id = tenant and l.meter = meter_name and l.period = started
                   and l.expires_at > clock_timestamp() + interval '118 s');
end $function$;
alter function app.is_leased(uuid,text,date) owner to tenantry_owner;
grant execute on function app.is_leased(uuid,text,date) to tenantry_server;

CREATE OR REPLACE FUNCTION app.is_over(tenant uuid, meter_name text, started date, ceiling bigint, amount bigint)
 RETURNS boolean
 LANGUAGE plpgsql
AS $function$
begin
  return (select coalesce(sum(s.used), 0) from app.usage_slots s
          where s.tenant_id = tenant and s.meter = meter_name and s.period = started)
       - (select coalesce(sum(l.amount - l.used), 0) from app.lease_use l
          where l.tenant_id = tenant and l.meter = meter_name and l.period = started) + amount > ceiling
    and not exists (select from app.usage_reservations r
                    where r.tenant_id = tenant and r.meter = meter_name and r.state = 'OPEN'
                      and r.expires_at <= clock_timestamp());
end $function$;
alter function app.is_over(uuid,text,date,bigint,bigint) owner to tenantry_owner;
grant execute on function app.is_over(uuid,text,date,bigint,bigint) to tenantry_server;

CREATE OR REPLACE FUNCTION app.is_warned(tenant uuid, meter_name text, started date, ceiling bigint)
 RETURNS boolean
 LANGUAGE plpgsql
AS $function$
begin
  return exists (select from app.notifications n
                 where n.tenant_id = tenant and n.key = app.usage_notice(meter_name, started, 80, ceiling));
end $function$;
alter function app.is_warned(uuid,text,date,bigint) owner to tenantry_owner;
grant execute on function app.is_warned(uuid,text,date,bigint) to tenantry_server;

CREATE OR REPLACE FUNCTION app.learn_product_words(tenant uuid, product uuid, name text, category text, tags text[])
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO 'app', 'pg_temp'
AS $function$
begin
  insert into app.product_words (tenant_id, word, product_id)
  select distinct tenant, each.word, product
  from regexp_split_to_table(app.fold(concat_ws(' ', name, category, array_to_string(tags, ' '))), '[^[:alnum:]]+') as each (word)
  where length(each.word) between 3 and 40 and each.word !~ '[0-9]'
    and not exists (select from app.product_words known where known.tenant_id = tenant and known.word = each.word);
end $function$;
alter function app.learn_product_words(uuid,uuid,text,text,text[]) owner to tenantry_owner;
grant execute on function app.learn_product_words(uuid,uuid,text,text,text[]) to tenantry_server;

CREATE OR REPLACE FUNCTION app.lease_quota(lease uuid, last_event uuid, meter_name text, wanted bigint, feature_name text, key_id uuid, seconds double precision)
 RETURNS bigint
 LANGUAGE plpgsql
AS $function$
declare
  tenant constant uuid := app.current_tenant();
  started constant date := app.meter_period(meter_name);
  ceiling constant bigint := app.tenant_limit(meter_name);
  mark constant bigint := (ceiling * 4 + 4) / 5;
  granted bigint;
  known integer;
  full_ones integer;
  highest bigint;
  total bigint;
begin
  -- A limit that ends by itself tells nobody of it.
  if exists (select from app.tenant_overrides o
             where o.tenant_id = tenant and o.kind = 'LIMIT' and o.code = meter_name
               and o.expires_at > now() and o.expires_at <= clock_timestamp() + interval '5 s') then
    return 0;
  end if;
  select coalesce(max(s.basis), 0), coalesce(sum(s.used), 0) into highest, total
  from app.usage_slots s where s.tenant_id = tenant and s.meter = meter_name and s.period = started;
  granted := least(wanted, (mark - 1 - total) / 64);
  if granted < 16 or highest > ceiling then return 0; end if;
  -- Of 16 that count at a time each holds a slot, and the next has it when one ends: to try once was to
  -- get none while a burst lasted on two servers.
  for attempt in 1..40 loop
    select coalesce(bit_or(1 << s.slot), 0), coalesce(bit_or(1 << s.slot) filter (where s.used + granted > s.share), 0)
    into known, full_ones
    from app.usage_slots s where s.tenant_id = tenant and s.meter = meter_name and s.period = started;
    if app.take_slot(tenant, meter_name, started, app.slot_lock(tenant, meter_name), ceiling, granted, known, full_ones) >= 0 then
      insert into app.quota_leases (tenant_id, id, meter, period, day, feature, api_key_id, amount, last_event_id, expires_at)
      values (tenant, lease, meter_name, started, app.usage_today(), feature_name, key_id, granted, last_event,
              clock_timestamp() + make_interval(secs => seconds));
      return granted;
    end if;
    perform pg_sleep(0.001);
  end loop;
  return 0;
end $function$;
alter function app.lease_quota(uuid,uuid,text,bigint,text,uuid,double precision) owner to tenantry_owner;
grant execute on function app.lease_quota(uuid,uuid,text,bigint,text,uuid,double precision) to tenantry_server;

CREATE OR REPLACE FUNCTION app.list_expired_reservations(most integer)
 RETURNS TABLE(id uuid)
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO 'app', 'pg_temp'
AS $function$
  select r.tenant_id from app.usage_reservations r
  where r.expires_at < now() and (r.state = 'OPEN' or r.expires_at < now() - interval '1 day')
  union
  select l.tenant_id from app.quota_leases l where l.is_closed or l.expires_at < now()
  limit most
$function$;
alter function app.list_expired_reservations(integer) owner to tenantry_lookup;
grant execute on function app.list_expired_reservations(integer) to tenantry_server;

CREATE OR REPLACE FUNCTION app.list_memberships(member_user_id uuid)
 RETURNS TABLE(tenant_id uuid, slug text, name text, status text, plan text, member_id uuid, role text)
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO 'app', 'pg_temp'
AS $function$
  select t.id, t.slug, t.name, t.status, t.plan, m.id, m.role
  from app.members m join app.tenants t on t.id = m.tenant_id
  where m.user_id = member_user_id
  order by m.created_at, t.id
$function$;
alter function app.list_memberships(uuid) owner to tenantry_lookup;
grant execute on function app.list_memberships(uuid) to tenantry_server;

CREATE OR REPLACE FUNCTION app.list_old_activity(most integer)
 RETURNS TABLE(id uuid)
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO 'app', 'pg_temp'
AS $function$
  select distinct a.tenant_id from app.activity_hours a
  where a.hour < date_trunc('day', now(), 'UTC') - interval '90 days' limit most
$function$;
alter function app.list_old_activity(integer) owner to tenantry_lookup;
grant execute on function app.list_old_activity(integer) to tenantry_server;

CREATE OR REPLACE FUNCTION app.list_plan_changes(most integer)
 RETURNS TABLE(id uuid, due_in double precision)
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO 'app', 'pg_temp'
AS $function$
  select c.tenant_id, extract(epoch from c.effective_at - now())::double precision
  from app.scheduled_plan_changes c join app.tenants t on t.id = c.tenant_id
  where t.status <> 'DELETING'
  order by c.effective_at limit most
$function$;
alter function app.list_plan_changes(integer) owner to tenantry_provisioner;
grant execute on function app.list_plan_changes(integer) to tenantry_operator;
grant execute on function app.list_plan_changes(integer) to tenantry_server;

CREATE OR REPLACE FUNCTION app.list_purgeable(most integer)
 RETURNS TABLE(id uuid)
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO 'app', 'pg_temp'
AS $function$
  select t.id from app.tenants t
  where t.status = 'DELETING' and t.purge_at <= now() order by t.purge_at limit most
$function$;
alter function app.list_purgeable(integer) owner to tenantry_provisioner;
grant execute on function app.list_purgeable(integer) to tenantry_operator;
grant execute on function app.list_purgeable(integer) to tenantry_server;

CREATE OR REPLACE FUNCTION app.list_sessions(person uuid)
 RETURNS TABLE(id uuid, ip text, user_agent text, created_at timestamp with time zone, last_seen_at timestamp with time zone, expires_at timestamp with time zone)
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO 'app', 'pg_temp'
AS $function$
  select s.id, s.ip, s.user_agent, s.created_at, coalesce(s.last_seen_at, s.created_at), s.expires_at
  from app.sessions s
  where s.user_id = person and s.revoked_at is null and s.expires_at > now()
  order by 5 desc, s.id limit 100
$function$;
alter function app.list_sessions(uuid) owner to tenantry_accounts;
grant execute on function app.list_sessions(uuid) to tenantry_server;

CREATE OR REPLACE FUNCTION app.look_for_slot(tenant uuid, meter_name text, started date, locks bigint, ceiling bigint, amount bigint, as_many boolean, OUT taken bigint, OUT place integer)
 RETURNS record
 LANGUAGE plpgsql
AS $function$
declare
  known integer;
  full_ones integer;
  highest bigint;
begin
  taken := amount;
  place := -1;
  select coalesce(bit_or(1 << s.slot), 0), coalesce(bit_or(1 << s.slot) filter (where s.used + amount > s.share), 0),
         coalesce(max(s.basis), 0)
  into known, full_ones, highest
  from app.usage_slots s where s.tenant_id = tenant and s.meter = meter_name and s.period = started;
  if highest <= ceiling then
    if full_ones <= 1 and ceiling / 64 > amount then
      place := app.take_slot(tenant, meter_name, started, locks, ceiling, amount, known, full_ones);
    else
      -- Slots that turn out to be full are not kept from others: what a subtransaction has locked is
      -- free again when it is undone. It costs 1 us and a transaction id.
      begin
        place := app.take_slot(tenant, meter_name, started, locks, ceiling, amount, known, full_ones);
        if place < 0 then raise exception using errcode = 'TN001'; end if;
      exception when sqlstate 'TN001' then null;
      end;
    end if;
  end if;
  if place < 0 then
    select s.taken, s.place into taken, place
    from app.use_meter_slowly(tenant, meter_name, started, locks, ceiling, amount, as_many, highest) s;
  end if;
end $function$;
alter function app.look_for_slot(uuid,text,date,bigint,bigint,bigint,boolean) owner to tenantry_owner;
grant execute on function app.look_for_slot(uuid,text,date,bigint,bigint,bigint,boolean) to tenantry_server;

CREATE OR REPLACE FUNCTION app.match_messages(tenant uuid, needle tsquery, wanted tsquery)
 RETURNS uuid[]
 LANGUAGE plpgsql
 STABLE
 SET search_path TO 'app', 'pg_temp'
 SET plan_cache_mode TO 'force_generic_plan'
 SET enable_seqscan TO 'off'
 SET enable_indexscan TO 'off'
 SET enable_indexonlyscan TO 'off'
 SET enable_bitmapscan TO 'on'
AS $function$
declare
  own_words constant tsquery := app.tenant_query(tenant, needle);
begin
  return array_agg(id order by created_at desc, id desc)
  from (select m.id, m.created_at from app.messages m
        where m.tenant_id is not distinct from tenant
          and app.tenant_words(m.tenant_id, m.search_vector) @@ own_words and ts_match_vq(m.search_vector, wanted)
        limit 1001) as matched;
end $function$;
alter function app.match_messages(uuid,tsquery,tsquery) owner to tenantry_message_search;

CREATE OR REPLACE FUNCTION app.message_search_vector(body text)
 RETURNS tsvector
 LANGUAGE plpgsql
 IMMUTABLE PARALLEL SAFE
AS $function$
begin
  return strip(to_tsvector('pg_catalog.simple', translate(app.fold(left(body, 20000)), '-/_.:@', '      ')));
end $function$;
alter function app.message_search_vector(text) owner to tenantry_owner;
grant execute on function app.message_search_vector(text) to tenantry_message_search;
grant execute on function app.message_search_vector(text) to tenantry_operator;
grant execute on function app.message_search_vector(text) to tenantry_search;
grant execute on function app.message_search_vector(text) to tenantry_server;

CREATE OR REPLACE FUNCTION app.meter_period(meter_name text)
 RETURNS date
 LANGUAGE sql
 STABLE PARALLEL SAFE
AS $function$
  select case when meter_name like '%DAY' then app.usage_today()
              when meter_name like '%MONTH' then app.usage_today() - (extract(day from app.usage_today())::integer - 1)
              else date '1970-01-01' end
$function$;
alter function app.meter_period(text) owner to tenantry_owner;
grant execute on function app.meter_period(text) to tenantry_operator;
grant execute on function app.meter_period(text) to tenantry_server;

CREATE OR REPLACE FUNCTION app.new_id()
 RETURNS uuid
 LANGUAGE sql
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
  select encode(set_bit(set_bit(overlay(
    uuid_send(gen_random_uuid())
    placing substring(int8send((extract(epoch from clock_timestamp()) * 1000)::bigint) from 3) from 1 for 6
  ), 52, 1), 53, 1), 'hex')::uuid
$function$;
alter function app.new_id() owner to tenantry_accounts;
grant execute on function app.new_id() to tenantry_server;

CREATE OR REPLACE FUNCTION app.note_marks(meter_name text, before bigint, after bigint, ceiling bigint)
 RETURNS void
 LANGUAGE plpgsql
AS $function$
begin
  if before < (ceiling * 4 + 4) / 5 and after >= (ceiling * 4 + 4) / 5 then
    perform app.note_usage(meter_name, app.meter_period(meter_name), 80, after, ceiling);
  end if;
  if before < ceiling and after >= ceiling then
    perform app.note_usage(meter_name, app.meter_period(meter_name), 100, after, ceiling);
  end if;
end $function$;
alter function app.note_marks(text,bigint,bigint,bigint) owner to tenantry_owner;
grant execute on function app.note_marks(text,bigint,bigint,bigint) to tenantry_server;

CREATE OR REPLACE FUNCTION app.note_usage(meter_name text, started date, percent integer, total bigint, ceiling bigint)
 RETURNS void
 LANGUAGE sql
AS $function$
  insert into app.notifications (tenant_id, id, kind, key, data)
  values (app.current_tenant(), app.new_id(), 'USAGE_WARNING',
    app.usage_notice(meter_name, started, percent, ceiling),
    jsonb_build_object('meter', meter_name, 'period', started, 'percent', percent, 'used', total, 'limit', ceiling))
  on conflict (tenant_id, key) do nothing
$function$;
alter function app.note_usage(text,date,integer,bigint,bigint) owner to tenantry_owner;
grant execute on function app.note_usage(text,date,integer,bigint,bigint) to tenantry_server;

CREATE OR REPLACE FUNCTION app.open_read(tenant uuid)
 RETURNS text
 LANGUAGE sql
AS $function$
      select pg_catalog.set_config('transaction_read_only', 'on', true)
        operator(pg_catalog.||) pg_catalog.set_config('app.tenant_id', coalesce(tenant::text, ''), true)
    $function$;
alter function app.open_read(uuid) owner to tenantry_owner;
grant execute on function app.open_read(uuid) to tenantry_operator;
grant execute on function app.open_read(uuid) to tenantry_server;

CREATE OR REPLACE FUNCTION app.open_session(session_id uuid, person uuid, verified_hash text, home uuid, refresh_hash text, idle_seconds integer, from_ip text, agent text)
 RETURNS timestamp with time zone
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'app', 'pg_temp'
AS $function$
declare
  ends timestamptz := now() + make_interval(secs => idle_seconds);
begin
  perform from app.users u
  where u.id = person and u.password_hash = verified_hash for share;
  if not found then return null; end if;
  insert into app.sessions (id, user_id, home_tenant_id, ip, user_agent, last_seen_at, expires_at)
  values (session_id, person, home, from_ip, agent, now(), ends);
  insert into app.refresh_tokens (token_hash, session_id) values (refresh_hash, session_id);
  return ends;
end $function$;
alter function app.open_session(uuid,uuid,text,uuid,text,integer,text,text) owner to tenantry_accounts;
grant execute on function app.open_session(uuid,uuid,text,uuid,text,integer,text,text) to tenantry_server;

CREATE OR REPLACE FUNCTION app.period_end()
 RETURNS timestamp with time zone
 LANGUAGE sql
 STABLE PARALLEL SAFE
AS $function$ select (date_trunc('month', now() at time zone 'utc') + interval '1 month') at time zone 'utc' $function$;
alter function app.period_end() owner to tenantry_lookup;
grant execute on function app.period_end() to tenantry_operator;
grant execute on function app.period_end() to tenantry_provisioner;
grant execute on function app.period_end() to tenantry_server;

CREATE OR REPLACE FUNCTION app.plan_standing(of_tenant uuid, on_plan text)
 RETURNS TABLE(plan text, limits jsonb, features text[], reaches text[])
 LANGUAGE sql
 STABLE PARALLEL SAFE
AS $function$
  select p.code,
    jsonb_strip_nulls(p.limits || coalesce((
      select jsonb_object_agg(o.code, o.limit_value) filter (where coalesce(o.expires_at > now(), true))
      from app.tenant_overrides o where o.tenant_id = of_tenant and o.kind = 'LIMIT'), '{}')),
    array(
      select f.code from app.features f
      left join app.tenant_overrides o on o.tenant_id = of_tenant and o.kind = 'FEATURE' and o.code = f.code
      where coalesce(case when coalesce(o.expires_at > now(), true) then o.granted end, f.code = any (p.features))
      order by f.position, f.code),
    array(select s.code from app.plans s where s.position <= p.position order by s.position)
  from app.plans p where p.code = on_plan
$function$;
alter function app.plan_standing(uuid,text) owner to tenantry_lookup;
grant execute on function app.plan_standing(uuid,text) to tenantry_operator;
grant execute on function app.plan_standing(uuid,text) to tenantry_provisioner;
grant execute on function app.plan_standing(uuid,text) to tenantry_server;

CREATE OR REPLACE FUNCTION app.planned_rows(relation regclass, tenant uuid)
 RETURNS double precision
 LANGUAGE plpgsql
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
declare
  question constant text := format('explain select from %s tablesample system (100) where tenant_id = ', relation);
  known constant text := ' rows=(\d+) ';
  plan text;
  rows float8;
begin
  execute question || quote_nullable(tenant) into plan;
  rows := substring(plan from known);
  -- More than half of them are no average. Where all were never counted (0, -1) it knows none.
  if rows > (select reltuples / 2 from pg_class where oid = relation and reltuples > 0) then return rows; end if;
  execute question || quote_literal('00000000-0000-0000-0000-000000000000') into plan;
  return case when rows > substring(plan from known)::float8 then rows end;
end $function$;
alter function app.planned_rows(regclass,uuid) owner to tenantry_owner;
grant execute on function app.planned_rows(regclass,uuid) to tenantry_message_search;

CREATE OR REPLACE FUNCTION app.product_search_signature(name text, sku text, category text, tags text[], description text)
 RETURNS bytea
 LANGUAGE plpgsql
 IMMUTABLE PARALLEL SAFE
AS $function$
declare
  signature bytea := decode(repeat('00', 128), 'hex');
  word text;
  bytes bytea;
  three bigint;
  four bigint;
begin
  foreach word in array tsvector_to_array(app.product_search_vector(name, sku, category, tags, description)) loop
    bytes := convert_to(word, 'UTF8');
    if length(bytes) > 3 then
      four := app.search_beginning(bytes, 4);
      signature := set_bit(set_bit(set_bit(set_bit(signature, app.search_bit(four, 1), 1), app.search_bit(four, 2), 1),
        app.search_bit(four >> 8, 1), 1), app.search_bit(four >> 8, 2), 1);
    elsif length(bytes) = 3 then
      three := app.search_beginning(bytes, 3);
      signature := set_bit(set_bit(signature, app.search_bit(three, 1), 1), app.search_bit(three, 2), 1);
    end if;
  end loop;
  return signature;
end $function$;
alter function app.product_search_signature(text,text,text,text[],text) owner to tenantry_owner;
grant execute on function app.product_search_signature(text,text,text,text[],text) to tenantry_message_search;
grant execute on function app.product_search_signature(text,text,text,text[],text) to tenantry_operator;
grant execute on function app.product_search_signature(text,text,text,text[],text) to tenantry_search;
grant execute on function app.product_search_signature(text,text,text,text[],text) to tenantry_server;

CREATE OR REPLACE FUNCTION app.product_search_text(name text, sku text, category text, tags text[])
 RETURNS text
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
AS $function$ select app.fold(concat_ws(' ', name, sku, category, array_to_string(tags, ' '))) $function$;
alter function app.product_search_text(text,text,text,text[]) owner to tenantry_owner;
grant execute on function app.product_search_text(text,text,text,text[]) to tenantry_message_search;
grant execute on function app.product_search_text(text,text,text,text[]) to tenantry_operator;
grant execute on function app.product_search_text(text,text,text,text[]) to tenantry_search;
grant execute on function app.product_search_text(text,text,text,text[]) to tenantry_server;

CREATE OR REPLACE FUNCTION app.product_search_vector(name text, sku text, category text, tags text[], description text)
 RETURNS tsvector
 LANGUAGE plpgsql
 IMMUTABLE PARALLEL SAFE
AS $function$
declare
  vector tsvector := setweight(to_tsvector('pg_catalog.simple', translate(app.fold(concat_ws(' ', name, sku)), '-/_.:@', '      ')), 'A');
begin
  -- What is empty has no words, and parsing it took as long as a short name.
  if category <> '' or cardinality(tags) > 0 then
    vector := vector
      || setweight(to_tsvector('pg_catalog.simple', translate(app.fold(concat_ws(' ', category, array_to_string(tags, ' '))), '-/_.:@', '      ')), 'B');
  end if;
  if description <> '' then
    vector := vector
      || setweight(to_tsvector('pg_catalog.simple', translate(app.fold(left(description, 20000)), '-/_.:@', '      ')), 'D');
  end if;
  return vector;
end $function$;
alter function app.product_search_vector(text,text,text,text[],text) owner to tenantry_owner;
grant execute on function app.product_search_vector(text,text,text,text[],text) to tenantry_message_search;
grant execute on function app.product_search_vector(text,text,text,text[],text) to tenantry_operator;
grant execute on function app.product_search_vector(text,text,text,text[],text) to tenantry_search;
grant execute on function app.product_search_vector(text,text,text,text[],text) to tenantry_server;

CREATE OR REPLACE FUNCTION app.purge_tenant(most integer)
 RETURNS integer
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'app', 'pg_temp'
AS $function$
declare
  gone app.tenants%rowtype;
  emptied record;
  removed integer;
  total integer := 0;
  counts jsonb := '{}';
begin
  -- Before anything is looked at: two servers at once would only wait for each other's rows, and what
  -- app.restore_tenant() is bringing back must not be taken for due.
  if not pg_try_advisory_xact_lock(hashtextextended('purge ' || app.current_tenant(), 0)) then return -1; end if;
  select * into gone from app.tenants where id = app.current_tenant();
  if not found then return 0; end if;
  if gone.status <> 'DELETING' or gone.purge_at is null or gone.purge_at > now() then
    raise exception 'this business is not to be purged' using errcode = '55000';
  end if;

  for emptied in
    with recursive tables as (
      select c.oid from pg_class c join pg_attribute a on a.attrelid = c.oid and not a.attisdropped
      where c.relnamespace = 'app'::regnamespace and c.relkind in ('r', 'p') and not c.relispartition
        and a.attname = 'tenant_id'
    ), depths (oid, depth) as (
      select oid, 0 from tables
      union
      -- A table that refers to another comes before it; tables in a circle stop at the number of tables.
      select k.confrelid, d.depth + 1 from depths d
      join pg_constraint k on k.conrelid = d.oid and k.contype = 'f' and k.confrelid <> k.conrelid
      join tables t on t.oid = k.confrelid
      where d.depth < (select count(*) from tables)
    )
    -- Rows that refer to rows of their own table go together: which of them to take first, nobody says.
    select oid::regclass as name, exists (
        select from pg_constraint k where k.contype = 'f' and k.conrelid = d.oid and k.confrelid = d.oid
      ) as at_once
    from depths d group by oid order by max(depth), oid::regclass::text
  loop
    exit when total >= most;
    execute format(
      'delete from %1$s where tenant_id = $1 and ctid = any (array(
         select ctid from %1$s where tenant_id = $1 limit $2))', emptied.name)
      using gone.id, case when not emptied.at_once then most - total end;
    get diagnostics removed = row_count;
    total := total + removed;
    if removed > 0 then counts := counts || jsonb_build_object(emptied.name::text, removed); end if;
  end loop;

  insert into app.purged_tenants as known (id, slug, plan, created_at, deletion_requested_at, purged_at, removed)
  values (gone.id, gone.slug, gone.plan, gone.created_at, gone.deletion_requested_at, now(), counts)
  on conflict (id) do update set purged_at = excluded.purged_at, removed = known.removed || (
    select coalesce(jsonb_object_agg(key, value::bigint + coalesce((known.removed ->> key)::bigint, 0)), '{}')
    from jsonb_each_text(excluded.removed));
  if total > 0 then return total; end if;
  -- A row that a request of the last moment wrote would be refused here by its foreign key.
  delete from app.tenants where id = gone.id;
  return 0;
end $function$;
alter function app.purge_tenant(integer) owner to tenantry_purger;
grant execute on function app.purge_tenant(integer) to tenantry_operator;
grant execute on function app.purge_tenant(integer) to tenantry_server;

CREATE OR REPLACE FUNCTION app.queue_mail(mail_id uuid, mail_to text, mail_subject text, mail_body text)
 RETURNS void
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'app', 'pg_temp'
AS $function$
begin
  insert into app.mails (id, recipient, subject, body) values (mail_id, mail_to, mail_subject, mail_body);
  perform pg_notify('tenantry_mail', ''); -- delivered at COMMIT, once for many
end $function$;
alter function app.queue_mail(uuid,text,text,text) owner to tenantry_accounts;
grant execute on function app.queue_mail(uuid,text,text,text) to tenantry_server;

CREATE OR REPLACE FUNCTION app.rank_products(tenant uuid, needle tsquery, wanted tsquery, OUT ids uuid[], OUT scores real[])
 RETURNS record
 LANGUAGE plpgsql
 STABLE
 SET search_path TO 'app', 'pg_temp'
 SET plan_cache_mode TO 'force_generic_plan'
 SET enable_seqscan TO 'off'
 SET enable_indexscan TO 'off'
 SET enable_indexonlyscan TO 'off'
AS $function$
declare
  own_words constant tsquery := app.tenant_query(tenant, needle);
  -- What the index was not asked for: other words, or where they stand.
  beyond constant tsquery := case when wanted <> needle or strpos(wanted::text, '<') > 0 then wanted end;
begin
  select coalesce(array_agg(id order by score desc, id desc), '{}'),
    coalesce(array_agg(score order by score desc, id desc), '{}') into ids, scores
  from (select p.id, (1 + ts_rank(p.search_vector, wanted))::real as score
        from app.products p
        where p.tenant_id is not distinct from tenant and app.tenant_words(p.tenant_id, p.search_vector) @@ own_words
          and (beyond is null or ts_match_vq(p.search_vector, beyond))
        limit 1001) as ranked;
end $function$;
alter function app.rank_products(uuid,tsquery,tsquery) owner to tenantry_search;

CREATE OR REPLACE FUNCTION app.read_outbox(how_many integer)
 RETURNS TABLE(id uuid, recipient text, subject text, body text, created_at timestamp with time zone, due_at timestamp with time zone, attempts integer, sent_at timestamp with time zone, failed_at timestamp with time zone, last_error text)
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO 'app', 'pg_temp'
AS $function$
  select m.id, m.recipient, m.subject, m.body, m.created_at, m.due_at, m.attempts, m.sent_at, m.failed_at, m.last_error
  from app.mails m order by m.created_at desc, m.id desc limit how_many
$function$;
alter function app.read_outbox(integer) owner to tenantry_accounts;
grant execute on function app.read_outbox(integer) to tenantry_server;

CREATE OR REPLACE FUNCTION app.reconcile_usage(fix boolean)
 RETURNS TABLE(meter text, period date, counted bigint, ledger bigint, stored bigint)
 LANGUAGE plpgsql
AS $function$
#variable_conflict use_column
declare
  tenant constant uuid := app.current_tenant();
  deadline constant timestamptz := clock_timestamp() + interval '10 s';
  each_meter text;
  place integer;
begin
  foreach each_meter in array array['PRODUCTS', 'MESSAGES_PER_DAY', 'CONVERSATIONS_PER_MONTH', 'STORAGE_BYTES', 'AI_TOKENS_PER_MONTH'] loop
    place := 0;
    while fix and place < 16 loop
      if pg_try_advisory_xact_lock(app.slot_lock(tenant, each_meter) | place) then
        place := place + 1;
      elsif clock_timestamp() > deadline then
        raise exception 'the meter is in use' using errcode = '55P03';
      else
        perform pg_sleep(0.005);
      end if;
    end loop;
    meter := each_meter;
    period := app.meter_period(each_meter);
    select c.counted, c.ledger, c.stored into counted, ledger, stored from app.compare_usage(each_meter) c;
    continue when counted = ledger and counted = coalesce(stored, counted);
    if fix then
      place := app.adjust_slots(each_meter, period, coalesce(stored, ledger) - counted);
      if stored <> ledger then
        perform app.write_ledger(each_meter, app.usage_today(), place, 'reconcile',
          '00000000-0000-0000-0000-000000000000', stored - ledger);
      end if;
    end if;
    return next;
  end loop;
end $function$;
alter function app.reconcile_usage(boolean) owner to tenantry_owner;
grant execute on function app.reconcile_usage(boolean) to tenantry_server;

CREATE OR REPLACE FUNCTION app.recut_slots(tenant uuid, meter_name text, started date, ceiling bigint, amount bigint, as_many boolean, held integer, is_settled boolean, OUT taken bigint, OUT place integer)
 RETURNS record
 LANGUAGE plpgsql
AS $function$
declare
  mark constant bigint := (ceiling * 4 + 4) / 5;
  is_warned constant boolean := app.is_warned(tenant, meter_name, started, ceiling);
  least_used bigint; -- if all that others hold is rolled back
  most_used bigint; -- if they take all that they may
  room bigint;
begin
  select sum(coalesce(s.used, 0)),
         sum(case when held & (1 << turn) <> 0 then coalesce(s.used, 0)
                  else coalesce(greatest(s.used, s.share), app.first_share(turn, mark - 1)) end)
  into least_used, most_used
  from generate_series(0, 15) as turn
  left join app.usage_slots s
    on s.tenant_id = tenant and s.meter = meter_name and s.period = started and s.slot = turn;

  if is_settled then
    taken := greatest(least(amount, ceiling - most_used), 0);
    if taken < amount and not as_many then taken := 0; end if;
    -- There is room, and no slot to count it in: all are held for longer than one waits.
    if taken > 0 and held = 0 then raise lock_not_available using message = 'every slot is held'; end if;
  elsif held = 0 then
    taken := -1;
  elsif most_used + amount < (case when is_warned then ceiling else mark end) then
    taken := amount;
  else
    taken := -1;
  end if;
  if taken <= 0 then return; end if;

  if least_used + taken >= mark and not is_warned then
    perform app.note_usage(meter_name, started, 80, least_used + taken, ceiling);
  end if;
  if least_used + taken >= ceiling then
    perform app.note_usage(meter_name, started, 100, least_used + taken, ceiling);
  end if;
  -- What others have in flight may pass the mark: who needs more room than they have comes this way and sees it.
  room := greatest(case when is_warned or least_used + taken >= mark then ceiling else mark end - 1 - most_used - taken, 0);
  insert into app.usage_slots as s (tenant_id, meter, period, slot, used, share, basis)
  select tenant, meter_name, started, slot, used, used + room / count + case when rank <= room % count then 1 else 0 end, ceiling
  from (
    select turn as slot, row_number() over (order by turn) as rank, count(*) over () as count,
           coalesce(c.used, 0) + case when row_number() over (order by turn) = 1 then taken else 0 end as used
    from generate_series(0, 15) as turn
    left join app.usage_slots c
      on c.tenant_id = tenant and c.meter = meter_name and c.period = started and c.slot = turn
    where held & (1 << turn) <> 0
  ) as cut
  on conflict (tenant_id, meter, period, slot) do update
  set used = excluded.used, share = excluded.share, basis = excluded.basis;
  place := (select min(turn) from generate_series(0, 15) as turn where held & (1 << turn) <> 0);
end $function$;
alter function app.recut_slots(uuid,text,date,bigint,bigint,boolean,integer,boolean) owner to tenantry_owner;
grant execute on function app.recut_slots(uuid,text,date,bigint,bigint,boolean,integer,boolean) to tenantry_server;

CREATE OR REPLACE FUNCTION app.register(given_email text, given_name text, given_password_hash text, new_token_hash text, lifetime_seconds integer, mail_id uuid, new_subject text, new_body text, known_subject text, known_body text)
 RETURNS void
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'app', 'pg_temp'
AS $function$
declare
  address text := lower(given_email);
begin
  if exists (select from app.users u where u.email = address and u.password_hash is not null) then
    perform app.queue_mail(mail_id, address, known_subject, known_body);
    return;
  end if;
  insert into app.one_time_tokens (token_hash, kind, email, name, password_hash, expires_at)
  values (new_token_hash, 'REGISTRATION', address, given_name, given_password_hash,
          now() + make_interval(secs => lifetime_seconds));
  perform app.queue_mail(mail_id, address, new_subject, new_body);
end $function$;
alter function app.register(text,text,text,text,integer,uuid,text,text,text,text) owner to tenantry_accounts;
grant execute on function app.register(text,text,text,text,integer,uuid,text,text,text,text) to tenantry_server;

CREATE OR REPLACE FUNCTION app.release_usage(reservation uuid)
 RETURNS boolean
 LANGUAGE plpgsql
AS $function$
declare
  found_one app.usage_reservations%rowtype;
begin
  update app.usage_reservations r set state = 'RELEASED'
  where r.tenant_id = app.current_tenant() and r.id = reservation and r.state = 'OPEN' returning * into found_one;
  if not found then return false; end if;
  perform app.adjust_slots(found_one.meter, found_one.period, -found_one.amount);
  return true;
end $function$;
alter function app.release_usage(uuid) owner to tenantry_owner;
grant execute on function app.release_usage(uuid) to tenantry_server;

CREATE OR REPLACE FUNCTION app.rename_tenant(new_slug text, most_slugs integer)
 RETURNS boolean
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'app', 'pg_temp'
AS $function$
declare
  own boolean;
begin
  select true into own from app.tenant_routes r
  where r.kind = 'SLUG' and r.key = new_slug and r.tenant_id = app.current_tenant();
  if own is null then
    if most_slugs <= (select count(*) from app.tenant_routes r
                      where r.kind = 'SLUG' and r.tenant_id = app.current_tenant()) then
      return false;
    end if;
    insert into app.tenant_routes (kind, key, tenant_id) values ('SLUG', new_slug, app.current_tenant());
  end if;
  update app.tenants t set slug = new_slug, updated_at = now() where t.id = app.current_tenant();
  return true;
end $function$;
alter function app.rename_tenant(text,integer) owner to tenantry_provisioner;
grant execute on function app.rename_tenant(text,integer) to tenantry_operator;
grant execute on function app.rename_tenant(text,integer) to tenantry_server;

CREATE OR REPLACE FUNCTION app.request_deletion(grace interval)
 RETURNS TABLE(purge_at timestamp with time zone)
 LANGUAGE sql
 SECURITY DEFINER
 SET search_path TO 'app', 'pg_temp'
AS $function$
  update app.tenants t
  set status_before_deletion = t.status, status = 'DELETING', deletion_requested_at = now(),
      purge_at = now() + greatest(grace, interval '10 minutes'), updated_at = now()
  where t.id = app.current_tenant() and t.status <> 'DELETING'
  returning t.purge_at
$function$;
alter function app.request_deletion(interval) owner to tenantry_provisioner;
grant execute on function app.request_deletion(interval) to tenantry_operator;
grant execute on function app.request_deletion(interval) to tenantry_server;

CREATE OR REPLACE FUNCTION app.request_password_reset(given_email text, new_token_hash text, lifetime_seconds integer, mail_id uuid, mail_subject text, mail_body text, from_ip text, agent text, request text)
 RETURNS void
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'app', 'pg_temp'
AS $function$
declare
  person uuid := (select u.id from app.users u where u.email = lower(given_email));
begin
  insert into app.one_time_tokens (token_hash, kind, email, user_id, expires_at)
  values (new_token_hash, 'PASSWORD_RESET', lower(given_email), person,
          now() + make_interval(secs => lifetime_seconds));
  if person is null then return; end if;
  perform app.queue_mail(mail_id, lower(given_email), mail_subject, mail_body);
  perform app.audit_person(person, 'member.passwordResetRequested', from_ip, agent, request);
end $function$;
alter function app.request_password_reset(text,text,integer,uuid,text,text,text,text,text) owner to tenantry_accounts;
grant execute on function app.request_password_reset(text,text,integer,uuid,text,text,text,text,text) to tenantry_server;

CREATE OR REPLACE FUNCTION app.resend_registration(given_email text, new_token_hash text, lifetime_seconds integer, mail_id uuid, mail_subject text, mail_body text)
 RETURNS void
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'app', 'pg_temp'
AS $function$
begin
  insert into app.one_time_tokens (token_hash, kind, email, name, password_hash, expires_at)
  select new_token_hash, 'REGISTRATION', lower(given_email), min(t.name), min(t.password_hash),
         now() + make_interval(secs => lifetime_seconds)
  from app.one_time_tokens t
  where t.email = lower(given_email) and t.kind = 'REGISTRATION' and t.expires_at > now()
  having count(distinct t.password_hash) = 1;
  if found then
    perform app.queue_mail(mail_id, lower(given_email), mail_subject, mail_body);
  end if;
end $function$;
alter function app.resend_registration(text,text,integer,uuid,text,text) owner to tenantry_accounts;
grant execute on function app.resend_registration(text,text,integer,uuid,text,text) to tenantry_server;

CREATE OR REPLACE FUNCTION app.reserve_usage(reservation uuid, meter_name text, amount bigint, feature_name text, key_id uuid, seconds double precision)
 RETURNS boolean
 LANGUAGE plpgsql
AS $function$
begin
  if app.use_meter(meter_name, amount, false, null, null) < amount then return false; end if;
  insert into app.usage_reservations (tenant_id, id, meter, period, day, feature, api_key_id, amount, state, expires_at)
  values (app.current_tenant(), reservation, meter_name, app.meter_period(meter_name), app.usage_today(), feature_name, key_id,
          amount, 'OPEN', clock_timestamp() + make_interval(secs => seconds));
  return true;
end $function$;
alter function app.reserve_usage(uuid,text,bigint,text,uuid,double precision) owner to tenantry_owner;
grant execute on function app.reserve_usage(uuid,text,bigint,text,uuid,double precision) to tenantry_server;

CREATE OR REPLACE FUNCTION app.reset_password(given_token_hash text, new_password_hash text, mail_id uuid, mail_subject text, mail_body text, from_ip text, agent text, request text)
 RETURNS boolean
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'app', 'pg_temp'
AS $function$
declare
  taken app.one_time_tokens;
begin
  delete from app.one_time_tokens t
  where t.token_hash = given_token_hash and t.kind = 'PASSWORD_RESET'
  returning t.* into taken;
  if taken.user_id is null or taken.expires_at <= now() then return false; end if;
  update app.users u
  set password_hash = new_password_hash, email_verified_at = coalesce(u.email_verified_at, now()), updated_at = now()
  where u.id = taken.user_id;
  delete from app.one_time_tokens t where t.kind = 'PASSWORD_RESET' and t.user_id = taken.user_id;
  update app.sessions s set revoked_at = now() where s.user_id = taken.user_id and s.revoked_at is null;
  perform app.queue_mail(mail_id, taken.email, mail_subject, mail_body);
  perform app.audit_person(taken.user_id, 'member.passwordReset', from_ip, agent, request);
  perform pg_notify('tenantry_identity', taken.user_id::text);
  return true;
end $function$;
alter function app.reset_password(text,text,uuid,text,text,text,text,text) owner to tenantry_accounts;
grant execute on function app.reset_password(text,text,uuid,text,text,text,text,text) to tenantry_server;

CREATE OR REPLACE FUNCTION app.restore_tenant(owner_user_id uuid)
 RETURNS TABLE(status text)
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'app', 'pg_temp'
AS $function$
#variable_conflict use_column
begin
  if not exists (select from app.members m
                 where m.tenant_id = app.current_tenant() and m.user_id = owner_user_id and m.role = 'OWNER') then
    return; -- a stranger holds no lock up
  end if;
  perform pg_advisory_xact_lock(hashtextextended('purge ' || app.current_tenant(), 0));
  return query update app.tenants t
  set status = coalesce(t.status_before_deletion, 'ACTIVE'), status_before_deletion = null,
      deletion_requested_at = null, purge_at = null, updated_at = now()
  where t.id = app.current_tenant() and t.status = 'DELETING' and t.purge_at > clock_timestamp()
    and exists (select from app.members m
                where m.tenant_id = t.id and m.user_id = owner_user_id and m.role = 'OWNER')
  returning t.status;
end $function$;
alter function app.restore_tenant(uuid) owner to tenantry_provisioner;
grant execute on function app.restore_tenant(uuid) to tenantry_operator;
grant execute on function app.restore_tenant(uuid) to tenantry_server;

CREATE OR REPLACE FUNCTION app.rotate_refresh_token(old_hash text, new_hash text, wanted_id uuid, wanted_slug text, idle_seconds integer, longest_seconds integer, grace_seconds integer, from_ip text, agent text, request text)
 RETURNS TABLE(outcome text, session_id uuid, user_id uuid, tenant_id uuid, expires_at timestamp with time zone)
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'app', 'pg_temp'
AS $function$
#variable_conflict use_column
declare
  held app.sessions;
  used timestamptz;
  chosen uuid;
begin
  select s.* into held
  from app.refresh_tokens r join app.sessions s on s.id = r.session_id
  where r.token_hash = old_hash for update of s;
  if held.id is null or held.revoked_at is not null or held.expires_at <= now() then
    return query select 'UNKNOWN', null::uuid, null::uuid, null::uuid, null::timestamptz;
    return;
  end if;
  -- Read behind the lock: another statement, another snapshot.
  select r.used_at into used from app.refresh_tokens r where r.token_hash = old_hash;
  if used > clock_timestamp() - make_interval(secs => grace_seconds) then
    return query select 'TWICE', null::uuid, null::uuid, null::uuid, null::timestamptz;
    return;
  end if;
  if used is not null then
    perform app.end_session(held.user_id, held.id, 'member.refreshTokenReused', from_ip, agent, request);
    return query select 'REUSED', null::uuid, null::uuid, null::uuid, null::timestamptz;
    return;
  end if;

  select m.tenant_id into chosen
  from app.members m join app.tenants t on t.id = m.tenant_id
  where m.user_id = held.user_id and t.status <> 'DELETING'
    and (wanted_id is null or t.id = wanted_id) and (wanted_slug is null or t.slug = wanted_slug)
    and (wanted_id is not null or wanted_slug is not null or held.home_tenant_id is null
         or t.id = held.home_tenant_id)
  order by m.created_at, t.id limit 1;
  if chosen is null and (wanted_id is not null or wanted_slug is not null) then
    return query select 'NO_MEMBERSHIP', null::uuid, null::uuid, null::uuid, null::timestamptz;
    return;
  end if;

  update app.refresh_tokens r set used_at = clock_timestamp() where r.token_hash = old_hash;
  insert into app.refresh_tokens (token_hash, session_id) values (new_hash, held.id);
  delete from app.refresh_tokens r
  where r.session_id = held.id and r.used_at < now() - interval '30 days';
  return query
    update app.sessions s
    set last_seen_at = now(), ip = from_ip, user_agent = agent,
        expires_at = least(now() + make_interval(secs => idle_seconds),
                           held.created_at + make_interval(secs => longest_seconds))
    where s.id = held.id
    returning 'ROTATED', s.id, s.user_id, chosen, s.expires_at;
end $function$;
alter function app.rotate_refresh_token(text,text,uuid,text,integer,integer,integer,text,text,text) owner to tenantry_accounts;
grant execute on function app.rotate_refresh_token(text,text,uuid,text,integer,integer,integer,text,text,text) to tenantry_server;

CREATE OR REPLACE FUNCTION app.route_domain(claim uuid)
 RETURNS boolean
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'app', 'pg_temp'
AS $function$
declare
  proved app.tenant_domains%rowtype;
begin
  select * into proved from app.tenant_domains d
  where d.tenant_id = app.current_tenant() and d.id = claim
    and d.proved_at between now() - interval '5 minutes' and now() + interval '1 minute';
  if not found then return false; end if;
  insert into app.tenant_routes (kind, key, tenant_id)
  values ('DOMAIN', proved.domain, app.current_tenant())
  on conflict (kind, key) do nothing;
  -- Another business may have been first.
  update app.tenants t set domain = proved.domain
  where t.id = app.current_tenant() and t.domain is null and exists (
    select from app.tenant_routes r where r.kind = 'DOMAIN' and r.key = proved.domain
      and r.tenant_id = app.current_tenant());
  return exists (select from app.tenant_routes r where r.kind = 'DOMAIN' and r.key = proved.domain
                   and r.tenant_id = app.current_tenant());
end $function$;
alter function app.route_domain(uuid) owner to tenantry_provisioner;
grant execute on function app.route_domain(uuid) to tenantry_operator;
grant execute on function app.route_domain(uuid) to tenantry_server;

CREATE OR REPLACE FUNCTION app.sample_products(tenant uuid, wanted tsquery, bits integer[], size integer, OUT catalogue integer, OUT possible integer, OUT matching integer)
 RETURNS record
 LANGUAGE plpgsql
 STABLE
 SET search_path TO 'app', 'pg_temp'
 SET plan_cache_mode TO 'force_generic_plan'
 SET enable_seqscan TO 'off'
 SET enable_bitmapscan TO 'off'
 SET enable_hashjoin TO 'off'
 SET enable_mergejoin TO 'off'
 SET enable_sort TO 'off'
AS $function$
declare
  bit_1 constant bigint := bits[1];
  bit_2 constant bigint := bits[2];
  bit_3 constant bigint := coalesce(bits[3], bit_1);
  bit_4 constant bigint := coalesce(bits[4], bit_1);
  bit_5 constant bigint := coalesce(bits[5], bit_1);
  bit_6 constant bigint := coalesce(bits[6], bit_1);
  looked_up int := case when bit_1 is null then 60 else 16 end;
  hits int;
  taken int;
  last int;
  candidates uuid[];
begin
  select count(*), max(each.place), coalesce(array_agg(each.id) filter (where bit_1 is null
    or get_bit(each.search_signature, bit_1) = 1 and get_bit(each.search_signature, bit_2) = 1
      and get_bit(each.search_signature, bit_3) = 1 and get_bit(each.search_signature, bit_4) = 1
      and get_bit(each.search_signature, bit_5) = 1 and get_bit(each.search_signature, bit_6) = 1), '{}')
  into taken, last, candidates
  from (select p.id, p.search_signature, get_byte(uuid_send(p.id), 14) * 256 + get_byte(uuid_send(p.id), 15) as place from app.products p
        where p.tenant_id = tenant and get_byte(uuid_send(p.id), 14) * 256 + get_byte(uuid_send(p.id), 15) < 8192
        order by place limit size) as each;
  catalogue := case when taken < size then 8 * taken else 65536::bigint * size / (last + 1) end;
  possible := catalogue * cardinality(candidates)::float8 / greatest(taken, 1);
  loop
    hits := (
      select count(*)
      from unnest(candidates[1:looked_up]) as given (id)
        cross join lateral (
          select from app.products p where p.tenant_id = tenant and p.id = given.id and ts_match_vq(p.search_vector, wanted) offset 0) as found);
    exit when hits not in (1, 2) or looked_up >= least(cardinality(candidates), 256);
    looked_up := 256;
  end loop;
  matching := possible::float8 / greatest(least(cardinality(candidates), looked_up), 1) * hits;
end $function$;
alter function app.sample_products(uuid,tsquery,integer[],integer) owner to tenantry_search;

CREATE OR REPLACE FUNCTION app.schedule_plan_change(owner_user_id uuid, new_plan text)
 RETURNS timestamp with time zone
 LANGUAGE sql
 SECURITY DEFINER
 SET search_path TO 'app', 'pg_temp'
AS $function$
  insert into app.scheduled_plan_changes as c (tenant_id, plan, effective_at)
  select t.id, p.code, app.period_end()
  from app.tenants t join app.plans p on p.code = new_plan and p.self_service
  where t.id = app.current_tenant() and t.status <> 'DELETING'
    and exists (select from app.members m
                where m.tenant_id = t.id and m.user_id = owner_user_id and m.role = 'OWNER')
  on conflict (tenant_id) do update
  set plan = excluded.plan, effective_at = excluded.effective_at, created_at = excluded.created_at
  returning c.effective_at
$function$;
alter function app.schedule_plan_change(uuid,text) owner to tenantry_provisioner;
grant execute on function app.schedule_plan_change(uuid,text) to tenantry_operator;
grant execute on function app.schedule_plan_change(uuid,text) to tenantry_server;

CREATE OR REPLACE FUNCTION app.search_beginning(bytes bytea, many integer)
 RETURNS bigint
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
AS $function$
  select case many
    when 4 then ((get_byte(bytes, 0)::bigint * 256 + get_byte(bytes, 1)) * 256 + get_byte(bytes, 2)) * 256 + get_byte(bytes, 3)
    else (get_byte(bytes, 0)::bigint * 256 + get_byte(bytes, 1)) * 256 + get_byte(bytes, 2)
  end
$function$;
alter function app.search_beginning(bytea,integer) owner to tenantry_owner;
grant execute on function app.search_beginning(bytea,integer) to tenantry_message_search;
grant execute on function app.search_beginning(bytea,integer) to tenantry_operator;
grant execute on function app.search_beginning(bytea,integer) to tenantry_search;
grant execute on function app.search_beginning(bytea,integer) to tenantry_server;

CREATE OR REPLACE FUNCTION app.search_bit(beginning bigint, way integer)
 RETURNS integer
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
AS $function$ select (case way when 1 then beginning * 1540483477 >> 23 else beginning * 1013904223 >> 25 end & 1023)::int $function$;
alter function app.search_bit(bigint,integer) owner to tenantry_owner;
grant execute on function app.search_bit(bigint,integer) to tenantry_message_search;
grant execute on function app.search_bit(bigint,integer) to tenantry_operator;
grant execute on function app.search_bit(bigint,integer) to tenantry_search;
grant execute on function app.search_bit(bigint,integer) to tenantry_server;

CREATE OR REPLACE FUNCTION app.search_messages(phrase text, page integer DEFAULT NULL::integer)
 RETURNS TABLE(wanted text, ids uuid[], page_ids uuid[])
 LANGUAGE plpgsql
 STABLE SECURITY DEFINER ROWS 1
 SET search_path TO 'app', 'pg_temp'
 SET plan_cache_mode TO 'force_generic_plan'
 SET enable_seqscan TO 'off'
 SET enable_bitmapscan TO 'off'
 SET enable_sort TO 'off'
AS $function$
declare
  tenant constant uuid := app.current_tenant();
  most constant int := 1000;
  -- Without what the text parser knows no word in: of a query that is empty nothing matches.
  words constant text[] := array(
    select word || ':*' from regexp_split_to_table(app.fold(phrase), '[^[:alnum:]]+') as word
    where word <> '' and numnode(to_tsquery('pg_catalog.simple', word || ':*')) > 0 limit 16);
  queries constant tsquery[] := array(select to_tsquery('pg_catalog.simple', word) from unnest(words) as word);
  first constant tsquery := queries[1];
  second constant tsquery := queries[2];
  third constant tsquery := queries[3];
  query tsquery;
  looked int;
  matching uuid[];
  hits int;
  further uuid[];
  wanted_more int;
  looked_further boolean := false;
  asks_index boolean;
  enough int;
  hits_each int[];
  estimated float8;
begin
  if tenant is null or cardinality(words) = 0 then
    return query select null::text, '{}'::uuid[], '{}'::uuid[];
    return;
  end if;
  query := to_tsquery('pg_catalog.simple', array_to_string(words, ' & '));
  if cardinality(queries) in (2, 3) then
    -- Each is compared with once, and is no element to be looked up: 0.12 instead of 0.16.
    select count(*), coalesce(array_agg(newest.id) filter (where has_first and has_second and has_third is not false), '{}'),
      (array[count(*) filter (where has_first), count(*) filter (where has_second),
             count(*) filter (where has_third)])[1:cardinality(queries)]
    into looked, matching, hits_each
    from (select m.id, m.search_vector @@ first as has_first, m.search_vector @@ second as has_second,
            m.search_vector @@ third as has_third
          from app.messages m
          where m.tenant_id = tenant order by m.created_at desc, m.id desc limit 300) as newest;
  else
    select count(*), coalesce(array_agg(newest.id) filter (where newest.search_vector @@ query), '{}') into looked, matching
    from (select m.id, m.search_vector from app.messages m
          where m.tenant_id = tenant order by m.created_at desc, m.id desc limit 300) as newest;
  end if;
  hits := cardinality(matching);
  if looked = 300 and hits >= 3 and hits < coalesce(page, 301) then
    -- Three of 300 make 21 of 2 100: a page is mostly found without knowing how many there are. And what is said
    -- comes in conversations: ten of the newest 300 may be all, for which a page would be walked for to the end.
    wanted_more := greatest(coalesce(page, 0) - hits, 21);
    further := app.walk_messages(tenant, query, 300, 2700, wanted_more);
    looked_further := cardinality(further) < wanted_more;
  end if;
  if page is not null then
    page_ids := (matching || further)[1:page];
    if looked < 300 or cardinality(page_ids) = page then
      return next;
      return;
    end if;
  end if;
  ids := matching;
  if looked = 300 then
    -- Fewer than 21 of 3 000 are at most 7 in a thousand, and of these the index gives a page sooner than a walk,
    -- which may go on to the end. Of several words that goes for the rarest alone, as far as 300 tell.
    asks_index := hits < 3 or looked_further and (cardinality(queries) = 1 or 15 >= (select min(n) from unnest(hits_each) as n));
    if asks_index is not true then
      enough := case when looked_further then 3000 * most / (hits + cardinality(further)) else 300 * most / hits end;
      estimated := app.planned_rows('app.messages', tenant);
    end if;
    if asks_index is not true and (estimated >= enough or exists (
      select from app.messages m where m.tenant_id = tenant and enough <= 20000 offset enough))
    then
      ids := null;
    else
      hits_each := coalesce(hits_each, array[hits]);
      if cardinality(queries) > 3 then
        with newest as materialized (
          select m.search_vector from app.messages m
          where m.tenant_id = tenant order by m.created_at desc, m.id desc limit 300
        )
        select array(select (select count(*) from newest n where n.search_vector @@ each)
                     from unnest(queries) with ordinality as given (each, place) order by place)
        into hits_each;
      end if;
      -- The rarest words only, as in app.search_products.
      ids := coalesce(app.match_messages(
        tenant,
        (select to_tsquery('pg_catalog.simple', string_agg(each, ' & '))
         from unnest(words, hits_each) as given (each, hits)
         where given.hits <= 3 * (select min(n) from unnest(hits_each) as n)),
        query), '{}');
      if cardinality(ids) > most then ids := null; end if;
    end if;
  end if;
  if page is null then
    wanted := query::text;
  elsif ids is not null then
    page_ids := ids[1:page];
    ids := null;
  else
    page_ids := matching || app.walk_messages(tenant, query, 300, null, page - hits);
  end if;
  return next;
end $function$;
alter function app.search_messages(text,integer) owner to tenantry_message_search;
grant execute on function app.search_messages(text,integer) to tenantry_server;

CREATE OR REPLACE FUNCTION app.search_products(phrase text, page integer DEFAULT 0)
 RETURNS TABLE(wanted text, ids uuid[], scores real[], page_ids uuid[], page_scores real[])
 LANGUAGE plpgsql
 STABLE SECURITY DEFINER ROWS 1
 SET search_path TO 'app', 'pg_temp'
 SET plan_cache_mode TO 'force_generic_plan'
 SET enable_seqscan TO 'off'
 SET enable_sort TO 'off'
AS $function$
declare
  tenant constant uuid := app.current_tenant();
  most constant int := 1000;
  -- Only letters and digits survive, so the text can't be tsquery syntax. Without what the text parser knows no
  -- word in: of a query that is empty nothing matches.
  words constant text[] := array(
    select word from regexp_split_to_table(app.fold(phrase), '[^[:alnum:]]+') as word
    where word <> '' and numnode(to_tsquery('pg_catalog.simple', word || ':*')) > 0 limit 16);
  -- Every word must occur; each may be the beginning of one ("jack" finds "jacket").
  alternatives text[] := array(select word || ':*' from unnest(words) as word);
  queries tsquery[];
  query tsquery;
  bits int[];
  sample record;
  -- As the sample has it, how many have each word.
  common int[];
  rarest int;
  needle tsquery;
  has_sku uuid;
begin
  if tenant is null or cardinality(words) = 0 then
    return query select null::text, '{}'::uuid[], '{}'::real[], '{}'::uuid[], '{}'::real[];
    return;
  end if;
  for attempt in 1..2 loop
    queries := array(select to_tsquery('pg_catalog.simple', each) from unnest(alternatives) as each);
    query := to_tsquery('pg_catalog.simple', '(' || array_to_string(alternatives, ') & (') || ')');
    -- Of up to three words that have some: more tell hardly more.
    bits := null;
    foreach needle in array queries loop
      bits := (bits || app.common_bits(needle))[1:6];
    end loop;
    sample := app.sample_products(tenant, query, bits, 1000);
    -- Of 200 000 that is three to ten products, which may be of 400 or of 3 000; to rank a word's takes 4.
    if cardinality(queries) = 1 and sample.matching between most / 2 and 2 * most then
      sample := app.sample_products(tenant, query, bits, 5000);
    end if;
    ids := null;
    exit when sample.matching >= most;
    common := array[sample.matching];
    if cardinality(queries) > 1 then
      common := array(
        select (app.sample_products(tenant, each, app.common_bits(each), 1000)).matching
        from unnest(queries) with ordinality as given (each, place) order by place);
    end if;
    rarest := (select min(n) from unnest(common) as n);
    -- The index would read all of these; in the order a page comes sooner.
    exit when rarest >= 5 * most and sample.matching >= 500;
    -- The rarest words: the index reads all of a prefix before it looks at the next. But a row is read for each
    -- product that it finds, as dear as ten to fifty entries.
    needle := (
      select to_tsquery('pg_catalog.simple', '(' || string_agg(each, ') & (') || ')')
      from unnest(alternatives, common) as given (each, common) where given.common <= 8 * rarest);
    select r.ids, r.scores into ids, scores from app.rank_products(tenant, needle, query) r;
    if cardinality(ids) > most then ids := null; end if;
    exit when attempt = 2 or ids is null or cardinality(ids) > 0;
    -- Nothing has all of it: is there a word that nothing has?
    alternatives := array(
      select coalesce(
        case when given.common = 0 and (cardinality(words) = 1 or not exists (
               select from app.rank_products(tenant, given.query, given.query) r where cardinality(r.ids) > 0))
             then (select string_agg(alike, ' | ') from app.similar_words(tenant, word) as alike) end,
        each)
      from unnest(alternatives, queries, words, common) with ordinality as given (each, query, word, common, place) order by place);
    exit when alternatives = array(select word || ':*' from unnest(words) as word);
  end loop;
  wanted := query::text;
  -- Who asks for "LAMP-7" wants that one first, and not all that begin alike.
  if ids is not null or phrase ~ '[0-9]' then
    has_sku := (select p.id from app.products p
      where p.tenant_id = tenant and p.sku = any (array[trim(phrase), upper(trim(phrase)), lower(trim(phrase))]) limit 1);
  end if;
  if has_sku is not null then
    scores := array[11]::real[] || array(
      select score from unnest(ids, scores) with ordinality as found (id, score, place) where id <> has_sku order by place);
    ids := array[has_sku] || array_remove(ids, has_sku);
  end if;
  if page > 0 and ids is not null then
    page_ids := ids[1:page];
    page_scores := scores[1:page];
  elsif page > 0 then
    -- Where many have the bits and few of these match, to look up each takes longer than to read all.
    page_ids := app.walk_products(tenant, query,
      case when sample.possible <= greatest(0.25 * sample.catalogue, 2 * sample.matching) then bits end, page);
  end if;
  return next;
end $function$;
alter function app.search_products(text,integer) owner to tenantry_search;
grant execute on function app.search_products(text,integer) to tenantry_server;

CREATE OR REPLACE FUNCTION app.set_tenant(tenant uuid)
 RETURNS text
 LANGUAGE sql
AS $function$ select pg_catalog.set_config('app.tenant_id', coalesce(tenant::text, ''), true) $function$;
alter function app.set_tenant(uuid) owner to tenantry_owner;
grant execute on function app.set_tenant(uuid) to tenantry_operator;
grant execute on function app.set_tenant(uuid) to tenantry_server;

CREATE OR REPLACE FUNCTION app.settle_leases(meter_name text)
 RETURNS integer
 LANGUAGE plpgsql
AS $function$
declare
  due app.quota_leases%rowtype;
  place integer;
  spent bigint;
  settled integer := 0;
begin
  for due in
    select * from app.quota_leases l
    where l.tenant_id = app.current_tenant() and (meter_name is null or l.meter = meter_name)
      and (l.is_closed or l.expires_at <= clock_timestamp())
    for update skip locked
  loop
    place := app.hold_slot(due.tenant_id, due.meter, due.period);
    continue when place < 0;
    select l.used into spent from app.lease_use l where l.tenant_id = due.tenant_id and l.id = due.id;
    update app.usage_slots s set used = s.used + spent - due.amount
    where s.tenant_id = due.tenant_id and s.meter = due.meter and s.period = due.period and s.slot = place;
    if spent > 0 then
      perform app.write_ledger(due.meter, due.day, place, due.feature, due.api_key_id, spent);
    end if;
    delete from app.quota_leases l where l.tenant_id = due.tenant_id and l.id = due.id;
    settled := settled + 1;
  end loop;
  return settled;
end $function$;
alter function app.settle_leases(text) owner to tenantry_owner;
grant execute on function app.settle_leases(text) to tenantry_server;

CREATE OR REPLACE FUNCTION app.settle_usage(reservation uuid, actual bigint)
 RETURNS boolean
 LANGUAGE plpgsql
AS $function$
declare
  found_one app.usage_reservations%rowtype;
  change bigint;
begin
  select * into found_one from app.usage_reservations r
  where r.tenant_id = app.current_tenant() and r.id = reservation for update;
  if found_one.state is null or found_one.state not in ('OPEN', 'EXPIRED') then return false; end if;
  change := actual - case found_one.state when 'OPEN' then found_one.amount else 0 end;
  if change > 0 and found_one.period = app.meter_period(found_one.meter) then
    change := change - app.use_meter(found_one.meter, change, true, null, null);
  end if;
  if actual > 0 then
    perform app.write_ledger(found_one.meter, found_one.day, app.adjust_slots(found_one.meter, found_one.period, change),
      found_one.feature, found_one.api_key_id, actual);
  else
    perform app.adjust_slots(found_one.meter, found_one.period, change);
  end if;
  update app.usage_reservations r set state = 'SETTLED'
  where r.tenant_id = found_one.tenant_id and r.id = reservation;
  return true;
end $function$;
alter function app.settle_usage(uuid,bigint) owner to tenantry_owner;
grant execute on function app.settle_usage(uuid,bigint) to tenantry_server;

CREATE OR REPLACE FUNCTION app.similar_words(tenant uuid, typed text)
 RETURNS SETOF text
 LANGUAGE sql
 STABLE
 SET search_path TO 'app', 'pg_temp'
 SET plan_cache_mode TO 'force_generic_plan'
 SET enable_seqscan TO 'off'
 SET enable_indexscan TO 'off'
 SET enable_indexonlyscan TO 'off'
AS $function$
  select word
  from (
    select word, far, min(far) over () as nearest
    from (
      select word, case
          when strpos(word, typed) > 0 then 0
          when distance = 2 and length(word) = length(typed)
            and (select array_agg(c order by c) from unnest(string_to_array(word, null)) as c)
              = (select array_agg(c order by c) from unnest(string_to_array(typed, null)) as c) then 1
          else distance
        end as far
      from (
        select distinct k.word, extensions.levenshtein_less_equal(k.word, typed, 2) as distance
        from app.product_words k
        where k.tenant_id = tenant
          and (k.word like left(typed, 1) || '%' or k.word like substr(typed, 2, 1) || '%'
               or (length(typed) >= 4 and k.word like '%' || typed || '%'))
          and (abs(length(k.word) - length(typed)) <= 2 or strpos(k.word, typed) > 0)
      ) as candidate
    ) as measured
  ) as near
  where length(typed) between 3 and 40
    and far = nearest and far <= case when length(typed) <= 4 then 1 else 2 end
  order by abs(length(word) - length(typed)), word
  limit 5
$function$;
alter function app.similar_words(uuid,text) owner to tenantry_search;

CREATE OR REPLACE FUNCTION app.slot_lock(tenant uuid, meter_name text)
 RETURNS bigint
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
AS $function$ select hashtextextended(meter_name || tenant::text, 16) & (-32)::bigint $function$;
alter function app.slot_lock(uuid,text) owner to tenantry_owner;
grant execute on function app.slot_lock(uuid,text) to tenantry_server;

CREATE OR REPLACE FUNCTION app.sweep_accounts()
 RETURNS void
 LANGUAGE sql
 SECURITY DEFINER
 SET search_path TO 'app', 'pg_temp'
AS $function$
  delete from app.attempt_counters c where c.expires_at < now();
  delete from app.one_time_tokens t where t.expires_at < now();
  delete from app.sessions s where coalesce(s.revoked_at, s.expires_at) < now() - interval '30 days';
  delete from app.mails m where m.created_at < now() - interval '30 days';
$function$;
alter function app.sweep_accounts() owner to tenantry_accounts;
grant execute on function app.sweep_accounts() to tenantry_server;

CREATE OR REPLACE FUNCTION app.sweep_idempotency_keys(most integer)
 RETURNS integer
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'app', 'pg_temp'
AS $function$
declare
  removed integer;
begin
  if not pg_try_advisory_xact_lock(hashtextextended('sweep idempotency keys', 0)) then return 0; end if;
  delete from app.idempotency_keys k where k.expires_at <= now() and (k.tenant_id, k.key) in (
    select due.tenant_id, due.key from app.idempotency_keys due
    where due.expires_at <= now() order by due.expires_at limit most);
  get diagnostics removed = row_count;
  return removed;
end $function$;
alter function app.sweep_idempotency_keys(integer) owner to tenantry_purger;
grant execute on function app.sweep_idempotency_keys(integer) to tenantry_server;

CREATE OR REPLACE FUNCTION app.sweep_reservations()
 RETURNS integer
 LANGUAGE plpgsql
AS $function$
begin
  delete from app.usage_reservations r
  where r.tenant_id = app.current_tenant() and r.state <> 'OPEN' and r.expires_at < now() - interval '1 day';
  return app.expire_reservations(null) + app.settle_leases(null);
end $function$;
alter function app.sweep_reservations() owner to tenantry_owner;
grant execute on function app.sweep_reservations() to tenantry_server;

CREATE OR REPLACE FUNCTION app.take_attempts(subjects text[], limits integer[], window_seconds integer)
 RETURNS integer
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'app', 'pg_temp'
AS $function$
declare
  moment timestamptz := clock_timestamp();
  ends timestamptz := moment + make_interval(secs => window_seconds);
  hashed text;
begin
  for place in 1 .. cardinality(subjects) loop
    hashed := encode(sha256(convert_to(lower(subjects[place]), 'UTF8')), 'hex');
    insert into app.attempt_counters as c (key, used, expires_at) values (hashed, 1, ends)
    on conflict (key) do update
    set used = case when c.expires_at <= moment then 1 else c.used + 1 end,
        expires_at = case when c.expires_at <= moment then excluded.expires_at else c.expires_at end
    where c.expires_at <= moment or c.used < limits[place];
    if not found then
      return (select greatest(1, ceil(extract(epoch from c.expires_at - moment)))::integer
              from app.attempt_counters c where c.key = hashed);
    end if;
  end loop;
  return null;
end $function$;
alter function app.take_attempts(text[],integer[],integer) owner to tenantry_accounts;
grant execute on function app.take_attempts(text[],integer[],integer) to tenantry_server;

CREATE OR REPLACE FUNCTION app.take_slot(tenant uuid, meter_name text, started date, locks bigint, ceiling bigint, amount bigint, known integer, full_ones integer)
 RETURNS integer
 LANGUAGE plpgsql
AS $function$
declare
  place integer;
begin
  for turn in 0..15 loop
    place := case turn when 0 then 0 else 1 + (pg_backend_pid() + turn - 1) % 15 end;
    continue when full_ones & (1 << place) <> 0;
    if known & (1 << place) <> 0 then
      continue when not pg_try_advisory_xact_lock(locks | place);
      update app.usage_slots s set used = s.used + amount
      where s.tenant_id = tenant and s.meter = meter_name and s.period = started and s.slot = place
        and s.used + amount <= s.share and s.basis <= ceiling;
    else
      continue when amount > app.first_share(place, (ceiling * 4 + 4) / 5 - 1);
      continue when not pg_try_advisory_xact_lock(locks | place);
      insert into app.usage_slots (tenant_id, meter, period, slot, used, share, basis)
      values (tenant, meter_name, started, place, amount, app.first_share(place, (ceiling * 4 + 4) / 5 - 1), ceiling)
      on conflict do nothing;
      if found and place = 0 then
        -- The first of a period looks after the old ones; what is in flight may still be of the last.
        delete from app.usage_slots s
        where s.tenant_id = tenant and s.meter = meter_name and s.period < started - 62;
        return place;
      end if;
    end if;
    if found then return place; end if;
  end loop;
  return -1;
end $function$;
alter function app.take_slot(uuid,text,date,bigint,bigint,bigint,integer,integer) owner to tenantry_owner;
grant execute on function app.take_slot(uuid,text,date,bigint,bigint,bigint,integer,integer) to tenantry_server;

CREATE OR REPLACE FUNCTION app.take_slots(tenant uuid, meter_name text, started date, locks bigint, ceiling bigint, amount bigint)
 RETURNS integer
 LANGUAGE plpgsql
AS $function$
declare
  part record;
  remaining bigint := amount;
  held integer := -1;
begin
  for part in
    select place, coalesce(s.share - s.used, app.first_share(place, (ceiling * 4 + 4) / 5 - 1)) as room,
           s.slot is null as is_new
    from generate_series(0, 15) as place
    left join app.usage_slots s
      on s.tenant_id = tenant and s.meter = meter_name and s.period = started and s.slot = place
    order by room desc, place
  loop
    exit when remaining = 0 or part.room <= 0;
    continue when not pg_try_advisory_xact_lock(locks | part.place);
    if part.is_new then
      insert into app.usage_slots (tenant_id, meter, period, slot, used, share, basis)
      values (tenant, meter_name, started, part.place, least(remaining, part.room), part.room, ceiling)
      on conflict do nothing;
    else
      update app.usage_slots s set used = s.used + least(remaining, part.room)
      where s.tenant_id = tenant and s.meter = meter_name and s.period = started and s.slot = part.place
        and s.used + least(remaining, part.room) <= s.share and s.basis <= ceiling;
    end if;
    if found then
      remaining := remaining - least(remaining, part.room);
      held := part.place;
    end if;
  end loop;
  return case when remaining = 0 then held else -1 end;
end $function$;
alter function app.take_slots(uuid,text,date,bigint,bigint,bigint) owner to tenantry_owner;
grant execute on function app.take_slots(uuid,text,date,bigint,bigint,bigint) to tenantry_server;

CREATE OR REPLACE FUNCTION app.tenant_limit(meter_name text)
 RETURNS bigint
 LANGUAGE plpgsql
 STABLE
AS $function$
declare
  found_limit bigint;
begin
  select case when o.code is null then (p.limits ->> meter_name)::bigint else o.limit_value end into found_limit
  from app.tenants t join app.plans p on p.code = t.plan
  left join app.tenant_overrides o on o.tenant_id = t.id and o.kind = 'LIMIT' and o.code = meter_name
    and coalesce(o.expires_at > now(), true)
  where t.id = app.current_tenant();
  return coalesce(found_limit, 9007199254740991);
end $function$;
alter function app.tenant_limit(text) owner to tenantry_owner;
grant execute on function app.tenant_limit(text) to tenantry_operator;
grant execute on function app.tenant_limit(text) to tenantry_server;

CREATE OR REPLACE FUNCTION app.tenant_query(tenant uuid, query tsquery)
 RETURNS tsquery
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
AS $function$
  select regexp_replace(regexp_replace(query::text, '<[-0-9]+>', '&', 'g'), '''([^'']+)''', '''' || right(tenant::text, 8) || '\1''', 'g')::tsquery
$function$;
alter function app.tenant_query(uuid,tsquery) owner to tenantry_owner;
grant execute on function app.tenant_query(uuid,tsquery) to tenantry_message_search;
grant execute on function app.tenant_query(uuid,tsquery) to tenantry_operator;
grant execute on function app.tenant_query(uuid,tsquery) to tenantry_search;
grant execute on function app.tenant_query(uuid,tsquery) to tenantry_server;

CREATE OR REPLACE FUNCTION app.tenant_standing(of_tenant uuid)
 RETURNS TABLE(plan text, limits jsonb, features text[], reaches text[])
 LANGUAGE sql
 STABLE PARALLEL SAFE
AS $function$
  select s.plan, s.limits, s.features, s.reaches
  from app.tenants t cross join lateral app.plan_standing(t.id, t.plan) s
  where t.id = of_tenant
$function$;
alter function app.tenant_standing(uuid) owner to tenantry_lookup;
grant execute on function app.tenant_standing(uuid) to tenantry_operator;
grant execute on function app.tenant_standing(uuid) to tenantry_provisioner;
grant execute on function app.tenant_standing(uuid) to tenantry_server;

CREATE OR REPLACE FUNCTION app.tenant_words(tenant uuid, vector tsvector)
 RETURNS tsvector
 LANGUAGE plpgsql
 IMMUTABLE PARALLEL SAFE
AS $function$
declare
  own constant text := right(tenant::text, 8);
  word text;
  words text[] := '{}';
begin
  foreach word in array tsvector_to_array(vector) loop
    words := words || (own || case when octet_length(word) > 2039 then left(word, 500) else word end);
  end loop;
  return array_to_tsvector(words);
end $function$;
alter function app.tenant_words(uuid,tsvector) owner to tenantry_owner;
grant execute on function app.tenant_words(uuid,tsvector) to tenantry_message_search;
grant execute on function app.tenant_words(uuid,tsvector) to tenantry_operator;
grant execute on function app.tenant_words(uuid,tsvector) to tenantry_search;
grant execute on function app.tenant_words(uuid,tsvector) to tenantry_server;

CREATE OR REPLACE FUNCTION app.unroute_domain(own_domain text)
 RETURNS void
 LANGUAGE sql
 SECURITY DEFINER
 SET search_path TO 'app', 'pg_temp'
AS $function$
  update app.tenants t set domain = null
  where t.id = app.current_tenant() and t.domain = own_domain;
  delete from app.tenant_routes r
  where r.kind = 'DOMAIN' and r.key = own_domain and r.tenant_id = app.current_tenant()
$function$;
alter function app.unroute_domain(text) owner to tenantry_provisioner;
grant execute on function app.unroute_domain(text) to tenantry_operator;
grant execute on function app.unroute_domain(text) to tenantry_server;

CREATE OR REPLACE FUNCTION app.usage_notice(meter_name text, started date, percent integer, ceiling bigint)
 RETURNS text
 LANGUAGE sql
 STABLE PARALLEL SAFE
AS $function$
  select concat_ws(' ', 'usage', meter_name, percent, ceiling,
    case when started = date '1970-01-01' then app.meter_period('MONTH') else started end)
$function$;
alter function app.usage_notice(text,date,integer,bigint) owner to tenantry_owner;
grant execute on function app.usage_notice(text,date,integer,bigint) to tenantry_server;

CREATE OR REPLACE FUNCTION app.usage_today()
 RETURNS date
 LANGUAGE sql
 STABLE PARALLEL SAFE
AS $function$ select (now() at time zone 'utc')::date $function$;
alter function app.usage_today() owner to tenantry_owner;
grant execute on function app.usage_today() to tenantry_operator;
grant execute on function app.usage_today() to tenantry_server;

CREATE OR REPLACE FUNCTION app.use_meter(meter_name text, amount bigint, as_many boolean, feature_name text, key_id uuid)
 RETURNS bigint
 LANGUAGE plpgsql
AS $function$
declare
  tenant constant uuid := app.current_tenant();
  started constant date := app.meter_period(meter_name);
  ceiling constant bigint := app.tenant_limit(meter_name);
  locks constant bigint := app.slot_lock(tenant, meter_name);
  wanted integer;
  place integer := -1;
  taken bigint := amount;
begin
  if amount <= 0 then return 0; end if;
  -- Mostly slot 0 is free and has room; else this connection's own. Looking at all of them first is a third
  -- of the price of one, and of eight at once it is two thirds. The lock comes last (by CASE, for conditions
  -- are sorted by their price): who holds a slot without room is thought to have used what it may, by who
  -- looks for room.
  foreach wanted in array array[0, 1 + pg_backend_pid() % 15] loop
    update app.usage_slots s set used = s.used + amount
    where s.tenant_id = tenant and s.meter = meter_name and s.period = started and s.slot = wanted
      and case when s.used + amount <= s.share and s.basis <= ceiling
               then pg_try_advisory_xact_lock(locks | wanted) else false end;
    if found then
      place := wanted;
      exit;
    end if;
  end loop;
  if place < 0 then
    select s.taken, s.place into taken, place
    from app.look_for_slot(tenant, meter_name, started, locks, ceiling, amount, as_many) s;
  end if;
  if taken > 0 and feature_name is not null then
    update app.usage_days d set used = d.used + taken
    where d.tenant_id = tenant and d.meter = meter_name and d.day = app.usage_today() and d.slot = place
      and d.feature = feature_name and d.api_key_id = key_id;
    if not found then
      perform app.write_ledger(meter_name, app.usage_today(), place, feature_name, key_id, taken);
    end if;
  end if;
  return taken;
end $function$;
alter function app.use_meter(text,bigint,boolean,text,uuid) owner to tenantry_owner;
grant execute on function app.use_meter(text,bigint,boolean,text,uuid) to tenantry_server;

CREATE OR REPLACE FUNCTION app.use_meter_slowly(tenant uuid, meter_name text, started date, locks bigint, ceiling bigint, amount bigint, as_many boolean, highest bigint, OUT taken bigint, OUT place integer)
 RETURNS record
 LANGUAGE plpgsql
AS $function$
declare
  deadline constant timestamptz := clock_timestamp() + interval '900 ms';
  patience constant text := current_setting('lock_timeout');
  held integer := 0;
begin
  taken := 0;
  if amount > 1 and highest <= ceiling then
    begin
      place := app.take_slots(tenant, meter_name, started, locks, ceiling, amount);
      if place < 0 then raise exception using errcode = 'TN001'; end if;
      taken := amount;
      return;
    exception when sqlstate 'TN001' then null;
    end;
  end if;
  -- Whoever is over the limit for good hears it at once, and holds nothing.
  if app.is_over(tenant, meter_name, started, ceiling, case when as_many then 1 else amount end) then return; end if;
  begin
    perform set_config('lock_timeout', '900ms', true);
    perform pg_advisory_xact_lock(locks | 16);
    perform set_config('lock_timeout', patience, true);
    if not app.is_over(tenant, meter_name, started, ceiling, case when as_many then 1 else amount end) then
      loop
        for turn in 0..15 loop
          if held & (1 << turn) = 0 and pg_try_advisory_xact_lock(locks | turn) then held := held | (1 << turn); end if;
        end loop;
        perform app.expire_reservations(meter_name) where held <> 0;
        perform app.settle_leases(meter_name) where held <> 0;
        select s.taken, s.place into taken, place
        from app.recut_slots(tenant, meter_name, started, ceiling, amount, as_many, held,
          clock_timestamp() >= deadline
          or ((held = 65535 or app.waits_behind(locks, held)) and not app.is_leased(tenant, meter_name, started))) s;
        exit when taken >= 0;
        perform pg_sleep(0.001);
      end loop;
    end if;
    if taken > 0 then return; end if;
    raise exception using errcode = 'TN001';
  exception
    when sqlstate 'TN001' then taken := 0;
    when lock_not_available then
      -- Somebody near the mark is still at it. At the limit that is a no, before it only a pity.
      if not app.is_warned(tenant, meter_name, started, ceiling) then raise; end if;
      taken := 0;
  end;
end $function$;
alter function app.use_meter_slowly(uuid,text,date,bigint,bigint,bigint,boolean,bigint) owner to tenantry_owner;
grant execute on function app.use_meter_slowly(uuid,text,date,bigint,bigint,bigint,boolean,bigint) to tenantry_server;

CREATE OR REPLACE FUNCTION app.waits_behind(locks bigint, held integer)
 RETURNS boolean
 LANGUAGE sql
AS $function$
  with advisory as materialized (
    select l.pid, l.granted, (l.classid::bigint << 32) | l.objid::bigint as key
    from pg_locks l
    where l.locktype = 'advisory' and l.objsubid = 1 and l.pid <> pg_backend_pid()
      and l.database = (select d.oid from pg_database d where d.datname = current_database())
  )
  select not exists (
    select from generate_series(0, 15) as turn left join advisory a on a.granted and a.key = locks | turn
    where held & (1 << turn) = 0
      and not exists (select from advisory w where w.pid = a.pid and not w.granted and w.key = locks | 16))
$function$;
alter function app.waits_behind(bigint,integer) owner to tenantry_owner;
grant execute on function app.waits_behind(bigint,integer) to tenantry_server;

CREATE OR REPLACE FUNCTION app.walk_messages(tenant uuid, wanted tsquery, skipped integer, among integer, most integer)
 RETURNS uuid[]
 LANGUAGE plpgsql
 STABLE
 SET search_path TO 'app', 'pg_temp'
 SET plan_cache_mode TO 'force_generic_plan'
 SET enable_seqscan TO 'off'
 SET enable_bitmapscan TO 'off'
 SET enable_sort TO 'off'
AS $function$
begin
  return array(
    select next.id
    from (select m.id, m.search_vector from app.messages m
          where m.tenant_id = tenant order by m.created_at desc, m.id desc offset skipped limit among) as next
    where ts_match_vq(next.search_vector, wanted) limit most);
end $function$;
alter function app.walk_messages(uuid,tsquery,integer,integer,integer) owner to tenantry_message_search;

CREATE OR REPLACE FUNCTION app.walk_products(tenant uuid, wanted tsquery, bits integer[], most integer)
 RETURNS uuid[]
 LANGUAGE plpgsql
 STABLE
 SET search_path TO 'app', 'pg_temp'
 SET plan_cache_mode TO 'force_generic_plan'
 SET enable_seqscan TO 'off'
 SET enable_bitmapscan TO 'off'
 SET enable_hashjoin TO 'off'
 SET enable_mergejoin TO 'off'
 SET enable_sort TO 'off'
AS $function$
declare
  bit_1 constant bigint := bits[1];
  bit_2 constant bigint := bits[2];
  bit_3 constant bigint := coalesce(bits[3], bit_1);
  bit_4 constant bigint := coalesce(bits[4], bit_1);
  bit_5 constant bigint := coalesce(bits[5], bit_1);
  bit_6 constant bigint := coalesce(bits[6], bit_1);
begin
  if bits is null then
    return array(
      select p.id from app.products p where p.tenant_id = tenant and ts_match_vq(p.search_vector, wanted)
      order by p.created_at desc, p.id desc limit most);
  end if;
  return array(
    select next.id from app.products next
    where next.tenant_id = tenant
      and get_bit(next.search_signature, bit_1) = 1 and get_bit(next.search_signature, bit_2) = 1
      and get_bit(next.search_signature, bit_3) = 1 and get_bit(next.search_signature, bit_4) = 1
      and get_bit(next.search_signature, bit_5) = 1 and get_bit(next.search_signature, bit_6) = 1
      and (select ts_match_vq(p.search_vector, wanted) from app.products p where p.tenant_id = tenant and p.id = next.id)
    order by next.created_at desc, next.id desc limit most);
end $function$;
alter function app.walk_products(uuid,tsquery,integer[],integer) owner to tenantry_search;

CREATE OR REPLACE FUNCTION app.write_ledger(meter_name text, used_on date, place integer, feature_name text, key_id uuid, amount bigint)
 RETURNS void
 LANGUAGE plpgsql
AS $function$
begin
  insert into app.usage_days as d (tenant_id, meter, day, slot, feature, api_key_id, used)
  values (app.current_tenant(), meter_name, used_on, place, feature_name, key_id, amount)
  on conflict (tenant_id, meter, day, slot, feature, api_key_id) do update set used = d.used + excluded.used;
end $function$;
alter function app.write_ledger(text,date,integer,text,uuid,bigint) owner to tenantry_owner;
grant execute on function app.write_ledger(text,date,integer,text,uuid,bigint) to tenantry_server;

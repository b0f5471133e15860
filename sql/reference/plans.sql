-- The plans one starts with. Kept by their code: what an operator changed since is left alone.
set local role tenantry_owner;
insert into app.plans (code, name, description, position, self_service, limits, features) values
  ('BASIC', 'Basic', 'For a shop that begins: its catalogue, its conversations and its people.', 1, true, '{
    "MEMBERS": 100, "STORAGE_BYTES": 10737418240, "API_REQUESTS_PER_DAY": 1000, "MESSAGES_PER_DAY": 1000,
    "CONVERSATIONS_PER_MONTH": 1000, "PRODUCTS": 1000, "AI_TOKENS_PER_MONTH": 1000000}', '{}'),
  ('PREMIUM', 'Premium', 'For a business that grows: ten times as much, and a look at who uses what.', 2, true, '{
    "MEMBERS": 1000, "STORAGE_BYTES": 107374182400, "API_REQUESTS_PER_DAY": 10000, "MESSAGES_PER_DAY": 10000,
    "CONVERSATIONS_PER_MONTH": 10000, "PRODUCTS": 10000, "AI_TOKENS_PER_MONTH": 10000000}', '{}'),
  ('ENTERPRISE', 'Enterprise', 'Everything there is, for a company with rules of its own.', 3, true, '{
    "MEMBERS": 10000, "STORAGE_BYTES": 1099511627776, "API_REQUESTS_PER_DAY": 100000, "MESSAGES_PER_DAY": 100000,
    "CONVERSATIONS_PER_MONTH": 100000, "PRODUCTS": 500000, "AI_TOKENS_PER_MONTH": 100000000}', '{}'),
  ('CUSTOM', 'Custom', 'Everything there is, with limits that are agreed with an operator.', 4, false, '{}', '{}')
-- Of a time when plans had no description: nobody has changed one yet.
on conflict (code) do update set description = excluded.description, self_service = excluded.self_service
  where plans.description = '';

-- A feature that is new in this version comes to the plans that are named for it, once.
with known (code, name, description, position, starts_with) as (values
  ('PASSKEYS', 'Passkeys', 'Signing in with a fingerprint, a face or a security key.', 1, 'PREMIUM'),
  ('AUDIT_EXPORT', 'Audit export', 'The audit log as a file, at /exports/audit.jsonl.', 2, 'PREMIUM'),
  ('USAGE_ANALYTICS', 'Usage analytics', 'What was used, by API key and by feature.', 3, 'PREMIUM'),
  ('CUSTOM_DOMAIN', 'Own domain', 'Being reached under a domain of one’s own.', 4, 'ENTERPRISE'),
  ('SINGLE_SIGN_ON', 'Single sign-on', 'Signing in through the company’s own identity provider.', 5, 'ENTERPRISE')
), added as (
  insert into app.features (code, name, description, position)
  select code, name, description, position from known
  on conflict (code) do nothing returning code
)
update app.plans p set features = p.features || array(
    select k.code from known k join added using (code)
    join app.plans least on least.code = k.starts_with and least.position <= p.position
    where k.code <> all (p.features) order by k.position)
where p.code in ('BASIC', 'PREMIUM', 'ENTERPRISE', 'CUSTOM') and exists (select from added);
reset role;

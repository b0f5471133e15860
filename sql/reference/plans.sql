-- The plans one starts with. Kept by their code: what an operator changed since is left alone.
set local role tenantry_owner;
insert into app.plans (code, name, position, limits, features) values
  ('BASIC', 'Basic', 1, '{
    "MEMBERS": 100, "STORAGE_BYTES": 10737418240, "API_REQUESTS_PER_DAY": 1000, "MESSAGES_PER_DAY": 1000,
    "CONVERSATIONS_PER_MONTH": 1000, "PRODUCTS": 1000, "AI_TOKENS_PER_MONTH": 1000000}', '{}'),
  ('PREMIUM', 'Premium', 2, '{
    "MEMBERS": 1000, "STORAGE_BYTES": 107374182400, "API_REQUESTS_PER_DAY": 10000, "MESSAGES_PER_DAY": 10000,
    "CONVERSATIONS_PER_MONTH": 10000, "PRODUCTS": 10000, "AI_TOKENS_PER_MONTH": 10000000}', '{PASSKEYS}'),
  ('ENTERPRISE', 'Enterprise', 3, '{
    "MEMBERS": 10000, "STORAGE_BYTES": 1099511627776, "API_REQUESTS_PER_DAY": 100000, "MESSAGES_PER_DAY": 100000,
    "CONVERSATIONS_PER_MONTH": 100000, "PRODUCTS": 500000, "AI_TOKENS_PER_MONTH": 100000000}',
   '{PASSKEYS,SINGLE_SIGN_ON,CUSTOM_DOMAIN}'),
  ('CUSTOM', 'Custom', 4, '{}', '{PASSKEYS,SINGLE_SIGN_ON,CUSTOM_DOMAIN}')
on conflict (code) do nothing;
reset role;

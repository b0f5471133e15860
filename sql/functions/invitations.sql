-- Who an invitation is for. People are above tenants, so these act past the server's role; the token's
-- hash, of an invitation of the tenant that is set, is the only way in. Owned by tenantry_accounts.

drop function if exists app.find_invited(text), app.admit_invited(text, uuid, text, text);

-- The person whose address an open invitation was mailed to, and whether they can sign in with a password.
create function app.find_invited(given_token_hash text)
returns table (user_id uuid, has_password boolean)
language sql stable security definer set search_path = app, pg_temp
as $$
  select u.id, u.password_hash is not null
  from app.invitations i join app.users u on u.email = i.email
  where i.tenant_id = app.current_tenant() and i.token_hash = given_token_hash
    and i.closed_at is null and i.expires_at > now()
$$;

-- Makes the person, whom the mail with the token has reached: that proves their address. No row: the
-- invitation is not open, or the address has an account by now. Registrations that wait end, as when one
-- of them is confirmed.
create function app.admit_invited(given_token_hash text, new_user_id uuid, given_name text, given_password_hash text)
returns table (user_id uuid)
language plpgsql volatile security definer set search_path = app, pg_temp
as $$
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
end $$;

revoke all on function app.find_invited(text), app.admit_invited(text, uuid, text, text) from public;
grant execute on function app.find_invited(text), app.admit_invited(text, uuid, text, text) to tenantry_server;

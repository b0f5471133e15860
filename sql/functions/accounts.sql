-- People, their sessions and what proves an address. Each step is one function and so one transaction:
-- it changes what it changes, ends what it ends, queues the mail, writes the audit events and tells
-- every instance together, or not at all. Owned by tenantry_accounts; the server's role can call them
-- and can touch none of these tables by itself.

drop function if exists app.fail_sign_in(text, text, uuid, text, text, text), app.new_id(), app.audit_person(uuid, text, text, text, text),
  app.open_session(uuid, uuid, text, uuid, text, integer, text, text), app.find_account(uuid, uuid),
  app.list_sessions(uuid), app.end_session(uuid, uuid, text, text, text, text),
  app.find_session(text), app.adopt_home(uuid, uuid),
  app.rotate_refresh_token(text, text, uuid, text, integer, integer, integer, text, text, text),
  app.register(text, text, text, text, integer, uuid, text, text, text, text),
  app.resend_registration(text, text, integer, uuid, text, text), app.find_registration(text),
  app.confirm_registration(text, uuid),
  app.request_password_reset(text, text, integer, uuid, text, text, text, text, text),
  app.find_password_reset(text), app.reset_password(text, text, uuid, text, text, text, text, text),
  app.change_password(uuid, uuid, text, text, uuid, text, text, text, text, text),
  app.take_attempts(text[], integer[], integer), app.give_back_attempts(text[], text[]),
  app.sweep_accounts();

-- A UUIDv7 (RFC 9562) where the application cannot know how many will be needed. uuidv7() came with 18.
create function app.new_id() returns uuid
language sql volatile set search_path = pg_catalog, pg_temp
as $$
  select encode(set_bit(set_bit(overlay(
    uuid_send(gen_random_uuid())
    placing substring(int8send((extract(epoch from clock_timestamp()) * 1000)::bigint) from 3) from 1 for 6
  ), 52, 1), 53, 1), 'hex')::uuid
$$;

-- What a person does with their account is told in every business that they belong to. One statement:
-- a loop took longer by each of them.
create function app.audit_person(person uuid, what text, from_ip text, agent text, request text) returns void
language sql volatile set search_path = app, pg_temp
as $$
  insert into app.audit_events (tenant_id, id, actor_kind, actor_id, actor_name, action,
                                target_type, target_id, ip, user_agent, request_id)
  select m.tenant_id, app.new_id(), 'USER', person, m.name, what, 'Member', m.id, from_ip, agent, request
  from app.members m where m.user_id = person
$$;

-- Somebody knew an address and not the rest: told in the business that was meant, if the address's person
-- is in it, or else in their first. Asked for every failure, whoever exists, and waited for: where there
-- is nobody to tell, as much goes to the write-ahead log, so that the COMMIT waits for the disk as long.
create function app.fail_sign_in(given_email text, wanted_slug text, wanted_id uuid, from_ip text, agent text, request text)
returns void
language plpgsql volatile security definer set search_path = app, pg_temp
as $$
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
end $$;

-- null: the password that was checked is theirs no more, so that a change ends also who was just
-- signing in with the old one. Nobody comes in without the hash, whatever calls this.
create function app.open_session(session_id uuid, person uuid, verified_hash text, home uuid, refresh_hash text,
                                 idle_seconds integer, from_ip text, agent text)
returns timestamptz
language plpgsql volatile security definer set search_path = app, pg_temp
as $$
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
end $$;

-- Who a token without a business is of, while the session lives.
create function app.find_account(session_id uuid, person uuid)
returns table (name text, email text)
language sql stable security definer set search_path = app, pg_temp
as $$
  select u.name, u.email from app.sessions s join app.users u on u.id = s.user_id
  where s.id = session_id and s.user_id = person and s.revoked_at is null and s.expires_at > now()
$$;

create function app.list_sessions(person uuid)
returns table (id uuid, ip text, user_agent text, created_at timestamptz, last_seen_at timestamptz, expires_at timestamptz)
language sql stable security definer set search_path = app, pg_temp
as $$
  select s.id, s.ip, s.user_agent, s.created_at, coalesce(s.last_seen_at, s.created_at), s.expires_at
  from app.sessions s
  where s.user_id = person and s.revoked_at is null and s.expires_at > now()
  order by 5 desc, s.id limit 100
$$;

-- Whose session a refresh token belongs to, used or not: enough to sign out with.
create function app.find_session(refresh_hash text)
returns table (session_id uuid, user_id uuid)
language sql stable security definer set search_path = app, pg_temp
as $$
  select s.id, s.user_id from app.refresh_tokens r join app.sessions s on s.id = r.session_id
  where r.token_hash = refresh_hash
$$;

-- false: it is not theirs, or has ended before.
create function app.end_session(person uuid, session_id uuid, what text, from_ip text, agent text, request text)
returns boolean
language plpgsql volatile security definer set search_path = app, pg_temp
as $$
begin
  update app.sessions s set revoked_at = now()
  where s.id = session_id and s.user_id = person and s.revoked_at is null and s.expires_at > now();
  if not found then return false; end if;
  perform app.audit_person(person, what, from_ip, agent, request);
  perform pg_notify('tenantry_identity', session_id::text);
  return true;
end $$;

-- The first business that somebody without one goes to becomes what their session refreshes to.
create function app.adopt_home(session_id uuid, home uuid) returns void
language sql volatile security definer set search_path = app, pg_temp
as $$
  update app.sessions s set home_tenant_id = home where s.id = session_id and s.home_tenant_id is null
$$;

-- Trades a refresh token for the next of its family. The session's row is the lock: of two that come
-- at once the second finds the token used. Within the grace that is one client that asked twice, and
-- it gets nothing; later it is a copy in other hands, and the session ends.
-- outcome: ROTATED, UNKNOWN, TWICE, REUSED, NO_MEMBERSHIP (the token stays good).
create function app.rotate_refresh_token(
  old_hash text, new_hash text, wanted_id uuid, wanted_slug text,
  idle_seconds integer, longest_seconds integer, grace_seconds integer,
  from_ip text, agent text, request text)
returns table (outcome text, session_id uuid, user_id uuid, tenant_id uuid, expires_at timestamptz)
language plpgsql volatile security definer set search_path = app, pg_temp
as $$
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
end $$;

-- A registration waits in its token. To an address that has an account goes the other mail.
create function app.register(
  given_email text, given_name text, given_password_hash text, new_token_hash text, lifetime_seconds integer,
  mail_id uuid, new_subject text, new_body text, known_subject text, known_body text)
returns void
language plpgsql volatile security definer set search_path = app, pg_temp
as $$
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
end $$;

-- Mails a registration that still waits anew, under a token of its own. Where several with different
-- passwords wait, nobody can say whose mail was asked for, and the wrong one would let its author in:
-- whoever it was registers once more.
create function app.resend_registration(
  given_email text, new_token_hash text, lifetime_seconds integer, mail_id uuid, mail_subject text, mail_body text)
returns void
language plpgsql volatile security definer set search_path = app, pg_temp
as $$
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
end $$;

-- What waits in a token: whoever confirms it has to know its password.
create function app.find_registration(given_token_hash text)
returns table (email text, password_hash text)
language sql stable security definer set search_path = app, pg_temp
as $$
  select t.email, t.password_hash from app.one_time_tokens t
  where t.token_hash = given_token_hash and t.kind = 'REGISTRATION' and t.expires_at > now()
$$;

-- Makes the person, or gives one who was only invited a password. No row: the token is used up, has
-- run out, or the address has an account by now.
create function app.confirm_registration(given_token_hash text, new_user_id uuid)
returns table (user_id uuid, email text)
language plpgsql volatile security definer set search_path = app, pg_temp
as $$
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
end $$;

-- For an address that nobody has, a token that opens nothing is kept all the same: it takes as long.
create function app.request_password_reset(
  given_email text, new_token_hash text, lifetime_seconds integer, mail_id uuid, mail_subject text, mail_body text,
  from_ip text, agent text, request text)
returns void
language plpgsql volatile security definer set search_path = app, pg_temp
as $$
declare
  person uuid := (select u.id from app.users u where u.email = lower(given_email));
begin
  insert into app.one_time_tokens (token_hash, kind, email, user_id, expires_at)
  values (new_token_hash, 'PASSWORD_RESET', lower(given_email), person,
          now() + make_interval(secs => lifetime_seconds));
  if person is null then return; end if;
  perform app.queue_mail(mail_id, lower(given_email), mail_subject, mail_body);
  perform app.audit_person(person, 'member.passwordResetRequested', from_ip, agent, request);
end $$;

create function app.find_password_reset(given_token_hash text)
returns table (email text)
language sql stable security definer set search_path = app, pg_temp
as $$
  select u.email from app.one_time_tokens t join app.users u on u.id = t.user_id
  where t.token_hash = given_token_hash and t.kind = 'PASSWORD_RESET' and t.expires_at > now()
$$;

-- false: the token is used up or has run out. Whoever reads the address's mail has proved it.
create function app.reset_password(
  given_token_hash text, new_password_hash text, mail_id uuid, mail_subject text, mail_body text,
  from_ip text, agent text, request text)
returns boolean
language plpgsql volatile security definer set search_path = app, pg_temp
as $$
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
end $$;

-- false: the password is no longer the one that was checked. Every session but this one ends.
create function app.change_password(
  person uuid, current_session uuid, old_password_hash text, new_password_hash text,
  mail_id uuid, mail_subject text, mail_body text, from_ip text, agent text, request text)
returns boolean
language plpgsql volatile security definer set search_path = app, pg_temp
as $$
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
end $$;

-- Counts one attempt on each subject before anything is looked at. Answers null when all had one left,
-- else in how many seconds the first that had none has one again. The row is the lock, so of any number
-- at once exactly `limits` pass. Clients first, addresses last: a client that has none left uses up
-- nobody's address, and no two can wait for each other.
create function app.take_attempts(subjects text[], limits integer[], window_seconds integer)
returns integer
language plpgsql volatile security definer set search_path = app, pg_temp
as $$
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
end $$;

-- After a success: what was tried for `cleared` is forgotten, one attempt of `returned` is given back.
create function app.give_back_attempts(cleared text[], returned text[]) returns void
language sql volatile security definer set search_path = app, pg_temp
as $$
  update app.attempt_counters c set used = greatest(c.used - 1, 0)
  where c.key in (select encode(sha256(convert_to(lower(subject), 'UTF8')), 'hex') from unnest(returned) subject);
  delete from app.attempt_counters c
  where c.key in (select encode(sha256(convert_to(lower(subject), 'UTF8')), 'hex') from unnest(cleared) subject);
$$;

-- Removes what has run out. An ended session stays for a month, for whoever asks what happened.
create function app.sweep_accounts() returns void
language sql volatile security definer set search_path = app, pg_temp
as $$
  delete from app.attempt_counters c where c.expires_at < now();
  delete from app.one_time_tokens t where t.expires_at < now();
  delete from app.sessions s where coalesce(s.revoked_at, s.expires_at) < now() - interval '30 days';
  delete from app.mails m where m.created_at < now() - interval '30 days';
$$;

do $$
declare
  made regprocedure;
begin
  for made in
    select p.oid::regprocedure from pg_proc p
    where p.pronamespace = 'app'::regnamespace and p.proowner = 'tenantry_accounts'::regrole
  loop
    execute format('revoke all on function %s from public', made);
    execute format('grant execute on function %s to tenantry_server', made);
  end loop;
end $$;
-- A step of the others.
revoke all on function app.audit_person(uuid, text, text, text, text) from tenantry_server;

-- The mail queue. Owned by tenantry_accounts, for the server's role may touch none of its rows by
-- itself: it hands a mail in with the change that it tells of, and takes what is due to send it.

drop function if exists app.queue_mail(uuid, text, text, text), app.claim_mail(integer),
  app.finish_mail(uuid, text, double precision), app.read_outbox(integer);

create function app.queue_mail(mail_id uuid, mail_to text, mail_subject text, mail_body text)
returns void
language plpgsql volatile security definer set search_path = app, pg_temp
as $$
begin
  insert into app.mails (id, recipient, subject, body) values (mail_id, mail_to, mail_subject, mail_body);
  perform pg_notify('tenantry_mail', ''); -- delivered at COMMIT, once for many
end $$;

-- Takes the one that is due the longest. The lease is written before anything is sent and committed
-- with the statement, so no transaction is open meanwhile; a sender that dies is followed by another
-- when it has run out. SKIP LOCKED: two that ask at once get two different ones.
create function app.claim_mail(lease_seconds integer)
returns table (id uuid, recipient text, subject text, body text, attempts integer)
language sql volatile security definer set search_path = app, pg_temp
as $$
  update app.mails m
  set due_at = now() + make_interval(secs => lease_seconds), attempts = m.attempts + 1
  where m.id = (
    select due.id from app.mails due where due.due_at <= now() + interval '1 millisecond' -- kept rounded
    order by due.due_at limit 1 for update skip locked)
  returning m.id, m.recipient, m.subject, m.body, m.attempts
$$;

-- failure null: sent. retry_seconds null: given up. Both erase the text.
create function app.finish_mail(mail_id uuid, failure text, retry_seconds double precision)
returns void
language sql volatile security definer set search_path = app, pg_temp
as $$
  update app.mails m
  set due_at = now() + make_interval(secs => retry_seconds),
      body = case when failure is not null and retry_seconds is not null then m.body end,
      sent_at = case when failure is null then now() end,
      failed_at = case when failure is not null and retry_seconds is null then now() end,
      last_error = failure
  where m.id = mail_id and m.sent_at is null
$$;

create function app.read_outbox(how_many integer)
returns table (id uuid, recipient text, subject text, body text, created_at timestamptz, due_at timestamptz,
               attempts integer, sent_at timestamptz, failed_at timestamptz, last_error text)
language sql stable security definer set search_path = app, pg_temp
as $$
  select m.id, m.recipient, m.subject, m.body, m.created_at, m.due_at, m.attempts, m.sent_at, m.failed_at, m.last_error
  from app.mails m order by m.created_at desc, m.id desc limit how_many
$$;

revoke all on function app.queue_mail(uuid, text, text, text), app.claim_mail(integer),
  app.finish_mail(uuid, text, double precision), app.read_outbox(integer) from public;
grant execute on function app.queue_mail(uuid, text, text, text), app.claim_mail(integer),
  app.finish_mail(uuid, text, double precision), app.read_outbox(integer) to tenantry_server;

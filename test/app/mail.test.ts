import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { createLogger } from '../../src/app/logger.ts';
import { startMailWorker } from '../../src/app/mailWorker.ts';
import { queueMail } from '../../src/auth/mailQueue.ts';
import { openMailClient } from '../../src/clients/mail.ts';
import { runTenantry } from '../cli/runTenantry.ts';
import { startTestServer, type TestServer } from '../support/server.ts';
import { type SmtpSink, startSmtpSink } from '../support/smtpServer.ts';

const from = 'Tenantry <no-reply@tenantry.example>';
const logger = createLogger('silent');
let server: TestServer;
let tenantId: string;
const sinks: SmtpSink[] = [];

beforeAll(async () => {
  server = await startTestServer();
  [tenantId] = (await server.asAdmin(`select id from app.tenants where slug = 'lumen'`)).map(
    ({ id }) => String(id),
  ) as [string];
});
beforeEach(() => server.asAdmin('delete from app.mails'));
afterAll(async () => {
  await Promise.all(sinks.map((sink) => sink.close()));
  await server?.close();
});

async function sink(...options: Parameters<typeof startSmtpSink>): Promise<SmtpSink> {
  const started = await startSmtpSink(...options);
  sinks.push(started);
  return started;
}

const queue = (...recipients: string[]) =>
  server.database.withTenant(tenantId, { mode: 'write' }, async (tx) => {
    for (const to of recipients) {
      await queueMail(tx, { to, subject: 'Grüße', text: 'A secret: tot_canary\n' });
    }
  });
const worker = (url: string, retries?: readonly number[]) =>
  startMailWorker(server.database, openMailClient(url, from), logger, {
    stopMilliseconds: 500,
    ...(retries === undefined ? {} : { retries }),
  });
const row = async (recipient: string) =>
  (await server.asAdmin('select * from app.mails where recipient = $1', [recipient]))[0];
const messageId = (raw: string) => /^Message-ID: (<.*>)\r$/m.exec(raw)?.[1];

test('a mail is sent after COMMIT, and its text erased', async () => {
  const smtp = await sink();
  const sending = worker(smtp.url);
  await server.database
    .withTenant(tenantId, { mode: 'write' }, async (tx) => {
      await queueMail(tx, { to: 'undone@b.example', subject: 'x', text: 'x' });
      throw new Error('undone');
    })
    .catch(() => undefined);
  await queue('a@b.example');
  sending.wake();
  await smtp.until(1);
  await sending.close();
  const [taken] = smtp.taken;
  expect(taken?.to).toBe('a@b.example');
  expect(taken?.raw).toContain('A secret: tot_canary');
  expect(taken?.raw).toMatch(/^From: Tenantry <no-reply@tenantry.example>\r$/m);
  const kept = await row('a@b.example');
  expect(kept).toMatchObject({ body: null, failed_at: null, due_at: null, attempts: 1 });
  expect(kept?.sent_at).toBeInstanceOf(Date);
  expect(messageId(taken?.raw ?? '')).toBe(`<${kept?.id}@tenantry.example>`);
  expect(await row('undone@b.example')).toBeUndefined();
});

test('a running server sends what is queued at once: it hears of it', async () => {
  const smtp = await sink();
  const settings = { SMTP_URL: smtp.url, MAIL_FROM: from };
  const other = await startTestServer(settings);
  const [lumen] = await other.asAdmin(`select id from app.tenants where slug = 'lumen'`);
  const since = performance.now();
  await other.database.withTenant(String(lumen?.id), { mode: 'write' }, (tx) =>
    queueMail(tx, { to: 'a@b.example', subject: 'x', text: 'x' }),
  );
  await smtp.until(1);
  expect(performance.now() - since).toBeLessThan(3_000); // far below the time between two looks
  await other.close();
});

test('what is refused for now is tried again with the same Message-ID, for good it is given up', async () => {
  const smtp = await sink();
  const sending = worker(smtp.url, [0.1, 0.1]);
  await queue('nobody@b.example', 'busy@b.example', 'dropped@b.example');
  sending.wake();
  await expect.poll(async () => (await row('busy@b.example'))?.sent_at).toBeTruthy();
  await expect.poll(async () => (await row('dropped@b.example'))?.sent_at).toBeTruthy();
  const given = await row('nobody@b.example');
  expect(given).toMatchObject({ attempts: 1, body: null, sent_at: null, due_at: null });
  expect(given?.failed_at).toBeInstanceOf(Date);
  expect(given?.last_error).toContain('550');
  expect(await row('busy@b.example')).toMatchObject({ attempts: 2 });
  const ids = smtp.taken
    .filter(({ to }) => to === 'dropped@b.example')
    .map(({ raw }) => messageId(raw));
  expect(ids).toHaveLength(2);
  expect(new Set(ids).size).toBe(1);
  await sending.close();
});

test('no server, or one that refuses us, fails no mail for good before the last try', async () => {
  const gone = await startSmtpSink();
  await gone.close();
  const wrong = await sink();
  for (const url of [
    gone.url,
    wrong.url.replace('p%40ss', 'wrong'),
    wrong.url.replace(/\/\/.*@/, '//'),
  ]) {
    await server.asAdmin('delete from app.mails');
    await queue('a@b.example');
    const sending = worker(url, [0.1, 3_600]);
    await expect.poll(() => row('a@b.example'), { message: url }).toMatchObject({ attempts: 2 });
    await sending.close();
    expect(await row('a@b.example')).toMatchObject({ sent_at: null, failed_at: null });
    expect((await row('a@b.example'))?.body).toContain('canary');
  }
  expect(wrong.taken).toEqual([]);
  await server.asAdmin('update app.mails set due_at = now()');
  const last = worker(gone.url, [0.1]);
  await expect.poll(async () => (await row('a@b.example'))?.failed_at).toBeTruthy();
  await last.close();
  expect(await row('a@b.example')).toMatchObject({ body: null, attempts: 3 });
});

test('two senders send each mail once, with no transaction open meanwhile', async () => {
  let open: unknown[] = [];
  const smtp = await sink({
    async onData() {
      const states = await server.asAdmin(
        `select state, query from pg_stat_activity
         where usename = 'tenantry_server' and datname = current_database() and state ~ '^idle in transaction'`,
      );
      open = [...open, ...states];
    },
  });
  const recipients = Array.from({ length: 30 }, (_, index) => `p${index}@b.example`);
  await queue(...recipients);
  const senders = [worker(smtp.url), worker(smtp.url)];
  await smtp.until(recipients.length);
  await Promise.all(senders.map((sending) => sending.close()));
  expect(smtp.taken.map(({ to }) => to).toSorted()).toEqual(recipients.toSorted());
  expect(open).toEqual([]);
  const unsent = await server.asAdmin('select id from app.mails where sent_at is null');
  expect(unsent).toEqual([]);
});

test('a stop waits for what is being sent; a sender that dies is followed by another', async () => {
  let release: () => void = () => undefined;
  const held = new Promise<void>((resolve) => {
    release = resolve;
  });
  const smtp = await sink({ onData: () => held });
  await queue('a@b.example', 'b@b.example');
  const sending = worker(smtp.url);
  await smtp.until(2);
  const stopped = sending.close();
  // Taken, and nobody else's until the lease runs out.
  const other = worker((await sink()).url);
  await other.close();
  expect(await row('a@b.example')).toMatchObject({ attempts: 1, sent_at: null });
  release();
  await stopped;
  expect((await row('a@b.example'))?.sent_at).toBeInstanceOf(Date);
  await server.asAdmin(`update app.mails set sent_at = null, due_at = now(), body = 'again'`);
  const heir = await sink();
  const next = worker(heir.url);
  await heir.until(2);
  await next.close();
  expect(heir.taken.map(({ raw }) => messageId(raw)).toSorted()).toEqual(
    smtp.taken.map(({ raw }) => messageId(raw)).toSorted(),
  );
});

test('a stop does not wait for a server that says nothing, and the mail stays to be sent', async () => {
  const smtp = await sink({ onData: () => new Promise(() => undefined) });
  await queue('a@b.example');
  const sending = worker(smtp.url);
  await smtp.until(1);
  const since = performance.now();
  await sending.close();
  expect(performance.now() - since).toBeLessThan(2_000);
  const kept = await row('a@b.example');
  expect(kept).toMatchObject({ sent_at: null, failed_at: null });
  expect(kept?.body).toContain('canary');
});

test('the outbox shows what was not sent, to this machine alone', async () => {
  await queue('<a>@b.example');
  const page = await fetch(`${server.url}/outbox`, { headers: { Accept: 'text/html' } });
  expect(page.headers.get('content-security-policy')).toContain("default-src 'none'");
  const html = await page.text();
  expect(html).toContain('tot_canary');
  expect(html).toContain('&lt;a&gt;@b.example');
  const json = await (await fetch(`${server.url}/outbox`)).json();
  expect(json).toMatchObject([{ to: '<a>@b.example', state: 'QUEUED' }]);
  const printed = await runTenantry(server.environment, 'outbox', '--json');
  expect(JSON.parse(printed.stdout)).toEqual(json);
  for (const headers of [
    { 'X-Forwarded-For': '127.0.0.1' },
    { Origin: 'https://evil.example' },
    { 'Sec-Fetch-Site': 'cross-site' },
  ]) {
    const refused = await fetch(`${server.url}/outbox`, { headers });
    expect(refused.status).toBe(403);
    expect(await refused.text()).not.toContain('canary');
  }
  const production = await startTestServer({ DEMO_IDENTITIES: 'off' });
  expect((await fetch(`${production.url}/outbox`)).status).toBe(404);
  await production.close();
});

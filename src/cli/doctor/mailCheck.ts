import type { Config } from '../../config.ts';
import { type Check, failed, ok, warning } from './check.ts';

/** Whether the mail server lets us in; no mail is sent. */
export async function checkMail({ smtpUrl, mailFrom, environment }: Config): Promise<Check> {
  const name = 'mail';
  if (smtpUrl === undefined) {
    const said = 'SMTP_URL is not set: mail stays in the outbox.';
    if (environment !== 'production') return ok(name, said);
    return warning(name, said, 'Set it, or nobody can register, be invited or reset a password.');
  }
  // Only now: it takes a tenth of a second to load.
  const { openMailClient } = await import('../../clients/mail.ts');
  const { host } = new URL(smtpUrl);
  const client = openMailClient(smtpUrl, mailFrom);
  try {
    await client.verify();
    return ok(name, `${host} lets us in, for mail from ${mailFrom}.`);
  } catch (error) {
    const said = `${host} does not let us in: ${(error as Error).message}`;
    return failed(
      name,
      said,
      'Check SMTP_URL and that this machine may reach it; mail waits for a day.',
    );
  } finally {
    client.close();
  }
}

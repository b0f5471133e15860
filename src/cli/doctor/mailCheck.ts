<<<<<<< HEAD

import { tryMailServer } from '../../clients/mail.ts';
import type { Config } from '../../config.ts';
import { type Check, failed, ok, warning } from './check.ts';

/** Whether mail could be sent: the server that SMTP_URL names is spoken to, and gets none. */
=======

import type { Config } from '../../config.ts';
import { type Check, failed, ok, warning } from './check.ts';

/** Whether the mail server lets us in; no mail is sent. */
>>>>>>> 8dd642a76881eeea6691b57e51c1279679eb88df
export async function checkMail({ smtpUrl, mailFrom, environment }: Config): Promise<Check> {
  const name = 'mail';
  if (smtpUrl === undefined) {
    const said = 'SMTP_URL is not set: mail stays in the outbox.';
    if (environment !== 'production') return ok(name, said);
<<<<<<< HEAD
    const fix = 'Set it: nobody can register, be invited or reset a password without mail.';
    return warning(name, said, fix);
  }
  const { hostname, port } = new URL(smtpUrl);
  const server = port === '' ? hostname : `${hostname}:${port}`;
  const problem = await tryMailServer(smtpUrl);
  if (problem === null) return ok(name, `${server} takes mail from ${mailFrom}.`);
  if (problem.kind === 'SIGN_IN') {
    const fix = 'Put user and password into SMTP_URL, signs in them percent-encoded (@ is %40).';
    return failed(name, `${server} does not let us sign in: ${problem.message}.`, fix);
  }
  const fix =
    'Check host and port in SMTP_URL (smtp:// is port 587, smtps:// 465), and that a firewall lets them through.';
  return failed(name, `${server} cannot be reached: ${problem.message}.`, fix);
=======
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
>>>>>>> 8dd642a76881eeea6691b57e51c1279679eb88df
}

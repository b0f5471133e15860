import { tryMailServer } from '../../clients/mail.ts';
import type { Config } from '../../config.ts';
import { type Check, failed, ok, warning } from './check.ts';

/** Whether mail could be sent: the server that SMTP_URL names is spoken to, and gets none. */
export async function checkMail({ smtpUrl, mailFrom, environment }: Config): Promise<Check> {
  const name = 'mail';
  if (smtpUrl === undefined) {
    const said = 'SMTP_URL is not set: mail stays in the outbox.';
    if (environment !== 'production') return ok(name, said);
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
}

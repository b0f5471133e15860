import type { Mail } from './mailQueue.ts';

type Text = Omit<Mail, 'to'>;

// No name and nothing else that was typed in stands in these: whoever registers a foreign address would
// write to it. The token stands behind a #, so that it reaches no server's log and no Referer.

const signature = '-- \nTenantry';

/** A link for people, and the same for who works with curl. */
function confirmMail(publicUrl: string, token: string, page: string, mutation: string): string {
  return `${publicUrl}/account/${page}#token=${token}

Without a browser, send it to ${publicUrl}/graphql:

${mutation}`;
}

export const verificationMail = (publicUrl: string, token: string): Text => ({
  subject: 'Confirm your e-mail address',
  text: `Somebody, probably you, registered at Tenantry with this address. To confirm it, open this link
within 24 hours and enter the password that you chose:

${confirmMail(
  publicUrl,
  token,
  'verify',
  `mutation { emailVerify(input: { token: "${token}", password: "…" }) { email userErrors { message } } }`,
)}

If it was not you, do nothing: no account is made.

${signature}
`,
});

export const alreadyRegisteredMail = (publicUrl: string): Text => ({
  subject: 'You have an account already',
  text: `Somebody, probably you, tried to register at Tenantry with this address. It has an account: sign in with
your password. If you have forgotten it, ask for a new one at

${publicUrl}/account/reset

If it was not you, do nothing: your account is as it was.

${signature}
`,
});

export const passwordResetMail = (publicUrl: string, token: string): Text => ({
  subject: 'Set a new password',
  text: `Somebody, probably you, asked to set a new password at Tenantry. To do so, open this link within an hour:

${confirmMail(
  publicUrl,
  token,
  'reset',
  `mutation { passwordReset(input: { token: "${token}", newPassword: "…" }) { done userErrors { message } } }`,
)}

If it was not you, do nothing: your password is as it was.

${signature}
`,
});

export const passwordChangedMail = (publicUrl: string): Text => ({
  subject: 'Your password was changed',
  text: `The password of your Tenantry account was changed, and other devices were signed out.

If it was not you, set a new one at once at

${publicUrl}/account/reset

${signature}
`,
});

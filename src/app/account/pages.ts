import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { ServerResponse } from 'node:http';
import type { HttpRoutes } from '../http.ts';

/**
 * The pages that links in mails lead to: they do with a button what `emailVerify`, `passwordReset`,
 * `passwordResetRequest` and `invitationAccept` do. Opening one does nothing: mail scanners open every
 * link.
 */
export function accountPageRoutes(): HttpRoutes['routes'] {
  return new Map([
    ['GET /account/verify', (_request, response) => answer(response, 'verify', verification)],
    ['GET /account/reset', (_request, response) => answer(response, 'reset', reset)],
    ['GET /account/invitation', (_request, response) => answer(response, 'invitation', invitation)],
  ]);
}

const verification = {
  script: 'page.js',
  title: 'Confirm your e-mail address',
  body: `<form data-step="verify" data-send="verify" data-done="Thank you. You can sign in now." hidden>
<label>The password that you chose <input type="password" name="password" autocomplete="current-password" required></label>
<p>If you did not register, close this page: no account is made.</p>
<button>Confirm</button> <output role="status"></output>
</form>
<p data-step="unknown" hidden>Open the link in the mail once more: it has to be whole.</p>`,
};

const reset = {
  script: 'page.js',
  title: 'Set a new password',
  body: `<form data-step="reset" data-send="reset" data-done="Your password is set. Sign in with it." hidden>
<label>New password <input type="password" name="newPassword" autocomplete="new-password" minlength="12" required></label>
<p>At least 12 characters; several words that do not belong together are best.</p>
<button>Set it</button> <output role="status"></output>
</form>
<form data-step="request" data-send="request" data-done="If the address has an account, a mail is on its way." hidden>
<label>E-mail address <input type="email" name="email" autocomplete="username" required></label>
<button>Send me a link</button> <output role="status"></output>
</form>`,
};

const invitation = {
  script: 'invitation.js',
  title: 'Join a business',
  body: `<p data-step="newcomer member" hidden><b data-show="inviterName"></b> invites you to join
<b data-show="businessName"></b> as <b data-show="role"></b>, with the address <b data-show="email"></b>.</p>
<form data-step="newcomer" hidden>
<label>Your name <input name="name" autocomplete="name" maxlength="100" required></label>
<label>Password for your new account <input type="password" name="password" autocomplete="new-password" minlength="12" required></label>
<p>At least 12 characters; several words that do not belong together are best.</p>
<button>Join</button> <output role="status"></output>
</form>
<form data-step="member" hidden>
<label>Password of your account <input type="password" name="password" autocomplete="current-password" required></label>
<button>Join</button> <output role="status"></output>
</form>
<p data-step="unknown" data-show="problem" hidden>Open the link in the mail once more: it has to be whole.</p>`,
};

async function answer(
  response: ServerResponse,
  page: string,
  { script: file, title, body }: typeof reset,
): Promise<void> {
  const script = await readFile(new URL(`./browser/${file}`, import.meta.url), 'utf8');
  const nonce = randomBytes(16).toString('base64url');
  response.setHeader('Content-Type', 'text/html; charset=utf-8');
  response.setHeader('Cache-Control', 'no-store');
  response.setHeader('Referrer-Policy', 'no-referrer');
  response.setHeader('Cross-Origin-Opener-Policy', 'same-origin');
  response.setHeader(
    'Content-Security-Policy',
    `default-src 'none'; script-src 'nonce-${nonce}'; style-src 'nonce-${nonce}'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`,
  );
  response.end(`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title>
<style nonce="${nonce}">body{font:18px/1.5 system-ui;max-width:32rem;margin:4rem auto;padding:0 1rem}
input{font:inherit;display:block;width:100%;box-sizing:border-box;padding:.4rem}button{font:inherit;padding:.4rem 1rem;margin-top:1rem}</style>
</head>
<body data-page="${page}">
<h1>${title}</h1>
${body}
<noscript>This page needs JavaScript; the mail also says how to do it without.</noscript>
<script type="module" nonce="${nonce}">${script}</script>
</body>
</html>
`);
}

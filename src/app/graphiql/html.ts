import { escapeHtml } from '../escapeHtml.ts';
import type { DemoIdentity } from './identities.ts';

/** What the browser's side is told. */
export interface PageSettings {
  /** Empty: everybody brings a credential of their own. */
  readonly identities: readonly DemoIdentity[];
  readonly tabs: readonly { query: string; variables: string }[];
}

/** The page around GraphiQL. What it does is in browser/page.js. */
export function pageHtml(nonce: string, settings: PageSettings): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Tenantry GraphiQL</title>
<link rel="icon" href="${icon}">
<link rel="stylesheet" href="/graphiql/graphiql.css">
<link rel="stylesheet" href="/graphiql/page.css">
</head>
<body>
<header id="bar">
<strong class="brand"><img src="${icon}" alt="" width="22" height="22"> Tenantry</strong>
<div id="identities" role="group" aria-label="Who sends the requests"><span class="caption">Send as</span>${settings.identities.map(identityButton).join('')}<button type="button" id="own" aria-pressed="false" title="A token or an API key that you have">Own…</button></div>
<output id="who" aria-live="polite"></output>
<span class="actions"><button type="button" id="reset" title="Brings the example operations back, as they were">Reset</button><button type="button" id="help">New here?</button></span>
</header>
<p id="notice" role="alert" hidden></p>
<noscript>GraphiQL is a program in your browser: allow JavaScript for this page.</noscript>
<div id="root"><p class="loading">Loading GraphiQL …</p></div>
${credentialDialog}
${helpDialog(settings.identities)}
<script type="application/json" id="settings" nonce="${nonce}">${scriptSafe(settings)}</script>
<script nonce="${nonce}" src="/graphiql/graphiql.js"></script>
<script type="module" nonce="${nonce}" src="/graphiql/page.js"></script>
</body>
</html>
`;
}

const identityButton = ({ key, label, hint }: DemoIdentity): string =>
  `<button type="button" data-identity="${key}" aria-pressed="false" title="${escapeHtml(hint)}">${escapeHtml(`${label.charAt(0).toUpperCase()}${label.slice(1)}`)}</button>`;

const credentialDialog = `<dialog id="credentialDialog" aria-labelledby="credentialTitle">
<form method="dialog" id="credentialForm">
<h2 id="credentialTitle">Own credential</h2>
<p>Paste an access token or an API key. It is sent as <code>Authorization: Bearer …</code> with every request of this browser tab, and forgotten when the tab is closed.</p>
<p>No token yet? Run the tab <b>SignIn</b> with your e-mail address and password: its token is used at once. A header that you write in GraphiQL's <b>Headers</b> pane goes first.</p>
<input id="credential" type="password" autocomplete="off" spellcheck="false" aria-label="Token or API key" placeholder="eyJ… or tnt_…">
<p class="buttons"><button type="button" id="signOut">Send none</button><button type="submit" id="useCredential" class="main">Use it</button></p>
</form>
</dialog>`;

function helpDialog(identities: readonly DemoIdentity[]): string {
  const rows = identities.map(
    ({ label, business, hint }) =>
      `<tr><th>${escapeHtml(label)}</th><td>${escapeHtml(business)}</td><td>${escapeHtml(hint)}.</td></tr>`,
  );
  const demo = `<h3>Who is who</h3>
<table>${rows.join('')}</table>
<p>Another browser tab can be somebody else at the same time: run <b>ProductByReference</b> as both owners and compare.</p>`;
  return `<dialog id="helpDialog" aria-labelledby="helpTitle">
<h2 id="helpTitle">Tenantry's API, to try out</h2>
<p>One GraphQL API serves many businesses, and Postgres itself keeps their rows apart. Whoever you send as decides which business you see and what you may do; there is no argument to choose another one.</p>
<ol>
<li>Choose who sends the requests, at the top.</li>
<li>Choose a tab: each is a working example with a comment that says whom it is for and who may run it.</li>
<li>Press <kbd>Ctrl</kbd> <kbd>Enter</kbd> or the round button. Variables are below the query.</li>
</ol>
${identities.length > 0 ? demo : ''}
<h3>Where to read on</h3>
<p><button type="button" id="docs">Documentation of every type and field</button></p>
<p>From a program: <code>POST /graphql</code> with <code>Authorization: Bearer …</code>; the keys that sign tokens are at <a href="/.well-known/jwks.json" target="_blank" rel="noopener">/.well-known/jwks.json</a>, health is at <a href="/readyz" target="_blank" rel="noopener">/readyz</a>. The examples are files of <code>schema/operations</code>, the whole schema is <code>schema/schema.graphql</code>.</p>
<form method="dialog"><p class="buttons"><button class="main">Close</button></p></form>
</dialog>`;
}

const icon = `data:image/svg+xml,${encodeURIComponent(
  '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="8" fill="#0f766e"/><path d="M7 10h18M16 10v14" stroke="#fff" stroke-width="3.2" stroke-linecap="round"/><circle cx="9" cy="20" r="2.6" fill="#99f6e4"/><circle cx="23" cy="20" r="2.6" fill="#fcd34d"/></svg>',
)}`;

/** JSON inside `<script>`: no "<" may end the element or begin a comment. */
const scriptSafe = (value: unknown): string => JSON.stringify(value).replaceAll('<', '\\u003c');

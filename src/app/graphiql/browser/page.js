// The bar above GraphiQL, and the requests that GraphiQL sends.
import { sender } from './credential.js';
import { fillIn } from './fillIn.js';

const { identities, tabs } = JSON.parse(document.querySelector('#settings').textContent);
const byId = (id) => document.getElementById(id);

async function post(params, headers) {
  const response = await fetch('/graphql', {
    method: 'POST',
    headers: {
      'Content-Type': 'application/json',
      Accept: 'application/graphql-response+json, application/json',
      ...headers,
    },
    body: JSON.stringify(params),
  });
  return { status: response.status, result: await response.json() };
}

const bearer = (credential) =>
  credential === null ? {} : { Authorization: `Bearer ${credential}` };

/** Sends as whoever was chosen; refused as expired, once more with a new token: a 401 did nothing. */
async function send(params, headers) {
  const answer = await post(params, { ...headers, ...bearer(await sender.credential()) });
  if (answer.status !== 401) return answer.result;
  const next = await sender.renewed();
  return next === null
    ? answer.result
    : (await post(params, { ...headers, ...bearer(next) })).result;
}

/** Right after another tab was chosen GraphiQL still names the operation of the one before. */
const nameIn = (query, name) =>
  new RegExp(`\\b(?:query|mutation|subscription)\\s+${name}\\b`).test(query) ? name : undefined;

async function fetcher({ query, variables: given, operationName: named }, options = {}) {
  const operationName = nameIn(query, named);
  const headers = { ...options.headers };
  const own = Object.entries(headers).find(([name]) => name.toLowerCase() === 'authorization');
  if (own !== undefined) sender.signedInByHeader(own[1]);
  else if (operationName === 'IntrospectionQuery') {
    headers.Authorization = await sender.whenSignedIn();
  }
  const ask = async (params) =>
    own === undefined ? send(params, headers) : (await post(params, headers)).result;
  const { variables, errors } = await fillIn(given, tabs, ask);
  if (errors !== undefined) return { errors };
  say(own === undefined ? '' : 'Sent with the Authorization of the Headers pane, not as above.');
  const result = await ask({ query, variables, operationName });
  const token = result.data?.signIn?.token;
  if (typeof token === 'string') {
    sender.useOwn(token);
    await showWho();
    say('Signed in by signIn: what is sent from now on is sent as above.');
  }
  return result;
}

const who = 'query WhoSends { viewer { name kind role } tenant { name } }';

async function showWho() {
  for (const button of document.querySelectorAll('[data-identity]')) {
    button.setAttribute('aria-pressed', String(button.dataset.identity === sender.key));
  }
  byId('own').setAttribute('aria-pressed', String(sender.isSignedIn && sender.key === null));
  if (!sender.isSignedIn) {
    byId('who').textContent = 'Nobody is signed in';
    return;
  }
  const { data, errors } = await send({ query: who }, {});
  const viewer = data?.viewer;
  if (!viewer) {
    byId('who').textContent = 'Not signed in';
    say(errors?.[0]?.message ?? 'The server gave no answer.');
    return;
  }
  const role = viewer.kind === 'API_KEY' ? 'API key' : viewer.role.toLowerCase();
  const place = data.tenant ? ` of ${data.tenant.name}` : '';
  byId('who').replaceChildren(
    Object.assign(document.createElement('b'), { textContent: viewer.name }),
    `, ${role}${place}`,
  );
  say('');
}

function say(message) {
  byId('notice').textContent = message;
  byId('notice').hidden = message === '';
}

/** Runs what a button does; what goes wrong is said in the page. */
async function attempt(action) {
  byId('identities').setAttribute('aria-busy', 'true');
  try {
    await action();
    await showWho();
  } catch (error) {
    say(error.message);
  } finally {
    byId('identities').removeAttribute('aria-busy');
  }
}

for (const button of document.querySelectorAll('[data-identity]')) {
  button.addEventListener(
    'click',
    () => void attempt(() => sender.choose(button.dataset.identity)),
  );
}
byId('own').addEventListener('click', () => byId('credentialDialog').showModal());
byId('credentialForm').addEventListener('submit', () => {
  const credential = byId('credential')
    .value.trim()
    .replace(/^bearer\s+/i, '');
  byId('credential').value = '';
  if (credential !== '') void attempt(() => sender.useOwn(credential));
});
byId('signOut').addEventListener('click', () => {
  byId('credentialDialog').close();
  void attempt(() => sender.signOut());
});
byId('help').addEventListener('click', () => byId('helpDialog').showModal());
byId('docs').addEventListener('click', () => {
  byId('helpDialog').close();
  document.querySelector('[aria-label="Show Documentation Explorer"]')?.click();
});
byId('reset').addEventListener('click', () => {
  for (const name of Object.keys(sessionStorage)) {
    if (name.startsWith('graphiql:')) sessionStorage.removeItem(name);
  }
  location.replace('/graphql');
});

globalThis.MonacoEnvironment = {
  globalAPI: false,
  getWorkerUrl: (_module, label) => `/graphiql/${label}.js`,
};

// The first demo identity, so that a newcomer's first click already shows rows.
const before = sender.restore();
const first = typeof before === 'string' ? before : before === null ? identities[0]?.key : null;
void attempt(() => (first ? sender.choose(first) : undefined));

/** Of the tab that was open before a reload; GraphiQL would open an empty one beside it otherwise. */
function openTab() {
  const kept = JSON.parse(sessionStorage.getItem('graphiql:tabState') ?? '{"tabs":[]}');
  const { query, variables } = kept.tabs[kept.activeTabIndex] ?? {};
  return query ? { query, variables: variables ?? '' } : {};
}

YogaGraphiQL.renderYogaGraphiQL(byId('root'), {
  ...openTab(),
  fetcher,
  defaultTabs: tabs,
  // GraphiQL would keep its tabs in localStorage, where two browser tabs overwrite each other's,
  // and where variables, a password among them, outlive the tab.
  storage: sessionStorage,
  shouldPersistHeaders: false,
  showPersistHeadersSettings: false,
  defaultEditorToolsVisibility: 'variables',
  // The package would write every keystroke into the address.
  onEditQuery: () => undefined,
});

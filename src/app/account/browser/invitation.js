// Shows what an invitation is for, and accepts it: with a new account, or signed in to the one there is.
// The token comes behind the #, as on the other pages, and leaves the address at once.

const token = new URLSearchParams(location.hash.slice(1)).get('token');
history.replaceState(null, '', location.pathname);
addEventListener('hashchange', () => location.reload());

const unreachable = 'The server cannot be reached; try again in a moment.';
let email = '';

show('unknown', token === null ? {} : await look().catch(() => ({ problem: unreachable })));

async function look() {
  const { data } = await send(
    `query ($token: String!) { invitation(token: $token) { message
      invitation { businessName inviterName email role hasAccount } } }`,
    { token },
  );
  const { invitation, message } = data.invitation;
  if (invitation === null) return { problem: message };
  email = invitation.email;
  return { ...invitation, step: invitation.hasAccount ? 'member' : 'newcomer' };
}

function show(otherwise, { step = otherwise, ...texts }) {
  // As text: a business names itself.
  for (const place of document.querySelectorAll('[data-show]')) {
    place.textContent = texts[place.dataset.show] ?? place.textContent;
  }
  for (const section of document.querySelectorAll('[data-step]')) {
    section.hidden = !section.dataset.step.split(' ').includes(step);
  }
}

for (const form of document.querySelectorAll('form')) {
  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    const output = form.querySelector('output');
    const button = form.querySelector('button');
    button.disabled = true;
    const given = Object.fromEntries(new FormData(form));
    const problem = await join(form.dataset.step, given).catch(() => unreachable);
    output.textContent = problem ?? 'You have joined. Sign in as usual.';
    button.disabled = problem === null;
  });
}

/** null: done. */
async function join(step, given) {
  const isMember = step === 'member';
  const entered = isMember ? await mutate('signIn', 'SignIn', { email, ...given }) : null;
  if (entered?.problem) return entered.problem;
  const input = isMember ? { token } : { token, ...given };
  const joined = await mutate('invitationAccept', 'InvitationAccept', input, entered?.token);
  // The page keeps nothing, so the sessions that it began end here.
  const held = entered?.token ?? joined.token;
  if (held) await mutate('signOut', 'SignOut', {}, held, 'done');
  return joined.problem;
}

async function mutate(field, type, input, credential, selection = 'token') {
  const { data, errors } = await send(
    `mutation ($input: ${type}Input!) { answer: ${field}(input: $input) { ${selection} userErrors { message } } }`,
    { input },
    credential,
  );
  const issues = errors ?? data.answer.userErrors;
  const problem = issues.length === 0 ? null : issues.map(({ message }) => message).join(' ');
  return { token: data?.answer?.token, problem };
}

async function send(query, variables, credential) {
  const response = await fetch('/graphql', {
    method: 'POST',
    headers: {
      'Content-Type': 'application/json',
      ...(credential ? { Authorization: `Bearer ${credential}` } : {}),
    },
    body: JSON.stringify({ query, variables }),
  });
  return response.json();
}

// Sends what the page asks for to /graphql. The token comes behind the #, which browsers send to no
// server, and leaves the address at once, so that no history and no copied link keeps it.

const token = new URLSearchParams(location.hash.slice(1)).get('token');
history.replaceState(null, '', location.pathname);
// A link that is opened where this page is open already loads nothing by itself.
addEventListener('hashchange', () => location.reload());

const documents = {
  verify:
    'mutation ($input: EmailVerifyInput!) { answer: emailVerify(input: $input) { userErrors { message } } }',
  reset:
    'mutation ($input: PasswordResetInput!) { answer: passwordReset(input: $input) { userErrors { message } } }',
  request:
    'mutation ($input: PasswordResetRequestInput!) { answer: passwordResetRequest(input: $input) { userErrors { message } } }',
};

const missing = { verify: 'unknown', reset: 'request' };
const page = document.body.dataset.page;
const step = token === null ? missing[page] : page;
for (const section of document.querySelectorAll('[data-step]')) {
  section.hidden = section.dataset.step !== step;
}

for (const form of document.querySelectorAll('form')) {
  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    const output = form.querySelector('output');
    const button = form.querySelector('button');
    button.disabled = true;
    const input = {
      ...Object.fromEntries(new FormData(form)),
      ...(token === null ? {} : { token }),
    };
    const problem = await send(documents[form.dataset.send], input).catch(
      () => 'The server cannot be reached; try again in a moment.',
    );
    output.textContent = problem ?? form.dataset.done;
    button.disabled = problem === null;
  });
}

/** null: done. */
async function send(query, input) {
  const response = await fetch('/graphql', {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ query, variables: { input } }),
  });
  const { data, errors } = await response.json();
  const issues = errors ?? data.answer.userErrors;
  return issues.length === 0 ? null : issues.map(({ message }) => message).join(' ');
}

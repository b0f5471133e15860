import type { Answer } from './ask.ts';
import type { TestServer } from './server.ts';

/** Words that do not belong together. */
export const goodPassword = 'violet kettle ponders gravel';

/** A mutation with one `input`, and what its field answered. */
export async function mutate(
  server: TestServer,
  name: string,
  input: object,
  selection: string,
  credential: string | null = null,
): Promise<ReturnType<typeof JSON.parse>> {
  const { body } = await mutateFully(server, name, input, selection, credential);
  if (body.errors !== undefined) throw new Error(JSON.stringify(body.errors));
  return body.data[name];
}

export function mutateFully(
  server: TestServer,
  name: string,
  input: object,
  selection: string,
  credential: string | null = null,
): Promise<Answer> {
  const type = `${name.slice(0, 1).toUpperCase()}${name.slice(1)}Input`;
  const refusals = 'userErrors { field code message }';
  const query = `mutation ($input: ${type}!) { ${name}(input: $input) { ${selection} ${refusals} } }`;
  return server.ask(credential, query, { input });
}

/** The token in the latest mail to an address. */
export async function mailedToken(server: TestServer, recipient: string): Promise<string> {
  const token = /#token=(tot_[\w-]+)/.exec(await mailedText(server, recipient))?.[1];
  if (token === undefined) throw new Error(`The latest mail to ${recipient} has no token.`);
  return token;
}

export async function mailedText(server: TestServer, recipient: string): Promise<string> {
  const mails = (await (await fetch(`${server.url}/outbox`)).json()) as {
    to: string;
    text: string;
  }[];
  return mails.find(({ to }) => to === recipient)?.text ?? '';
}

/** Somebody new who has confirmed their address. */
export async function registerPerson(server: TestServer, email: string): Promise<void> {
  await mutate(
    server,
    'accountRegister',
    { email, name: 'Nia Okafor', password: goodPassword },
    'email',
  );
  const token = await mailedToken(server, email.toLowerCase());
  await mutate(server, 'emailVerify', { token, password: goodPassword }, 'email');
}

/** What signing in answers. */
export const signIn = (server: TestServer, email: string, password: string, more: object = {}) =>
  mutate(
    server,
    'signIn',
    { email, password, ...more },
    'token refreshToken refreshExpiresAt retryAt membership { slug }',
  );

/** Forgets what was tried, so that one test does not use up the next one's attempts. */
export const forgetAttempts = (server: TestServer) =>
  server.asAdmin('delete from app.attempt_counters');

export const codesOf = ({ userErrors }: { userErrors: { code: string }[] }): string[] =>
  userErrors.map(({ code }) => code);

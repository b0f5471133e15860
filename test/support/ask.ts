export interface Answer {
  status: number;
  headers: Headers;
  /** As JSON.parse gives it. */
  body: ReturnType<typeof JSON.parse>;
}

/** One operation over HTTP; rejects only when no answer came. */
export async function askAt(
  url: string,
  credential: string | null,
  query: string,
  variables?: object,
  signal?: AbortSignal,
): Promise<Answer> {
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: {
      'Content-Type': 'application/json',
      ...(credential === null ? {} : { Authorization: `Bearer ${credential}` }),
    },
    body: JSON.stringify({ query, variables }),
    signal: signal ?? null,
  });
  return { status: response.status, headers: response.headers, body: await response.json() };
}

/** An access token of somebody of the demo data. */
export async function tokenAt(url: string, email: string, tenantSlug?: string): Promise<string> {
  const { body } = await askAt(
    url,
    null,
    'mutation ($input: SignInInput!) { signIn(input: $input) { token } }',
    { input: { email, password: 'demo-password', tenantSlug } },
  );
  return body.data.signIn.token;
}

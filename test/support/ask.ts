import { postJson } from './post.ts';

export interface Answer {
  status: number;
  headers: Headers;
  /** As JSON.parse gives it, without what the operation cost, which differs each time. */
  body: ReturnType<typeof JSON.parse>;
  /** Its `extensions.cost`; undefined: it was refused, or belongs to no business. */
  cost?: ReturnType<typeof JSON.parse>;
}

/** Takes `extensions.cost` out of a body, and gives it. */
function takeCost(body: ReturnType<typeof JSON.parse>): ReturnType<typeof JSON.parse> {
  const cost = body.extensions?.cost;
  delete body.extensions?.cost;
  if (Object.keys(body.extensions ?? {}).length === 0) delete body.extensions;
  return cost;
}

/** One operation over HTTP; rejects only when no answer came. */
export async function askAt(
  url: string,
  credential: string | null,
  query: string,
  variables?: object,
  signal?: AbortSignal,
): Promise<Answer> {
  const { status, headers, text } = await postJson(
    `${url}/graphql`,
    credential === null ? {} : { Authorization: `Bearer ${credential}` },
    JSON.stringify({ query, variables }),
    signal,
  );
  const body = JSON.parse(text);
  return { status, headers, cost: takeCost(body), body };
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

import type { Answer } from './ask.ts';

export interface WireAnswer extends Answer {
  /** The body as it came. */
  text: string;
}

/** One operation over HTTP with headers of its own; rejects only when no answer came. */
export async function askWith(
  url: string,
  credential: string | null,
  headers: Readonly<Record<string, string>>,
  query: string,
  variables?: object,
): Promise<WireAnswer> {
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: {
      'Content-Type': 'application/json',
      ...(credential === null ? {} : { Authorization: `Bearer ${credential}` }),
      ...headers,
    },
    body: JSON.stringify({ query, variables }),
  });
  const text = await response.text();
  return { status: response.status, headers: response.headers, text, body: JSON.parse(text) };
}

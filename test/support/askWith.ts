import type { Answer } from './ask.ts';
import { postJson } from './post.ts';

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
  const answered = await postJson(
    `${url}/graphql`,
    { ...(credential === null ? {} : { Authorization: `Bearer ${credential}` }), ...headers },
    JSON.stringify({ query, variables }),
  );
  return { ...answered, body: JSON.parse(answered.text) };
}

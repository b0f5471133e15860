import { createHash } from 'node:crypto';
import { type DocumentNode, type OperationDefinitionNode, print } from 'graphql';

/** Documents live as long as the caches of parsed ones. */
const printed = new WeakMap<DocumentNode, string>();

/**
 * SHA-256 over what an operation was sent with, in hexadecimal: the document without its layout and
 * comments, the operation's name, the variables whatever the order of their fields, and of files the
 * name and the content.
 */
export async function hashInput(
  document: DocumentNode,
  operation: OperationDefinitionNode,
  variables: unknown,
): Promise<string> {
  const text = printed.get(document) ?? print(document);
  printed.set(document, text);
  const files: File[] = [];
  const input = [text, operation.name?.value ?? null, inOrder(variables ?? {}, files)];
  const digest = createHash('sha256').update(JSON.stringify(input));
  // Each of a fixed length, so that where one ends is no question.
  for (const file of files) digest.update(await hashFile(file));
  return digest.digest('hex');
}

/** A file stands for its name here; how it continues is in `files`. */
function inOrder(value: unknown, files: File[]): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map((item) => inOrder(item, files));
  if (value instanceof File) {
    files.push(value);
    return { file: value.name };
  }
  const entries = Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1));
  return Object.fromEntries(entries.map(([name, item]) => [name, inOrder(item, files)]));
}

async function hashFile(file: File): Promise<Buffer> {
  const digest = createHash('sha256');
  for await (const chunk of file.stream()) digest.update(chunk);
  return digest.digest();
}

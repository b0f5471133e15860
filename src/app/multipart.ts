import { PublicError } from '../lib/errors.ts';

/** What a form came to: the operation, with its files where the form's map puts them. */
export interface MultipartOperation {
  readonly query?: string;
  readonly operationName?: string;
  readonly variables?: Record<string, unknown>;
  readonly extensions?: Record<string, unknown>;
}

const mostFiles = 10;
const mostPlaces = 100;

/**
 * Reads a GraphQL multipart request (github.com/jaydenseric/graphql-multipart-request-spec). Yoga's
 * own reader makes objects along any path that a map names and leaves a missing file as null; a
 * client then hears that a variable is wrong instead of which part of its form is.
 *
 * The whole body is in memory by now, at most UPLOAD_MAX_BYTES of it, and no file is ever written to
 * disk: read as it arrives, a slow client would hold a database transaction open.
 */
export async function readMultipart(
  body: Buffer<ArrayBuffer>,
  contentType: string,
  readJson: (text: string) => unknown,
): Promise<MultipartOperation> {
  const form = await readForm(body, contentType);
  const operations = readObject(form, 'operations', readJson);
  const map = readObject(form, 'map', readJson);
  const names = Object.keys(map);
  if (names.length > mostFiles) throw bad(`A request may have at most ${mostFiles} files.`);
  const places = names.flatMap((name) => placesOf(name, map[name]));
  if (places.length > mostPlaces) throw bad(`The map may name at most ${mostPlaces} places.`);
  for (const { name, place } of places) putFile(operations, place, fileOf(form, name));
  return operations;
}

async function readForm(body: Buffer<ArrayBuffer>, contentType: string): Promise<FormData> {
  try {
    return await new Response(body, { headers: { 'Content-Type': contentType } }).formData();
  } catch (error) {
    throw new PublicError(
      'BAD_REQUEST',
      'The body is not a multipart form as its "Content-Type" announces it.',
      { cause: error },
    );
  }
}

function readObject(
  form: FormData,
  name: 'operations' | 'map',
  readJson: (text: string) => unknown,
): Record<string, unknown> {
  const text = form.get(name);
  if (typeof text !== 'string') throw bad(`The form needs a text field "${name}".`);
  let value: unknown;
  try {
    value = readJson(text);
  } catch (error) {
    if (error instanceof PublicError) throw error;
    throw bad(`The form's field "${name}" is not JSON.`);
  }
  if (isObject(value)) return value;
  throw bad(`The form's field "${name}" must be a JSON object.`);
}

function placesOf(name: string, paths: unknown): { name: string; place: string }[] {
  if (Array.isArray(paths) && paths.length > 0 && paths.every((path) => typeof path === 'string')) {
    return paths.map((place: string) => ({ name, place }));
  }
  throw bad(`The map must list for ${quoted(name)} where the file goes: ["variables.…"].`);
}

function fileOf(form: FormData, name: string): File {
  const file = form.get(name);
  if (file instanceof File) return file;
  throw bad(`The map speaks of a file ${quoted(name)}, which the form does not have.`);
}

/** Only what stands as null in the operation is replaced, as the specification has it. */
function putFile(operations: Record<string, unknown>, place: string, file: File): void {
  const steps = place.split('.');
  const last = steps.pop() ?? '';
  let parent: unknown = operations;
  for (const step of steps) parent = childOf(parent, step);
  const fits = steps[0] === 'variables' && childOf(parent, last) === null;
  if (!fits || !isParent(parent)) {
    throw bad(`The map puts a file at ${quoted(place)}, where "operations" has no null.`);
  }
  parent[last] = file;
}

function childOf(parent: unknown, step: string): unknown {
  return isParent(parent) && Object.hasOwn(parent, step) ? parent[step] : undefined;
}

/** An object, or a list by its indexes. */
function isParent(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !(value instanceof File);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return isParent(value) && !Array.isArray(value);
}

const quoted = (text: string): string => JSON.stringify(text.slice(0, 100));
const bad = (message: string): PublicError => new PublicError('BAD_REQUEST', message);

import type { IncomingMessage } from 'node:http';
import { PublicError } from '../lib/errors.ts';
import { nestsDeeper } from './jsonDepth.ts';
import { mediaType } from './mediaTypes.ts';
import { readBody, tooLarge } from './readBody.ts';

const deepestJson = 64;

/** The body of a request whose content type is JSON, within its limits of size and depth. Throws, or rejects. */
export function readJsonBody(request: IncomingMessage, most: number): Promise<Buffer<ArrayBuffer>> {
  if (mediaType(request) !== 'application/json') {
    throw new PublicError('UNSUPPORTED_MEDIA_TYPE', 'Send "Content-Type: application/json".');
  }
  return readBody(request, most, requireFlat);
}

/** JSON of a multipart form, as guarded as that of any other request. */
export function readJson(text: string, most: number): unknown {
  const json = Buffer.from(text);
  if (json.length > most) throw tooLarge(most);
  requireFlat(json);
  return JSON.parse(text);
}

function requireFlat(json: Buffer): void {
  if (!nestsDeeper(json, deepestJson)) return;
  throw new PublicError('BAD_REQUEST', `The JSON nests deeper than ${deepestJson} levels.`);
}

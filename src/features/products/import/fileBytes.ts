import type { ProblemCode } from './draft.ts';

const lf = 0x0a;
const cr = 0x0d;
const sliceBytes = 64 * 1024;

/** Thrown inside the reader only, and always turned into a problem of the file. */
export class UnreadableFile extends Error {
  readonly code: ProblemCode;

  constructor(code: ProblemCode, message: string) {
    super(message);
    this.name = 'UnreadableFile';
    this.code = code;
  }
}

/**
 * Hands a file on in slices of at most 64 KB, without its byte order mark and with every line end
 * (CRLF, CR) turned into LF, also inside of quotes. Line numbers are then a matter of counting LF:
 * csv-parse counts a CRLF inside of quotes as two lines and picks the first line end it meets for
 * the whole file. The slices matter when a caller gives the file in one piece: the records of one
 * slice are all that is ever held.
 *
 * @throws UnreadableFile when the first bytes are not those of a UTF-8 text.
 */
export async function* readFileBytes(input: AsyncIterable<Uint8Array>): AsyncGenerator<Buffer> {
  let head: Buffer | undefined = Buffer.alloc(0);
  let afterCr = false;
  for await (const chunk of input) {
    let bytes: Buffer = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    if (head !== undefined) {
      bytes = Buffer.concat([head, bytes]);
      head = bytes.length < 4 ? bytes : undefined;
      if (head !== undefined) continue;
      bytes = withoutMark(bytes);
    }
    for (let start = 0; start < bytes.length; start += sliceBytes) {
      const slice = bytes.subarray(start, start + sliceBytes);
      const lines = withLineFeeds(slice, afterCr);
      afterCr = slice.at(-1) === cr;
      if (lines.length > 0) yield lines;
    }
  }
  if (head !== undefined) yield withLineFeeds(withoutMark(head), false);
}

/** Says why these first bytes can't be the start of a UTF-8 text file, or `undefined`. */
export function notUtf8Text(head: Uint8Array): { code: ProblemCode; message: string } | undefined {
  const [a, b, c, d] = head;
  if ((a === 0xff && b === 0xfe) || (a === 0xfe && b === 0xff) || (a === 0 && c === 0 && b !== 0)) {
    return utf16;
  }
  if (a !== 0 && b === 0 && c !== 0 && d === 0) return utf16;
  if (a === 0x50 && b === 0x4b && c === 0x03 && d === 0x04) {
    return {
      code: 'NOT_TEXT',
      message: 'The file is an Excel workbook or a zip archive. Save the sheet as "CSV UTF-8".',
    };
  }
  if (a === 0x1f && b === 0x8b) {
    return { code: 'NOT_TEXT', message: 'The file is compressed with gzip. Unpack it first.' };
  }
  return undefined;
}

const utf16: { code: ProblemCode; message: string } = {
  code: 'NOT_UTF8',
  message: 'The file is encoded as UTF-16, not as UTF-8. Save it again as UTF-8 ("CSV UTF-8").',
};

function withoutMark(head: Buffer): Buffer {
  const refusal = notUtf8Text(head);
  if (refusal !== undefined) throw new UnreadableFile(refusal.code, refusal.message);
  return head[0] === 0xef && head[1] === 0xbb && head[2] === 0xbf ? head.subarray(3) : head;
}

function withLineFeeds(bytes: Buffer, afterCr: boolean): Buffer {
  const rest = afterCr && bytes[0] === lf ? bytes.subarray(1) : bytes;
  let from = rest.indexOf(cr);
  if (from === -1) return rest;
  const lines = Buffer.allocUnsafe(rest.length);
  let length = rest.copy(lines, 0, 0, from);
  while (from !== -1) {
    lines[length] = lf;
    length += 1;
    from += rest[from + 1] === lf ? 2 : 1;
    const next = rest.indexOf(cr, from);
    length += rest.copy(lines, length, from, next === -1 ? rest.length : next);
    from = next;
  }
  return lines.subarray(0, length);
}

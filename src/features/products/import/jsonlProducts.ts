import { isUtf8 } from 'node:buffer';
import { setImmediate } from 'node:timers/promises';
import type { ImportItem, ProblemCode } from './draft.ts';
import { FirstLines } from './firstLines.ts';
import { readJsonProduct } from './jsonProduct.ts';
import { textProblem } from './jsonText.ts';
import { importLimits } from './limits.ts';
import { fileProblem } from './problem.ts';

const lf = 0x0a;

/**
 * Reads one product a line, with the field names of the GraphQL product input. Blank lines are
 * skipped. A problem's column is the JSON path, such as `variants[2].price`.
 */
export async function* readJsonlProducts(
  input: AsyncIterable<Buffer>,
  options: { defaultCurrency?: string | undefined },
): AsyncGenerator<ImportItem> {
  const references = new FirstLines();
  const skus = new FirstLines();
  let empty = true;
  for await (const { line, bytes } of splitLines(input)) {
    if (bytes === undefined) {
      const size = `${importLimits.recordBytes / 1024 / 1024} MB`;
      yield lineProblem(line, 'RECORD_TOO_LARGE', `The line is longer than ${size}.`);
      empty = false;
      continue;
    }
    const text = bytes.toString('utf8').trim();
    if (text === '') continue;
    if (empty && (text.startsWith('[') || text === '{')) {
      const message =
        'The file is one JSON document over several lines. Write one {…} a line, without [ ] around them.';
      return yield fileProblem('NOT_JSONL', message, line);
    }
    empty = false;
    if (!isUtf8(bytes)) {
      yield lineProblem(line, 'INVALID_UTF8', 'The text is not UTF-8. Save the file as UTF-8.');
      continue;
    }
    const parsed = parseLine(text);
    if ('code' in parsed) {
      yield lineProblem(line, parsed.code, parsed.message);
      continue;
    }
    const { draft, problems } = readJsonProduct(parsed.object, line, options, { references, skus });
    for (const problem of problems) yield { kind: 'problem', problem };
    if (draft !== undefined) yield { kind: 'product', row: line, draft };
  }
  if (empty) yield fileProblem('EMPTY_FILE', 'The file is empty.');
}

function parseLine(
  text: string,
): { object: Record<string, unknown> } | { code: ProblemCode; message: string } {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return { code: 'INVALID_JSON', message: `The line is not valid JSON: ${reason}.` };
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return { code: 'NOT_AN_OBJECT', message: 'A line must hold one product as {…}.' };
  }
  return textProblem(value) ?? { object: value as Record<string, unknown> };
}

function lineProblem(row: number, code: ProblemCode, message: string): ImportItem {
  return {
    kind: 'problem',
    problem: { row, column: null, code, message, externalReference: null },
  };
}

/** Lines without their line feed; one that is too large comes without its bytes. */
async function* splitLines(
  input: AsyncIterable<Buffer>,
): AsyncGenerator<{ line: number; bytes: Buffer | undefined }> {
  let parts: Buffer[] = [];
  let length = 0;
  let line = 1;
  const whole = () => (length > importLimits.recordBytes ? undefined : Buffer.concat(parts));
  for await (const chunk of input) {
    // Its turn for the event loop, which a file that is in memory already would never give.
    await setImmediate();
    let from = 0;
    for (let end = chunk.indexOf(lf); end !== -1; end = chunk.indexOf(lf, from)) {
      parts.push(chunk.subarray(from, end));
      length += end - from;
      yield { line, bytes: whole() };
      parts = [];
      length = 0;
      line += 1;
      from = end + 1;
    }
    // Copied, since the input may use its chunk again.
    const rest = Buffer.from(chunk.subarray(from));
    length += rest.length;
    if (length <= importLimits.recordBytes) parts.push(rest);
  }
  if (length > 0) yield { line, bytes: whole() };
}

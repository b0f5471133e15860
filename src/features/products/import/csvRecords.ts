import { isUtf8 } from 'node:buffer';
import { setImmediate } from 'node:timers/promises';
import { type CsvError, type Info, type Parser, parse } from 'csv-parse';
import type { ProblemCode } from './draft.ts';
import { importLimits } from './limits.ts';

const lf = 0x0a;
/** What the parser is given at a time: the records in it are all that wait to be taken. */
const sliceBytes = 64 * 1024;
/** How much of a line that can't be understood is kept. */
const shownBytes = 1_000;
/** csv-parse looks a few bytes ahead before it decides; blank lines at the end let it decide. */
const padding = Buffer.alloc(16, lf);

export interface CsvRow {
  kind: 'row';
  /** First and last line of the record. */
  line: number;
  lastLine: number;
  cells: string[];
  utf8: boolean;
}

/** A record that can't be understood. Reading goes on with the line after its first. */
export interface CsvFault {
  kind: 'fault';
  code: ProblemCode;
  message: string;
  line: number;
  /** Index of the field in which the reader noticed. */
  field: number | null;
  /** The first line as it stands, cut after `shownBytes`. */
  text: string;
}

interface Slice {
  records: { record: string[]; info: Info }[];
  error: CsvError | undefined;
}

/**
 * Reads CSV (RFC 4180, LF already) into records with their line numbers; blank lines give none.
 *
 * csv-parse does the parsing, but not the recovery. Its `skip_records_with_error` does not say
 * which lines it dropped, and past `max_record_size` it silently drops the rest of the chunk. So
 * the bytes of the record under way are kept here; when the parser refuses, the record's first
 * line is reported and a new parser starts with the second. One stray quote then costs one
 * record, also when it would otherwise have swallowed the file. A record that is closed only by a
 * later record's quote shows as a wrong number of fields over several lines and is treated alike.
 *
 * No byte is read more than a few times: a quote that stays open over the following lines means
 * that each of those has an even number of quotes, so they close by themselves when read anew.
 */
export async function* readCsvRecords(
  input: AsyncIterable<Buffer>,
): AsyncGenerator<CsvRow | CsvFault> {
  const reader = new RecordReader();
  for await (const chunk of input) yield* reader.read(chunk);
  yield* reader.read(padding, true);
}

class RecordReader {
  #parser = openParser();
  /** What has not yet become records, from the first byte of a record on. */
  #held: Buffer = Buffer.alloc(0);
  /** How much of that the parser has been given. */
  #fed = 0;
  /** Where `#held` begins, as the parser counts its bytes. */
  #start = 0;
  #line = 1;
  /** The line with which the parser's own count began. */
  #openedOn = 1;
  #width: number | undefined;
  /** A fault whose line has not arrived as far as it is shown. */
  #fault: Finding | undefined;
  /** A line that was given up is being skipped to its end. */
  #discarding = false;

  async *read(chunk: Buffer, last = false): AsyncGenerator<CsvRow | CsvFault> {
    this.#append(chunk);
    if (this.#fault !== undefined) {
      if (this.#lacksText()) return;
      yield this.#restart(this.#fault);
    }
    while (this.#fed < this.#held.length) {
      const { records, error } = await this.#feed();
      let fault: Finding | undefined;
      for (const { record, info } of records) {
        const row = this.#take(record, info.bytes - this.#start);
        if (row?.kind === 'row') yield row;
        if (row?.kind === 'finding') {
          fault = row;
          break;
        }
      }
      if (error !== undefined) fault ??= faultOf(error, this.#line, this.#openedOn);
      if (last && this.#fed === this.#held.length && this.#held.some((byte) => byte !== lf)) {
        fault ??= unclosed('the end of the file');
      }
      this.#fault = fault;
      // What is said of a line must not depend on how the file was cut on its way.
      if (fault !== undefined && this.#lacksText()) return;
      if (fault !== undefined) yield this.#restart(fault);
    }
  }

  #lacksText(): boolean {
    return this.#held.length < shownBytes && !this.#held.includes(lf);
  }

  #append(chunk: Buffer): void {
    const end = this.#discarding ? chunk.indexOf(lf) : -1;
    if (this.#discarding && end === -1) return;
    if (this.#discarding) this.#line += 1;
    this.#discarding = false;
    this.#held = Buffer.concat([this.#held, chunk.subarray(end + 1)]);
  }

  /**
   * Drives the parser by hand instead of piping into it: at an error it must be known which bytes
   * it has seen, and a pipe has always read ahead. Before each slice the event loop gets its turn:
   * a file that is in memory already would otherwise hold up every other request.
   */
  async #feed(): Promise<Slice> {
    await setImmediate();
    const parser = this.#parser;
    const slice = this.#held.subarray(this.#fed, this.#fed + sliceBytes);
    this.#fed += slice.length;
    const written = new Promise<CsvError | undefined>((resolve) => {
      parser.write(slice, (error) => resolve((error as CsvError | null | undefined) ?? undefined));
    });
    const records: Slice['records'] = [];
    for (let next = parser.read(); next !== null; next = parser.read()) records.push(next);
    return { records, error: await written };
  }

  #take(cells: string[], length: number): CsvRow | Finding | undefined {
    const raw = this.#held.subarray(0, length);
    const line = this.#line;
    const lines = countLines(raw);
    if (this.#width !== undefined && lines > 1 && !fits(cells, this.#width)) {
      return wrongWidth(cells.length, this.#width, line + lines - 1);
    }
    this.#held = this.#held.subarray(length);
    this.#fed -= length;
    this.#start += length;
    this.#line += lines;
    if (cells.length === 1 && cells[0] === '') return undefined;
    this.#width ??= cells.length;
    return { kind: 'row', line, lastLine: line + lines - 1, cells, utf8: isUtf8(raw) };
  }

  /** Gives up the first line of the record under way and begins anew with the next. */
  #restart({ code, message, field }: Finding): CsvFault {
    const line = this.#line;
    const end = this.#held.indexOf(lf);
    const length = end === -1 ? this.#held.length : end;
    const text = this.#held.toString('utf8', 0, Math.min(length, shownBytes));
    this.#fault = undefined;
    this.#discarding = end === -1;
    this.#held = this.#held.subarray(length + 1);
    this.#line += end === -1 ? 0 : 1;
    this.#fed = 0;
    this.#start = 0;
    this.#openedOn = this.#line;
    this.#parser.destroy();
    this.#parser = openParser();
    return { kind: 'fault', code, message, line, field, text };
  }
}

function openParser(): Parser {
  const parser = parse({
    info: true,
    record_delimiter: '\n',
    relax_column_count: true,
    max_record_size: importLimits.recordBytes,
  });
  // The error also reaches the callback of write(), where it is handled; without a listener the
  // stream would throw it at the process.
  parser.on('error', () => undefined);
  return parser;
}

type Finding = { kind: 'finding' } & Pick<CsvFault, 'code' | 'message' | 'field'>;

function faultOf(error: CsvError, line: number, openedOn: number): Finding {
  const field = typeof error.column === 'number' ? error.column : null;
  const noticedOn = typeof error.lines === 'number' ? openedOn + error.lines - 1 : line;
  // A record that grew too large over several lines is nearly always a quote that was left open.
  if (noticedOn > line) return { ...unclosed(`line ${noticedOn}`), field };
  if (error.code === 'CSV_MAX_RECORD_SIZE') {
    const message = `The line is longer than ${importLimits.recordBytes / 1024 / 1024} MB.`;
    return { kind: 'finding', code: 'RECORD_TOO_LARGE', message, field };
  }
  const message =
    'A quote stands inside of a field. Put the whole field in quotes and write "" for each quote in it.';
  return { kind: 'finding', code: 'MISPLACED_QUOTE', message, field };
}

function unclosed(before: string): Finding {
  const message = `A quote opens in the record that starts here and is not closed properly before ${before}. Close it, and write "" for a quote inside of a text.`;
  return { kind: 'finding', code: 'UNCLOSED_QUOTE', message, field: null };
}

function wrongWidth(fields: number, width: number, lastLine: number): Finding {
  const message = `The record goes on to line ${lastLine} and has ${fields} fields, the header ${width}. A quote or a comma is missing or too many.`;
  return {
    kind: 'finding',
    code: fields > width ? 'TOO_MANY_FIELDS' : 'TOO_FEW_FIELDS',
    message,
    field: null,
  };
}

/** Blank fields beyond the header are what a spreadsheet leaves behind, and do no harm. */
function fits(record: readonly string[], width: number): boolean {
  return record.length >= width && record.slice(width).every((cell) => cell.trim() === '');
}

function countLines(bytes: Buffer): number {
  let lines = 0;
  for (let at = bytes.indexOf(lf); at !== -1; at = bytes.indexOf(lf, at + 1)) lines += 1;
  return lines;
}

import { type CsvFault, type CsvRow, readCsvRecords } from './csvRecords.ts';
import type { ImportItem } from './draft.ts';
import { FirstLines } from './firstLines.ts';
import { importLimits } from './limits.ts';
import { fileProblem, ProblemList, shown } from './problem.ts';
import { readShopifyHeader, type ShopifyColumns, type ShopifyField } from './shopifyColumns.ts';
import { ShopifyProduct } from './shopifyProduct.ts';
import { ShopifyRow } from './shopifyRow.ts';

/** The lines with one handle that follow each other. */
interface Group {
  handle: string | null;
  problems: ProblemList;
  /** A line of it could not be read, so what the others say is not the whole product. */
  incomplete: boolean;
  /** Missing when its first line could not be used. */
  product: ShopifyProduct | undefined;
}

/**
 * Reads Shopify's product CSV. Lines of one product share a Handle and follow each other, so one
 * product is held at a time; of the others only a hash of handle and SKU. A handle that comes back
 * later is refused: taking its lines as another product would overwrite the first one's variants.
 */
export async function* readShopifyProducts(
  input: AsyncIterable<Buffer>,
  options: { defaultCurrency?: string | undefined },
): AsyncGenerator<ImportItem> {
  let file: ShopifyFile | undefined;
  let faults = 0;
  for await (const record of readCsvRecords(input)) {
    if (file === undefined) {
      if (record.kind === 'fault' || !record.utf8) return yield headerProblem(record);
      const header = readShopifyHeader(record.cells, record.line);
      if ('problem' in header) return yield header.problem;
      file = new ShopifyFile(header.columns, options.defaultCurrency);
      continue;
    }
    if (record.kind === 'row') {
      yield* file.row(record);
      continue;
    }
    yield* file.fault(record);
    faults += 1;
    if (faults < importLimits.brokenRecords) continue;
    yield* file.end();
    const message = `${faults} records have broken quotes; the rest of the file was not read. Export it again as CSV.`;
    return yield fileProblem('TOO_MANY_BROKEN_RECORDS', message, record.line);
  }
  if (file !== undefined) yield* file.end();
  else yield fileProblem('EMPTY_FILE', 'The file is empty.');
}

function headerProblem(record: CsvRow | CsvFault): ImportItem {
  const message =
    record.kind === 'row'
      ? 'The header is not UTF-8. Save the file as "CSV UTF-8".'
      : "The first line can't be read as CSV. It must be the header of Shopify's product CSV.";
  return fileProblem(record.kind === 'row' ? 'NOT_UTF8' : 'INVALID_HEADER', message, record.line);
}

class ShopifyFile {
  readonly #columns: ShopifyColumns;
  readonly #currency: string | undefined;
  readonly #handles = new FirstLines();
  readonly #skus = new FirstLines();
  #group = emptyGroup(null);
  /** Waits for the next line that makes sense, to say how far the damage goes. */
  #fault: { record: CsvFault; reference: string | null } | undefined;

  constructor(columns: ShopifyColumns, currency: string | undefined) {
    this.#columns = columns;
    this.#currency = currency;
  }

  *row(record: CsvRow): Generator<ImportItem> {
    if (this.#fault !== undefined) {
      if (!makesSense(record, this.#columns)) return;
      yield* this.#endFault(record.line - 1);
    }
    const handle = cellOf(record, 'handle', this.#columns) || null;
    const continues = handle === null && cellOf(record, 'title', this.#columns) === '';
    const isFirst = handle !== this.#group.handle && !continues;
    if (isFirst) yield* this.#openGroup(handle);

    const group = this.#group;
    const row = new ShopifyRow(record, this.#columns, group.problems);
    const usable = checkRecord(record, row);
    if (isFirst && handle !== null) {
      const fresh = this.#checkHandle(row, handle);
      if (usable && fresh) group.product = new ShopifyProduct(row, this.#skus);
    } else if (usable) {
      group.product?.add(row);
    }
    yield* group.problems.take();
  }

  *fault(record: CsvFault): Generator<ImportItem> {
    const handle = handleOf(record, this.#columns);
    // What follows broken quotes may be the rest of a text, which is no news; a line with a handle
    // and enough commas is.
    const whole = record.text.split(',').length >= this.#columns.names.length;
    const isLine = handle !== null && (whole || this.#fault === undefined);
    if (isLine && this.#fault !== undefined) yield* this.#endFault(record.line - 1);
    if (isLine && handle !== this.#group.handle) {
      yield* this.#openGroup(handle);
      this.#handles.add(handle, record.line);
    }
    this.#group.incomplete = true;
    this.#fault ??= { record, reference: this.#group.handle };
  }

  *end(): Generator<ImportItem> {
    if (this.#fault !== undefined) yield* this.#endFault(undefined);
    yield* this.#openGroup(null);
  }

  *#openGroup(handle: string | null): Generator<ImportItem> {
    const { product, problems, incomplete, handle: reference } = this.#group;
    this.#group = emptyGroup(handle);
    if (product === undefined || reference === null || incomplete || problems.count > 0) return;
    const draft = product.finish(reference, this.#currency);
    yield { kind: 'product', row: product.line, draft };
  }

  #checkHandle(row: ShopifyRow, handle: string): boolean {
    if (row.label('handle', importLimits.referenceLength) === null) return false;
    const earlier = this.#handles.lineOf(handle);
    this.#handles.add(handle, row.line);
    if (earlier === undefined) return true;
    const message = `The product ${shown(handle)} began on line ${earlier}. Put all lines of a product together; these were left out.`;
    row.report('handle', 'REPEATED_REFERENCE', message);
    return false;
  }

  *#endFault(lastLine: number | undefined): Generator<ImportItem> {
    if (this.#fault === undefined) return;
    const { record, reference } = this.#fault;
    this.#fault = undefined;
    const column = record.field === null ? null : (this.#columns.names[record.field] ?? null);
    const range =
      lastLine === undefined
        ? ` Nothing from line ${record.line} to the end of the file was taken.`
        : lastLine > record.line
          ? ` The lines ${record.line} to ${lastLine} were left out.`
          : '';
    const message = record.message + range;
    const { line: row, code } = record;
    yield {
      kind: 'problem',
      problem: { row, column, code, message, externalReference: reference },
    };
  }
}

function emptyGroup(handle: string | null): Group {
  return { handle, problems: new ProblemList(), incomplete: false, product: undefined };
}

/** Checks what concerns the whole line; a line that fails is not looked at any further. */
function checkRecord(record: CsvRow, row: ShopifyRow): boolean {
  const before = row.problemCount;
  const width = row.columns.names.length;
  const { cells } = record;
  if (cells.length < width) {
    const message = `The line has ${cells.length} fields, the header ${width}. A line break may need quotes around it.`;
    row.report(null, 'TOO_FEW_FIELDS', message);
  } else if (cells.slice(width).some((cell) => cell.trim() !== '')) {
    const message = `The line has ${cells.length} fields, the header ${width}. Put a text that holds a comma in quotes.`;
    row.report(null, 'TOO_MANY_FIELDS', message);
  }
  if (!record.utf8) {
    const index = cells.findIndex((cell) => cell.includes('\ufffd'));
    const message = 'The text is not UTF-8. Save the file as "CSV UTF-8".';
    row.reportAt(index === -1 ? null : index, 'INVALID_UTF8', message);
  }
  const nul = cells.findIndex((cell) => cell.includes('\0'));
  if (nul !== -1)
    row.reportAt(nul, 'INVALID_CHARACTER', 'The text holds a NUL character; remove it.');
  if (row.reference === null) {
    row.report('handle', 'MISSING_REFERENCE', 'Every line needs the handle of its product.');
  }
  return row.problemCount === before;
}

function cellOf(record: CsvRow, field: ShopifyField, columns: ShopifyColumns): string {
  return (record.cells[columns.index.get(field) ?? -1] ?? '').trim();
}

const plausibleHandle = /^[\p{L}\p{N}][\p{L}\p{N}_.-]{0,254}$/u;

/** After broken quotes, a piece of a description can look like a record; a product line is stricter. */
function makesSense(record: CsvRow, columns: ShopifyColumns): boolean {
  const handle = cellOf(record, 'handle', columns);
  return record.cells.length === columns.names.length && plausibleHandle.test(handle);
}

/** The handle of a record that could not be read, where it stands before the trouble. */
function handleOf({ text }: CsvFault, columns: ShopifyColumns): string | null {
  const index = columns.index.get('handle') ?? 0;
  const fields = text.split(',', index + 1);
  if (fields.slice(0, index).some((field) => field.includes('"'))) return null;
  const handle = (fields[index] ?? '').trim().replace(/^"([^"]*)"$/, '$1');
  return plausibleHandle.test(handle) ? handle : null;
}

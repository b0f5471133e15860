import type { Actor } from '../../auth/principal.ts';
import type { TenantTransaction } from '../../db/database.ts';
import { recordAudit } from '../audit/audit.ts';
import type { ImportFormat, ImportItem, RowProblem } from './import/draft.ts';
import { readProducts } from './import/readProducts.ts';
import { batchSize, type UpsertProblem, upsertProducts } from './upsertProducts.ts';

/** A problem of the file's form or content, or one that only the catalogue showed. */
export type ImportProblem = Omit<RowProblem, 'code'> & {
  code: RowProblem['code'] | UpsertProblem['code'];
};

export interface ImportReport {
  /** Products of the file, taken or not. */
  rows: number;
  created: number;
  updated: number;
  unchanged: number;
  /** Products (or records that name none) that were not taken. */
  failed: number;
  /** The first 1,000. */
  problems: ImportProblem[];
  problemCount: number;
}

export interface ImportOptions {
  input: AsyncIterable<Uint8Array>;
  format: ImportFormat;
  /** ISO 4217; for prices without a currency, which in Shopify's CSV is every price. */
  defaultCurrency?: string | undefined;
  /** SKIP leaves out what has problems; ABORT writes no more after the first. */
  onError: 'SKIP' | 'ABORT';
  /** Runs one batch; whoever gives one transaction for all gets all or nothing under ABORT. */
  inTransaction: <T>(work: (tx: TenantTransaction) => Promise<T>) => Promise<T>;
  actor: Actor;
  /** After each piece of the file that was read and each batch that was written. */
  onProgress?: (progress: { bytes: number; rows: number }) => void;
}

/** Under ABORT: the file has problems. The report counts what earlier batches wrote. */
export class ImportAborted extends Error {
  override readonly name = 'ImportAborted';
  readonly report: ImportReport;

  constructor(report: ImportReport) {
    super(`The import stopped: ${report.problems[0]?.message ?? 'the file has problems.'}`);
    this.report = report;
  }
}

/** Carries a batch's problems out of its transaction, which thereby rolls back. */
class BatchRefused extends Error {
  readonly problems: readonly UpsertProblem[];

  constructor(problems: readonly UpsertProblem[]) {
    super('A batch has problems.');
    this.problems = problems;
  }
}

const keptProblems = 1_000;

/**
 * Brings a catalogue file in, 500 products a batch, each batch with its audit event in one
 * transaction. Holds one batch at a time, whatever the file's size. Under ABORT the file is read to
 * its end after the first problem, without writing, so that all problems come out at once; then it
 * throws ImportAborted.
 */
export async function importProducts(options: ImportOptions): Promise<ImportReport> {
  const run = new ImportRun(options);
  for await (const item of readProducts(run.countBytes(options.input), options)) {
    await run.take(item);
  }
  return run.finish();
}

/** Reads a file to its end without writing, for whoever wants its problems before anything changes. */
export async function checkImport(
  options: Pick<ImportOptions, 'input' | 'format' | 'defaultCurrency' | 'onProgress'>,
): Promise<ImportReport> {
  const run = new ImportRun({ ...options, onError: 'SKIP' });
  for await (const item of readProducts(run.countBytes(options.input), options)) {
    await run.take(item);
  }
  return run.finish();
}

type RunOptions = Pick<ImportOptions, 'onError' | 'onProgress'> &
  Partial<Pick<ImportOptions, 'format' | 'inTransaction' | 'actor'>>;
type ProductItem = Extract<ImportItem, { kind: 'product' }>;

class ImportRun {
  readonly #options: RunOptions;
  readonly #report: ImportReport = {
    rows: 0,
    created: 0,
    updated: 0,
    unchanged: 0,
    failed: 0,
    problems: [],
    problemCount: 0,
  };
  #batch: ProductItem[] = [];
  #bytes = 0;
  /** The product whose problems come in just now: all of one come in a row. */
  #failing: string | null = null;

  constructor(options: RunOptions) {
    this.#options = options;
  }

  async *countBytes(input: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    for await (const chunk of input) {
      this.#bytes += chunk.byteLength;
      this.#tell();
      yield chunk;
    }
  }

  async take(item: ImportItem): Promise<void> {
    if (item.kind === 'problem') {
      this.#takeProblem(item.problem);
      return;
    }
    this.#report.rows += 1;
    if (this.#aborted) return;
    this.#batch.push(item);
    if (this.#batch.length >= batchSize) await this.#flush();
  }

  async finish(): Promise<ImportReport> {
    await this.#flush();
    if (this.#aborted) throw new ImportAborted(this.#report);
    return this.#report;
  }

  get #aborted(): boolean {
    return this.#options.onError === 'ABORT' && this.#report.problemCount > 0;
  }

  #takeProblem(problem: RowProblem): void {
    const product = problem.externalReference ?? `line ${problem.row}`;
    if (product !== this.#failing) {
      this.#report.rows += 1;
      this.#report.failed += 1;
    }
    this.#failing = product;
    this.#keep(problem);
  }

  #keep(problem: ImportProblem): void {
    this.#report.problemCount += 1;
    if (this.#report.problems.length < keptProblems) this.#report.problems.push(problem);
  }

  async #flush(): Promise<void> {
    const batch = this.#batch;
    this.#batch = [];
    if (batch.length === 0 || this.#aborted) return;
    const { inTransaction, actor } = this.#options;
    if (inTransaction === undefined || actor === undefined) return;
    try {
      const { created, updated, unchanged, problems } = await inTransaction((tx) =>
        this.#write(tx, actor, batch),
      );
      this.#report.created += created;
      this.#report.updated += updated;
      this.#report.unchanged += unchanged;
      this.#refuse(batch, problems);
    } catch (error) {
      if (!(error instanceof BatchRefused)) throw error;
      this.#refuse(batch, error.problems);
    }
    this.#tell();
  }

  async #write(tx: TenantTransaction, actor: Actor, batch: readonly ProductItem[]) {
    const drafts = batch.map(({ draft }) => draft);
    const result = await upsertProducts(tx, { actor, feature: 'productImport' }, drafts);
    const { problems, ...counts } = result;
    if (this.#options.onError === 'ABORT' && problems.length > 0) throw new BatchRefused(problems);
    if (counts.created + counts.updated > 0) {
      await recordAudit(tx, actor, {
        action: 'products.imported',
        targetType: 'Product',
        targetId: null,
        after: { ...counts, failed: problems.length },
      });
    }
    return result;
  }

  #refuse(batch: readonly ProductItem[], problems: readonly UpsertProblem[]): void {
    this.#report.failed += problems.length;
    for (const { index, externalReference, code, field, message } of problems) {
      const row = batch[index]?.row ?? 0;
      const column = this.#options.format === 'JSONL' ? field : null;
      this.#keep({ row, column, code, message, externalReference });
    }
  }

  #tell(): void {
    this.#options.onProgress?.({ bytes: this.#bytes, rows: this.#report.rows });
  }
}

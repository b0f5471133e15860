import type { FileHandle } from 'node:fs/promises';
import { SingleBar } from 'cli-progress';
import type { Database } from '../db/database.ts';
import type { ImportFormat } from '../features/products/import/draft.ts';
import {
  checkImport,
  ImportAborted,
  type ImportReport,
  importProducts,
} from '../features/products/importProducts.ts';
import { operator } from './onDatabase.ts';
import { retryConflicts } from './retryConflicts.ts';

export interface FileImport {
  database: Database;
  tenantId: string;
  handle: FileHandle;
  /** Bytes. */
  size: number;
  format: ImportFormat;
  currency: string;
  onError: 'skip' | 'stop';
}

/**
 * Imports a file in batches, each in its own transaction: one for a file of any size would outlast
 * the server's limit for an operation. "stop" therefore reads the file twice, the first time for its
 * problems only; what only the catalogue can show (a SKU that is taken) may still stop it half-way,
 * and the report then says how much came in.
 */
export async function importFile(job: FileImport): Promise<ImportReport> {
  const { format, currency: defaultCurrency } = job;
  if (job.onError === 'stop') {
    const report = await withBar('Checking ', job, (input, onProgress) =>
      checkImport({ input, format, defaultCurrency, onProgress }),
    );
    if (report.problemCount > 0) return report;
  }
  return withBar('Importing', job, async (input, onProgress) => {
    try {
      return await importProducts({
        input,
        format,
        defaultCurrency,
        onProgress,
        onError: job.onError === 'stop' ? 'ABORT' : 'SKIP',
        actor: operator(),
        inTransaction: (work) =>
          retryConflicts(() => job.database.withTenant(job.tenantId, { mode: 'write' }, work)),
      });
    } catch (error) {
      if (error instanceof ImportAborted) return error.report;
      throw error;
    }
  });
}

type OnProgress = (progress: { bytes: number; rows: number }) => void;

/** A bar by bytes on stderr, where that is a terminal. */
async function withBar<T>(
  label: string,
  { handle, size }: Pick<FileImport, 'handle' | 'size'>,
  work: (input: AsyncIterable<Uint8Array>, onProgress: OnProgress) => Promise<T>,
): Promise<T> {
  const bar = new SingleBar({
    format: `${label} {bar} {percentage}% · {rows} products · {eta_formatted} left`,
    stream: process.stderr,
    hideCursor: true,
  });
  bar.start(size, 0, { rows: 0 });
  try {
    const input = handle.createReadStream({ start: 0, autoClose: false });
    return await work(input, ({ bytes, rows }) => bar.update(bytes, { rows }));
  } finally {
    bar.stop();
  }
}

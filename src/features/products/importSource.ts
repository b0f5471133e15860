import type { Actor } from '../../auth/principal.ts';
import type { TenantTransaction } from '../../db/database.ts';
import { type Issue, Refusal, refuse } from '../../lib/errors.ts';
import { detectFormat } from './import/detectFormat.ts';
import type { ImportFormat } from './import/draft.ts';
import { ImportAborted, type ImportReport, importProducts } from './importProducts.ts';

/** A file as text, or one that came beside the operation; exactly one of them. */
export interface ImportSource {
  readonly content?: string | null | undefined;
  readonly file?: File | null | undefined;
}

const shownProblems = 20;

/**
 * Imports a file in the caller's own transaction. Under ABORT a file with problems is refused with
 * IMPORT_FAILED, which names the first 20, and nothing is changed.
 */
export async function importSource(
  tx: TenantTransaction,
  actor: Actor,
  { content, file }: ImportSource,
  options: {
    format?: ImportFormat | null | undefined;
    onError: 'SKIP' | 'ABORT';
    currency?: string | null | undefined;
  },
): Promise<ImportReport> {
  const field = ['input', 'source', file ? 'file' : 'content'];
  const bytes = file ?? new Blob([content ?? '']);
  try {
    return await importProducts({
      input: bytes.stream(),
      format: options.format ?? (await formatOf(bytes, file?.name ?? '', field)),
      defaultCurrency: options.currency ?? undefined,
      onError: options.onError,
      inTransaction: (work) => work(tx),
      actor,
    });
  } catch (error) {
    if (error instanceof ImportAborted) throw new Refusal(issuesOf(error.report, field));
    throw error;
  }
}

async function formatOf(bytes: Blob, name: string, field: string[]): Promise<ImportFormat> {
  const head = await bytes.slice(0, 64 * 1024).arrayBuffer();
  const found = detectFormat(name, new Uint8Array(head));
  return found.format ?? refuse('IMPORT_FAILED', field, found.message);
}

function issuesOf({ problems, problemCount }: ImportReport, field: string[]): Issue[] {
  const shown = problems.slice(0, shownProblems);
  const messages = shown.map(
    ({ row, column, message }) => `Line ${row}${column === null ? '' : `, ${column}`}: ${message}`,
  );
  const rest = problemCount - shown.length;
  if (rest > 0) messages.push(`There are ${rest} more problems.`);
  return messages.map((message) => ({ code: 'IMPORT_FAILED', field, message }));
}

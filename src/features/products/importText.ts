import type { Actor } from '../../auth/principal.ts';
import type { TenantTransaction } from '../../db/database.ts';
import { type Issue, Refusal, refuse } from '../../lib/errors.ts';
import { detectFormat } from './import/detectFormat.ts';
import type { ImportFormat } from './import/draft.ts';
import { ImportAborted, type ImportReport, importProducts } from './importProducts.ts';

const source = ['input', 'source', 'content'];
const shownProblems = 20;

/**
 * Imports a file that came as text, in the caller's own transaction. Under ABORT a file with
 * problems is refused with IMPORT_FAILED, which names the first 20, and nothing is changed.
 */
export async function importText(
  tx: TenantTransaction,
  actor: Actor,
  content: string,
  options: {
    format?: ImportFormat | null | undefined;
    onError: 'SKIP' | 'ABORT';
    currency?: string | null | undefined;
  },
): Promise<ImportReport> {
  const bytes = Buffer.from(content);
  try {
    return await importProducts({
      input: once(bytes),
      format: options.format ?? formatOf(bytes),
      defaultCurrency: options.currency ?? undefined,
      onError: options.onError,
      inTransaction: (work) => work(tx),
      actor,
    });
  } catch (error) {
    if (error instanceof ImportAborted) throw new Refusal(issuesOf(error.report));
    throw error;
  }
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}

function formatOf(bytes: Uint8Array): ImportFormat {
  const found = detectFormat('', bytes.subarray(0, 64 * 1024));
  return found.format ?? refuse('IMPORT_FAILED', source, found.message);
}

function issuesOf({ problems, problemCount }: ImportReport): Issue[] {
  const shown = problems.slice(0, shownProblems);
  const messages = shown.map(
    ({ row, column, message }) => `Line ${row}${column === null ? '' : `, ${column}`}: ${message}`,
  );
  const rest = problemCount - shown.length;
  if (rest > 0) messages.push(`There are ${rest} more problems.`);
  return messages.map((message) => ({ code: 'IMPORT_FAILED', field: source, message }));
}

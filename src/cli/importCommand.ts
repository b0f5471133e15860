import { type FileHandle, open } from 'node:fs/promises';
import { Command, InvalidArgumentError, Option } from 'commander';
import { detectFormat } from '../features/products/import/detectFormat.ts';
import type { ImportFormat } from '../features/products/import/draft.ts';
import type { ImportReport } from '../features/products/importProducts.ts';
import { CommandFailed } from './commandFailed.ts';
import { importFile } from './importFile.ts';
import { describeProblems, describeReport, describeStop } from './importReport.ts';
import { tenantOption, withTenantOf } from './onDatabase.ts';

interface ImportFlags {
  tenant: string;
  format?: ImportFormat;
  currency: string;
  onError: 'skip' | 'stop';
  json?: true;
}

/** `import products FILE`: exit code 0 when all came in, 1 when nothing did, 3 when a part did. */
export function importCommand(): Command {
  const products = new Command('products')
    .description(
      "Import a catalogue: Shopify's product CSV, or JSONL. Run again, it makes no doubles.",
    )
    .argument('<file>', 'the catalogue file')
    .addOption(tenantOption())
    .addOption(
      new Option('--format <format>', 'how it is written (default: told by its beginning)')
        .choices(['shopify-csv', 'jsonl'])
        .argParser((text) => readFormat(text)),
    )
    .option('--currency <code>', 'for prices without a currency', readCurrency, 'EUR')
    .addOption(
      new Option('--on-error <policy>', 'leave out what has problems, or import nothing')
        .choices(['skip', 'stop'])
        .default('stop'),
    )
    .option('--json', 'print the report as JSON on stdout')
    .action(runImport);
  return new Command('import').description('Bring data in.').addCommand(products);
}

function readFormat(text: string): ImportFormat {
  if (text === 'shopify-csv') return 'SHOPIFY_CSV';
  if (text === 'jsonl') return 'JSONL';
  throw new InvalidArgumentError('It is shopify-csv or jsonl.');
}

function readCurrency(text: string): string {
  const code = text.toUpperCase();
  if (Intl.supportedValuesOf('currency').includes(code)) return code;
  throw new InvalidArgumentError('It is a code of ISO 4217, such as EUR.');
}

async function runImport(file: string, flags: ImportFlags): Promise<void> {
  const handle = await openFile(file);
  try {
    const size = await sizeOf(handle, file);
    const format = flags.format ?? (await formatOf(handle, file));
    const report = await withTenantOf(flags.tenant, (database, { id: tenantId }) =>
      importFile({ database, tenantId, handle, size, format, ...flags }),
    );
    process.stderr.write(describeProblems(file, report) + describeStop(report, flags.onError));
    process.stdout.write(flags.json ? `${JSON.stringify(report)}\n` : describeReport(report));
    process.exitCode = exitCodeOf(report);
  } finally {
    await handle.close();
  }
}

async function openFile(file: string): Promise<FileHandle> {
  try {
    return await open(file);
  } catch (error) {
    throw new CommandFailed(`${file} cannot be opened: ${(error as Error).message}`);
  }
}

/** In bytes. A file may be read twice, which a pipe cannot. */
async function sizeOf(handle: FileHandle, file: string): Promise<number> {
  const found = await handle.stat();
  if (found.isFile()) return found.size;
  const what = found.isDirectory() ? 'a directory' : 'a pipe or a device';
  throw new CommandFailed(`${file} is ${what}; name a catalogue file.`);
}

async function formatOf(handle: FileHandle, file: string): Promise<ImportFormat> {
  const { buffer, bytesRead } = await handle.read(Buffer.alloc(64 * 1024), 0, 64 * 1024, 0);
  const found = detectFormat(file, buffer.subarray(0, bytesRead));
  if (found.format === null) throw new CommandFailed(`${file}: ${found.message}`);
  return found.format;
}

function exitCodeOf({ problemCount, created, updated, unchanged }: ImportReport): 0 | 1 | 3 {
  if (problemCount === 0) return 0;
  return created + updated + unchanged > 0 ? 3 : 1;
}

import { type FileHandle, open } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { Command, InvalidArgumentError } from 'commander';
import { auditLine, exportAudit } from '../features/audit/exportAudit.ts';
import { CommandFailed } from './commandFailed.ts';
import { tenantOption, withTenantOf } from './onDatabase.ts';

interface ExportFlags {
  tenant: string;
  from?: Date;
  until?: Date;
  output?: string;
}

/** `audit export`: a business's log as JSON lines. */
export function auditCommand(): Command {
  const exported = new Command('export')
    .description("Write a business's audit log as JSON lines, the oldest event first.")
    .addOption(tenantOption())
    .option(
      '--from <moment>',
      'at this moment or after it: 2026-01-31 or 2026-01-31T09:30:00Z',
      readMoment,
    )
    .option('--until <moment>', 'before this moment', readMoment)
    .option('--output <file>', 'write it there (default: stdout)')
    .action(runExport);
  return new Command('audit').description('What was done in a business.').addCommand(exported);
}

function readMoment(text: string): Date {
  const at = new Date(text);
  if (/^\d{4}-\d\d-\d\d(T[\d:.]+(Z|[+-]\d\d:\d\d))?$/.test(text) && !Number.isNaN(at.getTime())) {
    return at;
  }
  throw new InvalidArgumentError('It is a date or a moment: 2026-01-31 or 2026-01-31T09:30:00Z.');
}

async function runExport({ tenant, from, until, output }: ExportFlags): Promise<void> {
  await withTenantOf(tenant, async (database, { id }) => {
    const pages = exportAudit((work) => database.withTenant(id, { mode: 'read' }, work), {
      from: from ?? null,
      until: until ?? null,
    });
    async function* lines() {
      for await (const page of pages) yield page.map(auditLine).join('');
    }
    // Stdout is not ours to close.
    if (output === undefined) await pipeline(lines, process.stdout, { end: false });
    else await pipeline(lines, (await createFile(output)).createWriteStream());
  });
}

/** A new one, for its owner's eyes. */
async function createFile(file: string): Promise<FileHandle> {
  try {
    return await open(file, 'wx', 0o600);
  } catch (error) {
    throw new CommandFailed(`${file} cannot be written: ${(error as Error).message}`);
  }
}

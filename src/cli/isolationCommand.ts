import { Command } from 'commander';
import { type IsolationReport, reportIsolation } from '../db/isolation/reportIsolation.ts';
import { findBusiness, withDatabase } from './onDatabase.ts';
import { describeTable } from './printTable.ts';

type Guarded = IsolationReport['tables'][number];

/** `isolation`: exit code 0 when tenants are kept apart, 1 when anything fails. */
export function isolationCommand(): Command {
  return new Command('isolation')
    .description('Prove on this very database, table by table, that businesses are kept apart.')
    .option('--tenant <slug>', 'also try, as this business, to see rows of others')
    .option('--json', 'print the whole report as JSON, policies included')
    .addHelpText('after', '\nExit code: 0 when isolation holds, 1 when anything fails.')
    .action(runIsolation);
}

async function runIsolation({ tenant, json }: { tenant?: string; json?: true }): Promise<void> {
  const report = await withDatabase(async (database) => {
    const found = tenant === undefined ? null : await findBusiness(database, tenant);
    return reportIsolation(database, found?.id);
  });
  process.stdout.write(json ? `${JSON.stringify(report)}\n` : describe(report));
  process.exitCode = report.holds ? 0 : 1;
}

const securityOf = ({ rowLevelSecurity, forced }: Pick<Guarded, 'rowLevelSecurity' | 'forced'>) =>
  rowLevelSecurity ? (forced ? 'forced' : 'not forced') : 'OFF';

function describe({ tables, probes, findings, holds, role, database }: IsolationReport): string {
  const guards = tables.map(({ name, isView, policies, tenantKey, grants, ...table }) => [
    name,
    isView ? 'a view' : securityOf(table),
    String(policies.length),
    tenantKey ?? '-',
    grants.join(' ') || '-',
  ]);
  const tried = probes.map(({ name, passed, detail }) => [name, passed ? 'ok' : 'FAILED', detail]);
  const wrong = findings.map(
    ({ rule, object, message, fix }) => `${rule} ${object}: ${message} ${fix}\n`,
  );
  return [
    describeTable(['TABLE', 'ROW SECURITY', 'POLICIES', 'TENANT', 'SERVER MAY'], guards),
    describeTable(['TRIED', 'RESULT', 'DETAIL'], tried),
    ...(wrong.length > 0 ? [wrong.join('')] : []),
    `Isolation ${holds ? 'holds' : 'DOES NOT HOLD'} on database ${database} for the role ${role}.\n`,
  ].join('\n');
}

import type { GraphQLResolveInfo, SelectionSetNode } from 'graphql';
import type { IsolationFinding } from '../../db/isolation/checkIsolation.ts';
import type { GuardedPolicy, GuardedTable } from '../../db/isolation/listTables.ts';
import type { IsolationProbe } from '../../db/isolation/probeIsolation.ts';
import { type IsolationReport, reportIsolation } from '../../db/isolation/reportIsolation.ts';
import { builder } from '../../graphql/builder.ts';
import type { OperationContext } from '../../graphql/context.ts';
import { PublicError } from '../../lib/errors.ts';

const IsolationFindingType = builder.objectRef<IsolationFinding>('IsolationFinding').implement({
  description: 'Something in the database that could get around isolation.',
  fields: (t) => ({
    rule: t.exposeString('rule', { description: 'The rule it breaks: stable, for programs.' }),
    object: t.exposeString('object', {
      description: 'The table, key, function or role, as SQL names it.',
    }),
    message: t.exposeString('message', { description: 'What is wrong with it.' }),
    reason: t.exposeString('reason', { description: 'What leaks without the rule.' }),
    fix: t.exposeString('fix', { description: 'What an operator does about it.' }),
  }),
});

const IsolationPolicyType = builder.objectRef<GuardedPolicy>('IsolationPolicy').implement({
  description: 'A policy of row-level security.',
  fields: (t) => ({
    name: t.exposeString('name', { description: 'Its name on the table.' }),
    command: t.exposeString('command', {
      description: 'What it is for: `ALL`, `SELECT`, `INSERT`, `UPDATE` or `DELETE`.',
    }),
    roles: t.exposeStringList('roles', { description: 'The database roles it is for.' }),
    using: t.exposeString('using', { nullable: true, description: 'Which rows may be seen.' }),
    withCheck: t.exposeString('withCheck', {
      nullable: true,
      description: 'Which rows may be written.',
    }),
  }),
});

const IsolationTableType = builder.objectRef<GuardedTable>('IsolationTable').implement({
  description: 'What keeps tenants apart in one table. Nothing here is about its rows.',
  fields: (t) => ({
    name: t.exposeString('name', { description: 'With its schema.' }),
    isView: t.exposeBoolean('isView', {
      description:
        'Whether it is a view: as it reads as its caller does, the policies of its tables hold.',
    }),
    rowLevelSecurity: t.exposeBoolean('rowLevelSecurity', {
      description: 'Whether Postgres checks each row; of a view it checks those of its tables.',
    }),
    forced: t.exposeBoolean('forced', { description: 'Whether it checks them for the owner too.' }),
    policies: t.field({
      type: [IsolationPolicyType],
      description: 'By name, those of other roles included.',
      resolve: ({ policies }) => policies,
    }),
    tenantKey: t.exposeString('tenantKey', {
      nullable: true,
      description: 'The column that holds the tenant; null: it has none.',
    }),
    grants: t.exposeStringList('grants', {
      description: 'What the server may do with its rows: `SELECT`, `INSERT`, `UPDATE`, `DELETE`.',
    }),
    shared: t.exposeString('shared', {
      nullable: true,
      description: 'Why every tenant may read it; null for all tables that are not shared.',
    }),
  }),
});

const IsolationProbeNameType = builder.enumType('IsolationProbeName', {
  description: 'What is tried on the running database.',
  values: {
    NO_TENANT_SEES_NOTHING: { description: 'Without a tenant no table shows a row.' },
    UNKNOWN_TENANT_SEES_NOTHING: { description: 'As a tenant that does not exist none does.' },
    TENANT_SEES_ONLY_ITS_OWN: { description: 'As your business no row of another shows.' },
    FOREIGN_ROW_IS_REFUSED: {
      description: 'A row with another tenant in it is refused; the attempt is rolled back.',
    },
  } as const,
});

const IsolationProbeType = builder.objectRef<IsolationProbe>('IsolationProbe').implement({
  description: 'Something that must not work and was tried just now.',
  fields: (t) => ({
    name: t.field({
      type: IsolationProbeNameType,
      description: 'What was tried.',
      resolve: ({ name }) => name,
    }),
    passed: t.exposeBoolean('passed', { description: 'Whether isolation held.' }),
    detail: t.exposeString('detail', {
      description: 'How many tables it was tried on, or which failed.',
    }),
  }),
});

const IsolationReportType = builder.objectRef<IsolationReport>('IsolationReport').implement({
  description: 'Proof, table by table, that this database keeps businesses apart.',
  fields: (t) => ({
    holds: t.exposeBoolean('holds', {
      description: 'Whether there is no finding and every probe passed.',
    }),
    role: t.exposeString('role', { description: 'The database role that the server runs as.' }),
    database: t.exposeString('database', { description: 'The name of the database.' }),
    checkedAt: t.expose('checkedAt', {
      type: 'DateTime',
      description: "When, by the database's clock.",
    }),
    findings: t.field({
      type: [IsolationFindingType],
      description: 'What breaks a rule; empty when isolation holds.',
      resolve: ({ findings }) => findings,
    }),
    tables: t.field({
      type: [IsolationTableType],
      description: 'Every table that has to keep businesses apart, by name.',
      resolve: ({ tables }) => tables,
    }),
    probes: t.field({
      type: [IsolationProbeType],
      description: 'What was tried.',
      resolve: ({ probes }) => probes,
    }),
  }),
});

builder.queryField('isolationReport', (t) =>
  t.field({
    type: IsolationReportType,
    nullable: true,
    access: 'isolation:read',
    rateLimit: { limit: 60, window: 60, per: 'TENANT' },
    cost: { complexity: 500 },
    description:
      'Proves on the running database that businesses are kept apart. It costs about 60 statements, and is asked for alone: no other field beside it.',
    resolve: (_parent, _args, context, info) => {
      refuseCompany(info);
      return reportOnce(context);
    },
  }),
);

const reports = new WeakMap<OperationContext, Promise<IsolationReport>>();

/** One report an operation, however many aliases ask for it. */
function reportOnce(context: OperationContext): Promise<IsolationReport> {
  const { tenantId } = context.requireSignIn();
  const report = reports.get(context) ?? reportIsolation(context.services.database, tenantId);
  reports.set(context, report);
  return report;
}

/**
 * The report looks without a tenant and as others, so it needs a connection that is not the
 * operation's. A field beside it would hold the operation's meanwhile, and as many of those at once
 * as there are connections would wait for each other until they time out.
 */
function refuseCompany({ operation, fragments, fieldName }: GraphQLResolveInfo): void {
  const isAlone = ({ selections }: SelectionSetNode): boolean =>
    selections.every((selection) => {
      if (selection.kind === 'Field')
        return [fieldName, '__typename'].includes(selection.name.value);
      if (selection.kind === 'InlineFragment') return isAlone(selection.selectionSet);
      const fragment = fragments[selection.name.value];
      return fragment === undefined || isAlone(fragment.selectionSet);
    });
  if (isAlone(operation.selectionSet)) return;
  throw new PublicError(
    'BAD_USER_INPUT',
    `Ask for "${fieldName}" alone, without another field beside it.`,
  );
}

import type { GraphQLSchema } from 'graphql';
import {
  grantOf,
  type Permission,
  permissions,
  rolePermissions,
  rolesWith,
  withImplied,
} from '../../src/auth/permissions.ts';
import { accessModes } from '../../src/graphql/accessModes.ts';
import { type FieldAccess, listFieldAccess } from '../../src/graphql/fieldAccess.ts';

const roles = Object.keys(rolePermissions) as (keyof typeof rolePermissions)[];

const introduction = `# Permissions

Printed by \`npm run schema:print\` from the one table in \`src/auth/permissions.ts\` and from the schema; not to be edited.

- A member has the permissions of their role, an API key those of its scopes. \`X:write\` brings \`X:read\`, because a mutation answers with what it wrote.
- In a suspended business only the permissions to read are left. Reading and exporting go on; every mutation that needs a permission is refused with the reason \`TENANT_SUSPENDED\`.
- Nobody grants more than they have: a key gets only scopes that its maker has.
- What is withheld is null with an error \`FORBIDDEN\` whose \`extensions\` say the \`permission\`, the \`reason\` (\`ROLE\`, \`SCOPE\`, \`TENANT_SUSPENDED\`) and a \`fix\`. Where the plan lacks a feature the reason is \`PLAN\`, and \`feature\` and \`plans\` say which, and which plans have it. What belongs to another business is simply not found.
- The same tables for programs: the directives in \`schema/schema.graphql\`, and the queries \`permissions\`, \`fieldAccess\` and \`viewer { permissions }\`.
`;

/** docs/permissions.md: permission × role × scope, then what each field asks for. */
export function describePermissions(schema: GraphQLSchema): string {
  const fields = listFieldAccess(schema);
  const roots = ['Query', 'Mutation', 'Subscription'];
  return [
    introduction,
    '## Who has which\n',
    describeTable(
      ['Permission', ...roles, 'Scope for API keys', 'Opens'],
      permissions.map((name) => [
        code(name),
        ...roles.map((role) => (rolePermissions[role].has(name) ? 'yes' : '')),
        scopeCell(name),
        grantOf(name).opens,
      ]),
    ),
    ...roots
      .map((root) => ({ root, of: fields.filter(({ type }) => type === root) }))
      .filter(({ of }) => of.length > 0)
      .flatMap(({ root, of }) => [
        `## ${root}\n`,
        describeTable(['Field', 'Asks for', 'Who has it'], of.map(fieldRow)),
      ]),
    '## What is in the answers\n',
    'The fields of a type that are not listed by themselves ask for the same; connections and edges for what their rows ask, the answers of mutations for what the mutation asks, and every other type that is not here for what it is part of.\n',
    describeTable(['Type or field', 'Asks for', 'Who has it'], typeRows(fields, roots)),
  ].join('\n');
}

const isWrapping = /(?:Connection|Edge|Payload|UserError)$/;

/** A row for each type, then one for each of its fields that asks for more or something else. */
function typeRows(fields: readonly FieldAccess[], roots: readonly string[]): string[][] {
  const types = Map.groupBy(
    fields.filter(({ type }) => !roots.includes(type) && !isWrapping.test(type)),
    ({ type }) => type,
  );
  return [...types].flatMap(([type, of]) => {
    const least = leastAccess(of);
    const others = of.filter((each) => key(each) !== key(least));
    if (others.length === 0 && least.mode === 'PARENT') return [];
    return [
      [code(type), ...accessCells(least)],
      ...others.map((each) => [code(`${type}.${each.field}`), ...accessCells(each)]),
    ];
  });
}

const key = ({ mode, requirements }: FieldAccess): string => `${mode} ${requirements.join()}`;

/** The least that one of its fields asks for: what getting the object asks for. */
function leastAccess(of: readonly FieldAccess[]): FieldAccess {
  const [first] = of.toSorted((one, other) => one.requirements.length - other.requirements.length);
  if (first === undefined) throw new Error('A type without fields is not a type.');
  return first;
}

const fieldRow = (access: FieldAccess): string[] => [code(access.field), ...accessCells(access)];

function accessCells(access: FieldAccess): string[] {
  const [asked = '', ...who] = callerCells(access);
  const gates = [
    ...access.features.map((feature) => `the feature ${code(feature)}`),
    ...access.plans.map((plan) => `the plan ${code(plan)}`),
  ];
  return [[asked, ...gates].join(' and '), ...who];
}

function callerCells({ mode, permissions: needed }: FieldAccess): string[] {
  const known = Object.values(accessModes).find((each) => each.mode === mode);
  if (known !== undefined) return [code(`@${known.directive}`), known.description];
  if (mode === 'PARENT') return ['what it is part of', ''];
  return [needed.map(code).join(' and '), rolesWith(needed).join(', ')];
}

function scopeCell(name: Permission): string {
  if (!grantOf(name).scope) return '';
  const [, ...implied] = withImplied(name);
  return implied.length > 0 ? `yes, with ${implied.map(code).join()}` : 'yes';
}

const code = (text: string): string => `\`${text}\``;

function describeTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return `${[line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n')}\n`;
}

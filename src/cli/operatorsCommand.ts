import { Command } from 'commander';
import { listOperators, type Operator, setOperatorDisabled } from '../auth/operatorLookups.ts';
import { changeOperatorPassword, createOperator, makePassword } from '../auth/operators.ts';
import { encodeId } from '../lib/ids.ts';
import { CommandFailed } from './commandFailed.ts';
import { withPlatform } from './onDatabase.ts';
import { dayOf, printJson } from './print.ts';
import { describeTable } from './printTable.ts';

interface Flags {
  json?: true;
}

interface PasswordFlags extends Flags {
  passwordStdin?: true;
}

const fromStdin = 'read the password from stdin instead of making one';

/** `operators create | list | disable | enable | password`: who may use /operator/graphql. */
export function operatorsCommand(): Command {
  const create = new Command('create')
    .description('Make an operator. Their password is printed on stdout, once.')
    .requiredOption('--email <address>', 'what they sign in with')
    .requiredOption('--name <name>', 'what they are called in audit logs')
    .option('--password-stdin', fromStdin)
    .option('--json', 'print the operator as JSON')
    .action(runCreate);
  const password = new Command('password')
    .description('Give an operator a new password, printed on stdout, once; ends their sessions.')
    .argument('<email>', 'which operator')
    .option('--password-stdin', fromStdin)
    .option('--json', 'print the operator as JSON')
    .action(runPassword);
  const list = new Command('list')
    .description('Show the operators.')
    .option('--json', 'print them as JSON')
    .action(runList);
  const disable = new Command('disable')
    .description('End what an operator may do, their sessions included, at once.')
    .argument('<email>', 'which operator')
    .option('--json', 'print the operator as JSON')
    .action((email: string, flags: Flags) => setDisabled(email, true, flags));
  const enable = new Command('enable')
    .description('Let a disabled operator sign in again.')
    .argument('<email>', 'which operator')
    .option('--json', 'print the operator as JSON')
    .action((email: string, flags: Flags) => setDisabled(email, false, flags));
  return new Command('operators')
    .description('Who runs the platform: sign-ins of their own, for POST /operator/graphql.')
    .addCommand(create)
    .addCommand(list)
    .addCommand(disable)
    .addCommand(enable)
    .addCommand(password);
}

async function runCreate({
  email,
  name,
  ...flags
}: PasswordFlags & { email: string; name: string }): Promise<void> {
  const password = await choosePassword(flags);
  const made = await withPlatform(({ operators }) =>
    createOperator(operators, { email, name, password }),
  );
  if (made === null) throw new CommandFailed(`There is an operator ${email} already.`);
  sayPassword(made, password, flags);
}

async function runPassword(email: string, flags: PasswordFlags): Promise<void> {
  const password = await choosePassword(flags);
  const changed = await withPlatform(({ operators }) =>
    changeOperatorPassword(operators, email, password),
  );
  if (changed === null) throw new CommandFailed(`There is no operator ${email}.`);
  sayPassword(changed, password, flags);
}

async function choosePassword({ passwordStdin }: PasswordFlags): Promise<string> {
  if (!passwordStdin) return makePassword();
  let given = '';
  for await (const chunk of process.stdin.setEncoding('utf8')) given += chunk;
  return given.replace(/\r?\n$/, '');
}

/** What was given is not repeated; what was made is shown this once. */
function sayPassword(
  who: Operator,
  password: string,
  { passwordStdin, json }: PasswordFlags,
): void {
  const made = passwordStdin ? null : password;
  if (json) return printJson({ ...shown(who), password: made });
  process.stderr.write(`${who.email} (${who.name}) signs in at POST /operator/graphql.\n`);
  if (made !== null) process.stdout.write(`${made}\n`);
}

async function runList({ json }: Flags): Promise<void> {
  const all = await withPlatform(({ operators }) => listOperators(operators));
  if (json) return printJson(all.map(shown));
  const rows = all.map(({ email, name, createdAt, disabledAt }) => [
    ...[email, name, dayOf(createdAt)],
    disabledAt === null ? 'good' : `disabled ${dayOf(disabledAt)}`,
  ]);
  process.stdout.write(describeTable(['E-MAIL', 'NAME', 'SINCE', 'STATE'], rows));
}

async function setDisabled(email: string, disabled: boolean, { json }: Flags): Promise<void> {
  const changed = await withPlatform(({ operators }) =>
    setOperatorDisabled(operators, email.trim().toLowerCase(), disabled),
  );
  if (changed === null) throw new CommandFailed(`There is no operator ${email}.`);
  if (json) return printJson(shown(changed));
  process.stdout.write(`${changed.email} is ${disabled ? 'disabled' : 'enabled'}.\n`);
}

const shown = ({ id, ...rest }: Operator) => ({ id: encodeId('Operator', id), ...rest });

import type { IncomingHttpHeaders } from 'node:http';
import {
  type ExecutionArgs,
  GraphQLError,
  getDirectiveValues,
  getVariableValues,
  type OperationDefinitionNode,
} from 'graphql';
import { dryRunDirective, idempotentDirective, repeatsOf } from '../../graphql/repeats.ts';
import { PublicError } from '../../lib/errors.ts';
import { rootFieldNames } from '../publicFields.ts';

/** How a mutation is run: as it is, once under a key, or to be undone. */
export type ExecutionMode =
  | { readonly kind: 'plain' }
  | { readonly kind: 'keyed'; readonly key: string }
  | { readonly kind: 'rehearsed' };

const plain: ExecutionMode = { kind: 'plain' };

/** Visible ASCII (RFC 5234, VCHAR): what a header can carry, and nobody mistypes. */
const keyPattern = /^[\x21-\x7e]{1,255}$/;

/**
 * Reads the headers `Idempotency-Key` and `Dry-Run` and the directives that say the same. A query needs
 * neither and ignores the headers, which a client may send with everything; the directives have no
 * place on it. Throws what the client is told: BAD_USER_INPUT for a key that is none, for two that
 * differ, and for a field that can't.
 */
export function readMode(
  args: ExecutionArgs,
  operation: OperationDefinitionNode | null | undefined,
  headers: IncomingHttpHeaders,
): ExecutionMode {
  if (operation?.operation !== 'mutation') return plain;
  const header = headers['idempotency-key'];
  const rehearsal = headers['dry-run'];
  if (header === undefined && rehearsal === undefined && !operation.directives?.length) {
    return plain;
  }
  const key = readKey(args, operation, header);
  const isRehearsed = readDryRun(rehearsal) || named(operation, dryRunDirective.name);
  if (key !== null) requireField(args, operation, 'key');
  if (isRehearsed) requireField(args, operation, 'dryRun');
  if (isRehearsed) return { kind: 'rehearsed' };
  return key === null ? plain : { kind: 'keyed', key };
}

const named = ({ directives }: OperationDefinitionNode, name: string): boolean =>
  directives?.some((directive) => directive.name.value === name) === true;

function readKey(
  args: ExecutionArgs,
  operation: OperationDefinitionNode,
  header: string | string[] | undefined,
): string | null {
  const keys = [header, readKeyArgument(args, operation)].filter((key) => key !== undefined);
  const [key] = keys;
  if (key === undefined) return null;
  if (keys.some((other) => typeof other !== 'string' || !keyPattern.test(other))) {
    throw bad('An idempotency key is 1 to 255 visible ASCII characters, such as a UUID.');
  }
  if (keys.some((other) => other !== key)) {
    throw bad('The header "Idempotency-Key" and @idempotent(key:) differ: send one of them.');
  }
  return String(key);
}

/** With the variables as graphql-js will have them; what it says against them is thrown. */
function readKeyArgument(
  { schema, variableValues }: ExecutionArgs,
  operation: OperationDefinitionNode,
): string | undefined {
  if (!named(operation, idempotentDirective.name)) return undefined;
  const variables = getVariableValues(
    schema,
    operation.variableDefinitions ?? [],
    variableValues ?? {},
  );
  if (variables.errors) throw variables.errors[0] ?? new GraphQLError('The variables are wrong.');
  const given = getDirectiveValues(idempotentDirective, operation, variables.coerced);
  return given?.key as string;
}

function readDryRun(header: string | string[] | undefined): boolean {
  if (header === undefined) return false;
  const said = String(header).toLowerCase();
  if (said === 'true' || said === 'false') return said === 'true';
  // Not taken for "false": whoever sends something else means to change nothing.
  throw bad('The header "Dry-Run" is "true" or "false".');
}

/** Also of fields that are skipped: what an operation may have does not depend on its variables. */
function requireField(
  { schema, document }: ExecutionArgs,
  operation: OperationDefinitionNode,
  what: 'key' | 'dryRun',
): void {
  const fields = schema.getMutationType()?.getFields() ?? {};
  for (const name of rootFieldNames(document, operation.selectionSet, new Set())) {
    const field = fields[name];
    const reason = field === undefined ? null : repeatsOf(field)[what];
    if (reason === null) continue;
    const refused = what === 'key' ? 'takes no idempotency key' : 'can have no dry run';
    throw bad(`${name} ${refused}. ${reason}`);
  }
}

const bad = (message: string): PublicError => new PublicError('BAD_USER_INPUT', message);

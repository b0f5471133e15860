import {
  type FieldNode,
  type GraphQLField,
  Kind,
  type OperationDefinitionNode,
  type ValueNode,
  valueFromASTUntyped,
} from 'graphql';
import { costOfArgument, mostRows } from './fieldCost.ts';

export type Variables = Readonly<Record<string, unknown>>;

/** How many rows a field answers with at most, by the variables. */
export type Size = number | ((variables: Variables) => number);

export const sizeIn = (size: Size, variables: Variables): number =>
  typeof size === 'number' ? size : size(variables);

/**
 * undefined: not given. Own properties alone, as graphql-js reads them: `$toString` is no function of
 * ours, and an operation that was priced by it would cost what it likes.
 */
export const valueIn = (variables: Variables, name: string): unknown =>
  Object.hasOwn(variables, name) ? variables[name] : undefined;

type Field = GraphQLField<unknown, unknown>;
/** undefined: not given. */
type Given = unknown | ((variables: Variables) => unknown);

/** Reads once, from the document, what says how many rows a field has. */
export function readSize(
  operation: OperationDefinitionNode,
  definition: Field,
  node: FieldNode,
  { sizedBy, otherwise }: { readonly sizedBy: readonly string[]; readonly otherwise: number },
): Size {
  const given = sizedBy
    .map((path) => givenAt(operation, definition, node, path.split('.')))
    .filter((each) => each !== undefined);
  if (given.every((each) => typeof each !== 'function')) return countOf(given, otherwise);
  return (variables) =>
    countOf(
      given.map((each) => (typeof each === 'function' ? each(variables) : each)),
      otherwise,
    );
}

/** What a field costs by itself: `complexity`, and what each argument adds that is given. */
export function readOwnCost(
  operation: OperationDefinitionNode,
  definition: Field,
  node: FieldNode,
  complexity: number,
): Size {
  let own = complexity;
  const asked: { readonly added: number; readonly given: (variables: Variables) => unknown }[] = [];
  for (const argument of definition.args) {
    const added = costOfArgument(argument);
    if (added === 0) continue;
    const given = givenAt(operation, definition, node, [argument.name]);
    if (typeof given === 'function') asked.push({ added, given: given as never });
    else if (given !== undefined && given !== null) own += added;
  }
  if (asked.length === 0) return own;
  return (variables) =>
    asked.reduce((sum, { added, given }) => (given(variables) == null ? sum : sum + added), own);
}

/** Of `first` and `last` together, which is refused later, the larger. */
function countOf(given: readonly unknown[], otherwise: number): number {
  const counts = given.map(toCount).filter((count) => count !== null);
  return counts.length === 0 ? otherwise : Math.max(...counts);
}

/** A list is as many as it is long, a text its thousands of characters; any other value is one. */
function toCount(value: unknown): number | null {
  if (value === undefined || value === null) return null;
  if (typeof value === 'number') {
    return Number.isNaN(value) ? null : Math.min(Math.max(Math.trunc(value), 0), mostRows);
  }
  if (typeof value === 'string') return Math.ceil(value.length / 1_000);
  return Array.isArray(value) ? value.length : 1;
}

function givenAt(
  operation: OperationDefinitionNode,
  definition: Field,
  node: FieldNode,
  [argument = '', ...path]: readonly string[],
): Given {
  const value = node.arguments?.find(({ name }) => name.value === argument)?.value;
  if (value !== undefined) return follow(operation, value, path);
  return dig(definition.args.find(({ name }) => name === argument)?.defaultValue, path);
}

function follow(
  operation: OperationDefinitionNode,
  value: ValueNode,
  path: readonly string[],
): Given {
  if (value.kind === Kind.VARIABLE) {
    const name = value.name.value;
    const defined = operation.variableDefinitions?.find(
      (each) => each.variable.name.value === name,
    );
    const fallback = defined?.defaultValue && valueFromASTUntyped(defined.defaultValue);
    return (variables: Variables) => {
      const sent = valueIn(variables, name);
      return dig(sent === undefined ? fallback : sent, path);
    };
  }
  const [first, ...rest] = path;
  if (first === undefined) return literalCount(value);
  if (value.kind !== Kind.OBJECT) return undefined;
  const field = value.fields.find(({ name }) => name.value === first);
  return field && follow(operation, field.value, rest);
}

/** A list may hold variables, whose values don't matter here. */
function literalCount(value: ValueNode): unknown {
  if (value.kind === Kind.LIST) return new Array(value.values.length);
  return valueFromASTUntyped(value);
}

function dig(value: unknown, path: readonly string[]): unknown {
  let found = value;
  for (const name of path) {
    found =
      typeof found === 'object' && found !== null ? valueIn(found as Variables, name) : undefined;
  }
  return found;
}

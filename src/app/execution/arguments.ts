import {
  type FieldNode,
  type GraphQLArgument,
  type GraphQLField,
  getArgumentValues,
  isNonNullType,
  Kind,
  valueFromAST,
} from 'graphql';

type ReadArguments = (variables: Readonly<Record<string, unknown>>) => Record<string, unknown>;

interface Argument {
  readonly name: string;
  /** undefined: the value is known beforehand. */
  readonly variable: string | undefined;
  readonly isRequired: boolean;
  readonly value: unknown;
}

/**
 * The arguments of a field at one place of an operation (GraphQL specification 6.4.1), as a function:
 * graphql-js puts them into dictionaries and copies the last, 2 µs for one argument. It is still asked
 * for what is not usual: lists and objects that are written in the document, variables that are missing,
 * and what is wrong.
 */
export function argumentsReader(
  definition: GraphQLField<unknown, unknown>,
  node: FieldNode,
): ReadArguments {
  const readAll: ReadArguments = (variables) => getArgumentValues(definition, node, variables);
  const usual: Argument[] = [];
  for (const each of definition.args) {
    const argument = argumentOf(each, node);
    if (argument === 'unusual') return readAll;
    if (argument !== 'left out') usual.push(argument);
  }
  return (variables) => {
    const read: Record<string, unknown> = {};
    for (const { name, variable, isRequired, value } of usual) {
      if (variable === undefined) {
        read[name] = value;
        continue;
      }
      const given = Object.hasOwn(variables, variable) ? variables[variable] : undefined;
      if (given === undefined || (given === null && isRequired)) return readAll(variables);
      read[name] = given;
    }
    return read;
  };
}

function argumentOf(
  { name, type, defaultValue }: GraphQLArgument,
  node: FieldNode,
): Argument | 'left out' | 'unusual' {
  const isRequired = isNonNullType(type);
  const given = node.arguments?.find((each) => each.name.value === name)?.value;
  if (given === undefined) {
    if (defaultValue === undefined) return isRequired ? 'unusual' : 'left out';
    return { name, variable: undefined, isRequired, value: defaultValue };
  }
  if (given.kind === Kind.VARIABLE) {
    return { name, variable: given.name.value, isRequired, value: undefined };
  }
  // There may be variables in it, and whoever gets an object may change it.
  if (given.kind === Kind.LIST || given.kind === Kind.OBJECT) return 'unusual';
  const value = valueFromAST(given, type);
  if (value === undefined || (typeof value === 'object' && value !== null)) return 'unusual';
  return { name, variable: undefined, isRequired, value };
}

import {
  type FieldNode,
  type GraphQLArgument,
  type GraphQLField,
  type GraphQLInputType,
  getArgumentValues,
  getNullableType,
  isInputObjectType,
  isListType,
  isNonNullType,
  Kind,
  type ValueNode,
  valueFromAST,
} from 'graphql';

type ReadArguments = (variables: Readonly<Record<string, unknown>>) => Record<string, unknown>;

interface Argument {
  readonly name: string;
  /** undefined: the value is known beforehand. */
  readonly variable: string | undefined;
  readonly isRequired: boolean;
  /** A new one each time where it is a list or an object, for whoever gets it may change it. */
  readonly make: () => unknown;
}

/**
 * The arguments of a field at one place of an operation (GraphQL specification 6.4.1), as a function:
 * graphql-js puts them into dictionaries and copies the last, 2 µs for one argument, and 10 for an order
 * that is written in the document. It is still asked for what is not usual: lists and objects with
 * variables in them, variables that are missing, and what is wrong.
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
    for (const { name, variable, isRequired, make } of usual) {
      if (variable === undefined) {
        read[name] = make();
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
    return { name, variable: undefined, isRequired, make: () => defaultValue };
  }
  if (given.kind === Kind.VARIABLE) {
    return { name, variable: given.name.value, isRequired, make: () => undefined };
  }
  if (!isPlain(given, type)) return 'unusual';
  const make = makerOf(valueFromAST(given, type));
  return make === undefined ? 'unusual' : { name, variable: undefined, isRequired, make };
}

/** Without variables, and without a list or an object for a scalar to read, which may ask for variables too. */
function isPlain(value: ValueNode, type: GraphQLInputType): boolean {
  const nullable = getNullableType(type);
  if (value.kind === Kind.VARIABLE) return false;
  if (value.kind === Kind.LIST) {
    return isListType(nullable) && value.values.every((each) => isPlain(each, nullable.ofType));
  }
  if (value.kind !== Kind.OBJECT) return true;
  // One may stand for a list of it.
  if (isListType(nullable)) return isPlain(value, nullable.ofType);
  if (!isInputObjectType(nullable)) return false;
  const fields = nullable.getFields();
  return value.fields.every(({ name, value: inner }) => {
    const field = fields[name.value];
    return field !== undefined && isPlain(inner, field.type);
  });
}

/** What makes a value of a document anew; undefined: it is none, or something else than lists, objects and scalars. */
function makerOf(value: unknown): (() => unknown) | undefined {
  if (value === undefined) return undefined;
  if (typeof value !== 'object' || value === null) return () => value;
  if (Array.isArray(value)) {
    const items = value.map(makerOf);
    if (!items.every((each) => each !== undefined)) return undefined;
    return () => items.map((make) => make());
  }
  // As graphql-js makes an input's object; a scalar's may be anything.
  if (Object.getPrototypeOf(value) !== null) return undefined;
  const fields = Object.entries(value).map(([name, inner]) => [name, makerOf(inner)] as const);
  if (!fields.every((each) => each[1] !== undefined && each[0] !== '__proto__')) return undefined;
  return () => {
    const made: Record<string, unknown> = {};
    for (const [name, make] of fields) made[name] = make?.();
    return made;
  };
}

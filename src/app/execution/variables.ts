import {
  type ConstValueNode,
  type GraphQLInputField,
  type GraphQLInputObjectType,
  type GraphQLInputType,
  type GraphQLLeafType,
  type GraphQLSchema,
  isInputObjectType,
  isInputType,
  isListType,
  isNonNullType,
  type OperationDefinitionNode,
  typeFromAST,
  valueFromAST,
} from 'graphql';

type Given = Readonly<Record<string, unknown>>;

/** A value as a client sends it → as resolvers get it; undefined, or a throw: it is not of the type. */
type Coerce = (value: unknown) => unknown;

interface Variable {
  readonly name: string;
  readonly type: GraphQLInputType;
  readonly coerce: Coerce;
  readonly isRequired: boolean;
  readonly defaultValue: ConstValueNode | undefined;
}

/** null: graphql-js is to read them. */
const known = new WeakMap<OperationDefinitionNode, readonly Variable[] | null>();

/**
 * An operation's variables (GraphQL specification 6.1.2); undefined: something is wrong with them, and
 * graphql-js has the words for it. By functions that are made once for each type: graphql-js's
 * getVariableValues lists the fields of an input's type anew each time and copies what it has read,
 * 9 µs of a productCreate; this takes 2.
 */
export function readVariables(
  schema: GraphQLSchema,
  operation: OperationDefinitionNode,
  given: Given,
): Record<string, unknown> | undefined {
  let variables = known.get(operation);
  if (variables === undefined) {
    variables = variablesOf(schema, operation);
    known.set(operation, variables);
  }
  if (variables === null) return undefined;
  const values: Record<string, unknown> = {};
  try {
    for (const { name, type, coerce, isRequired, defaultValue } of variables) {
      if (Object.hasOwn(given, name)) {
        const value = coerce(given[name]);
        if (value === undefined) return undefined;
        values[name] = value;
      } else if (defaultValue !== undefined) {
        values[name] = valueFromAST(defaultValue, type);
      } else if (isRequired) {
        return undefined;
      }
    }
  } catch {
    return undefined;
  }
  return values;
}

function variablesOf(
  schema: GraphQLSchema,
  { variableDefinitions = [] }: OperationDefinitionNode,
): readonly Variable[] | null {
  const variables: Variable[] = [];
  for (const { variable, type: typeNode, defaultValue } of variableDefinitions) {
    const name = variable.name.value;
    const type = typeFromAST(schema, typeNode);
    // To assign a property of this name would be something else.
    if (!isInputType(type) || name === '__proto__') return null;
    const isRequired = isNonNullType(type);
    variables.push({ name, type, coerce: coercionOf(type), isRequired, defaultValue });
  }
  return variables;
}

/** By type: what an operation asks for, others do too. */
const coercions = new WeakMap<GraphQLInputType, Coerce>();

function coercionOf(type: GraphQLInputType): Coerce {
  let coerce = coercions.get(type);
  if (coerce === undefined) {
    coerce = coercion(type);
    coercions.set(type, coerce);
  }
  return coerce;
}

function coercion(type: GraphQLInputType): Coerce {
  // By the type that it wraps, for each document has wrappers of its own.
  if (isNonNullType(type)) {
    const coerce = coercionOf(type.ofType);
    return (value) => (value === null || value === undefined ? undefined : coerce(value));
  }
  const coerce = nullableCoercion(type);
  return (value) => (value === null || value === undefined ? null : coerce(value));
}

function nullableCoercion(type: GraphQLInputType): Coerce {
  if (isListType(type)) return listCoercion(type.ofType);
  if (isInputObjectType(type)) return objectCoercion(type);
  return (value) => (type as GraphQLLeafType).parseValue(value);
}

function listCoercion(type: GraphQLInputType): Coerce {
  const coerce = coercionOf(type);
  return (value) => {
    // One item may stand for a list of it.
    const items = isIterable(value) ? Array.from(value, (item) => coerce(item)) : [coerce(value)];
    return items.includes(undefined) ? undefined : items;
  };
}

function isIterable(value: unknown): value is Iterable<unknown> {
  return typeof value === 'object' && value !== null && Symbol.iterator in value;
}

interface InputField {
  readonly name: string;
  readonly coerce: Coerce;
  readonly isRequired: boolean;
  readonly defaultValue: unknown;
}

function objectCoercion(type: GraphQLInputObjectType): Coerce {
  // When the first value comes: a type may have fields of its own type.
  let fields: ReadonlyMap<string, InputField> | undefined;
  let read: ReadFields | undefined;
  return (value) => {
    if (typeof value !== 'object' || Array.isArray(value)) return undefined;
    fields ??= new Map(Object.values(type.getFields()).map((each) => [each.name, fieldOf(each)]));
    read ??= fieldsReader([...fields.values()]);
    for (const name of Object.keys(value as Given)) if (!fields.has(name)) return undefined;
    const values = read(value as Given);
    return values === undefined || (type.isOneOf && !hasOneValue(values)) ? undefined : values;
  };
}

type ReadFields = (given: Given) => Given | undefined;

/**
 * Written as JavaScript, as a selection's function is (selection.ts): a loop over names, of which a client
 * gives a few of many, took 1 µs more of a productCreate. In the order of the type, as graphql-js has them.
 * Nothing but names of the schema get into the text.
 */
function fieldsReader(fields: readonly InputField[]): ReadFields {
  const steps = fields.map(({ name, isRequired }, index) => {
    const missing = isRequired ? 'return undefined;' : 'if (given !== undefined) return undefined;';
    return `given = values.${name};
    value = given === undefined ? defaults[${index}] : coerce${index}(given);
    if (value !== undefined) read.${name} = value; else { ${missing} }`;
  });
  const made = new Function(
    'coerce',
    'defaults',
    `"use strict";
    ${fields.map((_, index) => `const coerce${index} = coerce[${index}];`).join(' ')}
    return (values) => {
      const read = {};
      let given, value;
      ${steps.join('\n')}
      return read;
    };`,
  );
  const coerce = fields.map((field) => field.coerce);
  return made(
    coerce,
    fields.map(({ defaultValue }) => defaultValue),
  ) as ReadFields;
}

function fieldOf({ name, type, defaultValue }: GraphQLInputField): InputField {
  return { name, coerce: coercionOf(type), isRequired: isNonNullType(type), defaultValue };
}

function hasOneValue(read: Given): boolean {
  const values = Object.values(read);
  return values.length === 1 && values[0] !== null;
}

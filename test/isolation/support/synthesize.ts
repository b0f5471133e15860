import { randomInt } from 'node:crypto';
import {
  type GraphQLArgument,
  type GraphQLField,
  type GraphQLInputField,
  type GraphQLInputType,
  type GraphQLOutputType,
  type GraphQLSchema,
  getNamedType,
  getNullableType,
  isEnumType,
  isInputObjectType,
  isInterfaceType,
  isListType,
  isObjectType,
  isRequiredArgument,
  isRequiredInputField,
} from 'graphql';

export type Value = string | number | boolean | null | Value[] | { [name: string]: Value };

/** A place in a field's arguments where something can be named, such as `input.items.0.id`. */
export interface Place {
  readonly path: readonly string[];
  readonly type: string;
}

export interface RootField {
  readonly kind: 'query' | 'mutation';
  readonly name: string;
  readonly field: GraphQLField<unknown, unknown>;
}

export function rootFields(schema: GraphQLSchema): RootField[] {
  const of = (kind: RootField['kind'], fields: Record<string, GraphQLField<unknown, unknown>>) =>
    Object.values(fields).map((field) => ({ kind, name: field.name, field }));
  return [
    ...of('query', schema.getQueryType()?.getFields() ?? {}),
    ...of('mutation', schema.getMutationType()?.getFields() ?? {}),
  ];
}

const naming = /^(?:sku|externalReference|shortcut|email|slug)$/;

/** Every place that takes an id, or a text that names a row. */
export function findPlaces({ field }: RootField): Place[] {
  return field.args.flatMap((arg) => placesIn(arg, [arg.name], 0));
}

function placesIn(
  given: GraphQLArgument | GraphQLInputField,
  path: readonly string[],
  depth: number,
): Place[] {
  const named = getNamedType(given.type);
  const here = isListType(getNullableType(given.type)) ? [...path, '0'] : path;
  if (isInputObjectType(named)) {
    if (depth > 4) return [];
    return Object.values(named.getFields()).flatMap((inner) =>
      placesIn(inner, [...here, inner.name], depth + 1),
    );
  }
  const isCursor = given.name === 'after' || given.name === 'before';
  if (named.name === 'ID' || named.name === 'UUID') return [{ path: here, type: named.name }];
  if (isCursor) return [{ path: here, type: 'cursor' }];
  const name = ['eq', 'in', 'contains'].includes(given.name) ? (path.at(-2) ?? '') : given.name;
  return named.name === 'String' && naming.test(name) ? [{ path: here, type: name }] : [];
}

/** Arguments with all that is required, and `value` in its place. */
export function argumentsWith(
  { field }: RootField,
  place: Place | null,
  value: Value,
  own: (path: readonly string[]) => string,
): Record<string, Value> {
  const made: Record<string, Value> = {};
  for (const arg of field.args) {
    const inside = place?.path[0] === arg.name;
    if (!inside && !isRequiredArgument(arg)) continue;
    made[arg.name] = make(arg.type, [arg.name], inside ? place.path.slice(1) : null, value, own);
  }
  return made;
}

function make(
  type: GraphQLInputType,
  path: readonly string[],
  rest: readonly string[] | null,
  value: Value,
  own: (path: readonly string[]) => string,
): Value {
  const nullable = getNullableType(type);
  if (isListType(nullable)) {
    return [make(nullable.ofType, path, rest === null ? null : rest.slice(1), value, own)];
  }
  if (rest?.length === 0) return value;
  if (isEnumType(nullable)) return nullable.getValues()[0]?.name ?? null;
  if (!isInputObjectType(nullable)) return scalar(nullable.toString(), path, own);
  const made: Record<string, Value> = {};
  for (const field of Object.values(nullable.getFields())) {
    const inside = rest?.[0] === field.name;
    const first = nullable.isOneOf && rest === null && Object.keys(made).length === 0;
    if (!inside && !isRequiredInputField(field) && !first) continue;
    made[field.name] = make(
      field.type,
      [...path, field.name],
      inside ? (rest?.slice(1) ?? null) : null,
      value,
      own,
    );
  }
  return made;
}

function scalar(type: string, path: readonly string[], own: (path: readonly string[]) => string) {
  const values: Record<string, Value> = {
    Boolean: false,
    CurrencyCode: 'EUR',
    Date: '2036-01-01',
    DateTime: '2036-01-01T00:00:00.000Z',
    Decimal: '1.00',
    Float: 1,
    ID: own(path),
    Int: 1,
    JSONObject: {},
    PhoneNumber: '+4915112345678',
    SafeInt: 1,
    UUID: '01900000-0000-7000-8000-000000000000',
  };
  // Another each time, so that one probe's row is not the next one's double.
  return values[type] ?? `probe-${randomInt(1_000_000_000)}`;
}

/** Selects every scalar, and objects to a depth, of whatever needs no arguments. */
export function selectionOf(schema: GraphQLSchema, type: GraphQLOutputType, depth = 5): string {
  const named = getNamedType(type);
  if (isInterfaceType(named)) {
    const possible = schema.getPossibleTypes(named);
    const parts = possible.map((each) => `... on ${each} ${selectionOf(schema, each, depth - 1)}`);
    return `{ __typename ${depth > 1 ? parts.join(' ') : ''} }`;
  }
  if (!isObjectType(named)) return '';
  const parts = Object.values(named.getFields()).flatMap((field) => {
    const inner = getNamedType(field.type);
    if (field.args.some(isRequiredArgument)) return [];
    const isComposite = isObjectType(inner) || isInterfaceType(inner);
    if (isComposite && depth <= 1) return [];
    const pages = field.args.some(({ name }) => name === 'first') ? '(first: 3)' : '';
    // Aliased by type: two types of an interface may give one name different types.
    return [
      `${named}_${field.name}: ${field.name}${pages} ${selectionOf(schema, inner, depth - 1)}`,
    ];
  });
  return `{ __typename ${parts.join(' ')} }`;
}

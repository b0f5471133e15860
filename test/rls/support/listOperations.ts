import {
  type GraphQLField,
  type GraphQLInputType,
  type GraphQLSchema,
  getNamedType,
  getNullableType,
  isEnumType,
  isInputObjectType,
  isLeafType,
  isListType,
  isObjectType,
  isRequiredArgument,
} from 'graphql';
import { selectionOf } from '../../isolation/support/synthesize.ts';

/** A list of the schema: a root field, or a field of what a root's list is of. */
export interface ListField {
  /** `products`, or `customers.conversations`. */
  readonly path: string;
  readonly field: GraphQLField<unknown, unknown>;
  /** Puts a field with its arguments where it belongs. */
  query(text: string): string;
}

/** One way to ask for a page. */
export interface ListOperation {
  readonly name: string;
  /** GraphQL, with `$ID` and `$CURSOR` in it. */
  readonly text: string;
  readonly filtered: boolean;
  /** Whether it is no list, but looks something up. */
  readonly single: boolean;
  /** Whether it names an order, rather than leave the list its own. */
  readonly ordered: boolean;
}

/** What a row of the list has, by field: a filter is asked for what is there. */
export type Sample = Readonly<Record<string, unknown>>;

const isConnection = (field: GraphQLField<unknown, unknown>): boolean =>
  getNamedType(field.type).name.endsWith('Connection');

/**
 * Every connection that can be asked for, from the schema as it is. Not searches: what these find is
 * found in a function of its own, which test/rls/functions and test/rls/indexes look at.
 */
export function findListFields(schema: GraphQLSchema): ListField[] {
  const roots = Object.values(schema.getQueryType()?.getFields() ?? {}).filter(
    (root) => isConnection(root) && !root.args.some(isRequiredArgument),
  );
  return roots.flatMap((root) => {
    const node = getNamedType(fieldsOf(getNamedType(root.type)).nodes?.type ?? root.type);
    return [
      { path: root.name, field: root, query: (text: string) => `{ ${text} }` },
      ...Object.values(fieldsOf(node))
        .filter(isConnection)
        .map((field) => ({
          path: `${root.name}.${field.name}`,
          field,
          query: (text: string) => `{ ${root.name}(first: 3) { nodes { id ${text} } } }`,
        })),
    ];
  });
}

/** Asks for what filters of the list can compare, of its last row: the others are mostly alike. */
export function sampleQuery({ field, query }: ListField): string {
  const node = fieldsOf(getNamedType(fieldsOf(getNamedType(field.type)).nodes?.type ?? field.type));
  const parts = Object.keys(filterFields(field)).flatMap((name) => {
    const type = node[name] && getNamedType(node[name].type);
    if (type === undefined) return [];
    return fieldsOf(type).id === undefined ? (isLeafType(type) ? [name] : []) : [`${name} { id }`];
  });
  return query(`${field.name}(last: 1) { nodes { id ${parts.join(' ')} } }`);
}

/**
 * Pages forwards, backwards and from a cursor, by every sort, and by every comparator of every filter
 * with every sort. The sorts of a search are not among them: it is the search that costs there.
 */
export function listOperations(
  schema: GraphQLSchema,
  { path, field, query }: ListField,
  sample: Sample,
): ListOperation[] {
  const orders = ['', ...ordersOf(field)];
  const operation = (given: string, selection: string, filtered = false): ListOperation => ({
    name: `${path}(${given})`,
    text: query(`${field.name}(${given}) ${selection}`),
    filtered,
    single: false,
    ordered: given.includes('orderBy'),
  });
  const ids = '{ nodes { id } pageInfo { endCursor } }';
  const pages = orders.flatMap((order) => [
    operation(`first: 5${order}`, ids),
    operation(`last: 5${order}`, ids),
    operation(`first: 5, after: $CURSOR${order}`, ids),
    operation(`last: 5, before: $CURSOR${order}`, ids),
  ]);
  const filters = filtersOf(field, sample).flatMap((filter) =>
    // Which way an index is read changes no plan.
    orders
      .filter((order) => !order.includes('ASC'))
      .map((order) => operation(`first: 5, filter: ${filter}${order}`, ids, true)),
  );
  return [operation('first: 3', selectionOf(schema, field.type, 5)), ...pages, ...filters];
}

/** Every other field of Query, by every reference that it takes. Not the report that probes on purpose. */
export function singleOperations(schema: GraphQLSchema): ListOperation[] {
  const roots = Object.values(schema.getQueryType()?.getFields() ?? {});
  return roots
    .filter((root) => !isConnection(root) && root.name !== 'isolationReport')
    .flatMap((root) => {
      const required = root.args.filter(isRequiredArgument);
      const choices = required.flatMap(({ name, type }) =>
        literals(type).map((value) => `(${name}: ${value})`),
      );
      return (required.length === 0 ? [''] : choices).map((given) => ({
        name: `${root.name}${given}`,
        text: `{ ${root.name}${given} ${selectionOf(schema, root.type, 3)} }`,
        filtered: false,
        single: true,
        ordered: false,
      }));
    });
}

/** `, orderBy: { key: NAME, direction: ASC }` and so on. */
function ordersOf({ args }: GraphQLField<unknown, unknown>): string[] {
  return args.flatMap((arg) => {
    const { key, direction } = inputFieldsOf(arg.type);
    if (key === undefined || direction === undefined) return [];
    return literals(key.type)
      .filter((by) => by !== 'RELEVANCE')
      .flatMap((by) =>
        literals(direction.type).map((way) => `, ${arg.name}: { key: ${by}, direction: ${way} }`),
      );
  });
}

const filterFields = ({ args }: GraphQLField<unknown, unknown>) =>
  inputFieldsOf(args.find(({ name }) => name === 'filter')?.type);

/** `{ name: { eq: "a" } }` and so on. */
function filtersOf(field: GraphQLField<unknown, unknown>, sample: Sample): string[] {
  return Object.values(filterFields(field)).flatMap(({ name, type }) => {
    const operators = Object.values(inputFieldsOf(type));
    if (operators.length === 0) return [`{ ${name}: ${literal(type, sample[name])} }`];
    return operators.map(
      (each) => `{ ${name}: { ${each.name}: ${literal(each.type, sample[name])} } }`,
    );
  });
}

const scalars: Readonly<Record<string, string>> = {
  Boolean: 'false',
  DateTime: '"2026-01-01T00:00:00.000Z"',
  Decimal: '"20.00"',
  ID: '$ID',
  Int: '1',
};

/** The row's own value where the type fits, else any. */
function literal(type: GraphQLInputType, own: unknown): string {
  const named = getNamedType(type);
  const value = own !== null && typeof own === 'object' && 'id' in own ? own.id : own;
  const first = Array.isArray(value) ? value[0] : value;
  if (typeof first !== 'string' || named.name === 'Boolean') return literals(type)[0] ?? 'null';
  const text = isEnumType(named) ? first : JSON.stringify(first);
  return isListType(getNullableType(type)) ? `[${text}]` : text;
}

function literals(type: GraphQLInputType): string[] {
  const nullable = getNullableType(type);
  if (isListType(nullable)) return literals(nullable.ofType).map((value) => `[${value}]`);
  if (isEnumType(nullable)) return nullable.getValues().map(({ name }) => name);
  if (isInputObjectType(nullable)) {
    const fields = Object.values(nullable.getFields());
    return fields.map(({ name, type: inner }) => `{ ${name}: ${literals(inner)[0]} }`);
  }
  return [scalars[nullable.toString()] ?? '"a"'];
}

function inputFieldsOf(type: GraphQLInputType | undefined) {
  const named = getNamedType(type);
  return isInputObjectType(named) ? named.getFields() : {};
}
function fieldsOf(type: unknown): Record<string, GraphQLField<unknown, unknown>> {
  return isObjectType(type) ? type.getFields() : {};
}

import {
  type DirectiveNode,
  type GraphQLNamedType,
  type GraphQLSchema,
  getNamedType,
  isObjectType,
  isRequiredArgument,
} from 'graphql';
import { argumentsWith, type Value } from '../../isolation/support/synthesize.ts';
import type { TestServer } from '../../support/server.ts';
import type { OutputField } from './published.ts';

/** A field that is gated by what the printed schema says of it, or of the type that it leads to. */
export interface GatedField {
  readonly at: string;
  readonly features: readonly string[];
  readonly plans: readonly string[];
  /** How to ask for it, each time by another way. */
  ways(ids: ReadonlyMap<string, string>): readonly Way[];
}

interface Way {
  readonly text: string;
  readonly variables: Record<string, Value>;
  /** How often the field is in it. */
  readonly times: number;
}

function valuesOf(place: OutputField | GraphQLNamedType, directive: string): string[] {
  return (place.astNode?.directives ?? [])
    .filter(({ name }: DirectiveNode) => name.value === directive)
    .map((node) => node.arguments?.[0]?.value)
    .map((value) => (value?.kind === 'StringValue' ? value.value : ''));
}

export function findGates(schema: GraphQLSchema): GatedField[] {
  const types = Object.values(schema.getTypeMap()).filter(isObjectType);
  return types
    .filter(({ name }) => !name.startsWith('__'))
    .flatMap((type) => Object.values(type.getFields()).map((field) => ({ type, field })))
    .map(({ type, field }) => ({
      at: `${type.name}.${field.name}`,
      features: valuesOf(field, 'requiresFeature'),
      plans: valuesOf(field, 'requiresPlan'),
      ways: (ids: ReadonlyMap<string, string>) => waysTo(schema, type, field, ids),
    }))
    .filter(({ features, plans }) => features.length + plans.length > 0);
}

const rootNames: readonly string[] = ['Query', 'Mutation'];

/** By its name, by aliases, in a named and in an inline fragment; below `node` where its type has an id. */
function waysTo(
  schema: GraphQLSchema,
  type: GraphQLNamedType,
  field: OutputField,
  ids: ReadonlyMap<string, string>,
): Way[] {
  const { call, head, variables } = callOf(field);
  const kind = type.name === 'Mutation' ? 'mutation' : 'query';
  const path = rootNames.includes(type.name) ? [] : pathTo(schema, type);
  const nodeId = ids.get(type.name);
  const within = (inner: string) =>
    path.reduceRight((text, step) => `{ ${step} ${text} }`, `{ __typename ${inner} }`);
  const plain = { text: `${kind} ${head} ${within(call)}`, variables, times: 1 };
  const twisted = {
    text: `${kind} ${head} ${within(`one: ${call} ...Named ... on ${type.name} { three: ${call} }`)}
      fragment Named on ${type.name} { two: ${call} }`,
    variables,
    times: 3,
  };
  if (nodeId === undefined) return [plain, twisted];
  const byNode = {
    text: `query ${head} { node(id: "${nodeId}") { ... on ${type.name} { ${call} } }
      nodes(ids: ["${nodeId}"]) { ... on Node { ... on ${type.name} { again: ${call} } } } }`,
    variables,
    times: 2,
  };
  return [plain, twisted, byNode];
}

function callOf(field: OutputField) {
  const root = { kind: 'query', name: field.name, field } as const;
  const values = argumentsWith(root, null, null, () => 'none');
  const given = field.args.filter(isRequiredArgument);
  const variables = Object.fromEntries(given.map(({ name }) => [name, values[name] ?? null]));
  const declared = given.map(({ name, type }) => `$${name}: ${type}`).join(', ');
  const passed = given.map(({ name }) => `${name}: $${name}`).join(', ');
  const inner = isObjectType(getNamedType(field.type)) ? ' { __typename }' : '';
  return {
    call: `${field.name}${passed && `(${passed})`}${inner}`,
    head: declared && `(${declared})`,
    variables,
  };
}

/** The shortest way from Query that needs no argument. */
function pathTo(schema: GraphQLSchema, wanted: GraphQLNamedType): string[] {
  const query = schema.getQueryType();
  const queue: { type: GraphQLNamedType; path: string[] }[] = query
    ? [{ type: query, path: [] }]
    : [];
  const seen = new Set<GraphQLNamedType>();
  for (let step = queue.shift(); step !== undefined; step = queue.shift()) {
    if (step.type === wanted) return step.path;
    if (seen.has(step.type) || !isObjectType(step.type)) continue;
    seen.add(step.type);
    for (const field of Object.values(step.type.getFields())) {
      if (field.args.some(isRequiredArgument)) continue;
      queue.push({ type: getNamedType(field.type), path: [...step.path, field.name] });
    }
  }
  throw new Error(`No way without arguments leads to ${wanted.name}: teach one to waysTo().`);
}

let operations = 0;

/** Asks each way twice: a document is interpreted the first time and compiled the second. */
export async function tryGate(
  server: TestServer,
  credential: string,
  field: GatedField,
  ids: ReadonlyMap<string, string>,
): Promise<{ refusals: Record<string, unknown>[]; ways: number }> {
  const refusals: Record<string, unknown>[] = [];
  let ways = 0;
  for (const { text, variables, times } of field.ways(ids)) {
    operations += 1;
    const own = text.replace(/^(query|mutation)/, `$1 Gate${operations}`);
    for (const _execution of ['interpreted', 'compiled']) {
      const { body } = await server.ask(credential, own, variables);
      // In a list the field is refused once a row.
      const paths = new Map<string, Record<string, unknown>>();
      for (const { path = [], extensions } of body.errors ?? []) {
        const at = path.filter((part: unknown) => typeof part === 'string').join('.');
        if (extensions.reason === 'PLAN') paths.set(at, extensions);
      }
      ways += times;
      refusals.push(...paths.values());
    }
  }
  return { refusals, ways };
}

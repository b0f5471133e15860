import {
  type GraphQLNamedType,
  type GraphQLObjectType,
  getNamedType,
  isInterfaceType,
  isObjectType,
  isRequiredArgument,
} from 'graphql';
import { argumentsWith, type Value } from '../../isolation/support/synthesize.ts';
import { type OutputField, type Published, permissionsOf } from './published.ts';
import { sampleToken, sampleWord } from './sample.ts';

/** What a caller may do by the published table, and why not the rest. */
export interface Caller {
  readonly name: string;
  readonly kind: 'USER' | 'API_KEY';
  readonly granted: ReadonlySet<string>;
  readonly suspended: boolean;
}

export function reasonAgainst(caller: Caller, permission: string): string | null {
  const { granted, suspended, kind } = caller;
  if (!granted.has(permission)) return kind === 'USER' ? 'ROLE' : 'SCOPE';
  return suspended && !permission.endsWith(':read') ? 'TENANT_SUSPENDED' : null;
}

/** One operation that tries many fields, and where it has to be refused: `a.b.c`, without indexes. */
export interface Plan {
  readonly text: string;
  readonly variables: Record<string, Value>;
  readonly refused: ReadonlyMap<string, readonly string[]>;
  /** Types of which an object has to be in the answer, or nothing was tried. */
  readonly types: ReadonlySet<string>;
  /** `Type.field` → the permissions that are missing, for all that are in the operation. */
  readonly tried: ReadonlyMap<string, readonly string[]>;
}

/** Fields that have to be asked for alone. */
export const solitary: readonly string[] = ['isolationReport'];

/**
 * Every field of every type that the caller can get to, each once, and below what is refused the
 * scalars of what would be there. `ids` are some object's of each type that has one.
 */
export function planQuery(
  { query }: Published,
  caller: Caller,
  ids: ReadonlyMap<string, string>,
): Plan {
  const plan = new Planning();
  const seen = new Set<GraphQLNamedType>([query]);
  const top: Step = { type: query, path: [], parts: [] };
  const queue = [top];
  for (let step = queue.shift(); step !== undefined; step = queue.shift()) {
    for (const field of Object.values(step.type.getFields())) {
      if (isInterfaceType(getNamedType(field.type)) || solitary.includes(field.name)) continue;
      const target = getNamedType(field.type);
      const path = [...step.path, field.name];
      const call = `${field.name}${plan.argumentsOf(field, path, ids)}`;
      const missing = permissionsOf(field).filter((each) => reasonAgainst(caller, each) !== null);
      if (missing.length > 0) plan.refused.set(path.join('.'), missing);
      plan.tried.set(`${step.type.name}.${field.name}`, missing);
      if (!isObjectType(target)) step.parts.push(call);
      else if (missing.length > 0 || seen.has(target)) step.parts.push(call, scalarsOf(target));
      else {
        const next: Step = { type: target, path, parts: [] };
        seen.add(target);
        plan.types.add(target.name);
        step.parts.push(call, next);
        queue.push(next);
      }
    }
  }
  return plan.done('query', print(top));
}

/** The same rows by `node` and `nodes`; an operation of its own, for one has fifty root fields at most. */
export function planNodes(
  { schema, query }: Published,
  caller: Caller,
  ids: ReadonlyMap<string, string>,
): Plan {
  const plan = new Planning();
  const top: Step = { type: query, path: [], parts: [] };
  for (const type of schema.getPossibleTypes(schema.getType('Node') as never)) {
    plan.addNode(top, type, caller, ids);
  }
  return plan.done('query', print(top));
}

interface Step {
  readonly type: GraphQLObjectType;
  readonly path: readonly string[];
  readonly parts: (string | Step)[];
}

/** Every mutation that asks for a permission, and one that fails, so that nothing of it stays. */
export function planMutations({ mutation }: Published, caller: Caller): Plan {
  const plan = new Planning();
  const parts = Object.values(mutation.getFields()).flatMap((field) => {
    if (permissionsOf(field).length === 0) return [];
    const missing = permissionsOf(field).filter((each) => reasonAgainst(caller, each) !== null);
    if (missing.length > 0) plan.refused.set(field.name, missing);
    plan.tried.set(`Mutation.${field.name}`, missing);
    return `${field.name}${plan.argumentsOf(field, [field.name], new Map())} { __typename }`;
  });
  return plan.done(
    'mutation',
    `{ ${parts.join(' ')} undo: productArchive(input: { id: "none" }) { __typename } }`,
  );
}

/** What finds something of the sample, by the argument that takes it. */
const known: Readonly<Record<string, string>> = {
  plan: 'BASIC',
  search: sampleWord,
  token: sampleToken,
  document: '{ conversations(first: 100) { nodes { id } } }',
};

class Planning {
  readonly variables: Record<string, Value> = {};
  readonly declared: string[] = [];
  readonly refused = new Map<string, readonly string[]>();
  readonly types = new Set<string>();
  readonly tried = new Map<string, readonly string[]>();

  argumentsOf(
    field: OutputField,
    path: readonly string[],
    ids: ReadonlyMap<string, string>,
  ): string {
    const own = ids.get(getNamedType(field.type).name) ?? 'none';
    const root = { kind: 'query', name: field.name, field } as const;
    const values = argumentsWith(root, null, null, () => own);
    const given = field.args.filter(isRequiredArgument).map(({ name, type }) => {
      const variable = `${path.join('_')}_${name}`;
      this.declared.push(`$${variable}: ${type}`);
      this.variables[variable] = known[name] ?? values[name] ?? null;
      return `${name}: $${variable}`;
    });
    if (field.args.some(({ name }) => name === 'last')) {
      given.push(path.length === 1 ? 'first: 3' : 'last: 10');
    }
    return given.length > 0 ? `(${given.join(', ')})` : '';
  }

  addNode(
    { parts }: Step,
    type: GraphQLObjectType,
    caller: Caller,
    ids: ReadonlyMap<string, string>,
  ): void {
    const id = ids.get(type.name);
    if (id === undefined) throw new Error(`There is no ${type.name} to ask "node" for.`);
    const variable = `node_${type.name}`;
    this.declared.push(`$${variable}: ID!`);
    this.variables[variable] = id;
    const selection = `{ ... on ${type.name} ${scalarsOf(type)} }`;
    parts.push(`${variable}: node(id: $${variable}) ${selection}`);
    parts.push(`${variable}s: nodes(ids: [$${variable}]) ${selection}`);
    const missing = permissionsOf(type).filter((each) => reasonAgainst(caller, each) !== null);
    if (missing.length > 0) {
      this.refused.set(variable, missing).set(`${variable}s`, missing);
    }
  }

  done(kind: 'query' | 'mutation', selection: string): Plan {
    const head = this.declared.length > 0 ? `(${this.declared.join(', ')})` : '';
    return { ...this, text: `${kind} ${head} ${selection}` };
  }
}

const print = ({ parts }: Step): string =>
  `{ __typename ${parts.map((part) => (typeof part === 'string' ? part : print(part))).join(' ')} }`;

/** All that would leak at a glance, were the field not refused. */
function scalarsOf(type: GraphQLObjectType): string {
  const fields = Object.values(type.getFields()).filter(
    (field) => !isObjectType(getNamedType(field.type)) && !field.args.some(isRequiredArgument),
  );
  return `{ __typename ${fields.map(({ name }) => name).join(' ')} }`;
}

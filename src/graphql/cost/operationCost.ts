import {
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLSchema,
  getOperationAST,
  Kind,
  type OperationDefinitionNode,
  valueFromASTUntyped,
  visit,
} from 'graphql';
import { LRUCache } from 'lru-cache';
import { actualCost, requestedCost } from './evaluate.ts';
import { type PlannedField, planRoots } from './plan.ts';
import { type Variables, valueIn } from './sizes.ts';

/** One operation as a client sends it, found valid. */
export interface AskedOperation {
  readonly schema: GraphQLSchema;
  readonly document: DocumentNode;
  readonly operationName?: string | null | undefined;
  readonly variableValues?: Readonly<Record<string, unknown>> | null | undefined;
}

export interface OperationCost {
  /** The most that it can come to; 1 at least. */
  readonly requested: number;
  /** How often each root field is called, by `Mutation.messageSend`; what is skipped is not. */
  readonly calls: ReadonlyMap<string, number>;
  /**
   * What it came to, by the rows of a result's `data`; never more than `requested`. 0 where nothing was
   * executed (`undefined`); where all was undone (`null`), what its root fields cost themselves.
   */
  actual(data: unknown): number;
}

const nothing: OperationCost = { requested: 0, calls: new Map(), actual: () => 0 };

/**
 * What an operation costs, before it runs: an upper bound by its variables, page sizes, `@skip` and
 * `@include`. The document is read once; after that it takes less than a microsecond.
 */
export function costOf(asked: AskedOperation): OperationCost {
  const variables = asked.variableValues ?? {};
  const plan = planOf(asked);
  if (plan === null) return nothing;
  const { fields, calls } = plan;
  const requested = Math.max(1, requestedCost(fields, variables));
  return {
    requested,
    calls,
    actual: (data) =>
      data === undefined
        ? 0
        : Math.min(requested, Math.max(1, actualCost(fields, data, variables))),
  };
}

interface Plan {
  readonly fields: readonly PlannedField[];
  readonly calls: ReadonlyMap<string, number>;
}

interface ReadOperation {
  readonly operation: OperationDefinitionNode;
  /** The variables that `@skip` and `@include` look at. */
  readonly conditions: readonly string[];
  /** By their values, for with other values other fields are asked for. */
  readonly plans: Map<string, Planned>;
}

/** By name. Documents live as long as the caches of parsed ones. */
const known = new WeakMap<DocumentNode, Map<string, ReadOperation>>();
/** Six conditions' combinations; nobody sends more of one operation, unless to fill memory. */
const mostPlans = 64;
/** Thrown away when others need the room. */
interface Planned {
  plan: Plan | undefined;
  /** In `kept`. */
  readonly place: object;
}

/**
 * How many fields each has, of some 150 bytes: a short document may unfold to 5 000. Weakly, so that a plan
 * goes with its document.
 */
const kept = new LRUCache<object, WeakRef<Planned>>({
  // Of what is gone the places stay until others push them out: small ones took an hour to fill 6 MB.
  max: 5_000,
  maxSize: 200_000,
  dispose: (planned) => {
    const thrown = planned.deref();
    if (thrown !== undefined) thrown.plan = undefined;
  },
});

const countFields = (fields: readonly PlannedField[]): number =>
  fields.reduce((sum, { sets }) => sets.reduce((all, set) => all + countFields(set), sum + 1), 0);

/** null: the document has no such operation. */
export function planOf(asked: AskedOperation): Plan | null {
  const { document, operationName } = asked;
  let operations = known.get(document);
  if (operations === undefined) {
    operations = new Map();
    known.set(document, operations);
  }
  const name = operationName ?? '';
  let found = operations.get(name);
  if (found === undefined) {
    const read = readOperation(asked);
    if (read === null) return null;
    operations.set(name, read);
    found = read;
  }
  return planFor(asked, found);
}

function readOperation({ document, operationName }: AskedOperation): ReadOperation | null {
  const operation = getOperationAST(document, operationName);
  if (!operation) return null;
  const conditions = new Set<string>();
  visit(document, {
    Directive({ name, arguments: [argument] = [] }) {
      if (name.value !== 'skip' && name.value !== 'include') return;
      if (argument?.value.kind === Kind.VARIABLE) conditions.add(argument.value.name.value);
    },
  });
  return { operation, conditions: [...conditions].sort(), plans: new Map() };
}

function planFor(asked: AskedOperation, { operation, conditions, plans }: ReadOperation): Plan {
  const values = new Map<string, boolean>();
  let key = '';
  for (const name of conditions) {
    const value = conditionIn(operation, name, asked.variableValues ?? {});
    values.set(name, value);
    key += value ? '1' : '0';
  }
  const known = plans.get(key);
  if (known?.plan !== undefined) {
    kept.get(known.place); // used just now
    return known.plan;
  }
  if (known === undefined && plans.size >= mostPlans) plans.clear();
  const plan = planRoots({
    schema: asked.schema,
    operation,
    fragments: fragmentsOf(asked.document),
    isIncluded: (node) => isIncluded(node, values),
  });
  const planned = { plan, place: {} };
  plans.set(key, planned);
  kept.set(planned.place, new WeakRef(planned), { size: 1 + countFields(plan.fields) });
  return plan;
}

function conditionIn(
  operation: OperationDefinitionNode,
  name: string,
  variables: Variables,
): boolean {
  const sent = valueIn(variables, name);
  if (sent !== undefined) return sent === true;
  const defined = operation.variableDefinitions?.find((each) => each.variable.name.value === name);
  return defined?.defaultValue !== undefined && valueFromASTUntyped(defined.defaultValue) === true;
}

function isIncluded(
  { directives = [] }: { readonly directives?: FieldNode['directives'] },
  values: ReadonlyMap<string, boolean>,
): boolean {
  return directives.every(({ name, arguments: [argument] = [] }) => {
    if (name.value !== 'skip' && name.value !== 'include') return true;
    const value = argument?.value;
    const holds =
      value?.kind === Kind.VARIABLE
        ? values.get(value.name.value) === true
        : value?.kind === Kind.BOOLEAN && value.value;
    return holds === (name.value === 'include');
  });
}

function fragmentsOf({ definitions }: DocumentNode): Map<string, FragmentDefinitionNode> {
  return new Map(
    definitions.flatMap((each) =>
      each.kind === Kind.FRAGMENT_DEFINITION ? [[each.name.value, each]] : [],
    ),
  );
}

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
  /** By their values, for with other values other fields are asked for; where in `plans` they are. */
  readonly places: Map<string, object>;
}

/** By name. Documents live as long as the caches of parsed ones. */
const known = new WeakMap<DocumentNode, Map<string, ReadOperation>>();
/** Six conditions' combinations; nobody sends more of one operation, unless to fill memory. */
const mostPlaces = 64;
/** By the fields in them, of some 150 bytes: a short document may unfold to 5 000. */
const plans = new LRUCache<object, Plan>({
  maxSize: 200_000,
  sizeCalculation: ({ fields }) => 1 + countFields(fields),
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
  return { operation, conditions: [...conditions].sort(), places: new Map() };
}

function planFor(asked: AskedOperation, { operation, conditions, places }: ReadOperation): Plan {
  const values = new Map<string, boolean>();
  let key = '';
  for (const name of conditions) {
    const value = conditionIn(operation, name, asked.variableValues ?? {});
    values.set(name, value);
    key += value ? '1' : '0';
  }
  let place = places.get(key);
  if (place === undefined) {
    if (places.size >= mostPlaces) places.clear();
    place = {};
    places.set(key, place);
  }
  let plan = plans.get(place);
  if (plan === undefined) {
    plan = planRoots({
      schema: asked.schema,
      operation,
      fragments: fragmentsOf(asked.document),
      isIncluded: (node) => isIncluded(node, values),
    });
    plans.set(place, plan);
  }
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

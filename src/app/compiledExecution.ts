import {
  type DocumentNode,
  type ExecutionArgs,
  type ExecutionResult,
  execute,
  getOperationAST,
  Kind,
  visit,
} from 'graphql';
import { LRUCache } from 'lru-cache';
import { Operation } from './execution/operation.ts';
import { readVariables } from './execution/variables.ts';

/** What was compiled of a document, by operation and by what its `@skip` and `@include` come to. */
interface Known {
  /** Variables that say what is selected. */
  readonly conditions: readonly string[];
  readonly operations: Map<string, Operation | 'seen once'>;
}

/** Documents live as long as the caches of parsed ones. */
const known = new WeakMap<DocumentNode, Known>();

/** Whoever sends every combination of ten conditions is served by graphql-js. */
const mostOperations = 8;

/** Where a compiled operation is: weakly, for it holds its document's nodes, which go with those caches. */
interface Place {
  readonly operations: WeakRef<Known['operations']>;
  readonly key: string;
}

/**
 * How many fields each has, of some 1 700 bytes, so that they are 85 MB at the worst: a document of 1 000
 * letters may unfold to 5 000 fields, and there are 1 000 documents.
 */
const kept = new LRUCache<Place, number>({
  maxSize: 50_000,
  sizeCalculation: (fields) => 1 + fields,
  dispose: (_fields, { operations, key }, reason) => {
    if (reason === 'evict') operations.deref()?.set(key, 'seen once');
  },
});

/** The functions of a document take some times its length. */
const longestCompiled = 20_000;

/**
 * Executes an operation as functions that were made for it (src/app/execution). Making them costs more
 * than interpreting once, so it is done when an operation comes a second time. What can't be executed
 * at all, by its variables, say, goes to graphql-js, which words the errors.
 */
export function executeCompiled(args: ExecutionArgs): ExecutionResult | Promise<ExecutionResult> {
  const { schema, document, operationName, variableValues, contextValue, rootValue } = args;
  const node = getOperationAST(document, operationName);
  if (!node || node.operation === 'subscription' || (document.loc?.end ?? 0) > longestCompiled) {
    return execute(args);
  }
  const variables = readVariables(schema, node, variableValues ?? {});
  if (variables === undefined) return execute(args);

  const { conditions, operations } = knownOf(document);
  const name = operationName ?? '';
  const key =
    conditions.length === 0
      ? name
      : `${name} ${conditions.map((condition) => variables[condition]).join()}`;
  let operation = operations.get(key);
  if (operation === undefined) {
    if (operations.size < mostOperations) operations.set(key, 'seen once');
    return execute(args);
  }
  if (operation === 'seen once') {
    const values = conditions.flatMap((name) =>
      name in variables ? [[name, variables[name]] as const] : [],
    );
    const place = { operations: new WeakRef(operations), key };
    const made = new Operation(schema, document, node, Object.fromEntries(values), () => {
      keep(place, made.size);
    });
    operations.set(key, made);
    operation = made;
  }
  return operation.execute({ context: contextValue, variables, rootValue });
}

/**
 * Anew with its size, whenever that grows. Not looked at when it is executed: with work behind its
 * answer, collections of a products page's garbage took twice as long.
 */
function keep(place: Place, fields: number): void {
  kept.delete(place);
  kept.set(place, fields);
}

function knownOf(document: DocumentNode): Known {
  const found = known.get(document);
  if (found !== undefined) return found;
  const conditions = new Set<string>();
  visit(document, {
    Directive(directive) {
      if (directive.name.value !== 'skip' && directive.name.value !== 'include') return;
      for (const { value } of directive.arguments ?? []) {
        if (value.kind === Kind.VARIABLE) conditions.add(value.name.value);
      }
    },
  });
  const made: Known = { conditions: [...conditions], operations: new Map() };
  known.set(document, made);
  return made;
}

import {
  type DocumentNode,
  type ExecutionArgs,
  type ExecutionResult,
  execute,
  getOperationAST,
  getVariableValues,
  Kind,
  visit,
} from 'graphql';
import { LRUCache } from 'lru-cache';
import { Operation } from './execution/operation.ts';

/** What was compiled of a document, by operation and by what its `@skip` and `@include` come to. */
interface Known {
  /** Variables that say what is selected. */
  readonly conditions: readonly string[];
  /** Where in `compiled` those are that came before. */
  readonly operations: Map<string, object>;
}

/** Documents live as long as the caches of parsed ones. */
const known = new WeakMap<DocumentNode, Known>();

/** Whoever sends every combination of ten conditions is served by graphql-js. */
const mostOperations = 8;

/**
 * By the fields in them, of some 1 700 bytes, so that this is 85 MB at the worst: a document of 1 000
 * letters may unfold to 5 000 fields, and there are 1 000 documents.
 */
const compiled = new LRUCache<object, Operation>({
  maxSize: 50_000,
  sizeCalculation: ({ size }) => 1 + size,
});

/** The functions of a document take some times its length. */
const longestCompiled = 20_000;

/**
 * Executes an operation as functions that were made for it (src/app/execution). Making them costs more
 * than interpreting once, so it is done when an operation comes a second time. What can't be executed
 * at all, by its variables, say, goes to graphql-js, which words the errors.
 */
export async function executeCompiled(args: ExecutionArgs): Promise<ExecutionResult> {
  const { schema, document, operationName, variableValues, contextValue, rootValue } = args;
  const node = getOperationAST(document, operationName);
  if (!node || node.operation === 'subscription' || (document.loc?.end ?? 0) > longestCompiled) {
    return execute(args);
  }
  const { coerced: variables } = getVariableValues(
    schema,
    node.variableDefinitions ?? [],
    variableValues ?? {},
  );
  if (variables === undefined) return execute(args);

  const { conditions, operations } = knownOf(document);
  const key = `${operationName ?? ''} ${conditions.map((name) => variables[name]).join()}`;
  const place = operations.get(key);
  if (place === undefined) {
    if (operations.size < mostOperations) operations.set(key, {});
    return execute(args);
  }
  let operation = compiled.get(place);
  if (operation === undefined) {
    const values = conditions.flatMap((name) =>
      name in variables ? [[name, variables[name]] as const] : [],
    );
    operation = new Operation(schema, document, node, Object.fromEntries(values));
  }
  const { size } = operation;
  const result = await operation.execute({ context: contextValue, variables, rootValue });
  // What is never reached is not compiled: it grows as it is used.
  if (operation.size === 0 || operation.size > size) compiled.set(place, operation);
  return result;
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

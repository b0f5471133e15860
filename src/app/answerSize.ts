import { type DocumentNode, type ExecutionResult, GraphQLError, Kind } from 'graphql';
import { countRepeats, type Definition } from '../graphql/armour/extent.ts';
import { PublicError } from '../lib/errors.ts';

/** Of an answer's text. In JSON a letter may take six, so this is 30 MB at the worst. */
const mostCharacters = 5_000_000;

/**
 * Whether a document asks for a field of an object again by an alias: ten products whose descriptions
 * are as long as they may be, each asked for fifty times, were 196 MB for 15 points. Nothing else makes
 * much of little, so that no other answer is looked at.
 */
const repeating = new WeakMap<DocumentNode, boolean>();

function repeats(document: DocumentNode): boolean {
  let known = repeating.get(document);
  if (known === undefined) {
    const definitions = document.definitions.filter(
      (node): node is Definition =>
        node.kind === Kind.OPERATION_DEFINITION || node.kind === Kind.FRAGMENT_DEFINITION,
    );
    known = countRepeats(definitions, Number.POSITIVE_INFINITY).aliases > 0;
    repeating.set(document, known);
  }
  return known;
}

/** An answer that is too long becomes an error before it is written as JSON; a change is then rolled back. */
export function requireShort(
  document: DocumentNode,
  result: ExecutionResult | Promise<ExecutionResult>,
): ExecutionResult | Promise<ExecutionResult> {
  if (!repeats(document)) return result;
  return result instanceof Promise ? result.then(shortened) : shortened(result);
}

function shortened(result: ExecutionResult): ExecutionResult {
  if (charactersOf(result.data, mostCharacters) >= 0) return result;
  const refusal = new PublicError(
    'BAD_USER_INPUT',
    `The answer would be longer than ${mostCharacters} characters: ask for fewer rows, or for each field once.`,
  );
  return { errors: [new GraphQLError(refusal.message, { originalError: refusal })], data: null };
}

/** What is left of `left`; negative where a value is longer. Its names and brackets are counted roughly. */
function charactersOf(value: unknown, left: number): number {
  if (typeof value === 'string') return left - value.length - 4;
  if (typeof value !== 'object' || value === null) return left - 8;
  let rest = left - 4;
  for (const inner of Object.values(value)) {
    rest = charactersOf(inner, rest - 8);
    if (rest < 0) return rest;
  }
  return rest;
}

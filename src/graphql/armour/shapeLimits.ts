import { type ASTNode, type DocumentNode, Kind, visit } from 'graphql';
import { PublicError } from '../../lib/errors.ts';
import { countRepeats, type Definition, type Extent, measure } from './extent.ts';
import { mostItems } from './inputLimits.ts';

/**
 * What one document may be, fragments followed. Ours and GraphiQL's introspection stay below a fifth of
 * each. They bound what validation, planning and execution can take.
 */
const most = {
  /** How deep fields stand in fields; introspection goes 15 deep. */
  depth: 20,
  fields: 5_000,
  /** By which a field of one object is asked for again; to rename one is free. */
  aliases: 50,
  rootFields: 100,
  fragments: 100,
  operations: 50,
  /** Of one operation; 1 500 that are not used took validation 50 ms. */
  variables: 100,
  /** At one place; a field can use three: @skip, @include and one of ours. */
  directivesAtOnce: 5,
  directives: 200,
  /**
   * Pairs of fields that validation compares because they are answered under one name: their number is
   * quadratic, and with arguments each takes 10 us and more. 20 fragments that share five fields are 950.
   */
  merges: 2_000,
  /** Of a list in the document; see also inputLimits.ts. */
  items: mostItems,
} as const;

const known = new WeakMap<DocumentNode, PublicError | null>();

/**
 * Why a document is not even validated; null: it may be. Looked at once a document, and in time that
 * grows with its length alone: fragments are measured once each, whatever they would unfold to.
 */
export function refuseShape(document: DocumentNode): PublicError | null {
  let refusal = known.get(document);
  if (refusal === undefined) {
    const reason = reasonAgainst(document);
    refusal = reason === null ? null : new PublicError('BAD_REQUEST', reason);
    known.set(document, refusal);
  }
  return refusal;
}

function reasonAgainst(document: DocumentNode): string | null {
  const definitions = document.definitions.filter((node): node is Definition =>
    [Kind.OPERATION_DEFINITION, Kind.FRAGMENT_DEFINITION].includes(node.kind as never),
  );
  const fragments = definitions.filter(({ kind }) => kind === Kind.FRAGMENT_DEFINITION);
  return (
    exceeds('fragments', fragments.length) ??
    exceeds('operations', definitions.length - fragments.length) ??
    reasonInNodes(document) ??
    reasonInExtents(definitions)
  );
}

/** What can be seen without following fragments. */
function reasonInNodes(document: DocumentNode): string | null {
  let directives = 0;
  let reason: string | null = null;
  const look = (node: ASTNode): void => {
    if (node.kind === Kind.OPERATION_DEFINITION) {
      reason ??= exceeds('variables', node.variableDefinitions?.length ?? 0);
    }
    // graphql-js keeps the values by name in an object, whose prototype this would be.
    if (node.kind === Kind.VARIABLE_DEFINITION && node.variable.name.value === '__proto__') {
      reason ??= 'A variable cannot be called __proto__.';
    }
    if ('directives' in node && node.directives) {
      directives += node.directives.length;
      if (node.directives.length > most.directivesAtOnce) {
        reason ??= `The operation has more than ${most.directivesAtOnce} directives at one place.`;
      }
    }
    if (node.kind === Kind.LIST && node.values.length > most.items) {
      reason ??= `A list has more than ${most.items} items.`;
    }
  };
  visit(document, { enter: look });
  return reason ?? exceeds('directives', directives);
}

function reasonInExtents(definitions: readonly Definition[]): string | null {
  const measured = measure(definitions);
  if ('circle' in measured) return `The fragment ${measured.circle} spreads itself.`;
  const all = [...measured.extents.values()];
  const largest = (of: keyof Extent) => Math.max(0, ...all.map((each) => each[of]));
  const fields = all.reduce((sum, each) => sum + each.fields, 0);
  if (largest('depth') > most.depth) {
    return `The operation nests fields deeper than ${most.depth} levels.`;
  }
  const tooMany =
    exceeds('rootFields', largest('rootFields'), 'root fields') ?? exceeds('fields', fields);
  if (tooMany !== null) return tooMany;
  const { aliases, merges } = countRepeats(definitions, most.merges);
  if (merges > most.merges) return 'The operation asks for the same fields too often.';
  return exceeds('aliases', aliases, 'aliases of the same fields');
}

const exceeds = (of: keyof typeof most, count: number, what: string = of): string | null =>
  count > most[of] ? `The operation has more than ${most[of]} ${what}.` : null;

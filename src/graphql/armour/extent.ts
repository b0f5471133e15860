import {
  type FieldNode,
  type FragmentDefinitionNode,
  Kind,
  type OperationDefinitionNode,
  type SelectionSetNode,
} from 'graphql';

export type Definition = OperationDefinitionNode | FragmentDefinitionNode;

/** How much a selection asks for once its fragments are put in their places. */
export interface Extent {
  readonly fields: number;
  readonly aliases: number;
  /** How deep fields stand in fields. */
  readonly depth: number;
  /** Of the selection itself, not of what is below its fields. */
  readonly rootFields: number;
}

interface Measuring {
  readonly fragments: ReadonlyMap<string, FragmentDefinitionNode>;
  readonly extents: Map<Definition, Extent>;
  /** Whose spreads are being followed. */
  readonly open: Set<Definition>;
  circle: string | null;
}

/** Of each definition; or a fragment that leads back to itself. */
export function measure(
  definitions: readonly Definition[],
): { readonly extents: ReadonlyMap<Definition, Extent> } | { readonly circle: string } {
  const measuring: Measuring = {
    fragments: fragmentsOf(definitions),
    extents: new Map(),
    open: new Set(),
    circle: null,
  };
  for (const definition of definitions) measureDefinition(measuring, definition);
  const { extents, circle } = measuring;
  return circle === null ? { extents } : { circle };
}

const nothing: Extent = { fields: 0, aliases: 0, depth: 0, rootFields: 0 };

function measureDefinition(measuring: Measuring, definition: Definition): Extent {
  const found = measuring.extents.get(definition);
  if (found !== undefined) return found;
  if (measuring.open.has(definition)) {
    measuring.circle ??= definition.name?.value ?? '';
    return nothing;
  }
  measuring.open.add(definition);
  const extent = measureSet(measuring, definition.selectionSet);
  measuring.open.delete(definition);
  measuring.extents.set(definition, extent);
  return extent;
}

function measureSet(measuring: Measuring, set: SelectionSetNode | undefined): Extent {
  const sum = { ...nothing };
  for (const selection of set?.selections ?? []) {
    const each = measureSelection(measuring, selection);
    sum.fields += each.fields;
    sum.aliases += each.aliases;
    sum.rootFields += each.rootFields;
    sum.depth = Math.max(sum.depth, each.depth);
  }
  return sum;
}

function measureSelection(
  measuring: Measuring,
  selection: SelectionSetNode['selections'][number],
): Extent {
  switch (selection.kind) {
    case Kind.FIELD: {
      const below = measureSet(measuring, selection.selectionSet);
      const aliases = below.aliases + (selection.alias === undefined ? 0 : 1);
      return { fields: below.fields + 1, aliases, depth: below.depth + 1, rootFields: 1 };
    }
    case Kind.INLINE_FRAGMENT:
      return measureSet(measuring, selection.selectionSet);
    case Kind.FRAGMENT_SPREAD: {
      const fragment = measuring.fragments.get(selection.name.value);
      return fragment === undefined ? nothing : measureDefinition(measuring, fragment);
    }
  }
}

/**
 * Pairs of fields that are answered under one name in one place, types aside; counted no further than
 * `most`. Only for definitions without circles, whose extent is bounded.
 */
export function countMerges(definitions: readonly Definition[], most: number): number {
  const fragments = fragmentsOf(definitions);
  let pairs = 0;
  const merge = (sets: readonly SelectionSetNode[]): void => {
    if (pairs > most) return;
    const groups = new Map<string, FieldNode[]>();
    for (const set of sets) group(set, groups);
    for (const nodes of groups.values()) {
      pairs += (nodes.length * (nodes.length - 1)) / 2;
      const below = nodes.flatMap(({ selectionSet }) => selectionSet ?? []);
      if (below.length > 0) merge(below);
    }
  };
  const group = (set: SelectionSetNode, groups: Map<string, FieldNode[]>): void => {
    for (const selection of set.selections) {
      if (selection.kind === Kind.FIELD) {
        const key = (selection.alias ?? selection.name).value;
        const nodes = groups.get(key);
        if (nodes) nodes.push(selection);
        else groups.set(key, [selection]);
      } else {
        const inner =
          selection.kind === Kind.INLINE_FRAGMENT ? selection : fragments.get(selection.name.value);
        if (inner) group(inner.selectionSet, groups);
      }
    }
  };
  for (const { selectionSet } of definitions) merge([selectionSet]);
  return pairs;
}

const fragmentsOf = (definitions: readonly Definition[]): Map<string, FragmentDefinitionNode> =>
  new Map(
    definitions.flatMap((each) =>
      each.kind === Kind.FRAGMENT_DEFINITION ? [[each.name.value, each]] : [],
    ),
  );

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

const nothing: Extent = { fields: 0, depth: 0, rootFields: 0 };

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
      return { fields: below.fields + 1, depth: below.depth + 1, rootFields: 1 };
    }
    case Kind.INLINE_FRAGMENT:
      return measureSet(measuring, selection.selectionSet);
    case Kind.FRAGMENT_SPREAD: {
      const fragment = measuring.fragments.get(selection.name.value);
      return fragment === undefined ? nothing : measureDefinition(measuring, fragment);
    }
  }
}

export interface Repeats {
  /** Pairs of fields that are answered under one name in one place, types aside. */
  readonly merges: number;
  /** How many more names than fields there are: the same field of one object, again by an alias. */
  readonly aliases: number;
}

/** Counted no further than `most` merges. Only for definitions without circles, of bounded extent. */
export function countRepeats(definitions: readonly Definition[], most: number): Repeats {
  const fragments = fragmentsOf(definitions);
  const repeats = { merges: 0, aliases: 0 };
  const place = (sets: readonly SelectionSetNode[]): void => {
    if (repeats.merges > most) return;
    const groups = new Map<string, FieldNode[]>();
    for (const set of sets) group(fragments, set, groups);
    const names = new Set<string>();
    for (const nodes of groups.values()) {
      repeats.merges += (nodes.length * (nodes.length - 1)) / 2;
      for (const node of nodes) names.add(node.name.value);
      const below = nodes.flatMap(({ selectionSet }) => selectionSet ?? []);
      if (below.length > 0) place(below);
    }
    repeats.aliases += Math.max(0, groups.size - names.size);
  };
  for (const { selectionSet } of definitions) place([selectionSet]);
  return repeats;
}

/** Puts the fields of a selection under the names of their answers, fragments followed. */
function group(
  fragments: ReadonlyMap<string, FragmentDefinitionNode>,
  set: SelectionSetNode,
  groups: Map<string, FieldNode[]>,
): void {
  for (const selection of set.selections) {
    if (selection.kind === Kind.FIELD) {
      const key = (selection.alias ?? selection.name).value;
      const nodes = groups.get(key);
      if (nodes) nodes.push(selection);
      else groups.set(key, [selection]);
      continue;
    }
    const inner =
      selection.kind === Kind.INLINE_FRAGMENT ? selection : fragments.get(selection.name.value);
    if (inner) group(fragments, inner.selectionSet, groups);
  }
}

const fragmentsOf = (definitions: readonly Definition[]): Map<string, FragmentDefinitionNode> =>
  new Map(
    definitions.flatMap((each) =>
      each.kind === Kind.FRAGMENT_DEFINITION ? [[each.name.value, each]] : [],
    ),
  );

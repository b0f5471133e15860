import {
  type DocumentNode,
  type GraphQLSchema,
  Kind,
  type OperationDefinitionNode,
  type SelectionSetNode,
} from 'graphql';

/**
 * Whether an operation asks for anything that only a signed-in caller may have: every root field but
 * those declared public, and introspection. Known before execution, so that the answer can be a 401.
 */
export function needsSignIn(
  document: DocumentNode,
  operation: OperationDefinitionNode,
  schema: GraphQLSchema,
): boolean {
  const fields = schema.getRootType(operation.operation)?.getFields() ?? {};
  const isPublic = (name: string) =>
    name === '__typename' || fields[name]?.extensions.access === 'public';
  return !rootFieldNames(document, operation.selectionSet, new Set()).every(isPublic);
}

/** The names of all fields that start something, through fragments too. */
export function rootFieldNames(
  document: DocumentNode,
  selectionSet: SelectionSetNode,
  seen: Set<string>,
): string[] {
  return selectionSet.selections.flatMap((selection) => {
    if (selection.kind === Kind.FIELD) return [selection.name.value];
    if (selection.kind === Kind.INLINE_FRAGMENT) {
      return rootFieldNames(document, selection.selectionSet, seen);
    }
    const name = selection.name.value;
    if (seen.has(name)) return [];
    seen.add(name);
    const fragment = document.definitions.find(
      (definition) =>
        definition.kind === Kind.FRAGMENT_DEFINITION && definition.name.value === name,
    );
    return fragment?.kind === Kind.FRAGMENT_DEFINITION
      ? rootFieldNames(document, fragment.selectionSet, seen)
      : [];
  });
}

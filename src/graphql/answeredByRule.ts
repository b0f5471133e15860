import {
  type DocumentNode,
  type GraphQLField,
  type GraphQLObjectType,
  type GraphQLSchema,
  getNamedType,
  isLeafType,
  isObjectType,
  Kind,
  type OperationDefinitionNode,
  type SelectionSetNode,
} from 'graphql';
import type { FieldChecks } from './enforceAccess.ts';

const known = new WeakMap<OperationDefinitionNode, boolean>();

/**
 * Whether all that a mutation of one field answers is told from what its rule answers, without a statement
 * more and with nothing that can fail: columns of the row, and what is `computed` from them. Then its
 * COMMIT need not wait for the answer to be put together. Aliases make an answer of any length from one
 * row, so there are none here; nor are fields that ask for a permission.
 */
export function answeredByRule(
  schema: GraphQLSchema,
  document: DocumentNode,
  operation: OperationDefinitionNode,
): boolean {
  let isTold = known.get(operation);
  if (isTold === undefined) {
    isTold = look(schema, document, operation);
    known.set(operation, isTold);
  }
  return isTold;
}

function look(
  schema: GraphQLSchema,
  document: DocumentNode,
  { selectionSet }: OperationDefinitionNode,
): boolean {
  const [root, ...others] = selectionSet.selections;
  if (root?.kind !== Kind.FIELD || others.length > 0) return false;
  const payload = getNamedType(schema.getMutationType()?.getFields()[root.name.value]?.type);
  if (!isObjectType(payload)) return false;
  return walk(payload, root.selectionSet);

  function walk(type: GraphQLObjectType, selected: SelectionSetNode | undefined): boolean {
    return (selected?.selections ?? []).every((selection) => {
      if (selection.kind === Kind.INLINE_FRAGMENT) {
        const on = selection.typeCondition?.name.value ?? type.name;
        return on === type.name && walk(type, selection.selectionSet);
      }
      if (selection.kind === Kind.FRAGMENT_SPREAD) {
        const fragment = document.definitions.find(
          (each) =>
            each.kind === Kind.FRAGMENT_DEFINITION && each.name.value === selection.name.value,
        );
        return (
          fragment?.kind === Kind.FRAGMENT_DEFINITION &&
          fragment.typeCondition.name.value === type.name &&
          walk(type, fragment.selectionSet)
        );
      }
      if (selection.alias !== undefined || selection.arguments?.length) return false;
      if (selection.name.value === '__typename') return true;
      const field = type.getFields()[selection.name.value];
      if (field === undefined || !isOfTheRow(field)) return false;
      const inner = getNamedType(field.type);
      return isLeafType(inner) || (isObjectType(inner) && walk(inner, selection.selectionSet));
    });
  }
}

function isOfTheRow({ name, extensions }: GraphQLField<unknown, unknown>): boolean {
  const { pothosExposedField, isComputed, checks } = extensions as Partial<FieldChecks> & {
    pothosExposedField?: string;
    isComputed?: boolean;
  };
  if (checks !== undefined && checks.length > 0) return false;
  return pothosExposedField !== undefined || isComputed === true || name === 'id';
}

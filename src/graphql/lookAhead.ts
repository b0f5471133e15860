import {
  type FieldNode,
  type GraphQLField,
  GraphQLIncludeDirective,
  type GraphQLObjectType,
  type GraphQLOutputType,
  type GraphQLResolveInfo,
  GraphQLSkipDirective,
  getArgumentValues,
  getDirectiveValues,
  getNamedType,
  isObjectType,
  Kind,
  type SelectionSetNode,
  type ValueNode,
} from 'graphql';
import type { Requirement } from '../auth/gates.ts';
import type { FieldChecks } from './enforceAccess.ts';

/**
 * A field's `extensions`, for `lookAhead`: the columns of its row that it reads, so that a statement
 * can read no others. A field that exposes a property needs the column of that name; one that says
 * nothing needs them all.
 */
export const needs = (...columns: string[]) => ({ needs: columns });

/**
 * The same for a field whose resolver makes its value of these columns alone: no statement, nothing to wait
 * for, and nothing that can fail (see answeredByRule).
 */
export const computed = (...columns: string[]) => ({ needs: columns, isComputed: true });

/** Its value is the same row as its parent: what is asked of it is asked of the parent's row. */
export const sameRow = { needs: [], sameRow: true };

/**
 * Rows of another table, which its parent's statement may bring along (see src/db/query/embed.ts).
 * `columns` are what its resolver needs where they were not brought along.
 */
export const relation = (...columns: string[]) => ({ needs: columns, relation: true });

/** What an operation asks of the rows of one type. */
export interface Asked {
  /** Sorted; null: all of them. */
  readonly columns: readonly string[] | null;
  readonly relations: readonly AskedRelation[];
  readonly list: AskedList;
  /** Whether it is the same object each time: no variable has a say in it. */
  readonly isKept: boolean;
}

/** What is asked of a list itself, where the rows are those of a list. */
export interface AskedList {
  /** Whether its page may be asked for: rows, or where they end. */
  readonly page: boolean;
  /**
   * What else, as `totalCount`, so that it can be read beside the page. Not what a directive may leave
   * out: that costs no points, and so is not to be read before it is resolved.
   */
  readonly others: ReadonlySet<string>;
}

export interface AskedRelation {
  readonly name: string;
  /** As the field's resolver gets them. */
  readonly args: Readonly<Record<string, unknown>>;
  /** What the field asks for: rows that are withheld are not read. */
  readonly checks: readonly Requirement[];
  readonly asked: Asked;
}

/** What a field of a document asks of the rows behind it, read once a document. */
interface Look {
  /** Sorted. */
  readonly columns: readonly string[] | null;
  readonly relations: readonly LookedRelation[];
  readonly list: AskedList;
  /** What it comes to, once that is known, where no variable has a say in it. */
  asked?: Asked;
}

interface LookedRelation {
  readonly definition: GraphQLField<unknown, unknown>;
  readonly node: FieldNode;
  readonly look: Look;
}

const looks = new WeakMap<FieldNode, Look>();

/**
 * What is asked of the rows that a field answers with, so that its statement reads those columns and
 * brings those relations along. It may say more than is asked in the end (`@skip` with a variable
 * counts as asked for columns), never less.
 */
export function lookAhead(info: GraphQLResolveInfo): Asked {
  const { fieldNodes, returnType, variableValues } = info;
  const [first] = fieldNodes;
  // A field that is written twice may be asked for once, where `@include` leaves the other out: what is
  // remembered of one of its nodes is not what both ask.
  if (first === undefined || fieldNodes.length > 1) {
    return askedWith(lookInto(info, returnType, fieldNodes), variableValues);
  }
  let look = looks.get(first);
  if (look === undefined) {
    look = lookInto(info, returnType, fieldNodes);
    looks.set(first, look);
  }
  return toAsked(look, variableValues);
}

function toAsked(look: Look, variables: Record<string, unknown>): Asked {
  if (look.asked !== undefined) return look.asked;
  const asked = askedWith(look, variables);
  if (!isConstant(look)) return asked;
  look.asked = { ...asked, isKept: true };
  return look.asked;
}

function isConstant({ relations }: Look): boolean {
  return relations.every(({ node, look }) => !namesVariables(node) && isConstant(look));
}

function namesVariables({ arguments: own = [], directives = [] }: FieldNode): boolean {
  const all = [...own, ...directives.flatMap(({ arguments: given = [] }) => given)];
  return all.some(({ value }) => isVariable(value));
}

function isVariable(value: ValueNode): boolean {
  if (value.kind === Kind.LIST) return value.values.some(isVariable);
  if (value.kind === Kind.OBJECT) return value.fields.some((field) => isVariable(field.value));
  return value.kind === Kind.VARIABLE;
}

function askedWith(look: Look, variables: Record<string, unknown>): Asked {
  const { columns, relations, list } = look;
  const asked = new Map<string, AskedRelation>();
  for (const { definition, node, look: inner } of relations) {
    if (!isIncluded(node, variables)) continue;
    const relation = {
      name: definition.name,
      args: getArgumentValues(definition, node, variables),
      checks: (definition.extensions as Partial<FieldChecks>).checks ?? [],
      asked: toAsked(inner, variables),
    };
    add(asked, relation);
  }
  return {
    columns,
    relations: [...asked.values()],
    list,
    isKept: false,
  };
}

/** The same rows asked for in two places, by a fragment and beside it, are brought along once. */
function add(relations: Map<string, AskedRelation>, relation: AskedRelation): void {
  const key = `${relation.name} ${JSON.stringify(relation.args)}`;
  const twin = relations.get(key);
  relations.set(key, twin ? { ...relation, asked: both(twin.asked, relation.asked) } : relation);
}

function both(one: Asked, other: Asked): Asked {
  const relations = new Map<string, AskedRelation>();
  for (const relation of [...one.relations, ...other.relations]) add(relations, relation);
  return {
    columns:
      one.columns === null || other.columns === null
        ? null
        : [...new Set([...one.columns, ...other.columns])].sort(),
    relations: [...relations.values()],
    list: {
      page: one.list.page || other.list.page,
      others: new Set([...one.list.others, ...other.list.others]),
    },
    isKept: false,
  };
}

function isIncluded(node: FieldNode, variables: Record<string, unknown>): boolean {
  if (getDirectiveValues(GraphQLSkipDirective, node, variables)?.if === true) return false;
  return getDirectiveValues(GraphQLIncludeDirective, node, variables)?.if !== false;
}

class Looking {
  columns: Set<string> | null = new Set();
  relations: LookedRelation[] = [];
  list = { page: false, others: new Set<string>() };
}

function lookInto(
  info: GraphQLResolveInfo,
  type: GraphQLOutputType,
  nodes: readonly FieldNode[],
): Look {
  const looking = new Looking();
  const named = getNamedType(type);
  if (!isObjectType(named)) return { ...looking, columns: null };
  for (const { selectionSet } of nodes) collect(info, named, selectionSet, looking);
  const { columns } = looking;
  return { ...looking, columns: columns === null ? null : [...columns].sort() };
}

function collect(
  info: GraphQLResolveInfo,
  type: GraphQLObjectType,
  selectionSet: SelectionSetNode | undefined,
  looking: Looking,
  isSure = true,
): void {
  for (const selection of selectionSet?.selections ?? []) {
    const isSureHere = isSure && !selection.directives?.length;
    if (selection.kind === Kind.FIELD) {
      const definition = type.getFields()[selection.name.value];
      if (definition !== undefined) {
        collectField(info, type, definition, selection, looking, isSureHere);
      }
      continue;
    }
    // Of another type, or on an interface of this one: reading too much is harmless.
    const inner =
      selection.kind === Kind.INLINE_FRAGMENT
        ? selection.selectionSet
        : info.fragments[selection.name.value]?.selectionSet;
    collect(info, type, inner, looking, isSureHere);
  }
}

function collectField(
  info: GraphQLResolveInfo,
  type: GraphQLObjectType,
  definition: GraphQLField<unknown, unknown>,
  node: FieldNode,
  looking: Looking,
  isSure: boolean,
): void {
  const extensions = definition.extensions as {
    needs?: readonly string[];
    sameRow?: boolean;
    relation?: boolean;
    pothosExposedField?: string;
  };
  const isOfConnection = type.name.endsWith('Connection') || type.name.endsWith('Edge');
  if (isOfConnection) {
    const isRows = ['nodes', 'edges', 'node'].includes(definition.name);
    if (isRows || definition.name === 'pageInfo') looking.list.page = true;
    else if (isSure) looking.list.others.add(definition.name);
    if (isRows) descend();
    return;
  }
  const exposed = extensions.pothosExposedField ?? (definition.name === 'id' ? 'id' : undefined);
  const columns = extensions.needs ?? (exposed === undefined ? null : [exposed]);
  if (columns === null) looking.columns = null;
  for (const column of columns ?? []) looking.columns?.add(column);
  if (extensions.sameRow) return descend();
  if (extensions.relation) {
    looking.relations.push({
      definition,
      node,
      look: lookInto(info, definition.type, [node]),
    });
  }
  function descend(): void {
    const inner = getNamedType(definition.type);
    if (isObjectType(inner)) collect(info, inner, node.selectionSet, looking);
  }
}

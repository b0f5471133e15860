import {
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLField,
  type GraphQLNamedType,
  type GraphQLObjectType,
  type GraphQLSchema,
  getNamedType,
  getNullableType,
  isAbstractType,
  isListType,
  isObjectType,
  Kind,
  type OperationDefinitionNode,
  SchemaMetaFieldDef,
  type SelectionSetNode,
  TypeMetaFieldDef,
} from 'graphql';
import { costOfField, isConnection, isRows } from './fieldCost.ts';
import { readOwnCost, readSize, type Size } from './sizes.ts';

/** A field that an operation asks for, as far as it or what is below it costs anything. */
export interface PlannedField {
  /** Under which its value is answered. */
  readonly key: string;
  /** `Product.variants` */
  readonly coordinate: string;
  /** What it costs by itself, with the arguments that are given. */
  readonly own: Size;
  readonly each: number;
  readonly size: Size;
  /** `page`: `size` rows are below it; `rows`: those; `list`: both at once; `one`: neither. */
  readonly kind: 'page' | 'rows' | 'list' | 'one';
  /** What is asked of it: of an object one set of fields, of an interface one for each kind of object. */
  readonly sets: readonly (readonly PlannedField[])[];
}

export interface PlanSource {
  readonly schema: GraphQLSchema;
  readonly operation: OperationDefinitionNode;
  readonly fragments: ReadonlyMap<string, FragmentDefinitionNode>;
  /** Whether `@skip` and `@include` let a node through. */
  isIncluded(node: { readonly directives?: FieldNode['directives'] }): boolean;
}

/** The fields of the operation's root type, and how often each is called. */
export function planRoots(source: PlanSource): {
  readonly fields: readonly PlannedField[];
  readonly calls: ReadonlyMap<string, number>;
} {
  const { schema, operation } = source;
  const root = schema.getRootType(operation.operation);
  const calls = new Map<string, number>();
  if (!root) return { fields: [], calls };
  for (const [node] of collect(source, root, [operation.selectionSet]).values()) {
    const coordinate = `${root.name}.${node?.name.value}`;
    calls.set(coordinate, (calls.get(coordinate) ?? 0) + 1);
  }
  return { fields: planObject(source, root, [operation.selectionSet]), calls };
}

function planObject(
  source: PlanSource,
  type: GraphQLObjectType,
  sets: readonly SelectionSetNode[],
): PlannedField[] {
  const fields: PlannedField[] = [];
  for (const [key, nodes] of collect(source, type, sets)) {
    const [first] = nodes;
    const definition = first && fieldOf(source.schema, type, first.name.value);
    if (!definition) continue;
    const planned = planField(source, type, definition, key, nodes as [FieldNode, ...FieldNode[]]);
    if (planned !== null) fields.push(planned);
  }
  return fields;
}

/** The meta-fields, which lead into the schema itself, stand in no type. */
function fieldOf(schema: GraphQLSchema, type: GraphQLObjectType, name: string) {
  if (type === schema.getQueryType()) {
    if (name === SchemaMetaFieldDef.name) return SchemaMetaFieldDef;
    if (name === TypeMetaFieldDef.name) return TypeMetaFieldDef;
  }
  return type.getFields()[name];
}

/** null: neither it nor anything below costs a point. */
function planField(
  source: PlanSource,
  type: GraphQLObjectType,
  definition: GraphQLField<unknown, unknown>,
  key: string,
  nodes: readonly [FieldNode, ...FieldNode[]],
): PlannedField | null {
  const { complexity, each, sizedBy, otherwise } = costOfField(source.schema, type, definition);
  const sets = planSets(source, getNamedType(definition.type), nodes);
  const rows = isRows(type, definition);
  // An empty page still has to know where its rows are, to count them.
  if (complexity === 0 && each === 0 && sets.length === 0 && !rows) return null;
  const own = readOwnCost(source.operation, definition, nodes[0], complexity);
  const size = readSize(source.operation, definition, nodes[0], { sizedBy, otherwise });
  return {
    key,
    coordinate: `${type.name}.${definition.name}`,
    ...{ own, each, size, sets },
    kind: rows ? 'rows' : kindOf(definition),
  };
}

function kindOf({ type }: GraphQLField<unknown, unknown>): PlannedField['kind'] {
  if (isConnection(getNamedType(type))) return 'page';
  return isListType(getNullableType(type)) ? 'list' : 'one';
}

function planSets(
  source: PlanSource,
  type: GraphQLNamedType,
  nodes: readonly FieldNode[],
): PlannedField[][] {
  const sets = nodes.flatMap(({ selectionSet }) => selectionSet ?? []);
  const types = isObjectType(type)
    ? [type]
    : isAbstractType(type)
      ? source.schema.getPossibleTypes(type)
      : [];
  return types.map((each) => planObject(source, each, sets)).filter(({ length }) => length > 0);
}

/** As the specification collects them (6.3.2): by response key, what is skipped left out. */
function collect(
  source: PlanSource,
  type: GraphQLObjectType,
  sets: readonly SelectionSetNode[],
): Map<string, FieldNode[]> {
  const grouped = new Map<string, FieldNode[]>();
  const visited = new Set<string>();
  const into = (set: SelectionSetNode): void => {
    for (const selection of set.selections) {
      if (!source.isIncluded(selection)) continue;
      if (selection.kind === Kind.FIELD) {
        const key = selection.alias?.value ?? selection.name.value;
        const group = grouped.get(key);
        if (group) group.push(selection);
        else grouped.set(key, [selection]);
        continue;
      }
      const fragment = selection.kind === Kind.INLINE_FRAGMENT ? selection : spread(selection.name);
      const condition = fragment?.typeCondition?.name.value;
      if (fragment && (condition === undefined || fits(source.schema, type, condition))) {
        into(fragment.selectionSet);
      }
    }
  };
  const spread = ({ value: name }: { readonly value: string }) => {
    if (visited.has(name)) return undefined;
    visited.add(name);
    return source.fragments.get(name);
  };
  sets.forEach(into);
  return grouped;
}

function fits(schema: GraphQLSchema, type: GraphQLObjectType, condition: string): boolean {
  if (type.name === condition) return true;
  const named = schema.getType(condition);
  return isAbstractType(named) && schema.isSubType(named, type);
}

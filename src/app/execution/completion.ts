import {
  defaultTypeResolver,
  type FieldNode,
  type GraphQLAbstractType,
  GraphQLError,
  type GraphQLLeafType,
  type GraphQLObjectType,
  type GraphQLOutputType,
  type GraphQLResolveInfo,
  isAbstractType,
  isLeafType,
  isListType,
  isNonNullType,
  isObjectType,
} from 'graphql';
import type { Complete, Execution, Path, Plan, Position, SelectFields } from './execution.ts';
import { isPromise, Later, placeLater } from './later.ts';

/** The field whose value is completed. */
export interface Place {
  readonly plan: Plan;
  readonly nodes: readonly FieldNode[];
  readonly parentType: GraphQLObjectType;
  readonly fieldName: string;
  /** What it asks of objects of a type. */
  compileSelection(type: GraphQLObjectType, up: number): SelectFields;
  info(x: Execution, path: Path | undefined): GraphQLResolveInfo;
}

/** How a value of a type becomes what is answered (GraphQL specification 6.4.3), as a function. */
export function completion(place: Place, type: GraphQLOutputType, up: number): Complete {
  if (!isNonNullType(type)) {
    const complete = completionOf(place, type, up);
    return (x, value, path) => (value == null ? null : complete(x, value, path));
  }
  const complete = completionOf(place, type.ofType, up);
  const missing = `Cannot return null for non-nullable field ${place.parentType.name}.${place.fieldName}.`;
  return (x, value, path) => {
    const completed = value == null ? null : complete(x, value, path);
    if (completed === null) throw new Error(missing);
    return completed;
  };
}

function completionOf(place: Place, type: GraphQLOutputType, up: number): Complete {
  if (isLeafType(type)) return (_x, value) => completeLeaf(type, value);
  if (isListType(type)) return listCompletion(place, type.ofType, up);
  if (isObjectType(type)) return objectCompletion(place, type, up);
  if (isAbstractType(type)) return abstractCompletion(place, type, up);
  throw new Error(`Nothing can be answered with ${type}.`);
}

function completeLeaf(type: GraphQLLeafType, value: unknown): unknown {
  if (value instanceof Error) throw value;
  const serialized = type.serialize(value);
  if (serialized == null) throw new Error(`${type}.serialize() answered with nothing.`);
  return serialized;
}

function listCompletion(place: Place, type: GraphQLOutputType, listUp: number): Complete {
  const up = isNonNullType(type) ? listUp + 1 : 0;
  const complete = completion(place, type, up);
  const position: Position = { nodes: place.nodes, complete, up };
  const completeItem = (x: Execution, item: unknown, path: Path): unknown => {
    try {
      if (isPromise(item)) return new Later(x, item, position, path);
      return complete(x, item, path);
    } catch (error) {
      return x.fail(error, position, path);
    }
  };
  return (x, value, prev) => {
    if (value instanceof Error) throw value;
    if (!isIterable(value)) {
      const field = `${place.parentType.name}.${place.fieldName}`;
      throw new GraphQLError(`Expected Iterable, but did not find one for field "${field}".`);
    }
    const before = x.unplaced;
    const items: unknown[] = [];
    for (const item of value) {
      items.push(completeItem(x, item, { prev, key: items.length, typename: undefined }));
    }
    if (x.unplaced !== before) placeLater(x, items, before);
    return items;
  };
}

function isIterable(value: unknown): value is Iterable<unknown> {
  return typeof value === 'object' && value !== null && Symbol.iterator in value;
}

function objectCompletion(place: Place, type: GraphQLObjectType, up: number): Complete {
  // When the first value comes: a field that never has one costs nothing.
  let select: SelectFields | undefined;
  const complete: Complete = (x, value, path) => {
    select ??= place.compileSelection(type, up);
    return select(x, value, path);
  };
  const { isTypeOf } = type;
  const check = (is: boolean, value: unknown) => {
    if (is) return value;
    throw new GraphQLError(`Expected another value of type "${type.name}".`);
  };
  return (x, value, path) => {
    if (value instanceof Error) throw value;
    if (isTypeOf == null) return complete(x, value, path);
    const is = isTypeOf(value, x.context, place.info(x, path));
    if (!isPromise(is)) return complete(x, check(is, value), path);
    const checked = is.then((yes) => check(yes as boolean, value));
    return new Later(x, checked, { nodes: place.nodes, complete, up }, path as Path);
  };
}

function abstractCompletion(place: Place, type: GraphQLAbstractType, up: number): Complete {
  const byType = new Map<string, Complete>();
  const completeAs = (name: unknown): Complete => {
    const concrete = typeof name === 'string' ? place.plan.schema.getType(name) : undefined;
    if (!isObjectType(concrete) || !place.plan.schema.isSubType(type, concrete)) {
      throw new GraphQLError(`${String(name)} is no type that a "${type.name}" can have.`);
    }
    const complete = byType.get(concrete.name) ?? objectCompletion(place, concrete, up);
    byType.set(concrete.name, complete);
    return complete;
  };
  const typeOf = type.resolveType ?? defaultTypeResolver;
  return (x, value, path) => {
    if (value instanceof Error) throw value;
    const name = typeOf(value, x.context, place.info(x, path), type);
    if (!isPromise(name)) return completeAs(name)(x, value, path);
    const complete: Complete = (_x, named) => completeAs(named)(x, value, path);
    return new Later(x, name, { nodes: place.nodes, complete, up }, path as Path);
  };
}

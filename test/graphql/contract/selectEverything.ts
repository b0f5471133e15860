import {
  type GraphQLNamedType,
  type GraphQLObjectType,
  type GraphQLSchema,
  getNamedType,
  isAbstractType,
  isObjectType,
  isRequiredArgument,
} from 'graphql';
import { isConnection, isNode, type OutputField } from './walkSchema.ts';

const isAskable = (field: OutputField): boolean => !field.args.some(isRequiredArgument);

/**
 * A selection of all that leads to objects, `depth` fields deep, with type and id of each. Fields have
 * their type in the alias, so that two members of a union may have the same one.
 */
export function selectObjects(
  schema: GraphQLSchema,
  type: GraphQLNamedType,
  depth: number,
): string {
  if (isAbstractType(type)) {
    const members = schema.getPossibleTypes(type);
    return `{ __typename ${members.map((member) => `... on ${member.name} ${selectObjects(schema, member, depth)}`).join(' ')} }`;
  }
  if (!isObjectType(type)) return '';
  return `{ __typename ${[...own(type, depth), ...deeper(schema, type, depth)].join(' ')} }`;
}

function own(type: GraphQLObjectType, depth: number): string[] {
  const rows = depth === 0 ? [`${type.name}_nodes: nodes { __typename }`] : [];
  if (isConnection(type)) return ['totalCount', ...rows];
  return isNode(type) ? ['id'] : [];
}

function deeper(schema: GraphQLSchema, type: GraphQLObjectType, depth: number): string[] {
  if (depth === 0) return [];
  return Object.values(type.getFields())
    .filter((field) => isAskable(field) && !(isConnection(type) && field.name === 'edges'))
    .map((field) => ({ field, target: getNamedType(field.type) }))
    .filter(({ target }) => isObjectType(target) || isAbstractType(target))
    .map(
      ({ field, target }) =>
        `${type.name}_${field.name}: ${field.name} ${selectObjects(schema, target, depth - 1)}`,
    );
}

/** The root fields that can be asked for without knowing anything, such as an id. */
export function openRootFields(schema: GraphQLSchema): OutputField[] {
  return Object.values(schema.getQueryType()?.getFields() ?? {}).filter(
    (field) => isAskable(field) && selectObjects(schema, getNamedType(field.type), 0) !== '',
  );
}

export interface FoundObject {
  readonly __typename: string;
  readonly id?: string;
  readonly totalCount?: number;
  readonly [alias: string]: unknown;
}

/** Every object of an answer with the alias that led to it, such as `Conversation_messages`. */
export function* objectsIn(
  value: unknown,
  alias = '',
): Generator<{ object: FoundObject; alias: string }> {
  if (typeof value !== 'object' || value === null) return;
  if (Array.isArray(value)) {
    for (const each of value) yield* objectsIn(each, alias);
    return;
  }
  const object = value as FoundObject;
  if (object.__typename !== undefined) yield { object, alias };
  for (const [key, each] of Object.entries(object)) yield* objectsIn(each, key);
}

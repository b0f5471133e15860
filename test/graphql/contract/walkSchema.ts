import {
  type GraphQLArgument,
  type GraphQLField,
  type GraphQLInputField,
  type GraphQLNamedType,
  type GraphQLObjectType,
  type GraphQLSchema,
  getNamedType,
  isEnumType,
  isInputObjectType,
  isInterfaceType,
  isListType,
  isNonNullType,
  isObjectType,
  isSpecifiedDirective,
  isSpecifiedScalarType,
} from 'graphql';

/** What a rule of the schema's contract found: where it is broken, as `Type.field(argument)`. */
export type Finding = string;

export interface SchemaRule {
  readonly name: string;
  /** Every place that breaks it; none in a schema that keeps the contract. */
  find(schema: GraphQLSchema): Finding[];
}

export type OutputField = GraphQLField<unknown, unknown>;

export interface FieldPlace {
  readonly owner: GraphQLNamedType;
  readonly field: OutputField;
  /** `Type.field` */
  readonly at: string;
}

/** A field of an input type or an argument. */
export interface InputPlace {
  readonly owner: GraphQLNamedType;
  readonly input: GraphQLArgument | GraphQLInputField;
  /** `Input.field` or `Type.field(argument)` */
  readonly at: string;
}

/** The product's own types, without GraphQL's. */
export function ownTypes(schema: GraphQLSchema): GraphQLNamedType[] {
  return Object.values(schema.getTypeMap()).filter(
    (type) => !type.name.startsWith('__') && !isSpecifiedScalarType(type),
  );
}

export function outputFields(schema: GraphQLSchema): FieldPlace[] {
  return ownTypes(schema).flatMap((owner) =>
    isObjectType(owner) || isInterfaceType(owner)
      ? Object.values(owner.getFields()).map((field) => ({
          owner,
          field,
          at: `${owner.name}.${field.name}`,
        }))
      : [],
  );
}

export function inputPlaces(schema: GraphQLSchema): InputPlace[] {
  const inputFields = ownTypes(schema).flatMap((owner) =>
    isInputObjectType(owner)
      ? Object.values(owner.getFields()).map((input) => ({
          owner,
          input,
          at: `${owner.name}.${input.name}`,
        }))
      : [],
  );
  const inputs = outputFields(schema).flatMap(({ owner, field, at }) =>
    field.args.map((input) => ({ owner, input, at: `${at}(${input.name})` })),
  );
  return [...inputFields, ...inputs];
}

/** Everything that has a description of its own: `at`, its name and the description. */
export function describedPlaces(schema: GraphQLSchema) {
  const values = ownTypes(schema).flatMap((type) =>
    isEnumType(type)
      ? type.getValues().map((value) => ({ at: `${type.name}.${value.name}`, member: value }))
      : [],
  );
  const directives = schema
    .getDirectives()
    .filter((directive) => !isSpecifiedDirective(directive))
    .flatMap((directive) => [
      { at: `@${directive.name}`, member: directive },
      ...directive.args.map((arg) => ({ at: `@${directive.name}(${arg.name})`, member: arg })),
    ]);
  const members = [
    ...directives,
    ...ownTypes(schema).map((type) => ({ at: type.name, member: type })),
    ...outputFields(schema).map(({ at, field }) => ({ at, member: field })),
    ...inputPlaces(schema).map(({ at, input }) => ({ at, member: input })),
    ...values,
  ];
  return members.map(({ at, member }) => ({
    at,
    name: member.name,
    description: member.description,
    deprecationReason: 'deprecationReason' in member ? member.deprecationReason : undefined,
  }));
}

export function rootTypes(schema: GraphQLSchema): GraphQLObjectType[] {
  return [schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()].filter(
    (type) => type !== null && type !== undefined,
  );
}

export const isRoot = (schema: GraphQLSchema, type: GraphQLNamedType): boolean =>
  rootTypes(schema).some((root) => root === type);

export const isConnection = (type: GraphQLNamedType): type is GraphQLObjectType =>
  isObjectType(type) && type.name.endsWith('Connection');

/** `ProductConnection` → `Product`; any other type is its own target. */
export function targetOf(field: OutputField): GraphQLNamedType {
  const type = getNamedType(field.type);
  const edge = isConnection(type) ? type.getFields().edges : undefined;
  const edgeType = edge && getNamedType(edge.type);
  const node = isObjectType(edgeType) ? edgeType.getFields().node : undefined;
  return node ? getNamedType(node.type) : type;
}

export const isNode = (type: GraphQLNamedType): type is GraphQLObjectType =>
  isObjectType(type) && type.getInterfaces().some(({ name }) => name === 'Node');

/** Whether a type is a list, looking through a `!`. */
export const isList = (type: OutputField['type']): boolean =>
  isListType(isNonNullType(type) ? type.ofType : type);

import { DirectiveLocation, GraphQLDirective, type GraphQLSchema } from 'graphql';

/**
 * What a business can do when its requests of the day are used up: see why, end the key that used them,
 * choose a larger plan, and sign in elsewhere. They stay within its budget of cost.
 */
export const unmeteredDirective = new GraphQLDirective({
  name: 'unmetered',
  description:
    'An operation of such fields alone is no request of the day: it is answered when these are used up, too.',
  locations: [DirectiveLocation.FIELD_DEFINITION],
});

interface Declared {
  readonly unmetered?: true;
  readonly directives?: object;
}

/** Says in the schema what fields declare. */
export function declareUnmetered(schema: GraphQLSchema): GraphQLSchema {
  for (const [, field] of rootFields(schema)) {
    const { unmetered, directives } = field.extensions as Declared;
    if (unmetered !== true) continue;
    field.extensions = { ...field.extensions, directives: { ...directives, unmetered: {} } };
  }
  return schema;
}

/** By coordinate, `Query.plans`. */
export function unmeteredFields(schema: GraphQLSchema): ReadonlySet<string> {
  return new Set(
    rootFields(schema)
      .filter(([, { extensions }]) => (extensions as Declared).unmetered === true)
      .map(([coordinate]) => coordinate),
  );
}

const rootFields = (schema: GraphQLSchema) =>
  [schema.getQueryType(), schema.getMutationType()].flatMap((root) =>
    Object.values(root?.getFields() ?? {}).map(
      (field) => [`${root?.name}.${field.name}`, field] as const,
    ),
  );

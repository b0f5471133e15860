import {
  DirectiveLocation,
  GraphQLDirective,
  GraphQLInt,
  GraphQLList,
  GraphQLNonNull,
  type GraphQLSchema,
  GraphQLString,
  isObjectType,
} from 'graphql';
import { costOfArgument, costOfField, type FieldCost } from './fieldCost.ts';

/** How the schema says what fields cost, as far as they cost anything. */
export const costDirective = new GraphQLDirective({
  name: 'cost',
  description:
    'What a field costs, in points: `complexity`, and for each row `each` and what is asked of the row. A field without it costs nothing by itself. At an argument: what giving it adds.',
  locations: [DirectiveLocation.FIELD_DEFINITION, DirectiveLocation.ARGUMENT_DEFINITION],
  args: {
    complexity: {
      type: new GraphQLNonNull(GraphQLInt),
      description: 'What it costs by itself, once for every object that it is asked of.',
    },
    each: { type: GraphQLInt, description: 'What each row, or each item of the input, adds.' },
    sizedBy: {
      type: new GraphQLList(new GraphQLNonNull(GraphQLString)),
      description:
        'The arguments that say how many rows: `first`, `ids`, `input.products`. A text counts by its thousands of characters.',
    },
    otherwise: { type: GraphQLInt, description: 'How many rows where none of them is given.' },
  },
});

/** Puts what fields cost into the schema as directives; the figures themselves are fieldCost.ts's. */
export function declareCosts(schema: GraphQLSchema): GraphQLSchema {
  for (const type of Object.values(schema.getTypeMap())) {
    if (!isObjectType(type) || type.name.startsWith('__')) continue;
    for (const field of Object.values(type.getFields())) {
      const said = toArguments(costOfField(schema, type, field));
      if (said !== null) addDirective(field, said);
      for (const argument of field.args) {
        const complexity = costOfArgument(argument);
        if (complexity !== 0) addDirective(argument, { complexity });
      }
    }
  }
  return schema;
}

/** As @graphql-tools prints them. */
function addDirective(element: { extensions: Readonly<object> }, cost: object): void {
  const { directives } = element.extensions as { directives?: object };
  element.extensions = { ...element.extensions, directives: { ...directives, cost } };
}

/** null: it is free. */
function toArguments({ complexity, each, sizedBy, otherwise }: FieldCost): object | null {
  if (complexity === 0 && each === 0 && otherwise === 1) return null;
  if (each === 0 && otherwise === 1 && sizedBy.length === 0) return { complexity };
  return { complexity, each, ...(sizedBy.length > 0 ? { sizedBy } : {}), otherwise };
}

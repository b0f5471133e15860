import {
  type GraphQLObjectType,
  getNamedType,
  getNullableType,
  isListType,
  isObjectType,
} from 'graphql';
import { expect, test } from 'vitest';
import { buildOperatorSchema } from '../../../src/app/operator/schema.ts';
import { buildSchema } from '../../../src/app/schema.ts';
import { costOfField, isRows } from '../../../src/graphql/cost/fieldCost.ts';

const schemas = { tenants: buildSchema(), operators: buildOperatorSchema() };

test.each(Object.entries(schemas))(
  '%s: a list whose rows cost something says how many it has',
  (_name, schema) => {
    const costs = (type: GraphQLObjectType, seen: Set<string>): boolean =>
      !seen.has(type.name) &&
      seen.add(type.name) &&
      Object.values(type.getFields()).some((field) => {
        const { complexity, each } = costOfField(schema, type, field);
        const below = getNamedType(field.type);
        return complexity + each > 0 || (isObjectType(below) && costs(below, seen));
      });
    const types = Object.values(schema.getTypeMap()).filter(isObjectType);
    const unsaid = types
      .filter(({ name }) => !name.startsWith('__'))
      .flatMap((type) =>
        Object.values(type.getFields())
          .filter((field) => {
            const row = getNamedType(field.type);
            const { sizedBy, otherwise } = costOfField(schema, type, field);
            const isSaid = sizedBy.length > 0 || otherwise > 1 || isRows(type, field);
            return (
              isListType(getNullableType(field.type)) &&
              isObjectType(row) &&
              !isSaid &&
              costs(row, new Set())
            );
          })
          .map(({ name }) => `${type.name}.${name}`),
      );
    expect(unsaid).toEqual([]);
  },
);

test.each(Object.entries(schemas))(
  '%s: every argument that says how many is one of the field’s',
  (_name, schema) => {
    const types = Object.values(schema.getTypeMap()).filter(isObjectType);
    const strange = types.flatMap((type) =>
      Object.values(type.getFields()).flatMap((field) =>
        costOfField(schema, type, field)
          .sizedBy.map((path) => path.split('.')[0])
          .filter((name) => !field.args.some((argument) => argument.name === name))
          .map((name) => `${type.name}.${field.name}(${name})`),
      ),
    );
    expect(strange).toEqual([]);
  },
);

import { describe, expect, test } from 'vitest';
import { buildSchema } from '../../src/app/schema.ts';
import { accessRules } from './contract/accessRules.ts';
import { goodSchema, plantedSchema, plants } from './contract/planted.ts';
import { shapeRules } from './contract/shapeRules.ts';
import { wordingRules } from './contract/wordingRules.ts';

const rules = [...wordingRules, ...accessRules, ...shapeRules];

// Over the schema as it is built, so that a new field is held to the contract by being there.
describe('the schema', () => {
  const schema = buildSchema();

  test.each(rules)('$name', ({ find }) => {
    expect(find(schema)).toEqual([]);
  });
});

describe('the contract', () => {
  test('finds nothing in a schema that keeps it', () => {
    expect(rules.flatMap(({ find }) => find(goodSchema()))).toEqual([]);
  });

  test('has a plant for each of its rules', () => {
    expect(new Set(plants.map(({ rule }) => rule))).toEqual(new Set(rules.map(({ name }) => name)));
  });

  test.each(plants)('$rule: finds $at', (plant) => {
    const rule = rules.find(({ name }) => name === plant.rule);
    expect(rule?.find(plantedSchema(plant))).toEqual(plant.at);
  });
});

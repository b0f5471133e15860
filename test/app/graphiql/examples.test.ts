import { readdir } from 'node:fs/promises';
import { getVariableValues, type OperationDefinitionNode, parse, validate } from 'graphql';
import { describe, expect, test } from 'vitest';
import { readExamples } from '../../../src/app/graphiql/examples.ts';
import { demoIdentities } from '../../../src/app/graphiql/identities.ts';
import { buildSchema } from '../../../src/app/schema.ts';

const schema = buildSchema(); // what schema/schema.graphql is printed from, and checked against
const examples = await readExamples();

describe.each(examples)('the example operation $name', ({ query, variables, runAs }) => {
  const document = parse(query);
  const operations = document.definitions.filter(
    (definition): definition is OperationDefinitionNode =>
      definition.kind === 'OperationDefinition',
  );

  test('is one named operation that fits the schema', () => {
    expect(operations.map(({ name }) => name?.value)).toEqual([expect.stringMatching(/^[A-Z]/)]);
    expect(validate(schema, document)).toEqual([]);
  });

  test('has variables that fit, and no other', () => {
    const declared = operations[0]?.variableDefinitions ?? [];
    const given: Record<string, unknown> = JSON.parse(variables ?? '{}');
    expect(getVariableValues(schema, declared, given).errors).toBeUndefined();
    const names = declared.map(({ variable }) => variable.name.value);
    expect(Object.keys(given).filter((name) => !names.includes(name))).toEqual([]);
  });

  test('says who can run it, by the names that the page offers', () => {
    const known = ['nobody', ...demoIdentities.map(({ label }) => label)];
    expect(runAs.filter((label) => !known.includes(label))).toEqual([]);
  });
});

test('no variables lie about without an operation', async () => {
  const folder = new URL('../../../schema/operations/', import.meta.url);
  const names = examples.map(({ name }) => name);
  const variables = (await readdir(folder)).filter((file) => file.endsWith('.variables.json'));
  const stray = variables.filter((file) => !names.includes(file.replace('.variables.json', '')));
  expect(stray).toEqual([]);
});

test('running signIn as it stands leaves one the owner that the page begins with', () => {
  const { variables } = examples.find(({ name }) => name === 'signIn') ?? {};
  expect(JSON.parse(variables ?? '{}').input.email).toBe(demoIdentities[0]?.email);
});

test('the tabs begin with who one is and end with what an admin does', () => {
  expect(examples[0]?.name).toBe('viewer');
  expect(examples.at(-1)?.audience).toBe('an admin');
});

import { GraphQLError } from 'graphql';
import { expect, test } from 'vitest';
import { type MutationRun, runMutation } from '../../../src/app/operations/runMutation.ts';

const failing = (hasCommitted: boolean): MutationRun => ({
  context: {
    operation: { rollback: async () => undefined, hasCommitted },
  } as unknown as MutationRun['context'],
  run: async () => ({ data: { productCreate: null }, errors: [new GraphQLError('a bug')] }),
});

const codeOf = async (hasCommitted: boolean) => {
  const { data, errors } = await runMutation(failing(hasCommitted), async (result) => result);
  expect(data).toBeNull();
  return (errors?.[0]?.originalError as { code?: string } | undefined)?.code;
};

test('an error of an answer whose change is committed does not say that nothing was changed', async () => {
  expect(await codeOf(true)).toBe('COMMIT_IN_DOUBT');
  expect(await codeOf(false)).toBeUndefined();
});

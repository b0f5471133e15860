import { GraphQLError } from 'graphql';
import { expect, test } from 'vitest';
import { type MutationRun, runMutation } from '../../../src/app/operations/runMutation.ts';
import type { TenantOperation } from '../../../src/db/database.ts';
import { type Asking, OperationContext, type Services } from '../../../src/graphql/context.ts';

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

test('nor does one that a rule throws when what it completed is committed', async () => {
  const context = new OperationContext({} as Services, { isOnlyField: true } as Asking);
  let opened = 0;
  context.begin(() => {
    opened += 1;
    const operation = { rollback: async () => undefined, hasCommitted: opened === 1 };
    return operation as unknown as TenantOperation;
  });
  const rule = context.undoably(() => Promise.reject(new Error('that is another row')));
  const run = () =>
    rule.then(
      () => ({ data: {} }),
      () => ({ data: null, errors: [new GraphQLError('a bug')] }),
    );
  const { errors } = await runMutation({ context, run }, async (result) => result);
  expect(errors?.[0]?.originalError).toMatchObject({ code: 'COMMIT_IN_DOUBT' });
});

import type { ObjectRef } from '@pothos/core';
import { builder } from '../../graphql/builder.ts';
import { userErrorType } from '../../graphql/userErrors.ts';
import { accountErrorCodes } from './accountErrors.ts';
import type { Attempted } from './attempt.ts';

const AccountUserError = userErrorType('Account', accountErrorCodes);

type Payload<Value> = ObjectRef<typeof builder.$inferSchemaTypes, Attempted<Value>>;

/** What the payload of every step of an account says of a refusal. */
export function addRefusals<Value>({ payloadType }: { payloadType: Payload<Value> }): void {
  builder.objectFields(payloadType, (t) => ({
    retryAt: t.field({
      type: 'DateTime',
      nullable: true,
      description: 'When to try again, where too much was tried.',
      resolve: ({ retryAt }) => retryAt,
    }),
    userErrors: t.field({
      type: [AccountUserError],
      description: 'Why nothing was done.',
      resolve: ({ userErrors }) => [...userErrors],
    }),
  }));
}

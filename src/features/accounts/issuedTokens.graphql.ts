import type { ObjectRef } from '@pothos/core';
import type { IssuedToken, RefreshedToken } from '../../auth/sessions.ts';
import { builder } from '../../graphql/builder.ts';
import { MembershipType } from './accounts.graphql.ts';
import type { Attempted } from './attempt.ts';

interface Answer<Value> {
  readonly payloadType: ObjectRef<typeof builder.$inferSchemaTypes, Attempted<Value>>;
}

/** What a payload says of an access token that was issued; all null where none was. */
export function addAccessToken<Value extends IssuedToken>({ payloadType }: Answer<Value>): void {
  builder.objectFields(payloadType, (t) => ({
    token: t.string({
      nullable: true,
      description: 'Send it as "Authorization: Bearer …".',
      resolve: ({ value }) => value?.token ?? null,
    }),
    expiresAt: t.field({
      type: 'DateTime',
      nullable: true,
      description: 'When the access token runs out.',
      resolve: ({ value }) => value?.expiresAt ?? null,
    }),
    membership: t.field({
      type: MembershipType,
      nullable: true,
      description: 'The business that the token is for; null: for the account alone.',
      resolve: ({ value }) => value?.membership ?? null,
    }),
  }));
}

type Refreshed = {
  readonly [Field in 'refreshToken' | 'refreshExpiresAt']: RefreshedToken[Field] | null;
};

/** And of the refresh token beside it. */
export function addRefreshToken<Value extends Refreshed>({ payloadType }: Answer<Value>): void {
  builder.objectFields(payloadType, (t) => ({
    refreshToken: t.string({
      nullable: true,
      description: 'For the next `tokenRefresh`; null where it is in the cookie.',
      resolve: ({ value }) => value?.refreshToken ?? null,
    }),
    refreshExpiresAt: t.field({
      type: 'DateTime',
      nullable: true,
      description: 'When the session ends, unless it is refreshed before.',
      resolve: ({ value }) => value?.refreshExpiresAt ?? null,
    }),
  }));
}

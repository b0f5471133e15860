import type { TenantReference } from '../../auth/sessions.ts';
import { builder, idExample } from '../../graphql/builder.ts';
import { readId } from '../../lib/ids.ts';
import { attempt } from './attempt.ts';
import { addAccessToken, addRefreshToken } from './issuedTokens.graphql.ts';
import { findRefreshToken, placeRefreshToken, refuseNoToken } from './refreshCookie.ts';
import { addRefusals } from './refusals.graphql.ts';

const TenantReferenceInput = builder.inputType('TenantReference', {
  isOneOf: true,
  description: 'A business, by one of its names.',
  fields: (t) => ({
    id: t.id({ description: `\`${idExample('Tenant')}\`` }),
    slug: t.string({ description: 'Its name in addresses.' }),
  }),
});

function readReference(given: { id?: unknown; slug?: string | null }): TenantReference {
  return given.slug != null
    ? { slug: given.slug }
    : { id: readId(String(given.id ?? ''), 'Tenant') };
}

const refreshed = builder.relayMutationField(
  'tokenRefresh',
  {
    description: 'The session that goes on.',
    inputFields: (t) => ({
      refreshToken: t.string({
        description: '`trt_…`, good once; left out, the one in the cookie.',
      }),
      tenant: t.field({
        type: TenantReferenceInput,
        description:
          'Which business the token is for; the one that the request names when left out, or else the one that was signed in to. A page on another business names it.',
      }),
    }),
  },
  {
    access: 'public',
    unmetered: true,
    description:
      'Trades a refresh token for an access token and the next refresh token, which goes where the old one was. One that comes a second time ends the session, for somebody has a copy of it; within 10 seconds of the first it is only refused. Send it without an access token that has run out: that is refused before anything is looked at.',
    resolve: (_parent, { input }, context) =>
      attempt(context, async () => {
        const found = findRefreshToken(context, input.refreshToken) ?? refuseNoToken();
        const tenant = input.tenant == null ? null : readReference(input.tenant);
        const { sessions } = context.services;
        // A token that came along names a business too, but one that may be left for another.
        const signedIn = context.principal !== null && tenant !== null;
        const named = signedIn ? undefined : context.selectedTenantId;
        const issued = await sessions.refresh(found.token, tenant, named, context.request);
        return placeRefreshToken(context, found.place, issued);
      }),
  },
  {
    description: 'The tokens, or why there are none.',
    outputFields: () => ({}),
  },
);

addAccessToken(refreshed);
addRefreshToken(refreshed);
addRefusals(refreshed);

const switched = builder.relayMutationField(
  'tenantSwitch',
  {
    description: 'Where to go.',
    inputFields: (t) => ({
      tenant: t.field({
        type: TenantReferenceInput,
        required: true,
        description: 'A business that one belongs to.',
      }),
    }),
  },
  {
    access: 'person',
    unmetered: true,
    description:
      'Gives a token of the same session for another business. The old token stays good: two tabs can be on two businesses.',
    resolve: (_parent, { input }, context) =>
      attempt(context, () =>
        context.services.sessions.switchTenant(
          context.requirePerson(),
          readReference(input.tenant),
          context.request,
        ),
      ),
  },
  {
    description: 'The token, or why there is none.',
    outputFields: () => ({}),
  },
);

addAccessToken(switched);
addRefusals(switched);

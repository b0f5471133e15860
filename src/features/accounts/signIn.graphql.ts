import { builder } from '../../graphql/builder.ts';
import { passwordCost } from '../../graphql/cost/fieldCost.ts';
import { userErrorType } from '../../graphql/userErrors.ts';
import { refuse } from '../../lib/errors.ts';
import { attempt } from './attempt.ts';
import { addAccessToken, addRefreshToken } from './issuedTokens.graphql.ts';
import { placeRefreshToken } from './refreshCookie.ts';

const SignInUserError = userErrorType('SignIn', {
  NOT_SIGNED_IN: 'No such person, password or membership; which one is not said.',
  TOO_MANY_ATTEMPTS: 'Enough was tried for now; `retryAt` says when to come back.',
});

export const RefreshTokenPlaceType = builder.enumType('RefreshTokenPlace', {
  description: 'Where a client keeps its refresh token.',
  values: {
    BODY: { description: 'In the answer: for programs, which keep it themselves.' },
    COOKIE: {
      description:
        'In a cookie that scripts cannot read (HttpOnly, SameSite=Strict): for browsers.',
    },
  } as const,
});

const answer = builder.relayMutationField(
  'signIn',
  {
    description: 'Who signs in, and where.',
    inputFields: (t) => ({
      email: t.string({ required: true, description: 'The e-mail address.' }),
      password: t.string({ required: true, description: 'The password.' }),
      tenantSlug: t.string({
        description:
          'Which business; the one joined first when left out, and the account alone if there is none.',
      }),
      refreshTokenIn: t.field({
        type: RefreshTokenPlaceType,
        description: 'Where the refresh token is put; BODY when left out.',
      }),
    }),
  },
  {
    access: 'public',
    unmetered: true,
    cost: passwordCost,
    description:
      'E-mail and password → an access token for one business, and a refresh token for the next ones.',
    resolve: (_parent, { input }, context) =>
      attempt(context, async () => {
        const { email, password, tenantSlug, refreshTokenIn } = input;
        const place = refreshTokenIn ?? 'BODY';
        if (place === 'COOKIE') context.reply.requireCookies();
        const { selectedTenantId: tenantId } = context;
        const request = { email, password, tenantSlug: tenantSlug ?? undefined, tenantId };
        const signedIn = await context.services.signIn(request, context.request);
        return signedIn === null ? refuseSignIn() : placeRefreshToken(context, place, signedIn);
      }),
  },
  {
    description: 'The tokens, or why there are none.',
    outputFields: (t) => ({
      retryAt: t.field({
        type: 'DateTime',
        nullable: true,
        description: 'When to try again, where too much was tried.',
        resolve: ({ retryAt }) => retryAt,
      }),
      userErrors: t.field({
        type: [SignInUserError],
        description: 'Why nobody was signed in.',
        resolve: ({ userErrors }) => [...userErrors],
      }),
    }),
  },
);

addAccessToken(answer);
addRefreshToken(answer);

function refuseSignIn(): never {
  refuse('NOT_SIGNED_IN', null, 'E-mail, password and business do not fit together.');
}

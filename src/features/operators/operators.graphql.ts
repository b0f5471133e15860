import type { Operator } from '../../auth/operatorLookups.ts';
import type { OperatorSignedIn } from '../../auth/operatorSignIn.ts';
import { operatorBuilder, operatorErrorType } from '../../graphql/operator/builder.ts';
import { encodeId } from '../../lib/ids.ts';

const OperatorType = operatorBuilder.objectRef<Operator>('Operator').implement({
  description: 'Somebody who runs the platform.',
  fields: (t) => ({
    id: t.id({ description: '`opr_…`', resolve: ({ id }) => encodeId('Operator', id) }),
    email: t.exposeString('email', { description: 'The address they sign in with.' }),
    name: t.exposeString('name', { description: 'As tenants’ audit logs name them.' }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'Since when.' }),
  }),
});

operatorBuilder.queryField('operator', (t) =>
  t.field({
    type: OperatorType,
    nullable: true,
    description: 'Who is asking.',
    resolve: (_parent, _args, context) => context.requireSignIn().operator,
  }),
);

const SignInError = operatorErrorType('OperatorSignIn', {
  NOT_SIGNED_IN: 'No such operator, wrong password or disabled; which one is not said.',
  TOO_MANY_ATTEMPTS:
    'Too many attempts in a quarter of an hour, by this person or from this address.',
});

const refusals = {
  NOT_SIGNED_IN: 'E-mail and password do not fit together.',
  TOO_MANY_ATTEMPTS: 'There were too many attempts; try again in a quarter of an hour.',
} as const;

type SignInAnswer = OperatorSignedIn | keyof typeof refusals;

const signedIn = (answer: SignInAnswer): OperatorSignedIn | null =>
  typeof answer === 'string' ? null : answer;

operatorBuilder.relayMutationField(
  'operatorSignIn',
  {
    description: 'Who signs in.',
    inputFields: (t) => ({
      email: t.string({ required: true, description: 'The e-mail address.' }),
      password: t.string({ required: true, description: 'The password.' }),
    }),
  },
  {
    nullable: true,
    extensions: { access: 'public' },
    description:
      'E-mail and password → a token for this endpoint. No tenant’s credential works here.',
    resolve: (_parent, { input }, { services, request }): Promise<SignInAnswer> =>
      services.realm.signIn(input, request),
  },
  {
    description: 'The token, or why there is none.',
    outputFields: (t) => ({
      token: t.string({
        nullable: true,
        description: 'Send it as "Authorization: Bearer …".',
        resolve: (answer) => signedIn(answer)?.token ?? null,
      }),
      expiresAt: t.field({
        type: 'DateTime',
        nullable: true,
        description: 'When the token runs out; operatorRenew gives another, for twelve hours.',
        resolve: (answer) => signedIn(answer)?.expiresAt ?? null,
      }),
      operator: t.field({
        type: OperatorType,
        nullable: true,
        description: 'Who signed in.',
        resolve: (answer) => signedIn(answer)?.operator ?? null,
      }),
      userErrors: t.field({
        type: [SignInError],
        description: 'Why nobody was signed in.',
        resolve: (answer) =>
          typeof answer === 'string'
            ? [{ code: answer, field: null, message: refusals[answer] }]
            : [],
      }),
    }),
  },
);

operatorBuilder.mutationField('operatorRenew', (t) =>
  t.field({
    type: operatorBuilder.objectRef<OperatorSignedIn>('OperatorRenewPayload').implement({
      description: 'Another token for the same session.',
      fields: (f) => ({
        token: f.exposeString('token', { description: 'Send it as "Authorization: Bearer …".' }),
        expiresAt: f.expose('expiresAt', { type: 'DateTime', description: 'When it runs out.' }),
      }),
    }),
    nullable: true,
    description:
      'A token that is good for longer; the session itself ends twelve hours after its sign-in.',
    resolve: (_parent, _args, context) => context.services.realm.renew(context.requireSignIn()),
  }),
);

operatorBuilder.mutationField('operatorSignOut', (t) =>
  t.boolean({
    nullable: true,
    description: 'Ends the session and every token of it, at once.',
    resolve: async (_parent, _args, context) => {
      await context.services.realm.signOut(context.requireSignIn());
      return true;
    },
  }),
);

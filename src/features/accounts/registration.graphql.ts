import { builder } from '../../graphql/builder.ts';
import { passwordCost } from '../../graphql/cost/fieldCost.ts';
import { attempt } from './attempt.ts';
import { addRefusals } from './refusals.graphql.ts';

addRefusals(
  builder.relayMutationField(
    'accountRegister',
    {
      description: 'Who registers.',
      inputFields: (t) => ({
        email: t.string({ required: true, description: 'The address that mail goes to.' }),
        name: t.string({ required: true, description: 'What people call them.' }),
        password: t.string({
          required: true,
          description:
            'At least 12 characters; several words that do not belong together are best.',
        }),
      }),
    },
    {
      access: 'public',
      cost: passwordCost,
      description:
        'Mails a token to an address; the account is made when `emailVerify` gets it and the password. Answers the same whether or not the address has an account: its owner is told by mail.',
      resolve: (_parent, { input }, context) =>
        attempt(context, async () => {
          await context.services.registration.register(input, context.request);
          return input;
        }),
    },
    {
      description: 'That a mail is on its way, or why there is none.',
      outputFields: (t) => ({
        email: t.string({
          nullable: true,
          description: 'The address that the mail goes to.',
          resolve: ({ value }) => value?.email ?? null,
        }),
      }),
    },
  ),
);

addRefusals(
  builder.relayMutationField(
    'emailVerificationResend',
    {
      description: 'Whose mail did not arrive.',
      inputFields: (t) => ({
        email: t.string({ required: true, description: 'The address that was registered.' }),
      }),
    },
    {
      access: 'public',
      description:
        'Mails a registration that is not confirmed yet once more, with a new token; earlier ones stay good. Answers the same for every address.',
      resolve: (_parent, { input }, context) =>
        attempt(context, async () => {
          await context.services.registration.resend(input.email, context.request);
          return input;
        }),
    },
    {
      description:
        'That a mail is on its way if there is anything to confirm, or why there is none.',
      outputFields: (t) => ({
        email: t.string({
          nullable: true,
          description: 'The address that was asked for.',
          resolve: ({ value }) => value?.email ?? null,
        }),
      }),
    },
  ),
);

addRefusals(
  builder.relayMutationField(
    'emailVerify',
    {
      description: 'What came by mail, and what was registered.',
      inputFields: (t) => ({
        token: t.string({ required: true, description: '`tot_…`, good for 24 hours and once.' }),
        password: t.string({
          required: true,
          description:
            'The one that was registered: whoever did not register cannot confirm for a stranger.',
        }),
      }),
    },
    {
      access: 'public',
      cost: passwordCost,
      description:
        'Confirms an address and makes its account, with which one can sign in. A wrong password is counted, and leaves the token good.',
      resolve: (_parent, { input }, context) =>
        attempt(context, () => context.services.registration.verify(input, context.request)),
    },
    {
      description: 'The address that is confirmed, or why none is.',
      outputFields: (t) => ({
        email: t.string({
          nullable: true,
          description: 'The confirmed address.',
          resolve: ({ value }) => value?.email ?? null,
        }),
      }),
    },
  ),
);

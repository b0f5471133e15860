import { builder } from '../../graphql/builder.ts';
import { passwordCost } from '../../graphql/cost/fieldCost.ts';
import { attempt } from './attempt.ts';
import { addRefusals } from './refusals.graphql.ts';

const newPassword = {
  required: true,
  description: 'At least 12 characters; several words that do not belong together are best.',
} as const;

addRefusals(
  builder.relayMutationField(
    'passwordChange',
    {
      description: 'The old password and the new one.',
      inputFields: (t) => ({
        currentPassword: t.string({ required: true, description: 'What it is now.' }),
        newPassword: t.string(newPassword),
      }),
    },
    {
      access: 'person',
      cost: passwordCost,
      description: 'Changes one’s own password. Every other session ends; a mail tells of it.',
      resolve: (_parent, { input }, context) =>
        attempt(context, async () => {
          const passwords = { current: input.currentPassword, next: input.newPassword };
          await context.services.passwords.change(
            context.requirePerson(),
            passwords,
            context.request,
          );
          return true;
        }),
    },
    {
      description: 'Whether it was changed, or why not.',
      outputFields: (t) => ({
        done: t.boolean({
          description: 'Whether the password was changed.',
          resolve: ({ value }) => value === true,
        }),
      }),
    },
  ),
);

addRefusals(
  builder.relayMutationField(
    'passwordResetRequest',
    {
      description: 'Who forgot their password.',
      inputFields: (t) => ({
        email: t.string({ required: true, description: 'The address they sign in with.' }),
      }),
    },
    {
      access: 'public',
      description:
        'Mails a token to set a new password with, if the address has an account. Answers the same for every address.',
      resolve: (_parent, { input }, context) =>
        attempt(context, async () => {
          await context.services.passwords.requestReset(input.email, context.request);
          return input;
        }),
    },
    {
      description: 'That a mail is on its way if there is an account, or why there is none.',
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
    'passwordReset',
    {
      description: 'What came by mail, and the new password.',
      inputFields: (t) => ({
        token: t.string({ required: true, description: '`tot_…`, good for an hour and once.' }),
        newPassword: t.string(newPassword),
      }),
    },
    {
      access: 'public',
      cost: passwordCost,
      description: 'Sets a new password. Every session of the person ends; a mail tells of it.',
      resolve: (_parent, { input }, context) =>
        attempt(context, async () => {
          const reset = { token: input.token, next: input.newPassword };
          await context.services.passwords.reset(reset, context.request);
          return true;
        }),
    },
    {
      description: 'Whether it was set, or why not.',
      outputFields: (t) => ({
        done: t.boolean({
          description: 'Whether the password was set.',
          resolve: ({ value }) => value === true,
        }),
      }),
    },
  ),
);

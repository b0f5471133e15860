import type { LiveSession } from '../../auth/accountLookups.ts';
import { builder, idExample } from '../../graphql/builder.ts';
import { refuse } from '../../lib/errors.ts';
import { encodeId, readId } from '../../lib/ids.ts';
import { ViewerType } from './accounts.graphql.ts';
import { attempt } from './attempt.ts';
import { addRefusals } from './refusals.graphql.ts';

interface ShownSession extends LiveSession {
  readonly current: boolean;
}

const SessionType = builder.objectRef<ShownSession>('Session').implement({
  description: 'One sign-in on one device.',
  fields: (t) => ({
    id: t.id({
      description: `\`${idExample('Session')}\``,
      resolve: ({ id }) => encodeId('Session', id),
    }),
    current: t.exposeBoolean('current', { description: 'Whether it is the one that asks.' }),
    createdAt: t.field({
      type: 'DateTime',
      description: 'When somebody signed in.',
      resolve: ({ created_at }) => created_at,
    }),
    lastSeenAt: t.field({
      type: 'DateTime',
      description: 'When its token was last refreshed.',
      resolve: ({ last_seen_at }) => last_seen_at,
    }),
    expiresAt: t.field({
      type: 'DateTime',
      description: 'When it ends, unless it is refreshed before.',
      resolve: ({ expires_at }) => expires_at,
    }),
    ip: t.exposeString('ip', { nullable: true, description: 'From where it was last used.' }),
    userAgent: t.string({
      nullable: true,
      description: 'The browser or program that last used it, as it calls itself.',
      resolve: ({ user_agent }) => user_agent,
    }),
  }),
});

builder.objectField(ViewerType, 'sessions', (t) =>
  t.field({
    type: [SessionType],
    cost: { complexity: 5 },
    description:
      'Where they are signed in, the latest used first, at most 100; empty rather than null for a key.',
    resolve: async (viewer, _args, { services }) => {
      if (viewer.kind === 'API_KEY') return [];
      const sessions = await services.sessions.list(viewer);
      return sessions.map((session) => ({ ...session, current: session.id === viewer.sessionId }));
    },
  }),
);

addRefusals(
  builder.relayMutationField(
    'sessionRevoke',
    {
      description: 'Which session.',
      inputFields: (t) => ({
        id: t.id({ required: true, description: `The session, \`${idExample('Session')}\`.` }),
      }),
    },
    {
      access: 'person',
      description: 'Ends one of one’s own sessions at once, on every instance.',
      resolve: (_parent, { input }, context) =>
        attempt(context, async () => {
          const id = readId(String(input.id), 'Session');
          const { sessions } = context.services;
          if (!(await sessions.revoke(context.requirePerson(), id, context.request))) {
            refuse('NOT_FOUND', ['input', 'id'], 'There is no such session of yours.');
          }
          return true;
        }),
    },
    {
      description: 'Whether it was ended, or why not.',
      outputFields: (t) => ({
        done: t.boolean({
          description: 'Whether the session was ended.',
          resolve: ({ value }) => value === true,
        }),
      }),
    },
  ),
);

addRefusals(
  builder.relayMutationField(
    'signOut',
    {
      description: 'Which session ends.',
      inputFields: (t) => ({
        refreshToken: t.string({
          description:
            'Ends its session, also when the access token has run out; left out, the session that asks or that of the cookie.',
        }),
      }),
    },
    {
      access: 'public',
      unmetered: true,
      description:
        'Ends a session: its tokens are good no more, on every instance, and the cookie is removed. Fine when it has ended before.',
      resolve: (_parent, { input }, context) =>
        attempt(context, async () => {
          const caller = context.principal ?? context.account;
          const person = caller !== null && caller.kind !== 'API_KEY' ? caller : null;
          const cookie = input.refreshToken ? null : context.reply.readRefreshCookie();
          const refreshToken = input.refreshToken ?? cookie;
          const { sessions } = context.services;
          if (person !== null && !input.refreshToken) {
            await sessions.signOut(person, context.request);
          }
          if (refreshToken) await sessions.signOut({ refreshToken }, context.request);
          if (cookie !== null) context.reply.setRefreshCookie(null);
          return true;
        }),
    },
    {
      description: 'Whether the session has ended, or why not.',
      outputFields: (t) => ({
        done: t.boolean({
          description: 'Whether one is signed out.',
          resolve: ({ value }) => value === true,
        }),
      }),
    },
  ),
);

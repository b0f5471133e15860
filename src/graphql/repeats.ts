import {
  DirectiveLocation,
  GraphQLDirective,
  type GraphQLField,
  GraphQLNonNull,
  type GraphQLSchema,
  GraphQLString,
} from 'graphql';
import { accessModeOf } from './accessModes.ts';

const key = new GraphQLNonNull(GraphQLString);
const reason = {
  type: new GraphQLNonNull(GraphQLString),
  description: 'Why, and what to do instead.',
};

/** For a mutation that may come twice and is to count once. */
export const idempotentDirective = new GraphQLDirective({
  name: 'idempotent',
  description:
    'Sent again within 24 hours with the same key, document and variables, the mutation changes nothing more and gives the answer it gave. The header `Idempotency-Key` does the same.',
  locations: [DirectiveLocation.MUTATION],
  args: {
    key: {
      type: key,
      description: '1 to 255 visible ASCII characters, such as a new UUID for each change.',
    },
  },
});

/** For a mutation that is to show what it would do. */
export const dryRunDirective = new GraphQLDirective({
  name: 'dryRun',
  description:
    'The mutation is executed and then undone: its answer shows the payload, and `extensions.dryRun` what it would have used, written and sent. The header `Dry-Run: true` does the same.',
  locations: [DirectiveLocation.MUTATION],
});

/** What a client writes, and what the schema says of fields for which it can't. */
export const repeatDirectives: readonly GraphQLDirective[] = [
  idempotentDirective,
  dryRunDirective,
  new GraphQLDirective({
    name: 'noIdempotencyKey',
    description: 'A mutation that is refused with an idempotency key.',
    locations: [DirectiveLocation.FIELD_DEFINITION],
    args: { reason },
  }),
  new GraphQLDirective({
    name: 'noDryRun',
    description: 'A mutation that is refused in a dry run.',
    locations: [DirectiveLocation.FIELD_DEFINITION],
    args: { reason },
  }),
];

/** What a mutation field can't do, each with the reason; null: it can. */
export interface Repeats {
  readonly key: string | null;
  readonly dryRun: string | null;
}

const apart = 'It commits by itself, in no transaction or in one of its own.';

/** For a field's `extensions`: it refuses an idempotency key, and says why. */
export const withoutKey = (why: string) => ({ withoutKey: why });

/** For one that answers with a secret: what was answered is kept for a day with the key. */
export const showsSecret = withoutKey(
  'Its answer holds a secret, which is shown once and kept nowhere: list what there is and revoke what you did not get.',
);

export const repeatsOf = ({ extensions }: Pick<GraphQLField<unknown, unknown>, 'extensions'>) =>
  extensions.repeats as Repeats;

/**
 * Decides for every mutation whether it can have a key and a dry run, and says in the schema where not.
 * Whatever asks for no permission in a business is for callers without one too, so it can't be in the
 * transaction of the caller's tenant: it is known by its `access`. The rest is, unless it says more.
 */
export function declareRepeats(schema: GraphQLSchema): GraphQLSchema {
  for (const field of Object.values(schema.getMutationType()?.getFields() ?? {})) {
    const { access, withoutKey: why = null } = field.extensions as {
      access?: string;
      withoutKey?: string;
    };
    const mode = accessModeOf(access)?.mode;
    const isApart = mode !== undefined && mode !== 'SIGNED_IN';
    const repeats: Repeats = isApart ? { key: apart, dryRun: apart } : { key: why, dryRun: null };
    const directives = {
      ...(field.extensions.directives as object | undefined),
      ...(repeats.key !== null && { noIdempotencyKey: { reason: repeats.key } }),
      ...(repeats.dryRun !== null && { noDryRun: { reason: repeats.dryRun } }),
    };
    field.extensions = { ...field.extensions, repeats, directives };
  }
  return schema;
}

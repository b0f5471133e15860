import {
  DirectiveLocation,
  GraphQLDirective,
  type GraphQLEnumType,
  GraphQLInt,
  GraphQLNonNull,
  GraphQLSchema,
} from 'graphql';

/** Whose calls are counted together: all of the business's, or each person's and each API key's own. */
export type RateLimitPer = 'TENANT' | 'CALLER';

/** So many calls in a window; each alias is one. */
export interface RateLimit {
  readonly limit: number;
  /** Seconds. Windows begin at whole multiples of it since 1970, UTC. */
  readonly window: number;
  readonly per: RateLimitPer;
}

const directiveWith = (per: GraphQLEnumType): GraphQLDirective =>
  new GraphQLDirective({
    name: 'rateLimit',
    description:
      'How often a field may be called; each alias is a call. What is over it is refused before anything is executed: 429 with Retry-After.',
    locations: [DirectiveLocation.FIELD_DEFINITION],
    args: {
      limit: { type: new GraphQLNonNull(GraphQLInt), description: 'So many calls …' },
      window: {
        type: new GraphQLNonNull(GraphQLInt),
        description: '… in so many seconds, from one whole multiple of them to the next, in UTC.',
      },
      per: { type: new GraphQLNonNull(per), description: 'Whose calls are counted together.' },
    },
  });

/** The schema with what fields declare as directives. Its enum `RateLimitPer` is the query `rateLimit`'s. */
export function declareRateLimits(schema: GraphQLSchema): GraphQLSchema {
  for (const root of rootsOf(schema)) {
    for (const field of Object.values(root.getFields())) {
      const { rateLimit, directives } = field.extensions as Declared;
      if (rateLimit === undefined) continue;
      field.extensions = { ...field.extensions, directives: { ...directives, rateLimit } };
    }
  }
  const config = schema.toConfig();
  const per = schema.getType('RateLimitPer') as GraphQLEnumType;
  return new GraphQLSchema({ ...config, directives: [...config.directives, directiveWith(per)] });
}

interface Declared {
  readonly rateLimit?: RateLimit;
  readonly directives?: object;
}

const known = new WeakMap<GraphQLSchema, ReadonlyMap<string, RateLimit>>();

/** By coordinate, `Mutation.messageSend`, in the order of their names. */
export function rateLimitsOf(schema: GraphQLSchema): ReadonlyMap<string, RateLimit> {
  let limits = known.get(schema);
  if (limits === undefined) {
    const listed = rootsOf(schema).flatMap((root) =>
      Object.values(root.getFields()).flatMap(({ name, extensions }): [string, RateLimit][] => {
        const { rateLimit } = extensions as Declared;
        return rateLimit === undefined ? [] : [[`${root.name}.${name}`, rateLimit]];
      }),
    );
    limits = new Map(listed.sort(([one], [other]) => (one < other ? -1 : 1)));
    known.set(schema, limits);
  }
  return limits;
}

const rootsOf = (schema: GraphQLSchema) =>
  [schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()].filter(
    (type) => type != null,
  );

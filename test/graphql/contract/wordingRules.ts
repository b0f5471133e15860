import { type GraphQLInputType, type GraphQLOutputType, getNamedType } from 'graphql';
import { describedPlaces, inputPlaces, outputFields, type SchemaRule } from './walkSchema.ts';

const plain = (text: string): string => text.replace(/[^a-z0-9]/gi, '').toLowerCase();

/** What a value of that meaning is typed, told by its name. */
interface Meaning {
  readonly name: RegExp;
  readonly output: readonly string[];
  readonly input: readonly string[];
  /** Places where the name means something else, each with the reason. */
  readonly except: RegExp;
}

const meanings: Record<string, Meaning> = {
  'what is named like an id is typed as one': {
    name: /^ids?$|[a-z]Ids?$/,
    output: ['ID'],
    input: ['ID'],
    // A request's id is the caller's or a proxy's; a new object's may be given, as a UUID.
    except: /\.requestId$|(?:Create|Send)Input\.id$/,
  },
  'what is named like money is typed as it': {
    name: /(?:^|[a-z])(?:price|amount|cost|fee|balance)$/i,
    output: ['Money'],
    // A filter compares numbers, and a variant's price is in its product's currency.
    input: ['MoneyInput', 'Decimal', 'DecimalComparator'],
    // An operation's cost is in points.
    except: /^Money\.amount$|^Query\.estimateCost$/,
  },
  'what is named like a moment is typed as one': {
    name: /[a-z](?:At|Until|Since)$/,
    output: ['DateTime'],
    input: ['DateTime', 'DateTimeComparator'],
    except: /^$/,
  },
  'what is named like a day is typed as one': {
    name: /^(?:date|day)$|[a-z](?:Date|Day)$/,
    output: ['Date', 'DateTime'],
    input: ['Date', 'DateTime', 'DateTimeComparator'],
    except: /^$/,
  },
};

function misTyped({ name, output, input, except }: Meaning): SchemaRule['find'] {
  const isWrong = (
    place: { name: string; type: GraphQLOutputType | GraphQLInputType },
    at: string,
    allowed: readonly string[],
  ) =>
    name.test(place.name) && !except.test(at) && !allowed.includes(getNamedType(place.type).name);
  return (schema) => [
    ...outputFields(schema)
      .filter(({ field, at }) => isWrong(field, at, output))
      .map(({ at }) => at),
    ...inputPlaces(schema)
      .filter(({ input: given, at }) => isWrong(given, at, input))
      .map(({ at }) => at),
  ];
}

export const wordingRules: readonly SchemaRule[] = [
  {
    name: 'everything has a description that says more than its name',
    find: (schema) =>
      describedPlaces(schema)
        .filter(({ name, description }) => !description || plain(description) === plain(name))
        .map(({ at }) => at),
  },
  {
    name: 'what is deprecated says what to use, and until when it stays',
    find: (schema) =>
      describedPlaces(schema)
        .filter(({ deprecationReason: reason }) => typeof reason === 'string')
        .filter(
          ({ deprecationReason: reason }) =>
            !/^Use .+; removed \d{4}-(?:0[1-9]|1[0-2])$/.test(reason ?? ''),
        )
        .map(({ at }) => at),
  },
  {
    name: 'no number is a Float, which rounds',
    find: (schema) => [
      ...outputFields(schema)
        .filter(({ field }) => getNamedType(field.type).name === 'Float')
        .map(({ at }) => at),
      ...inputPlaces(schema)
        .filter(({ input }) => getNamedType(input.type).name === 'Float')
        .map(({ at }) => at),
    ],
  },
  ...Object.entries(meanings).map(([name, meaning]) => ({ name, find: misTyped(meaning) })),
];

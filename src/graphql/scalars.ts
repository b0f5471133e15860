import { GraphQLError, GraphQLScalarType, Kind } from 'graphql';
import {
  GraphQLCurrency,
  GraphQLDateTimeISO,
  GraphQLJSONObject,
  GraphQLLocalDate,
  GraphQLPhoneNumber,
  GraphQLSafeInt,
  GraphQLUUID,
} from 'graphql-scalars';

import { isUuid } from '../lib/ids.ts';

const decimalPattern = /^-?\d{1,15}(\.\d{1,4})?$/;

function parseDecimal(value: unknown): string {
  const text = typeof value === 'number' ? String(value) : value;
  if (typeof text !== 'string' || !decimalPattern.test(text)) {
    throw new GraphQLError(
      'Decimal must be a text like "19.90": at most 15 digits before the point and 4 after it.',
    );
  }
  return text;
}

/** Exact decimals travel as text: a JavaScript number would round 0.1 + 0.2. */
export const Decimal = new GraphQLScalarType<string, string>({
  name: 'Decimal',
  description:
    'An exact decimal number as text, such as "19.90": at most 15 digits before the point and 4 after it.',
  serialize: (value) => trimZeros(String(value)),
  parseValue: parseDecimal,
  parseLiteral: (node) => {
    if (node.kind === Kind.STRING || node.kind === Kind.INT || node.kind === Kind.FLOAT) {
      return parseDecimal(node.value);
    }
    throw new GraphQLError('Decimal must be a text like "19.90".');
  },
});

/** numeric(19,4) comes back as 19.9000; two places stay, for they are how money is read. */
function trimZeros(text: string): string {
  if (text.endsWith('00') && text.at(-5) === '.') return text.slice(0, -2);
  return text.includes('.') ? text.replace(/(\.\d\d\d*?)0+$/, '$1') : text;
}

/**
 * Under our name. `serialize` says how a stored value goes out: graphql-scalars checks it once more,
 * which costs 5 % of a page; what is stored was checked when it came in.
 */
function renamed<Internal, External>(
  scalar: GraphQLScalarType<Internal, External>,
  name: string,
  description: string,
  serialize?: (value: unknown) => External,
): GraphQLScalarType<Internal, External> {
  const config = scalar.toConfig();
  return new GraphQLScalarType({
    ...config,
    name,
    description,
    serialize: serialize ?? config.serialize,
  });
}

export const DateTime = renamed(
  GraphQLDateTimeISO,
  'DateTime',
  'A moment in UTC, ISO 8601 with milliseconds: "2026-01-31T09:30:00.000Z".',
  (value) => (typeof value === 'string' ? value : (value as Date).toISOString()),
);
export const LocalDate = renamed(
  GraphQLLocalDate,
  'Date',
  'A calendar day, ISO 8601: "2026-01-31".',
);
export const PhoneNumber = renamed(
  GraphQLPhoneNumber,
  'PhoneNumber',
  'A phone number in E.164 form: "+4915112345678".',
  String,
);
export const CurrencyCode = renamed(
  GraphQLCurrency,
  'CurrencyCode',
  'A currency of ISO 4217: "EUR".',
  String,
);
const LibraryUuid = renamed(GraphQLUUID, 'UUID', 'A UUID (RFC 9562), best of version 7.');
/** graphql-scalars makes a pattern for each value, 1 µs of a create; it still reads what is not usual. */
export const Uuid = new GraphQLScalarType({
  ...LibraryUuid.toConfig(),
  parseValue: (value) =>
    typeof value === 'string' && isUuid(value) ? value : LibraryUuid.parseValue(value),
});
export const JsonObject = renamed(
  GraphQLJSONObject,
  'JSONObject',
  'A JSON object of any shape, kept as it is given.',
);
export const SafeInt = renamed(
  GraphQLSafeInt,
  'SafeInt',
  'A whole number up to 2^53 - 1, for counters that outgrow Int.',
);

/** A part of a GraphQL multipart request; nothing ever answers with one. */
export const FileUpload = new GraphQLScalarType<File, never>({
  name: 'File',
  description:
    'A file of a multipart request (GraphQL multipart request specification): null in `operations`, and its place in `map`.',
  parseValue: (value) => {
    if (value instanceof File) return value;
    throw new GraphQLError(
      'A file is sent as a part of a multipart request, named in its map; see "File" in the schema.',
    );
  },
  parseLiteral: () => {
    throw new GraphQLError('A file is given by a variable, never in the query itself.');
  },
});

import SchemaBuilder from '@pothos/core';
import './accessPlugin.ts';
import './cost/costPlugin.ts';
import './rateLimitPlugin.ts';
import RelayPlugin from '@pothos/plugin-relay';
import type { GraphQLResolveInfo } from 'graphql';
import { PublicError } from '../lib/errors.ts';
import { decodeId, encodeId, type IdType, idPrefixes } from '../lib/ids.ts';
import { guardsOf } from './accessMap.ts';
import type { OperationContext } from './context.ts';
import {
  CurrencyCode,
  DateTime,
  Decimal,
  FileUpload,
  JsonObject,
  LocalDate,
  PhoneNumber,
  SafeInt,
  Uuid,
} from './scalars.ts';

interface SchemaTypes {
  Context: OperationContext;
  DefaultFieldNullability: false;
  DefaultEdgesNullability: { list: false; items: false };
  DefaultNodeNullability: false;
  Scalars: {
    /** Stored ones are text, see src/db/tables/columns. */
    DateTime: { Input: Date; Output: Date | string };
    Date: { Input: string; Output: string };
    Decimal: { Input: string; Output: string };
    UUID: { Input: string; Output: string };
    JSONObject: { Input: Record<string, unknown>; Output: Record<string, unknown> };
    PhoneNumber: { Input: string; Output: string };
    CurrencyCode: { Input: string; Output: string };
    SafeInt: { Input: number; Output: number };
    File: { Input: File; Output: never };
  };
}

/** Holds no types: every feature brings its own. */
export const builder = new SchemaBuilder<SchemaTypes>({
  defaultFieldNullability: false,
  plugins: ['access', 'cost', 'rateLimit', RelayPlugin],
  relay: {
    clientMutationId: 'omit',
    cursorType: 'String',
    brandLoadedObjects: true,
    encodeGlobalID: (typename, id) => encodeId(typename as IdType, String(id)),
    decodeGlobalID: (id) => {
      const decoded = decodeId(id);
      if (decoded === null) {
        throw new PublicError('BAD_USER_INPUT', `"${id.slice(0, 64)}" is not an id of this API.`);
      }
      return { typename: decoded.type, id: decoded.uuid };
    },
    nodeTypeOptions: { description: 'Anything that has an id of its own.' },
    idFieldOptions: { description: 'Opaque, typed and sortable by time of creation.' },
    nodeQueryOptions: {
      access: 'signedIn',
      description: 'Any object by its id; null when there is none that you can read.',
      args: { id: { description: 'The id of any object.' } },
      resolve: (_parent, { id }, context, info, resolveNode) => {
        const refused = refusedTypes(context, info, [id.typename]);
        return refused ?? resolveNode(id);
      },
    },
    nodesQueryOptions: {
      access: 'signedIn',
      cost: { each: 1, sizedBy: ['ids'] },
      description:
        'Objects by their ids, in the order asked for, at most 100; null in the place of each that you cannot read.',
      args: { ids: { description: 'Ids of any objects, at most 100.' } },
      resolve: (_parent, { ids }, context, info, resolveNodes) => {
        if (ids.length > 100) {
          throw new PublicError(
            'BAD_USER_INPUT',
            `At most 100 ids at once; ${ids.length} were given.`,
          );
        }
        const types = new Set(ids.map(({ typename }) => typename));
        const refused = refusedTypes(context, info, types);
        return refused ?? resolveNodes(ids);
      },
    },
    pageInfoTypeOptions: { description: 'Where a page stands in its list.' },
    hasNextPageFieldOptions: { description: 'Whether there is more after this page.' },
    hasPreviousPageFieldOptions: { description: 'Whether there is more before this page.' },
    startCursorFieldOptions: { description: 'Give it as "before" for the previous page.' },
    endCursorFieldOptions: { description: 'Give it as "after" for the next page.' },
    firstArgOptions: {
      description:
        'How many from the start of the list, at most 100. Without it and `last`: 20, or 10 in a list within a list.',
    },
    afterArgOptions: { description: 'Only what comes after this cursor.' },
    lastArgOptions: { description: 'How many from the end of the list, at most 100.' },
    beforeArgOptions: { description: 'Only what comes before this cursor.' },
    edgesFieldOptions: {
      nullable: { list: false, items: false },
      description: 'The rows with a cursor each.',
    },
    nodeFieldOptions: { description: 'The row itself.' },
    cursorFieldOptions: { description: 'The place of this row in the list.' },
    pageInfoFieldOptions: { description: 'Whether there is more, and from where to go on.' },
    nodesOnConnection: {
      description: 'The rows without their cursors.',
    },
    mutationInputArgOptions: { description: 'What to do.' },
  },
});

/** An id says its type, so `node` asks what that type needs before anything is looked up; null: all is there. */
function refusedTypes(
  context: OperationContext,
  info: GraphQLResolveInfo,
  names: Iterable<string>,
): Promise<never> | null {
  for (const name of names) {
    const type = info.schema.getType(name);
    const missing = context.missing(type === undefined ? [] : guardsOf(type));
    if (missing !== null) return context.refuse(missing);
  }
  return null;
}

builder.queryType({ description: 'Everything that can be read. Nothing here changes anything.' });
builder.mutationType({
  description:
    'Everything that can be changed. Fields run one after the other in one transaction: a field with `userErrors` changed nothing while its siblings stand; any error, a refused field among them, makes the whole `data` null, and then nothing at all was changed.',
});

builder.addScalarType('DateTime', DateTime);
builder.addScalarType('Date', LocalDate);
builder.addScalarType('Decimal', Decimal);
builder.addScalarType('UUID', Uuid);
builder.addScalarType('JSONObject', JsonObject);
builder.addScalarType('PhoneNumber', PhoneNumber);
builder.addScalarType('CurrencyCode', CurrencyCode);
builder.addScalarType('SafeInt', SafeInt);
builder.addScalarType('File', FileUpload);

/** For descriptions: `prd_…`. */
export const idExample = (type: IdType): string => `${idPrefixes[type]}_…`;

import { type GraphQLSchema, isObjectType } from 'graphql';
import { encodeId, type IdType } from '../lib/ids.ts';

/**
 * Takes out what Pothos' relay plugin puts around what is there already. `id` comes from the row's own,
 * where the plugin awaits three promises (200 of them in a nested page, 9 % of its time); a connection's
 * edges and their nodes are read, where it calls a function for each.
 */
export function resolveRelayFields(schema: GraphQLSchema): GraphQLSchema {
  for (const type of Object.values(schema.getTypeMap())) {
    if (!isObjectType(type)) continue;
    const fields = type.getFields();
    const name = type.name as IdType;
    if (type.getInterfaces().some((each) => each.name === 'Node') && fields.id !== undefined) {
      fields.id.resolve = (row: { id: string }) => encodeId(name, row.id);
    }
    const plain = plainFields.find(([ending]) => type.name.endsWith(ending))?.[1] ?? [];
    for (const each of plain) delete fields[each]?.resolve;
  }
  return schema;
}

const plainFields = [
  ['Connection', ['edges', 'pageInfo']],
  ['Edge', ['node']],
] as const;

import {
  DirectiveLocation,
  defaultFieldResolver,
  GraphQLDirective,
  type GraphQLField,
  type GraphQLFieldResolver,
  GraphQLNonNull,
  type GraphQLSchema,
  GraphQLString,
  isObjectType,
} from 'graphql';
import type { Permission } from '../auth/permissions.ts';
import { mapAccess } from './accessMap.ts';
import { accessModeOf, accessModes } from './accessModes.ts';
import type { OperationContext } from './context.ts';

/** How the schema says what `access` declares. Plans, limits and costs will be told the same way. */
export const accessDirectives: readonly GraphQLDirective[] = [
  new GraphQLDirective({
    name: 'requiresPermission',
    description:
      'What a caller must be allowed to do: by role for members, by scope for API keys. Of several, all are needed.',
    locations: [DirectiveLocation.FIELD_DEFINITION, DirectiveLocation.OBJECT],
    isRepeatable: true,
    args: {
      permission: {
        type: new GraphQLNonNull(GraphQLString),
        description: 'Such as `products:read`.',
      },
    },
  }),
  ...Object.values(accessModes).map(
    ({ directive, description }) =>
      new GraphQLDirective({
        name: directive,
        description,
        locations: [DirectiveLocation.FIELD_DEFINITION, DirectiveLocation.OBJECT],
      }),
  ),
];

type Field = GraphQLField<unknown, OperationContext>;
type Resolve = GraphQLFieldResolver<unknown, OperationContext>;

/** What this file leaves in a field's `extensions`. */
export interface FieldChecks {
  /** What the field asks for when it is resolved. */
  readonly checks: readonly Permission[];
}

/**
 * Puts the permissions that fields and types declare in front of their resolvers, and into the schema
 * as directives. The one place that enforces them: alias, fragment, interface, compiled or interpreted
 * execution all end in the same resolver. A check is a look into a Set, so it costs no query; scalars
 * of a row have none, for whoever led to the row has asked.
 */
export function enforceAccess(schema: GraphQLSchema): GraphQLSchema {
  const map = mapAccess(schema);
  for (const type of Object.values(schema.getTypeMap())) {
    if (!isObjectType(type) || type.name.startsWith('__')) continue;
    const { access: own } = type.extensions as { access?: string };
    type.extensions = { ...type.extensions, directives: directivesFor(own, []) };
    for (const field of Object.values(type.getFields()) as Field[]) {
      const { access, present } = field.extensions as { access?: string; present?: Present };
      const checks = map.checksOf(type, field);
      const directives = directivesFor(access, checks);
      field.extensions = { ...field.extensions, checks, directives };
      if (checks.length === 0 && (access === undefined || access === 'public')) continue;
      const guard = { ask: accessModeOf(access)?.ask, checks, present };
      field.resolve = guarded(field.resolve ?? defaultFieldResolver, guard);
      if (field.subscribe) field.subscribe = guarded(field.subscribe, guard);
    }
  }
  return schema;
}

type Present = (parent: unknown) => boolean;

interface Guard {
  readonly ask: ((context: OperationContext) => void) | undefined;
  readonly checks: readonly Permission[];
  readonly present: Present | undefined;
}

function guarded(resolve: Resolve, { ask, checks, present }: Guard): Resolve {
  return (source, args, context, info) => {
    if (present?.(source) === false) return null;
    ask?.(context);
    for (const permission of checks) context.require(permission);
    return resolve(source, args, context, info);
  };
}

/** As @graphql-tools prints them: by name, a list for one that may be repeated. */
function directivesFor(access: string | undefined, checks: readonly string[]): object {
  const permissions = checks.length > 0 || !access?.includes(':') ? checks : [access];
  if (permissions.length > 0) {
    return { requiresPermission: permissions.map((permission) => ({ permission })) };
  }
  const mode = accessModeOf(access);
  return mode === undefined ? {} : { [mode.directive]: {} };
}

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
import { type Requirement, readGate } from '../auth/gates.ts';
import { isPermission } from '../auth/permissions.ts';
import { declaredBy, mapAccess } from './accessMap.ts';
import { accessModeOf, accessModes } from './accessModes.ts';
import type { OperationContext } from './context.ts';
import { whileAllowed } from './whileAllowed.ts';

/** How the schema says what `access`, `feature` and `plan` declare. */
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
  new GraphQLDirective({
    name: 'requiresFeature',
    description:
      'What the business must have, by its plan or by agreement. Of several, all are needed; `plans` says which plans have it.',
    locations: [DirectiveLocation.FIELD_DEFINITION, DirectiveLocation.OBJECT],
    isRepeatable: true,
    args: {
      feature: {
        type: new GraphQLNonNull(GraphQLString),
        description: 'Such as `CUSTOM_DOMAIN`.',
      },
    },
  }),
  new GraphQLDirective({
    name: 'requiresPlan',
    description: 'The plan that the business must have: this one, or a larger one.',
    locations: [DirectiveLocation.FIELD_DEFINITION, DirectiveLocation.OBJECT],
    isRepeatable: true,
    args: {
      plan: { type: new GraphQLNonNull(GraphQLString), description: 'Such as `PREMIUM`.' },
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
  readonly checks: readonly Requirement[];
}

/**
 * Puts what fields and types declare in front of their resolvers, and into the schema as directives. The
 * one place that enforces it: alias, fragment, interface, compiled or interpreted execution all end in the
 * same resolver. A check is a look into a Set, so it costs no query; scalars of a row have none, for
 * whoever led to the row has asked. A subscription is asked again before each of its events.
 */
export function enforceAccess(schema: GraphQLSchema): GraphQLSchema {
  const map = mapAccess(schema);
  for (const type of Object.values(schema.getTypeMap())) {
    if (!isObjectType(type) || type.name.startsWith('__')) continue;
    const { access: own } = type.extensions as { access?: string };
    const directives = directivesFor(own, declaredBy(type));
    type.extensions = { ...type.extensions, directives };
    for (const field of Object.values(type.getFields()) as Field[]) {
      const { access, present } = field.extensions as { access?: string; present?: Present };
      const checks = map.checksOf(type, field);
      field.extensions = { ...field.extensions, checks, directives: directivesFor(access, checks) };
      if (checks.length === 0 && (access === undefined || access === 'public')) continue;
      const guard = { ask: accessModeOf(access)?.ask, checks, present };
      field.resolve = guarded(field.resolve ?? defaultFieldResolver, guard);
      if (field.subscribe) field.subscribe = guarded(renewed(field.subscribe, guard), guard);
    }
  }
  return schema;
}

type Present = (parent: unknown) => boolean;

interface Guard {
  readonly ask: ((context: OperationContext) => void) | undefined;
  readonly checks: readonly Requirement[];
  readonly present: Present | undefined;
}

function guarded(resolve: Resolve, { ask, checks, present }: Guard): Resolve {
  return (source, args, context, info) => {
    if (present?.(source) === false) return null;
    ask?.(context);
    const missing = context.missing(checks);
    return missing === null ? resolve(source, args, context, info) : context.refuse(missing);
  };
}

/** Each event is let through to the field's resolver, which refuses it like any other: then it is the last. */
function renewed(subscribe: Resolve, guard: Guard): Resolve {
  return async (source, args, context, info) => {
    const events = (await subscribe(source, args, context, info)) as AsyncIterable<unknown>;
    return whileAllowed(events, async () => {
      await context.renew();
      return isOpen(context, guard);
    });
  };
}

function isOpen(context: OperationContext, { ask, checks }: Guard): boolean {
  try {
    ask?.(context);
    return context.missing(checks) === null;
  } catch {
    return false; // nobody is signed in any more
  }
}

/** As @graphql-tools prints them: by name, a list for one that may be repeated. */
function directivesFor(access: string | undefined, needed: readonly Requirement[]): object {
  const permissions = needed.filter(isPermission);
  const gates = needed.filter((each) => !isPermission(each)).map(readGate);
  const mode = permissions.length > 0 ? undefined : accessModeOf(access);
  const named = (wanted: 'feature' | 'plan') => gates.filter(({ kind }) => kind === wanted);
  return {
    ...(permissions.length > 0 && {
      requiresPermission: permissions.map((permission) => ({ permission })),
    }),
    ...(mode && { [mode.directive]: {} }),
    ...(named('feature').length > 0 && {
      requiresFeature: named('feature').map(({ code }) => ({ feature: code })),
    }),
    ...(named('plan').length > 0 && {
      requiresPlan: named('plan').map(({ code }) => ({ plan: code })),
    }),
  };
}

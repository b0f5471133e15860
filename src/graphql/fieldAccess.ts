import { type GraphQLSchema, isObjectType } from 'graphql';
import { type Requirement, readGate } from '../auth/gates.ts';
import { isPermission, type Permission, withImplied } from '../auth/permissions.ts';
import { mapAccess } from './accessMap.ts';
import { accessModeOf, type FieldAccessMode } from './accessModes.ts';
import { costOfArgument, costOfField, type FieldCost } from './cost/fieldCost.ts';

/** What a field of the schema asks of a caller. */
export interface FieldAccess {
  readonly type: string;
  readonly field: string;
  readonly mode: FieldAccessMode;
  /** All of them are needed, those on the way to the field included; an implied one is left out. */
  readonly permissions: readonly Permission[];
  /** What the business has to have, all of them. */
  readonly features: readonly string[];
  /** The plans that are asked for, each of them or a larger one. */
  readonly plans: readonly string[];
  /** The same as the three above. */
  readonly requirements: readonly Requirement[];
  readonly cost: FieldCost;
  /** What arguments add to it where they are given. */
  readonly surcharges: readonly { readonly argument: string; readonly complexity: number }[];
}

const known = new WeakMap<GraphQLSchema, readonly FieldAccess[]>();

/** Every field of every object of the schema, by type and name, as enforceAccess.ts enforces it. */
export function listFieldAccess(schema: GraphQLSchema): readonly FieldAccess[] {
  const listed = known.get(schema) ?? readFieldAccess(schema);
  known.set(schema, listed);
  return listed;
}

function readFieldAccess(schema: GraphQLSchema): readonly FieldAccess[] {
  const map = mapAccess(schema);
  const types = Object.values(schema.getTypeMap())
    .filter(isObjectType)
    .filter(({ name }) => !name.startsWith('__'))
    .sort((one, other) => (one.name < other.name ? -1 : 1));
  return types.flatMap((type) =>
    Object.values(type.getFields())
      .sort((one, other) => (one.name < other.name ? -1 : 1))
      .map((field): FieldAccess => {
        const { access } = field.extensions as { access?: string };
        const all = [...new Set([...map.heldIn(type), ...map.checksOf(type, field)])];
        const requirements = all.filter((each) => !all.some((other) => implies(other, each)));
        const permissions = requirements.filter(isPermission);
        const gates = requirements.filter((each) => !isPermission(each)).map(readGate);
        const codes = (wanted: string) =>
          gates.filter(({ kind }) => kind === wanted).map(({ code }) => code);
        return {
          type: type.name,
          field: field.name,
          mode: modeOf(access, permissions),
          permissions,
          features: codes('feature'),
          plans: codes('plan'),
          requirements,
          cost: costOfField(schema, type, field),
          surcharges: field.args
            .map((argument) => ({ argument: argument.name, complexity: costOfArgument(argument) }))
            .filter(({ complexity }) => complexity > 0),
        };
      }),
  );
}

const implies = (one: Requirement, other: Requirement): boolean =>
  one !== other && isPermission(one) && isPermission(other) && withImplied(one).includes(other);

function modeOf(access: string | undefined, permissions: readonly Permission[]): FieldAccessMode {
  if (permissions.length > 0) return 'PERMISSION';
  return accessModeOf(access)?.mode ?? 'PARENT';
}

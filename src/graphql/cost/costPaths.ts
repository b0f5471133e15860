import { requestedCost, timesOf } from './evaluate.ts';
import type { PlannedField } from './plan.ts';
import { sizeIn, type Variables } from './sizes.ts';

/** A place in an operation, by the names that it has in the answer: `conversations.nodes.customer`. */
export interface CostPath {
  readonly path: string;
  /** `Conversation.customer` */
  readonly coordinate: string;
  /** What the field costs at all the rows that it is asked of, without what is asked below it. */
  readonly cost: number;
}

type Fields = readonly PlannedField[];

/** Where the points of an operation are, the costliest place first; they add up to the whole. */
export function listCostPaths(fields: Fields, variables: Variables): CostPath[] {
  return [...pathsOf(fields, variables, { path: '', times: 1, page: 1 })].sort(
    (one, other) => other.cost - one.cost || (one.path < other.path ? -1 : 1),
  );
}

export interface Place {
  readonly path: string;
  /** Of how many objects it is asked. */
  readonly times: number;
  /** How many rows the page has that it is a part of. */
  readonly page: number;
}

function* pathsOf(fields: Fields, variables: Variables, place: Place): Generator<CostPath> {
  for (const field of fields) {
    const below = placeBelow(field, variables, place);
    const size = sizeIn(field.size, variables);
    const cost = place.times * (sizeIn(field.own, variables) + field.each * size);
    if (cost > 0) yield { path: below.path, coordinate: field.coordinate, cost };
    yield* pathsOf(dearestSet(field.sets, variables, below.page), variables, below);
  }
}

/** Where the fields stand that are asked of a field. */
export function placeBelow(field: PlannedField, variables: Variables, place: Place): Place {
  const size = sizeIn(field.size, variables);
  return {
    path: place.path === '' ? field.key : `${place.path}.${field.key}`,
    times: place.times * timesOf(field, size, place.page),
    page: field.kind === 'page' ? size : 1,
  };
}

function dearestSet(sets: readonly Fields[], variables: Variables, page: number): Fields {
  const costs = sets.map((set) => requestedCost(set, variables, page));
  return sets[costs.indexOf(Math.max(...costs))] ?? [];
}

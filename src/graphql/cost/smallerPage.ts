import { type Place, placeBelow } from './costPaths.ts';
import { requestedCost } from './evaluate.ts';
import type { PlannedField } from './plan.ts';
import type { Variables } from './sizes.ts';

/** A smaller page, and what the whole operation costs with it. */
export interface SmallerPage {
  /** By the names in the answer: `conversations.nodes.messages`. */
  readonly path: string;
  readonly from: number;
  readonly to: number;
  readonly cost: number;
}

type Fields = readonly PlannedField[];

/** Nobody needs to ask for less than a usual page, unless nothing else is within the limit. */
const usualPage = 20;
const usualNestedPage = 10;

/**
 * The least change that helps: of pages that, made smaller, bring the operation within `maximum`, the
 * one that keeps most of its rows. Where none does alone, or it is within already, the one that saves
 * most by being a usual page. null: no page is larger than that.
 */
export function findSmallerPage(
  fields: Fields,
  variables: Variables,
  maximum: number,
): SmallerPage | null {
  const total = requestedCost(fields, variables);
  const pages = [...pagesOf(fields, variables, { path: '', times: 1, page: 1 })];
  const enough = pages
    .map((page) => ({ ...page, to: Math.floor(page.from - (total - maximum) / page.row) }))
    .filter(({ to, from }) => to >= 1 && to < from)
    .sort((one, other) => other.to / other.from - one.to / one.from);
  const usual = pages
    .filter(({ from, to }) => to < from)
    .sort((one, other) => other.row * (other.from - other.to) - one.row * (one.from - one.to));
  const best = (total > maximum ? enough[0] : undefined) ?? usual[0];
  if (best === undefined) return null;
  const { field, path, from, to } = best;
  return { path, from, to, cost: requestedCost(withSize(fields, field, to), variables) };
}

interface Page {
  readonly field: PlannedField;
  readonly path: string;
  readonly from: number;
  /** Of a usual page. */
  readonly to: number;
  /** What one row of it costs the operation. */
  readonly row: number;
}

function* pagesOf(fields: Fields, variables: Variables, place: Place): Generator<Page> {
  for (const field of fields) {
    const below = placeBelow(field, variables, place);
    if (field.kind === 'page') {
      const to = place.path === '' ? usualPage : usualNestedPage;
      const row = below.times * (field.each + rowCost(field, variables));
      yield { field, path: below.path, from: below.page, to, row };
    }
    for (const set of field.sets) yield* pagesOf(set, variables, below);
  }
}

/** What is asked of each row of a page: what it costs with one row more. */
function rowCost({ sets }: PlannedField, variables: Variables): number {
  const costs = sets.map(
    (set) => requestedCost(set, variables, 1) - requestedCost(set, variables, 0),
  );
  return Math.max(0, ...costs);
}

function withSize(fields: Fields, changed: PlannedField, size: number): Fields {
  return fields.map((field) => ({
    ...field,
    size: field === changed ? size : field.size,
    sets: field.sets.map((set) => withSize(set, changed, size)),
  }));
}

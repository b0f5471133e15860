import type { PlannedField } from './plan.ts';
import { sizeIn, type Variables } from './sizes.ts';

type Fields = readonly PlannedField[];

/** The most that fields can come to; `page`: how many rows the page has that they are of. */
export function requestedCost(fields: Fields, variables: Variables, page = 1): number {
  let cost = 0;
  for (const field of fields) {
    const size = sizeIn(field.size, variables);
    cost += sizeIn(field.own, variables) + field.each * size;
    if (field.sets.length === 0) continue;
    const below = field.kind === 'page' ? size : 1;
    let dearest = 0;
    for (const set of field.sets) {
      dearest = Math.max(dearest, requestedCost(set, variables, below));
    }
    cost += dearest * timesOf(field, size, page);
  }
  return cost;
}

/** For how many rows that is paid which is asked of one. */
export function timesOf({ kind }: PlannedField, size: number, page: number): number {
  if (kind === 'rows') return page;
  return kind === 'list' ? size : 1;
}

/** What fields came to by what was answered under their keys. */
export function actualCost(fields: Fields, answered: unknown, variables: Variables): number {
  let cost = 0;
  for (const field of fields) {
    cost += sizeIn(field.own, variables);
    if (field.each === 0 && field.sets.length === 0) continue;
    const value = read(answered, field.key);
    if (field.each > 0) cost += field.each * rowsOf(field, value, sizeIn(field.size, variables));
    if (value !== null) cost += actualBelow(field, value, variables);
  }
  return cost;
}

function actualBelow({ sets }: PlannedField, value: unknown, variables: Variables): number {
  if (sets.length === 0) return 0;
  if (Array.isArray(value)) {
    let cost = 0;
    for (const each of value) cost += dearestOf(sets, each, variables);
    return cost;
  }
  return dearestOf(sets, value, variables);
}

/** Which of several kinds an object is, its answer need not say. */
function dearestOf(sets: readonly Fields[], value: unknown, variables: Variables): number {
  if (value === null || value === undefined) return 0;
  let dearest = 0;
  for (const set of sets) dearest = Math.max(dearest, actualCost(set, value, variables));
  return dearest;
}

/** How many rows were answered; `most`, where the answer does not tell. */
function rowsOf({ kind, sets }: PlannedField, value: unknown, most: number): number {
  if (kind === 'list') return Array.isArray(value) ? value.length : most;
  if (kind !== 'page' || value === null) return kind === 'page' ? 0 : most;
  let rows = -1;
  for (const set of sets) {
    for (const field of set) {
      if (field.kind !== 'rows') continue;
      const list = read(value, field.key);
      if (Array.isArray(list)) rows = Math.max(rows, list.length);
    }
  }
  return rows < 0 ? most : rows;
}

/** null where there is nothing. */
function read(value: unknown, key: string): unknown {
  if (typeof value !== 'object' || value === null) return null;
  return (value as Readonly<Record<string, unknown>>)[key] ?? null;
}

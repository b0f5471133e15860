import { Column, is, Param, Placeholder } from 'drizzle-orm';

type Given = Readonly<Record<string, unknown>>;
type ReadValue = (given: Given, tenantId: string) => unknown;

/** What a statement's parameters are, from the values that are given by name and the handle's tenant. */
export type BindPlan = (given: Given, tenantId: string) => unknown[];

/**
 * As Drizzle's fillPlaceholders does it, but what each parameter is is looked up once and not at every
 * run: 20 parameters take 0.2 µs instead of 7. `tenantId` is the handle's, whatever is given.
 */
export function planBinding(params: readonly unknown[]): BindPlan {
  const readers = params.map(readerOf);
  return (given, tenantId) => readers.map((read) => read(given, tenantId));
}

function readerOf(param: unknown): ReadValue {
  if (is(param, Placeholder)) return readerOfNamed(param.name);
  if (!is(param, Param) || !is(param.value, Placeholder)) return () => param;
  const { encoder } = param;
  const read = readerOfNamed(param.value.name);
  if (encoder.mapToDriverValue === Column.prototype.mapToDriverValue) return read;
  return (given, tenantId) => encoder.mapToDriverValue(read(given, tenantId));
}

function readerOfNamed(name: string): ReadValue {
  if (name === 'tenantId') return (_given, tenantId) => tenantId;
  return (given) => {
    const value = given[name];
    if (value === undefined && !(name in given)) {
      throw new Error(`No value for placeholder "${name}" was provided`);
    }
    return value;
  };
}

import { LRUCache } from 'lru-cache';

/** How a value is read; undefined: it is taken as it is. */
export type ReadValue = ((value: never) => unknown) | undefined;

type Make = (
  reads: readonly ReadValue[],
) => (values: readonly unknown[]) => Record<string, unknown>;

/** By their text: a selection that is asked for once is planned anew each time, and clients choose its columns. */
const makers = new LRUCache<string, Make>({ max: 500 });

/**
 * Makes the function that reads rows of values into objects with these keys; null stays null. It is
 * written as JavaScript, so that V8 makes each object in one go, all of one hidden class: a loop over the
 * keys took 5 % of a nested page and 3 µs of a products page, and whoever reads such rows pays again. Keys,
 * which are our own selections' and never a client's, get into the text as JSON.
 */
export function rowShape<Value>(
  keys: readonly string[],
  reads: readonly ReadValue[],
): (values: readonly (Value | null)[]) => Record<string, unknown> {
  const properties = keys.map((key, index) => {
    const value =
      reads[index] === undefined
        ? `values[${index}]`
        : `values[${index}] === null ? null : read${index}(values[${index}])`;
    return `${JSON.stringify(key)}: ${value}`;
  });
  const declared = reads.map((_, index) => `const read${index} = reads[${index}];`);
  const text = `${declared.join(' ')} return (values) => ({ ${properties.join(', ')} });`;
  let make = makers.get(text);
  if (make === undefined) {
    make = new Function('reads', text) as Make;
    makers.set(text, make);
  }
  return make(reads);
}

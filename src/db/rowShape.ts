/** How a value is read; undefined: it is taken as it is. */
export type ReadValue = ((value: never) => unknown) | undefined;

/**
 * Makes the function that reads rows of values into objects with these keys; null stays null. It is
 * written as JavaScript, so that V8 makes each object in one go, all of one hidden class: a loop over the
 * keys took 5 % of a nested page, and whoever reads such rows pays again. Keys get into the text as JSON.
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
  return new Function('reads', text)(reads);
}

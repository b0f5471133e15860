/**
 * The same events while `isAllowed` says so, which is asked before each. The first that is not allowed is
 * handed on as well, for what reads it refuses it and tells why, and is the last. Not a generator: its
 * return() would wait for an event that may never come, and a client that went away would be served on.
 */
export function whileAllowed(
  events: AsyncIterable<unknown>,
  isAllowed: () => Promise<boolean>,
): AsyncIterableIterator<unknown> {
  const source = events[Symbol.asyncIterator]();
  let over = false;
  const end = async (): Promise<IteratorResult<unknown>> => {
    over = true;
    await source.return?.();
    return { done: true, value: undefined };
  };
  return {
    async next() {
      if (over) return end();
      const event = await source.next();
      if (event.done || over) return { done: true, value: undefined };
      try {
        over = !(await isAllowed());
      } catch (error) {
        await end();
        throw error;
      }
      return event;
    },
    return: end,
    throw: async (error: unknown) => {
      await end();
      throw error;
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}

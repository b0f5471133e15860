/**
 * Calls back when everything that is issued by the promise callbacks that are due now has been issued.
 * Promise callbacks and ticks, twice: so has what DataLoader issues, which itself waits for a promise
 * callback and a tick. setImmediate would also wait for other sockets' events.
 */
export function afterBurst(listener: () => void): void {
  queueMicrotask(() => process.nextTick(queueMicrotask, () => process.nextTick(listener)));
}

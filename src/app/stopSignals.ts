/**
 * Signals closer together than this are one wish: Ctrl-C reaches every process of a terminal, and npm
 * and whoever started us pass it on to one that has it already.
 */
const sameWishMilliseconds = 1_000;

/** On SIGTERM or SIGINT stops in order; whoever sends another one later wants the end at once. */
export function onStopSignal(stop: () => Promise<void>, endNow: () => void): void {
  let since: number | undefined;
  const hear = (): void => {
    if (since === undefined) {
      since = performance.now();
      void stop();
    } else if (performance.now() - since > sameWishMilliseconds) {
      endNow();
      process.exit(1);
    }
  };
  process.on('SIGTERM', hear);
  process.on('SIGINT', hear);
}

/** Well within what counts as one wish. */
const parentCheckMilliseconds = 250;

/**
 * For a server that npm started: npm hands a SIGTERM to its shell alone, and dash ends without handing
 * it on, so that the server would stay and keep the port. `exec` in the script would do as well, but
 * Windows has none.
 */
export function stopWithParent(): void {
  const parent = process.ppid;
  const timer = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(timer);
    process.kill(process.pid, 'SIGTERM');
  }, parentCheckMilliseconds);
  timer.unref();
}

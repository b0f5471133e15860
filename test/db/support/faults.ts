/** Records what would have ended the process. */
export function watchProcess(): { readonly faults: unknown[]; stop(): void } {
  const faults: unknown[] = [];
  const note = (error: unknown): void => {
    faults.push(error);
  };
  process.on('unhandledRejection', note);
  process.on('uncaughtException', note);
  return {
    faults,
    stop() {
      process.off('unhandledRejection', note);
      process.off('uncaughtException', note);
    },
  };
}

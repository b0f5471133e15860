import type { Server, ServerResponse } from 'node:http';

/** More than an operation may take, less than the 30 s after which orchestrators kill what they stop. */
const longestMilliseconds = 25_000;

/**
 * Follows the answers of a server, so that it can be stopped in order: the returned function closes
 * the listening socket at once and resolves when every request under way is answered, or after
 * `graceMs`. Node alone would keep a connection open for five more seconds in the hope of another request.
 */
export function drainable(server: Server, graceMs = longestMilliseconds): () => Promise<void> {
  const underWay = new Set<ServerResponse>();
  // One for all, not one for each.
  function forget(this: ServerResponse): void {
    underWay.delete(this);
  }
  server.on('request', (_request, response) => {
    underWay.add(response);
    response.on('close', forget);
  });
  return () =>
    new Promise((resolve) => {
      const deadline = setTimeout(() => server.closeAllConnections(), graceMs);
      server.close(() => {
        clearTimeout(deadline);
        resolve();
      });
      server.closeIdleConnections();
      for (const response of underWay) {
        if (!response.headersSent) response.setHeader('Connection', 'close');
      }
    });
}

import { LRUCache } from 'lru-cache';
import type { TenantTransaction } from '../transaction.ts';
import { prepare } from './prepare.ts';

type Build<T> = Parameters<typeof prepare<T>>[0];

/** Shapes come from clients; a thousand different filters must not grow the process. */
const mostShapes = 200;

/**
 * Prepared statements for a query whose text depends on what was asked (filters, order, cursors): one
 * a shape, built when it is first seen. Building costs Drizzle 0.1 to 0.3 ms, running a built one
 * microseconds. `light`: see StatementRequest.
 */
export function prepareShapes<T>({
  light = false,
}: {
  light?: boolean;
} = {}): (
  shape: string,
  build: Build<T>,
) => (tx: TenantTransaction, values?: Record<string, unknown>) => Promise<T> {
  const statements = new LRUCache<string, ReturnType<typeof prepare<T>>>({ max: mostShapes });
  return (shape, build) => {
    let statement = statements.get(shape);
    if (statement === undefined) {
      statement = prepare(build, { oneOfMany: true, light });
      statements.set(shape, statement);
    }
    return statement;
  };
}

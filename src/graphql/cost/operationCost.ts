import type { DocumentNode, GraphQLSchema } from 'graphql';

/** One operation as a client sends it, found valid. */
export interface AskedOperation {
  readonly schema: GraphQLSchema;
  readonly document: DocumentNode;
  readonly operationName?: string | null | undefined;
  readonly variableValues?: Readonly<Record<string, unknown>> | null | undefined;
}

export interface OperationCost {
  /** The most that it can come to. */
  readonly requested: number;
  /** How often each root field is called, by `Mutation.messageSend`; what is skipped is not. */
  readonly calls: ReadonlyMap<string, number>;
  /** What it came to, by the rows that were answered; never more than `requested`. */
  actual(data: unknown): number;
}

/** What an operation costs, before it runs. */
export function costOf(_asked: AskedOperation): OperationCost {
  return { requested: 1, calls: new Map(), actual: () => 1 };
}

import { type DocumentNode, GraphQLError, type GraphQLSchema, parse, validate } from 'graphql';
import { requireShortLists } from '../../graphql/armour/inputLimits.ts';
import { refuseShape } from '../../graphql/armour/shapeLimits.ts';
import { refuseText } from '../../graphql/armour/textLimits.ts';
import { type CostPath, listCostPaths } from '../../graphql/cost/costPaths.ts';
import { type AskedOperation, costOf, planOf } from '../../graphql/cost/operationCost.ts';
import { findSmallerPage, type SmallerPage } from '../../graphql/cost/smallerPage.ts';

/** Why a document has no price. */
export interface DocumentProblem {
  readonly message: string;
  readonly line: number | null;
  readonly column: number | null;
}

export interface CostEstimate {
  /** null: it would not run, see `problems`. */
  readonly points: number | null;
  readonly maximum: number;
  readonly paths: readonly CostPath[];
  readonly smaller: SmallerPage | null;
  readonly problems: readonly DocumentProblem[];
}

export interface EstimateInput {
  readonly document: string;
  readonly variables: Readonly<Record<string, unknown>>;
  readonly operationName: string | undefined;
}

/** More would only be noise; the costliest come first. */
const mostPaths = 50;
const mostProblems = { maxErrors: 20 };

/**
 * What an operation would cost, without running it; the limits of documents hold for this one too.
 * Variables that are left out count as left out: a price needs no more of them than page sizes.
 */
export function estimateCost(
  schema: GraphQLSchema,
  { document: text, variables, operationName }: EstimateInput,
  maximum: number,
): CostEstimate {
  requireShortLists(variables);
  const document = readDocument(schema, text);
  if (Array.isArray(document)) return unpriced(maximum, document);
  const asked: AskedOperation = { schema, document, operationName, variableValues: variables };
  const plan = planOf(asked);
  if (plan === null) {
    return unpriced(maximum, [problem('Say by "operationName" which operation of it is meant.')]);
  }
  return {
    points: costOf(asked).requested,
    maximum,
    paths: listCostPaths(plan.fields, variables).slice(0, mostPaths),
    smaller: findSmallerPage(plan.fields, variables, maximum),
    problems: [],
  };
}

function readDocument(schema: GraphQLSchema, text: string): DocumentNode | DocumentProblem[] {
  const refusal = refuseText(text);
  if (refusal !== null) return [problem(refusal.message)];
  let document: DocumentNode;
  try {
    document = parse(text);
  } catch (error) {
    if (error instanceof GraphQLError) return [toProblem(error)];
    throw error;
  }
  const misshapen = refuseShape(document);
  if (misshapen !== null) return [problem(misshapen.message)];
  const errors = validate(schema, document, undefined, mostProblems);
  return errors.length === 0 ? document : errors.map(toProblem);
}

const unpriced = (maximum: number, problems: readonly DocumentProblem[]): CostEstimate => ({
  ...{ points: null, maximum, paths: [], smaller: null, problems },
});

const problem = (message: string): DocumentProblem => ({ message, line: null, column: null });

function toProblem({ message, locations }: GraphQLError): DocumentProblem {
  const [at] = locations ?? [];
  return { message, line: at?.line ?? null, column: at?.column ?? null };
}

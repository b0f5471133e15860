import { PublicError } from '../../lib/errors.ts';
import { listCostPaths } from './costPaths.ts';
import { type AskedOperation, type OperationCost, planOf } from './operationCost.ts';
import { findSmallerPage, type SmallerPage } from './smallerPage.ts';

/**
 * Throws what a caller is told whose operation may cost more than `maximum`: how much, where, and the
 * page size with which it may run. Nothing has been executed then.
 */
export function requireAffordable(
  asked: AskedOperation,
  { requested }: OperationCost,
  maximum: number,
): void {
  if (requested <= maximum) return;
  const fields = planOf(asked)?.fields ?? [];
  const variables = asked.variableValues ?? {};
  const [costliest] = listCostPaths(fields, variables);
  const smaller = findSmallerPage(fields, variables, maximum);
  const where = costliest ? `, ${points(costliest.cost)} of them at ${costliest.path}` : '';
  throw new PublicError(
    'OPERATION_TOO_COSTLY',
    `The operation may cost ${points(requested)}${where}; the most is ${maximum}.`,
    {
      extensions: {
        cost: requested,
        maximum,
        path: costliest?.path ?? null,
        fix: smaller === null ? 'Send it as several operations.' : adviseOn(smaller, maximum),
      },
    },
  );
}

/** For people: `Ask for 24 instead of 100 at conversations: 4,905 points.` */
function adviseOn({ path, from, to, cost }: SmallerPage, maximum: number): string {
  const rest = cost > maximum ? ', and for less elsewhere too' : '';
  return `Ask for ${to} instead of ${from} at ${path}: ${points(cost)}${rest}.`;
}

const points = (cost: number): string => `${cost} ${cost === 1 ? 'point' : 'points'}`;

import { type Link, readImports } from './imports.ts';
import { floorPlanRules, reasons, roomOf } from './rules.ts';

export interface Violation {
  readonly rule: string;
  readonly reason: string;
  /** `src/lib/ids.ts:3 imports src/db/wire/pool.ts` */
  readonly finding: string;
}

export interface Inspection {
  readonly violations: readonly Violation[];
  readonly links: number;
}

/**
 * Holds the files (path from the project's root → source) against the floor plan.
 * `dependencies`: the names that package.json installs in production.
 */
export function inspectFloorPlan(
  files: ReadonlyMap<string, string>,
  dependencies: ReadonlySet<string>,
): Inspection {
  const links = [...files].flatMap(([file, source]) => readImports(file, source));
  const rules = floorPlanRules(dependencies);
  const violations: Violation[] = [];

  for (const file of files.keys()) {
    if (roomOf(file) !== undefined) continue;
    violations.push({ rule: 'known-room', reason: reasons.knownRoom, finding: file });
  }
  for (const link of links) {
    for (const rule of rules) {
      if (!rule.forbids(link)) continue;
      const finding = `${link.from}:${link.line} imports ${describeTarget(link)}`;
      violations.push({ rule: rule.name, reason: rule.reason, finding });
    }
  }
  for (const cycle of findCycles(links)) {
    const finding = cycle.join(' → ');
    violations.push({ rule: 'no-cycle', reason: reasons.noCycle, finding });
  }
  return { violations, links: links.length };
}

function describeTarget({ to, specifier, names }: Link): string {
  const what = names.length > 0 && !names.includes('*') ? ` { ${names.join(', ')} }` : '';
  return (to.startsWith('src/') ? to : specifier) + what;
}

/** One shortest circle for each file that closes one and is in no circle already reported. */
function findCycles(links: readonly Link[]): string[][] {
  const targets = new Map<string, Set<string>>();
  for (const { from, to } of links) {
    targets.set(from, (targets.get(from) ?? new Set<string>()).add(to));
  }
  const reported = new Set<string>();
  const cycles: string[][] = [];
  for (const start of targets.keys()) {
    if (reported.has(start)) continue;
    const cycle = shortestWayBack(start, targets);
    if (cycle === undefined) continue;
    for (const file of cycle) reported.add(file);
    cycles.push(cycle);
  }
  return cycles;
}

function shortestWayBack(
  start: string,
  targets: ReadonlyMap<string, ReadonlySet<string>>,
): string[] | undefined {
  const cameFrom = new Map<string, string>();
  const queue = [start];
  for (const file of queue) {
    for (const next of targets.get(file) ?? []) {
      if (next === start) {
        const way = [start];
        for (let at = file; at !== start; at = cameFrom.get(at) ?? start) way.unshift(at);
        return [start, ...way];
      }
      if (cameFrom.has(next)) continue;
      cameFrom.set(next, file);
      queue.push(next);
    }
  }
  return undefined;
}

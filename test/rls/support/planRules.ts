/** A node of EXPLAIN (ANALYZE, FORMAT JSON), as far as it is read here. */
export interface AnalysedNode {
  readonly 'Node Type': string;
  readonly 'Relation Name'?: string;
  readonly 'Index Name'?: string;
  readonly 'Index Cond'?: string;
  readonly 'Sort Key'?: readonly string[];
  /** Estimated, and read at each of its runs. */
  readonly 'Plan Rows': number;
  readonly 'Actual Rows'?: number;
  readonly Plans?: readonly AnalysedNode[];
}

export interface PlanLimits {
  /** Names as EXPLAIN has them. */
  readonly tenantTables: ReadonlySet<string>;
  /** A bitmap's index scan names no table. */
  readonly tableOfIndex: ReadonlyMap<string, string>;
  /** How many rows may be sorted, estimated and found; 0: nothing is sorted. */
  readonly mostSorted: number;
  /** Whether more may be, of those that an index found by more than their tenant. */
  readonly sortsWhatIsLookedUp: boolean;
}

/** What a plan does that grows with the neighbours, or with the tenant: empty for a good one. */
export function findFaults(root: AnalysedNode, limits: PlanLimits): string[] {
  return [
    ...faultsOf(root, limits),
    ...(root.Plans ?? []).flatMap((inner) => findFaults(inner, limits)),
  ];
}

function faultsOf(node: AnalysedNode, limits: PlanLimits): string[] {
  const type = node['Node Type'];
  const table = node['Relation Name'];
  const index = node['Index Name'];
  if (type.endsWith('Seq Scan') && limits.tenantTables.has(table ?? '')) {
    return [`reads all of ${table}, everybody's`];
  }
  if (
    index !== undefined &&
    limits.tenantTables.has(table ?? limits.tableOfIndex.get(index) ?? '')
  ) {
    const condition = node['Index Cond'] ?? 'nothing';
    return /\btenant_id = /.test(condition) ? [] : [`looks into ${index} by ${condition}`];
  }
  if (type !== 'Sort' && type !== 'Incremental Sort') return [];
  const [input] = node.Plans ?? [];
  const rows = Math.max(input?.['Plan Rows'] ?? 0, input?.['Actual Rows'] ?? 0);
  if (limits.mostSorted > 0 && rows <= limits.mostSorted) return [];
  if (limits.sortsWhatIsLookedUp && input !== undefined && isLookedUp(input)) return [];
  return [`sorts ${rows} rows by ${node['Sort Key']?.join(', ')}`];
}

/** Whether all its rows come from looks into an index by the tenant and something else. */
function isLookedUp(node: AnalysedNode): boolean {
  const condition = node['Index Cond'];
  if (condition !== undefined) return condition.includes(' AND ');
  const inner = node.Plans ?? [];
  return inner.length > 0 && inner.every(isLookedUp);
}

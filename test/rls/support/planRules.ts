/** A node of EXPLAIN (ANALYZE, FORMAT JSON), as far as it is read here. */
export interface AnalysedNode {
  readonly 'Node Type': string;
  readonly 'Relation Name'?: string;
  readonly 'Index Name'?: string;
  readonly 'Index Cond'?: string;
  readonly Filter?: string;
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
  readonly columnsOfIndex: ReadonlyMap<string, readonly string[]>;
  /** Whether rows that an index found may be looked at and left out: by a client's filter only. */
  readonly mayFilter: boolean;
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
    return faultsOfLook(node, index, limits);
  }
  if (type !== 'Sort' && type !== 'Incremental Sort') return [];
  const [input] = node.Plans ?? [];
  const rows = Math.max(input?.['Plan Rows'] ?? 0, input?.['Actual Rows'] ?? 0);
  if (limits.mostSorted > 0 && rows <= limits.mostSorted) return [];
  if (limits.sortsWhatIsLookedUp && input !== undefined && isLookedUp(input)) return [];
  return [`sorts ${rows} rows by ${node['Sort Key']?.join(', ')}`];
}

function faultsOfLook(node: AnalysedNode, index: string, limits: PlanLimits): string[] {
  const condition = node['Index Cond'] ?? 'nothing';
  if (!/\btenant_id = /.test(condition)) return [`looks into ${index} by ${condition}`];
  // Columns after a gap are compared with all the entries that the others find.
  const compared = comparedColumns(condition);
  const columns = limits.columnsOfIndex.get(index) ?? [];
  const gap = columns.findIndex((column) => !compared.has(column));
  if (gap >= 0 && columns.slice(gap).some((column) => compared.has(column))) {
    return [`goes through ${index} by ${condition}`];
  }
  const filter = node.Filter;
  const all = filter === undefined || filter === '(xmin <> 0)'; // noIndexOnlyScan()
  return limits.mayFilter || all || isOfLeases(index, filter, condition)
    ? []
    : [`checks what ${index} finds by ${filter}`];
}

/** A business has a handful of leases at a time, each with the events of less than half a second, by their ids. */
const isOfLeases = (index: string, filter: string, condition: string): boolean =>
  index === 'quota_leases_pkey' ||
  (filter === '(quota_lease = l.id)' &&
    condition.includes('(id > l.id) AND (id <= l.last_event_id)'));

/** `((tenant_id = $1) AND (ROW(created_at, id) < ROW($3, $4)))` → tenant_id, created_at, id. */
function comparedColumns(condition: string): Set<string> {
  const single = condition.matchAll(/\((?:\w+\.)?(\w+) (?:=|<|>|<=|>=) /g);
  const rows = condition.matchAll(/\(ROW\(([^)]*)\) [<>]/g);
  return new Set([
    ...[...single].map(([, name = '']) => name),
    ...[...rows].flatMap(([, names = '']) =>
      names.split(', ').map((name) => name.replace(/^\w+\./, '')),
    ),
  ]);
}

/** Whether all its rows come from looks into an index by the tenant and something else. */
function isLookedUp(node: AnalysedNode): boolean {
  const condition = node['Index Cond'];
  if (condition !== undefined) return condition.includes(' AND ');
  const inner = node.Plans ?? [];
  return inner.length > 0 && inner.every(isLookedUp);
}

import type pg from 'pg';

interface PlanNode {
  readonly 'Node Type': string;
  readonly 'Relation Name'?: string;
  readonly 'Index Name'?: string;
  readonly 'Index Cond'?: string;
  readonly Plans?: readonly PlanNode[];
}

/** What a plan does: the kinds of its nodes, and the indexes it reads. */
export interface Plan {
  readonly nodes: readonly string[];
  readonly indexes: readonly string[];
  /** What it looks up in each of them. */
  readonly conditions: readonly string[];
}

function readPlan(root: PlanNode): Plan {
  const all = (node: PlanNode): PlanNode[] => [node, ...(node.Plans ?? []).flatMap(all)];
  const nodes = all(root);
  return {
    nodes: nodes.map((node) =>
      [node['Node Type'], node['Relation Name']].filter((word) => word !== undefined).join(' '),
    ),
    indexes: nodes.flatMap((node) => node['Index Name'] ?? []),
    conditions: nodes.flatMap((node) => node['Index Cond'] ?? []),
  };
}

/** How a statement with its values in it would be run: by a plan for these, and by a kept, generic one. */
export async function explain(
  client: pg.Client,
  types: readonly string[],
  values: readonly string[],
  text: string,
): Promise<Plan[]> {
  const plans: Plan[] = [];
  for (const mode of ['force_custom_plan', 'force_generic_plan']) {
    await client.query(`set local plan_cache_mode = ${mode}`);
    await client.query(`prepare explained (${types.join(', ')}) as ${text}`);
    const literals = values.map((value) => client.escapeLiteral(value)).join(', ');
    const { rows } = await client.query(`explain (format json) execute explained (${literals})`);
    plans.push(readPlan(rows[0]['QUERY PLAN'][0].Plan));
    await client.query('deallocate explained');
  }
  return plans;
}

/**
 * The plans of what a function runs inside, which EXPLAIN does not show: auto_explain sends them as
 * notices. Only a superuser may load it, so `client` is one that has taken the server's role.
 */
export async function explainInside(
  client: pg.Client,
  call: () => Promise<unknown>,
): Promise<Plan[]> {
  const plans: Plan[] = [];
  const read = ({ message }: { message?: string | undefined }): void => {
    const json = /plan:\s*(\{[\s\S]*\})/.exec(message ?? '')?.[1];
    if (json !== undefined) plans.push(readPlan(JSON.parse(json).Plan));
  };
  client.on('notice', read);
  await call();
  client.off('notice', read);
  return plans;
}

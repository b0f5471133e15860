import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { inspectFloorPlan } from './floorPlan/violations.ts';

// Prints what breaks the floor plan, each finding under its rule and the rule's reason, and ends
// with 1 when there is anything.
const root = resolve(import.meta.dirname, '..');
const files = new Map<string, string>();
for (const entry of readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' })) {
  if (!/\.[cm]?[jt]sx?$/.test(entry)) continue;
  const file = `src/${entry.replaceAll('\\', '/')}`;
  files.set(file, readFileSync(join(root, file), 'utf8'));
}
const manifest: { dependencies: Record<string, string> } = JSON.parse(
  readFileSync(join(root, 'package.json'), 'utf8'),
);

const { violations, links } = inspectFloorPlan(files, new Set(Object.keys(manifest.dependencies)));
for (const [rule, found] of Object.entries(Object.groupBy(violations, ({ rule }) => rule))) {
  process.stdout.write(`\n${rule}: ${found?.[0]?.reason}\n`);
  for (const { finding } of found ?? []) process.stdout.write(`  ${finding}\n`);
}
process.stdout.write(
  `\nfloor plan: ${files.size} files, ${links} imports, ${violations.length} violations\n`,
);
process.exitCode = violations.length > 0 ? 1 : 0;

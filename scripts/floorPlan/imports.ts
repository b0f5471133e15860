import { isBuiltin } from 'node:module';
import { posix } from 'node:path';
import { parseSync, Visitor } from 'oxc-parser';

/** One arrow of the floor plan: `from` is a file of ours, `to` what it imports. */
export interface Link {
  /** Path from the project's root, with forward slashes: `src/db/wire/pool.ts`. */
  readonly from: string;
  readonly line: number;
  /** As written: `../lib/ids.ts`, `pg`, `node:fs`. */
  readonly specifier: string;
  /** `src/lib/ids.ts`, `npm:pg`, `npm:drizzle-orm/pg-core`, `node:fs`, or `unreadable:` for a computed `import()`. */
  readonly to: string;
  /** True when nothing of it is left at run time. */
  readonly typeOnly: boolean;
  /** The exported names that are used; `*` stands for all of them, `default` for the default. */
  readonly names: readonly string[];
}

/**
 * Every import, re-export, `import()` and `import('…').Type` of one file.
 * Throws when the file does not parse: a plan that skips what it can't read proves nothing.
 *
 * oxc-parser rather than dependency-cruiser: TypeScript 7 has no JavaScript API for that to parse
 * with, and its other parser (swc's deprecated Visitor) stops at `using` and does not see an
 * `import('…')` inside another type. Biome's noRestrictedImports sees no `import('…')` type at all.
 */
export function readImports(from: string, source: string): Link[] {
  const { program, errors } = parseSync(from, source);
  if (errors[0] !== undefined) throw new Error(`${from} does not parse: ${errors[0].message}`);
  const links: Link[] = [];
  const add = (at: number, specifier: string | null, typeOnly: boolean, names: string[]): void => {
    const line = source.slice(0, at).split('\n').length;
    const to = specifier === null ? 'unreadable:' : resolveSpecifier(from, specifier);
    links.push({ from, line, specifier: specifier ?? '(computed)', to, typeOnly, names });
  };

  new Visitor({
    ImportDeclaration(node) {
      const names = node.specifiers.map((specifier) => {
        if (specifier.type === 'ImportNamespaceSpecifier') return '*';
        return specifier.type === 'ImportSpecifier' ? nameOf(specifier.imported) : 'default';
      });
      const inlineTypes =
        node.specifiers.length > 0 &&
        node.specifiers.every((each) => 'importKind' in each && each.importKind === 'type');
      add(node.start, node.source.value, node.importKind === 'type' || inlineTypes, names);
    },
    ExportNamedDeclaration(node) {
      if (node.source === null) return;
      const names = node.specifiers.map((specifier) => nameOf(specifier.local));
      add(node.start, node.source.value, node.exportKind === 'type', names);
    },
    ExportAllDeclaration(node) {
      add(node.start, node.source.value, node.exportKind === 'type', ['*']);
    },
    ImportExpression(node) {
      add(node.start, literalText(node.source), false, ['*']);
    },
    TSImportType(node) {
      const { qualifier } = node;
      const name = qualifier?.type === 'Identifier' ? qualifier.name : '*';
      add(node.start, node.source.value, true, [name]);
    },
  }).visit(program);
  return links;
}

function nameOf(node: { name: string } | { value: string }): string {
  return 'name' in node ? node.name : node.value;
}

/** The text of a string, or of a template without placeholders; null for anything computed. */
function literalText(node: {
  type: string;
  value?: unknown;
  quasis?: { value: { cooked: string | null } }[];
}): string | null {
  if (node.type === 'Literal' && typeof node.value === 'string') return node.value;
  if (node.type === 'TemplateLiteral' && node.quasis?.length === 1) {
    return node.quasis[0]?.value.cooked ?? null;
  }
  return null;
}

function resolveSpecifier(from: string, specifier: string): string {
  if (specifier.startsWith('.')) return posix.join(posix.dirname(from), specifier);
  if (isBuiltin(specifier)) {
    return specifier.startsWith('node:') ? specifier : `node:${specifier}`;
  }
  return `npm:${specifier}`;
}

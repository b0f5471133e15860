import { readFile } from 'node:fs/promises';
import {
  buildSchema,
  type DirectiveNode,
  type GraphQLField,
  type GraphQLNamedType,
  type GraphQLObjectType,
  type GraphQLSchema,
} from 'graphql';

export type OutputField = GraphQLField<unknown, unknown>;

/** What clients are told: the committed schema with its directives, and the committed table. */
export interface Published {
  readonly schema: GraphQLSchema;
  readonly query: GraphQLObjectType;
  readonly mutation: GraphQLObjectType;
  /** Role → permissions. */
  readonly roles: ReadonlyMap<string, ReadonlySet<string>>;
  /** Scope for API keys → permissions. */
  readonly scopes: ReadonlyMap<string, ReadonlySet<string>>;
}

const root = new URL('../../../', import.meta.url);
const read = (file: string) => readFile(new URL(file, root), 'utf8');

/** Reads files, not code: what is published has to be what is enforced. */
export async function readPublished(): Promise<Published> {
  const schema = buildSchema(await read('schema/schema.graphql'));
  const [query, mutation] = [schema.getQueryType(), schema.getMutationType()];
  if (!query || !mutation) throw new Error('A schema has a query and a mutation type.');
  const [head, ...rows] = tableAfter('## Who has which', await read('docs/permissions.md'));
  if (head === undefined || rows.length < 10) throw new Error('docs/permissions.md has no table.');
  const roleNames = head.slice(1, head.indexOf('Scope for API keys'));
  const roles = roleNames.map((role, index): [string, Set<string>] => [
    role,
    new Set(rows.filter((cells) => cells[index + 1] === 'yes').map(([name]) => bare(name))),
  ]);
  const scopeColumn = head.indexOf('Scope for API keys');
  const scopes = rows
    .filter((cells) => cells[scopeColumn]?.startsWith('yes'))
    .map((cells): [string, Set<string>] => {
      const implied = [...(cells[scopeColumn] ?? '').matchAll(/`([^`]+)`/g)].map(
        ([, name]) => name,
      );
      return [bare(cells[0]), new Set([bare(cells[0]), ...implied.map(bare)])];
    });
  return { schema, query, mutation, roles: new Map(roles), scopes: new Map(scopes) };
}

function tableAfter(headline: string, text: string): string[][] {
  const section = text.slice(text.indexOf(headline)).split('\n## ')[0] ?? '';
  return section
    .split('\n')
    .filter((line) => line.startsWith('| ') && !line.startsWith('| ---'))
    .map((line) =>
      line
        .split('|')
        .slice(1, -1)
        .map((cell) => cell.trim()),
    );
}

const bare = (cell = ''): string => cell.replaceAll('`', '');

const directivesOf = (place: OutputField | GraphQLNamedType): readonly DirectiveNode[] =>
  place.astNode?.directives ?? [];

/** The permissions that a field's or a type's directives name. */
export function permissionsOf(place: OutputField | GraphQLNamedType): string[] {
  return directivesOf(place)
    .filter(({ name }) => name.value === 'requiresPermission')
    .map((directive) => {
      const value = directive.arguments?.[0]?.value;
      return value?.kind === 'StringValue' ? value.value : '';
    });
}

export const isPublic = (field: OutputField): boolean =>
  directivesOf(field).some(({ name }) => name.value === 'public');

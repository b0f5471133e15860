import { readdirSync, readFileSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { describe, expect, test } from 'vitest';

const root = resolve(import.meta.dirname, '../..');

const topFolders = [
  '.ci',
  '.github',
  'bench',
  'docs',
  'drizzle',
  'schema',
  'scripts',
  'sql',
  'src',
  'test',
];
const sourceRooms = [
  'app',
  'auth',
  'cli',
  'clients',
  'config.ts',
  'quickStart.ts',
  'db',
  'features',
  'graphql',
  'lib',
  'main.ts',
];

/** What others use first stands at the front of src/db; how it works, in its rooms. */
const databaseRooms = ['embedded', 'isolation', 'operation', 'query', 'setup', 'tables', 'wire'];
const databaseFront = [
  'database.ts',
  'errors.ts',
  'hangUp.ts',
  'operatorDatabase.ts',
  'place.ts',
  'transaction.ts',
];

function ignoredByGit(): Set<string> {
  const lines = readFileSync(join(root, '.gitignore'), 'utf8').split('\n');
  return new Set(['.git', ...lines.map((line) => line.replace(/\/$/, ''))]);
}

function sources(folder: string): string[] {
  return readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((entry) => entry.endsWith('.ts') && !entry.includes('node_modules'))
    .map((entry) => join(folder, entry));
}

describe('the rooms', () => {
  test('a top-level folder is on the floor plan', () => {
    const ignored = ignoredByGit();
    const folders = readdirSync(root, { withFileTypes: true })
      .filter((entry) => entry.isDirectory() && !ignored.has(entry.name))
      .map((entry) => entry.name);
    expect(folders.filter((folder) => !topFolders.includes(folder))).toEqual([]);
  });

  test('what stands in src is a room of the floor plan', () => {
    const entries = readdirSync(join(root, 'src'));
    expect(entries.filter((entry) => !sourceRooms.includes(entry))).toEqual([]);
  });

  test('what stands in src/db is one of its rooms, or one of the few at its front', () => {
    const entries = readdirSync(join(root, 'src/db')).toSorted();
    expect(entries).toEqual([...databaseRooms, ...databaseFront].toSorted());
  });

  test('no file in src has more than 300 lines', () => {
    const long = sources('src')
      .map((file) => ({
        file,
        lines: readFileSync(join(root, file), 'utf8').split('\n').length - 1,
      }))
      .filter(({ lines }) => lines > 300);
    expect(long).toEqual([]);
  });

  test('no file has a name that fits anything', () => {
    const vague = /(?:^|[./A-Z])(?:index|utils?|helpers?|managers?|common|misc|shared)\b/i;
    const files = [...sources('src'), ...sources('test'), ...sources('scripts')];
    expect(files.filter((file) => vague.test(basename(file)))).toEqual([]);
  });

  test("the readme's first code block is the two commands", () => {
    const readme = readFileSync(join(root, 'README.md'), 'utf8');
    const block = /```\w*\n(.*?)```/s.exec(readme)?.[1] ?? '';
    const commands = block.split(/\n|&&/).map((line) => line.replace(/#.*/, '').trim());
    expect(commands.filter((command) => command !== '')).toEqual([
      'npm ci',
      'npm start',
      'npm ci',
      'npm test',
    ]);
  });
});

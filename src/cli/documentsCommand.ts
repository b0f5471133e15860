import { glob, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { Command } from 'commander';
import { findFaults, makeManifest } from '../app/documents/manifest.ts';
import { buildSchema } from '../app/schema.ts';
import { loadConfig } from '../config.ts';
import { CommandFailed } from './commandFailed.ts';

interface Options {
  readonly out?: string;
}

/** `documents <folder>`: makes what PERSISTED_DOCUMENTS names. */
export function documentsCommand(): Command {
  return new Command('documents')
    .description('Make a manifest of persisted documents from a folder of .graphql files.')
    .argument('<folder>', 'looked through with its folders')
    .option('--out <file>', 'where to write it; stdout when left out')
    .action(run);
}

async function run(folder: string, { out }: Options): Promise<void> {
  const files: string[] = [];
  for await (const file of glob('**/*.graphql', { cwd: folder })) files.push(file);
  if (files.length === 0) throw new CommandFailed(`There is no .graphql file in ${folder}.`);
  const texts = await Promise.all(
    files.sort().map((file) => readFile(path.join(folder, file), 'utf8')),
  );
  const manifest = make(texts);
  const faults = findFaults(buildSchema(), manifest, loadConfig().maximumCost);
  if (faults.length > 0) throw new CommandFailed(`Nothing was written:\n${faults.join('\n')}`);
  const json = `${JSON.stringify(Object.fromEntries(manifest), null, 2)}\n`;
  if (out === undefined) process.stdout.write(json);
  else await writeFile(out, json);
  process.stderr.write(`Documents: ${manifest.size}; files: ${files.length}.\n`);
}

function make(texts: readonly string[]): ReturnType<typeof makeManifest> {
  try {
    return makeManifest(texts);
  } catch (error) {
    throw new CommandFailed(`Nothing was written: ${(error as Error).message}`);
  }
}

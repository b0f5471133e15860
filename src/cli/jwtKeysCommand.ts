import { Command } from 'commander';
import {
  changeSigningKeys,
  keepSigningKeys,
  readSigningKeys,
  replaceSigningKeys,
} from '../auth/signingKeys.ts';
import { loadConfig } from '../config.ts';
import { CommandFailed } from './commandFailed.ts';

const procedure = `
To change the key while servers run, nobody signed out:
  1. tenantry jwt-keys add             a new key, which only verifies; restart every server
  2. tenantry jwt-keys promote <kid>   it signs from now on; restart every server
  3. wait ACCESS_TOKEN_SECONDS and a minute: the last token of the old key has run out
  4. tenantry jwt-keys remove <kid>    the old one; restart every server
A key that leaked is removed at once, without step 3: its tokens end, and clients refresh.

With JWT_PRIVATE_KEYS set, the new set is printed on stdout, to be put there; otherwise the one in
DATA_DIR is replaced.`;

type Change = Parameters<typeof changeSigningKeys>[1];

/** `jwt-keys list | add | promote | remove`: the keys that sign access tokens. */
export function jwtKeysCommand(): Command {
  const command = new Command('jwt-keys')
    .description('The keys that sign access tokens, and how to change them.')
    .addHelpText('after', procedure);
  command.command('list').description('Show their ids, the one that signs first.').action(listKeys);
  command
    .command('add')
    .description('Add a new key, which only verifies as yet.')
    .action(() => changeKeys({ step: 'add' }));
  command
    .command('promote')
    .description('Let a key sign.')
    .argument('<kid>', 'its id, as "jwt-keys list" shows it')
    .action((kid: string) => changeKeys({ step: 'promote', kid }));
  command
    .command('remove')
    .description('Accept the tokens of a key no longer.')
    .argument('<kid>', 'its id, as "jwt-keys list" shows it')
    .action((kid: string) => changeKeys({ step: 'remove', kid }));
  return command;
}

async function listKeys(): Promise<void> {
  const config = loadConfig();
  await describe(config.signingKeys ?? (await keepSigningKeys(config.dataDir)), process.stdout);
}

async function changeKeys(change: Change): Promise<void> {
  const { signingKeys, dataDir } = loadConfig();
  const before = signingKeys ?? (await keepSigningKeys(dataDir));
  const after = await changed(before, change);
  if (signingKeys === undefined) await replaceSigningKeys(dataDir, after);
  else process.stdout.write(`${after}\n`);
  // Beside the keys themselves, stdout is for them alone.
  await describe(after, signingKeys === undefined ? process.stdout : process.stderr);
  process.stderr.write('Running servers know of it when they start anew.\n');
}

async function changed(before: string, change: Change): Promise<string> {
  try {
    return await changeSigningKeys(before, change);
  } catch (error) {
    throw new CommandFailed(`The keys stay as they are: ${(error as Error).message}.`);
  }
}

async function describe(text: string, to: NodeJS.WritableStream): Promise<void> {
  const { published } = await readSigningKeys(text);
  published.keys.forEach(({ kid }, place) => {
    to.write(`${kid} ${place === 0 ? 'signs and verifies' : 'verifies'}\n`);
  });
}

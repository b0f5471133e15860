import { fileURLToPath } from 'node:url';
import { type Program, startProgram } from './programs.ts';
import type { Json } from './workloads.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const here = (file: string): string => fileURLToPath(new URL(file, import.meta.url));

export interface ServerSettings {
  readonly databaseUrl: string;
  readonly poolSize: number;
  readonly processors: string | undefined;
  /** PATH. */
  readonly path: string;
}

/** As production runs it: its own role, keys from the environment, a log line for each request. */
export function startTenantry(
  settings: ServerSettings & { signingKeys: string; nodeArgs?: readonly string[] },
): Promise<Program> {
  return startProgram(
    {
      args: [...(settings.nodeArgs ?? []), here('../../src/main.ts')],
      cwd: root,
      processors: settings.processors,
      env: {
        NODE_ENV: 'production',
        PORT: '0',
        APP_DATABASE_URL: settings.databaseUrl,
        DATABASE_POOL_SIZE: String(settings.poolSize),
        JWT_PRIVATE_KEYS: settings.signingKeys,
        // One token lasts for the whole run.
        ACCESS_TOKEN_SECONDS: '86400',
      },
    },
    settings.path,
  );
}

/** Takes the tokens that Tenantry signs; `tenantryUrl` is where the keys to verify them are. */
export function startPostGraphile(
  settings: ServerSettings & { tenantryUrl: string },
): Promise<Program> {
  const jwks = new URL('/.well-known/jwks.json', settings.tenantryUrl).href;
  return startProgram(
    {
      args: [
        here('processes/postgraphile.ts'),
        `--database=${settings.databaseUrl}`,
        `--jwks=${jwks}`,
        `--pool=${settings.poolSize}`,
      ],
      cwd: here('.'),
      processors: settings.processors,
      env: { NODE_ENV: 'production', GRAPHILE_ENV: 'production' },
    },
    settings.path,
  );
}

/** One request; throws what went wrong, GraphQL errors included. */
export async function askServer(url: string, token: string | null, body: string): Promise<Json> {
  const response = await fetch(url, {
    method: 'POST',
    headers: {
      'Content-Type': 'application/json',
      ...(token !== null && { Authorization: `Bearer ${token}` }),
    },
    body,
  });
  const answer = (await response.json()) as { data?: Json; errors?: unknown };
  if (response.status !== 200 || answer.errors !== undefined) {
    throw new Error(`${url} answered ${response.status}: ${JSON.stringify(answer)}`);
  }
  return answer.data;
}

export async function signIn(
  url: string,
  { email, password }: { email: string; password: string },
  tenantSlug: string,
): Promise<string> {
  const data = await askServer(
    url,
    null,
    JSON.stringify({
      query: 'mutation ($input: SignInInput!) { signIn(input: $input) { token } }',
      variables: { input: { email, password, tenantSlug } },
    }),
  );
  return data.signIn.token;
}

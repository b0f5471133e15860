import type { ChildProcess } from 'node:child_process';
import type { Seeded } from './database/seedBench.ts';
import type { Options } from './options.ts';
import type { Processors } from './processors.ts';
import { askServer, signIn, startPostGraphile, startTenantry } from './servers.ts';
import type { ServerName, Workload } from './workloads.ts';

/** What the parts of a run have in common. */
export interface Run {
  readonly options: Options;
  /** An empty directory. */
  readonly scratch: string;
  /** PATH. */
  readonly path: string;
  readonly processors: Processors;
  /** Postgres, as the role that the servers sign in as. */
  readonly serverUrl: string;
  readonly seeded: Seeded;
  readonly signingKeys: string;
  readonly generator: ChildProcess;
}

export interface Endpoint {
  readonly server: ServerName;
  readonly url: string;
  readonly token: string;
}

export interface ServerPair {
  /** Tenantry first. The token is of the tenant that the workload is meant for. */
  endpoints(workload: Workload): readonly [Endpoint, Endpoint];
  stop(): Promise<void>;
}

/** Both servers, signed in to; each finds Postgres at the URL that it is given. */
export async function startServers(
  run: Run,
  databaseUrls: Readonly<Record<ServerName, string>>,
): Promise<ServerPair> {
  const { seeded, signingKeys } = run;
  const common = {
    poolSize: run.options.poolSize,
    processors: run.processors.server,
    path: run.path,
  };
  const tenantry = await startTenantry({
    ...common,
    signingKeys,
    databaseUrl: databaseUrls.tenantry,
  });
  const postgraphile = await startPostGraphile({
    ...common,
    databaseUrl: databaseUrls.postgraphile,
    tenantryUrl: tenantry.url,
  });
  const reading = await signIn(tenantry.url, seeded, seeded.reading.slug);
  const writing = await signIn(tenantry.url, seeded, seeded.writing.slug);
  return {
    endpoints({ writes }) {
      const token = writes ? writing : reading;
      return [
        { server: 'tenantry', url: tenantry.url, token },
        { server: 'postgraphile', url: postgraphile.url, token },
      ];
    },
    async stop() {
      await tenantry.stop();
      await postgraphile.stop();
    },
  };
}

export const bodiesFor = (workload: Workload, server: ServerName, seeded: Seeded): string[] =>
  workload.requests(server, seeded).map((request) => JSON.stringify(request));

/** Asks once, whatever of the body has to be new filled in. */
export const askOnce = ({ url, token }: Endpoint, body: string) =>
  askServer(
    url,
    token,
    body.replaceAll('__UUID__', crypto.randomUUID()).replaceAll('__UNIQUE__', crypto.randomUUID()),
  );

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import type { HttpRoutes } from '../http.ts';

interface Asset {
  readonly type: string;
  read(): Promise<string>;
}

const script = 'text/javascript; charset=utf-8';
const style = 'text/css; charset=utf-8';

/**
 * GraphiQL as the package has it, in files of their own instead of its one page of 8 MB: the browser
 * keeps them, and a policy without inline scripts can name them. The package is loaded at the first
 * request, so that a server which shows no page does not hold its 9 MB.
 */
const bundle = () => import('@graphql-yoga/render-graphiql/graphiql');
const own = (name: string) => () => readFile(new URL(`./browser/${name}`, import.meta.url), 'utf8');

const assets: Readonly<Record<string, Asset>> = {
  'page.js': { type: script, read: own('page.js') },
  'credential.js': { type: script, read: own('credential.js') },
  'fillIn.js': { type: script, read: own('fillIn.js') },
  'page.css': { type: style, read: own('page.css') },
  'graphiql.js': { type: script, read: async () => (await bundle()).js },
  'graphiql.css': { type: style, read: async () => (await bundle()).css },
  'editorWorkerService.js': {
    type: script,
    read: async () => (await bundle()).editorWorkerService,
  },
  'json.js': { type: script, read: async () => (await bundle()).jsonWorker },
  'graphql.js': { type: script, read: async () => (await bundle()).graphqlWorker },
};

interface Prepared {
  readonly tag: string;
  readonly compressed: Buffer;
}

/** `GET /graphiql/<asset>`. Compressed once a process (8 MB become 2 MB); asked again, a 304. */
export function assetRoutes(): HttpRoutes['routes'] {
  return new Map(
    Object.entries(assets).map(([name, asset]) => {
      let prepared: Promise<Prepared> | undefined;
      return [
        `GET /graphiql/${name}`,
        async (request: IncomingMessage, response: ServerResponse) => {
          prepared ??= prepare(asset);
          send(request, response, asset.type, await prepared);
        },
      ];
    }),
  );
}

async function prepare(asset: Asset): Promise<Prepared> {
  const content = await asset.read();
  return {
    tag: `"${createHash('sha256').update(content).digest('base64url').slice(0, 22)}"`,
    compressed: await promisify(gzip)(content),
  };
}

function send(
  request: IncomingMessage,
  response: ServerResponse,
  type: string,
  { tag, compressed }: Prepared,
): void {
  response.setHeader('ETag', tag);
  response.setHeader('Cache-Control', 'no-cache');
  response.setHeader('Cross-Origin-Resource-Policy', 'same-origin');
  if (request.headers['if-none-match'] === tag) {
    response.statusCode = 304;
    response.end();
    return;
  }
  response.setHeader('Content-Type', type);
  // Every browser that can run GraphiQL reads gzip, so no second copy is held for others.
  response.setHeader('Content-Encoding', 'gzip');
  response.end(compressed);
}

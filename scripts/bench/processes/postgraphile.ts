import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { parseArgs } from 'node:util';
import { createRemoteJWKSet, jwtVerify } from 'jose';
import { postgraphile } from 'postgraphile';
import { makePgService } from 'postgraphile/adaptors/pg';
import { grafserv } from 'postgraphile/grafserv/node';
import { PostGraphileAmberPreset } from 'postgraphile/presets/amber';

// PostGraphile over the same tables, as the same role, for the same tokens. It is set up as its
// documentation says: the claims of a verified token become pgSettings in grafast.context.
const { values } = parseArgs({
  options: {
    database: { type: 'string', default: '' },
    jwks: { type: 'string', default: '' },
    pool: { type: 'string', default: '10' },
    'print-schema': { type: 'boolean', default: false },
  },
});

interface Claims {
  tenantId: string;
  expires: number;
}

const keys = createRemoteJWKSet(new URL(values.jwks));
/** Tenantry keeps what it found out about a token for some seconds, so PostGraphile's host may too. */
const verified = new Map<string, Claims>();

async function claimsOf(authorization: string | undefined): Promise<Claims> {
  const token = authorization?.replace(/^Bearer /, '') ?? '';
  const known = verified.get(token);
  if (known !== undefined && known.expires > Date.now()) return known;
  const { payload } = await jwtVerify(token, keys, {
    algorithms: ['EdDSA'],
    issuer: 'tenantry',
    audience: 'tenantry-api',
  });
  const claims = { tenantId: String(payload.tid), expires: (payload.exp ?? 0) * 1000 };
  verified.set(token, claims);
  return claims;
}

const instance = postgraphile({
  extends: [PostGraphileAmberPreset],
  pgServices: [
    makePgService({
      connectionString: values.database,
      schemas: ['app'],
      pubsub: false,
      poolConfig: { max: Number(values.pool) },
    }),
  ],
  grafserv: { graphiql: false, watch: false, websockets: false },
  grafast: {
    explain: false,
    async context({ node }) {
      const { tenantId } = await claimsOf(node?.req.headers.authorization);
      return { pgSettings: { 'app.tenant_id': tenantId } };
    },
  },
});

if (values['print-schema']) {
  const { printSchema } = await import('graphql');
  process.stdout.write(printSchema(await instance.getSchema()));
  process.exit(0);
}

const server = createServer();
const service = instance.createServ(grafserv);
await service.addTo(server);
await instance.getSchema();
server.listen(0, '127.0.0.1', () => {
  const { port } = server.address() as AddressInfo;
  process.stdout.write(`PostGraphile is at http://127.0.0.1:${port}/graphql\n`);
});
process.on('SIGTERM', () => process.exit(0));

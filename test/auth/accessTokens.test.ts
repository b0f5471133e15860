import { createHmac, generateKeyPairSync, randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { decodeJwt, importJWK, type JWK, type JWTHeaderParameters, SignJWT } from 'jose';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startTestServer, type TestServer } from '../support/server.ts';

// A forger who knows everything but the private key, and then one who has it and lies in the claims.

let server: TestServer;
let genuine: string;
let jwk: JWK;

beforeAll(async () => {
  server = await startTestServer();
  genuine = await server.tokenOf('owner@lumen.example');
  const file = path.join(server.environment.DATA_DIR ?? '', 'jwt-keys.json');
  [jwk] = JSON.parse(await readFile(file, 'utf8')).keys;
});
afterAll(() => server?.close());

const header = (): JWTHeaderParameters => ({ alg: 'EdDSA', kid: jwk.kid ?? '', typ: 'at+jwt' });
const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
const statusOf = async (token: string) => (await server.ask(token, '{ tenant { slug } }')).status;

/** Signed with the server's own key: whatever is refused, is refused for what it says. */
async function sign(
  claims: Record<string, unknown> = {},
  headers: Record<string, unknown> = {},
  omit: readonly string[] = [],
): Promise<string> {
  const all = { ...decodeJwt(genuine), ...claims };
  const kept = Object.fromEntries(Object.entries(all).filter(([name]) => !omit.includes(name)));
  const key = await importJWK(jwk, 'EdDSA');
  return new SignJWT(kept).setProtectedHeader({ ...header(), ...headers }).sign(key);
}

/** With a signature that somebody else made. */
function forge(headers: Record<string, unknown>, signer: (input: string) => string): string {
  const input = `${encode({ ...header(), ...headers })}.${encode(decodeJwt(genuine))}`;
  return `${input}.${signer(input)}`;
}

test('one that we sign with the same claims is good: the tests below fail for what they say', async () => {
  expect(await statusOf(await sign())).toBe(200);
});

describe('without our key', () => {
  const own = generateKeyPairSync('ed25519');
  const ownJwk = own.publicKey.export({ format: 'jwk' });

  test.each(['none', 'None', 'NONE', ''])('alg "%s" is refused', async (alg) => {
    expect(await statusOf(forge({ alg }, () => ''))).toBe(401);
    expect(await statusOf(forge({ alg }, () => genuine.split('.')[2] ?? ''))).toBe(401);
  });

  test('our public key as an HMAC secret is refused, in each form that it has', async () => {
    const pem = own.publicKey.export({ format: 'pem', type: 'spki' });
    const secrets = [jwk.x ?? '', Buffer.from(jwk.x ?? '', 'base64url'), JSON.stringify(jwk), pem];
    for (const alg of ['HS256', 'HS384', 'HS512']) {
      for (const secret of secrets) {
        const hash = `sha${alg.slice(2)}`;
        const token = forge({ alg }, (input) =>
          createHmac(hash, secret).update(input).digest('base64url'),
        );
        expect(await statusOf(token)).toBe(401);
      }
    }
  });

  test('a key in the header, or an address of one, is refused and never fetched', async () => {
    const signer = await importJWK(own.privateKey.export({ format: 'jwk' }), 'EdDSA');
    let fetched = 0;
    const sink = (await import('node:http')).createServer((_request, response) => {
      fetched += 1;
      response.end(JSON.stringify({ keys: [ownJwk] }));
    });
    await new Promise<void>((resolve) => sink.listen(0, '127.0.0.1', resolve));
    const { port } = sink.address() as { port: number };
    const url = `http://127.0.0.1:${port}/jwks.json`;
    for (const strange of [
      { jwk: ownJwk },
      { jku: url },
      { x5u: url },
      { x5c: ['AAAA'] },
      { jwk: ownJwk, kid: 'mine' },
      { kid: url },
    ]) {
      const token = await new SignJWT(decodeJwt(genuine))
        .setProtectedHeader({ ...header(), ...strange })
        .sign(signer);
      expect(await statusOf(token)).toBe(401);
      // Not even with our own signature under it.
      if (!('kid' in strange)) expect(await statusOf(await sign({}, strange))).toBe(401);
    }
    expect(fetched).toBe(0);
    sink.close();
  });

  test.each(['', '../jwt-keys.json', "' or 1=1 --", '__proto__', 'constructor', 'x'.repeat(5_000)])(
    'kid %j is refused',
    async (kid) => {
      expect(await statusOf(await sign({}, { kid }))).toBe(401);
    },
  );

  test('another signature, none, a cut one, another claim under ours: refused', async () => {
    const [head, , signature] = genuine.split('.');
    const other = encode({ ...decodeJwt(genuine), tid: randomUUID() });
    for (const token of [
      `${head}.${other}.${signature}`,
      genuine.slice(0, -10),
      genuine.split('.').slice(0, 2).join('.'),
      `${genuine}.${genuine}`,
      'eyJhbGciOiJub25lIn0.e30.',
    ]) {
      expect(await statusOf(token)).toBe(401);
    }
  });
});

describe('signed with our key', () => {
  test.each(['exp', 'iss', 'aud', 'sub', 'sid', 'role', 'tid'])(
    'without %s it is refused',
    async (claim) => {
      expect(await statusOf(await sign({}, {}, [claim]))).toBe(401);
    },
  );

  test.each([
    ['another issuer', { iss: 'somebody' }, {}],
    ['another audience', { aud: 'another-api' }, {}],
    ['a subject that is no id', { sub: 'owner' }, {}],
    ['a tenant that is no id', { tid: '*' }, {}],
    ['another person', { sub: randomUUID() }, {}],
    ['a session that is not there', { sid: randomUUID() }, {}],
    ['a tenant of somebody else', { tid: randomUUID() }, {}],
    ['another type of token', {}, { typ: 'JWT' }],
    ['a critical extension that nobody knows', {}, { crit: ['exp'] }],
  ])('with %s it is refused', async (_what, claims, headers) => {
    const token = await sign(claims, headers).catch(() => null);
    // What the library will not even sign is put together by hand.
    const { crit } = headers as { crit?: string[] };
    expect(await statusOf(token ?? forge({ crit }, () => genuine.split('.')[2] ?? ''))).toBe(401);
  });

  test('clocks may differ by a minute, and no more', async () => {
    const now = Math.floor(Date.now() / 1_000);
    expect(await statusOf(await sign({ exp: now - 50 }))).toBe(200);
    expect(await statusOf(await sign({ exp: now - 70 }))).toBe(401);
    expect(await statusOf(await sign({ nbf: now + 50 }))).toBe(200);
    expect(await statusOf(await sign({ nbf: now + 70 }))).toBe(401);
  });

  test('the role in it grants nothing: what counts is the membership', async () => {
    const viewer = await server.tokenOf('viewer@lumen.example');
    const { sub, sid, tid } = decodeJwt(viewer);
    const raised = await sign({ sub, sid, tid, role: 'OWNER' });
    const { body } = await server.ask(raised, '{ viewer { role } }');
    expect(body.data.viewer.role).toBe('VIEWER');
  });
});

test('an API key is no JWT, nor the other way around', async () => {
  for (const token of [`tnt_${genuine}`, `${server.apiKey}.a.b`, genuine.replace('ey', 'tnt_')]) {
    expect(await statusOf(token)).toBe(401);
  }
});

import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { afterEach, beforeEach, expect, inject, test } from 'vitest';
import { migrate } from '../../src/db/setup/migrate.ts';
import { operatorUrlFrom, serverUrlFrom } from '../../src/db/setup/serverRole.ts';
import { urlOfDatabase } from '../support/testDatabases.ts';

// Databases that are not the empty one on a laptop.

let url: string;
let cluster: pg.Client;
let name: string;

beforeEach(async () => {
  cluster = new pg.Client({ connectionString: inject('postgres').adminUrl });
  await cluster.connect();
  name = `tenantry_test_${Math.floor(Date.now() / 1000)}_${randomBytes(4).toString('hex')}`;
  await cluster.query(`create database ${name} template template0`);
  url = urlOfDatabase(inject('postgres').adminUrl, name);
});
afterEach(async () => {
  await cluster.query(`drop database if exists ${name} with (force)`);
  await cluster.end();
});

async function query(text: string): Promise<unknown[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query(text)).rows;
  } finally {
    await client.end();
  }
}

test.each(['public', '"Their own"'])(
  'extensions that are installed in %s already are used where they are',
  async (schema) => {
    await query(`create schema if not exists ${schema}; create extension pg_trgm schema ${schema};
      create extension unaccent schema ${schema}; create extension btree_gin schema ${schema};
      create extension fuzzystrmatch schema ${schema};
      grant usage on schema ${schema} to public`);
    await migrate({ url });
    const server = new pg.Client({ connectionString: serverUrlFrom(url) });
    await server.connect();
    // Typo tolerance and accents, as the server asks for them.
    await server.query('begin');
    await server.query('select app.set_tenant(gen_random_uuid())');
    const { rows } = await server.query(
      `select app.fold('CAMIÓN') as folded, (select cardinality(ids) from app.search_products('lamp')) as found`,
    );
    await server.end();
    expect(rows).toEqual([{ folded: 'camion', found: 0 }]);
  },
);

test('a URL without a password derives none, but serves for migrating with a URL for the server', async () => {
  const bare = new URL(url);
  bare.password = '';
  expect(() => serverUrlFrom(bare.href)).toThrow('set APP_DATABASE_URL, or give DATABASE_URL');
  expect(() => operatorUrlFrom(bare.href)).toThrow('set OPERATOR_DATABASE_URL');
  await expect(migrate({ url: bare.href })).rejects.toThrow('set APP_DATABASE_URL');
  // Then nothing is missing but what this cluster, unlike one that trusts its socket, asks for.
  const given = migrate({ url: bare.href, serverUrl: serverUrlFrom(url) });
  await expect(given).rejects.not.toThrow('APP_DATABASE_URL');
});

test('whoever may log in is held by time-outs', async () => {
  const rows = await query(
    `select rolname from pg_roles r where rolcanlogin and rolname like 'tenantry\\_%' and rolname not like '%test%'
     and exists (select from unnest(array['statement_timeout', 'lock_timeout', 'idle_in_transaction_session_timeout']) as wanted
       where not exists (select from pg_db_role_setting s, unnest(s.setconfig) as setting
         where s.setrole = r.oid and setting ~ ('^' || wanted || '=[1-9]')))`,
  );
  expect(rows).toEqual([]);
});

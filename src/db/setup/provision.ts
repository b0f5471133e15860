import pg from 'pg';

export interface ProvisionedUser {
  id: string;
  email: string;
  name: string;
  passwordHash: string;
}

export interface ProvisionedTenant {
  id: string;
  slug: string;
  name: string;
  description: string;
  plan: string;
  createdAt: string;
}

/**
 * Makes tenants and people as the platform's operator: the server's role may do neither. One
 * transaction; what is there already is left alone. Answers e-mail → user id, new or known.
 */
export async function provision(
  operatorUrl: string,
  users: readonly ProvisionedUser[],
  tenants: readonly ProvisionedTenant[],
): Promise<Map<string, string>> {
  const client = new pg.Client({
    connectionString: operatorUrl,
    application_name: 'tenantry provision',
  });
  client.on('error', () => undefined); // the pending query rejects with the same loss
  try {
    await client.connect();
    await client.query('begin');
    for (const { id, email, name, passwordHash } of users) {
      await client.query(
        `insert into app.users (id, email, name, password_hash, email_verified_at)
         values ($1, $2, $3, $4, now()) on conflict (email) do nothing`,
        [id, email, name, passwordHash],
      );
    }
    for (const { id, slug, name, description, plan, createdAt } of tenants) {
      await client.query(
        `insert into app.tenants (id, slug, name, description, plan, status, created_at)
         values ($1, $2, $3, $4, $5, 'ACTIVE', $6)`,
        [id, slug, name, description, plan, createdAt],
      );
      await client.query(
        `insert into app.tenant_routes (kind, key, tenant_id) values ('SLUG', $1, $2)`,
        [slug, id],
      );
    }
    const { rows } = await client.query<{ id: string; email: string }>(
      'select id, email from app.users where email = any($1)',
      [users.map(({ email }) => email)],
    );
    await client.query('commit');
    return new Map(rows.map(({ id, email }) => [email, id]));
  } finally {
    await client.end();
  }
}

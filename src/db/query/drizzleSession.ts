import { entityKind, type Query, type SQL } from 'drizzle-orm';
import {
  PgDatabase,
  PgDialect,
  PgPreparedQuery,
  PgSession,
  PgTransaction,
  type PreparedQueryConfig,
} from 'drizzle-orm/pg-core';
import type { SelectedFieldsOrdered } from 'drizzle-orm/pg-core/query-builders/select.types';
import type {
  NoSchema,
  StatementResult,
  TenantDrizzle,
  TenantResultHKT,
  TenantTransaction,
} from '../transaction.ts';
import { drizzleParser } from '../wire/columnTypes.ts';
import type { StatementRequest } from '../wire/statement.ts';
import { type BindPlan, planBinding } from './bindPlan.ts';
import { readPlainRows } from './plainRows.ts';
import { mapRows } from './rowMapper.ts';

type CustomMapper = (rows: unknown[][]) => unknown;

/** Made once: it holds no state of a connection. */
const dialect = new PgDialect();

/** What Drizzle has built, run through a fenced handle. */
export interface BuiltStatement {
  readonly text: string;
  readonly values: BindPlan;
  readonly fields: SelectedFieldsOrdered | undefined;
  readonly customMapper: CustomMapper | undefined;
  readonly joinsNotNullableMap: Record<string, boolean> | undefined;
}

export function runBuilt(
  tx: TenantTransaction,
  built: BuiltStatement,
  given: Readonly<Record<string, unknown>>,
  { name, light }: Pick<StatementRequest, 'name' | 'light'> = {},
): Promise<unknown> {
  const { text, fields, customMapper } = built;
  const bind = () => built.values(given, tx.tenantId);
  const request = { text, bind, name, light };
  if (fields === undefined && customMapper === undefined) return tx.run(request, readPlainRows);
  return tx.run(request, (result) => {
    if (customMapper === undefined) {
      return mapRows(fields ?? [], result, built.joinsNotNullableMap);
    }
    const parsers = result.fields.map(({ dataTypeID }) => drizzleParser(dataTypeID));
    return customMapper(
      result.rows.map((row) =>
        row.map((text, index) => (text === null ? null : parsers[index]?.(text))),
      ),
    );
  });
}

export class CapturedQuery<T extends PreparedQueryConfig> extends PgPreparedQuery<T> {
  static override readonly [entityKind]: string = 'TenantryQuery';
  readonly #tx: TenantTransaction | undefined;
  readonly #fields: SelectedFieldsOrdered | undefined;
  readonly #customMapper: CustomMapper | undefined;
  /** Set by Drizzle's select builder after prepareQuery(). */
  joinsNotNullableMap?: Record<string, boolean>;

  constructor(
    tx: TenantTransaction | undefined,
    query: Query,
    fields: SelectedFieldsOrdered | undefined,
    customMapper: CustomMapper | undefined,
  ) {
    // No cache, ever: its key would not contain the tenant.
    super(query, undefined, undefined);
    this.#tx = tx;
    this.#fields = fields;
    this.#customMapper = customMapper;
  }

  get built(): BuiltStatement {
    return {
      text: this.query.sql,
      values: planBinding(this.query.params),
      fields: this.#fields,
      customMapper: this.#customMapper,
      joinsNotNullableMap: this.joinsNotNullableMap,
    };
  }

  override execute(placeholders: Record<string, unknown> = {}): Promise<T['execute']> {
    if (this.#tx === undefined)
      return Promise.reject(new Error('A template is only built, never executed.'));
    const answer = runBuilt(this.#tx, this.built, placeholders);
    answer.catch(() => undefined);
    return answer;
  }

  /** Drizzle calls it although its types leave it out. */
  isResponseInArrayMode(): boolean {
    return this.#fields !== undefined;
  }
}

class TenantSession extends PgSession<TenantResultHKT, NoSchema, NoSchema> {
  static override readonly [entityKind]: string = 'TenantrySession';
  readonly #tx: TenantTransaction | undefined;

  constructor(tx: TenantTransaction | undefined) {
    super(dialect);
    this.#tx = tx;
  }

  override prepareQuery<T extends PreparedQueryConfig>(
    query: Query,
    fields: SelectedFieldsOrdered | undefined,
    _name: string | undefined,
    _isResponseInArrayMode: boolean,
    customResultMapper?: (rows: unknown[][]) => T['execute'],
  ): PgPreparedQuery<T> {
    return new CapturedQuery<T>(this.#tx, query, fields, customResultMapper);
  }

  override transaction<T>(
    work: (tx: PgTransaction<TenantResultHKT, NoSchema, NoSchema>) => Promise<T>,
  ): Promise<T> {
    if (this.#tx === undefined)
      return Promise.reject(new Error('A template is only built, never executed.'));
    return this.#tx.savepoint((inner) =>
      work(new TenantDrizzleTransaction(new TenantSession(inner))),
    );
  }

  override async count(query: SQL): Promise<number> {
    const { rows } = await this.execute<StatementResult<{ count: number }>>(query);
    return Number(rows[0]?.count);
  }
}

class TenantDrizzleTransaction extends PgTransaction<TenantResultHKT, NoSchema, NoSchema> {
  static override readonly [entityKind]: string = 'TenantryTransaction';
  readonly #session: TenantSession;

  constructor(session: TenantSession) {
    super(dialect, session, undefined);
    this.#session = session;
  }

  override transaction<T>(
    work: (tx: PgTransaction<TenantResultHKT, NoSchema, NoSchema>) => Promise<T>,
  ): Promise<T> {
    return this.#session.transaction(work);
  }
}

/** Drizzle over one frame. Cheap enough (microseconds) to be made for each. */
export function createTenantDrizzle(tx: TenantTransaction): TenantDrizzle {
  return new PgDatabase(dialect, new TenantSession(tx), undefined);
}

/** Drizzle that only builds; executing anything on it rejects. */
export function createTemplateDrizzle(): TenantDrizzle {
  return new PgDatabase(dialect, new TenantSession(undefined), undefined);
}

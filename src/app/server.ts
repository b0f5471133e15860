import { accessTokens } from '../auth/accessToken.ts';
import { createAttempts } from '../auth/attempts.ts';
import { createAuthenticator } from '../auth/authenticate.ts';
import { listMemberships } from '../auth/lookups.ts';
import { createPasswordChanges } from '../auth/passwordChanges.ts';
import { createPlanCatalogue } from '../auth/planCatalogue.ts';
import type { Principal } from '../auth/principal.ts';
import { createRegistration } from '../auth/registration.ts';
import { createSessions } from '../auth/sessions.ts';
import { createSignIn } from '../auth/signIn.ts';
import type { SigningKeys } from '../auth/signingKeys.ts';
import { createTxtLookup } from '../clients/dns.ts';
import type { Config } from '../config.ts';
import type { Database } from '../db/database.ts';
import { accountPageRoutes } from './account/pages.ts';
import { startPlanChanges } from './applyPlanChanges.ts';
import { loadPersistedDocuments } from './documents/persistedDocuments.ts';
import { drainable } from './drain.ts';
import { auditExportRoutes } from './exports/auditExport.ts';
import { createClientReader } from './forwarded.ts';
import { createGraphiQL } from './graphiql/page.ts';
import { createHttpHandler } from './http.ts';
import { createLeanPath } from './leanPath.ts';
import { openLimits } from './limits/openLimits.ts';
import { createQuotaLeases } from './limits/quotaLeases.ts';
import { createHttpServer, listen } from './listen.ts';
import { listenIdentityChanges } from './listenIdentityChanges.ts';
import type { Logger } from './logger.ts';
import type { MailWorker } from './mailWorker.ts';
import { openOperators } from './openOperators.ts';
import { operationExecutor } from './operationPlugin.ts';
import { createOperatorEndpoint, type OperatorEndpoint } from './operator/endpoint.ts';
import { outboxRoutes } from './outbox.ts';
import { probeRoutes } from './probes.ts';
import { purgeTenants } from './purgeTenants.ts';
import { recordKeyUse } from './recordKeyUse.ts';
import { recordSignIns } from './recordSignIns.ts';
import { isPlainLoopback } from './reply.ts';
import { buildSchema } from './schema.ts';
import { requireIsolation, requireMigrated, signingKeys } from './startConditions.ts';
import { startSweeping } from './sweep.ts';
import { createTenantRoutes, readSelectors } from './tenantSelection.ts';
import type { Workplace } from './workplace.ts';
import { createGraphQLServer } from './yoga.ts';

export interface RunningServer {
  readonly url: string;
  /** Stops taking requests, lets those under way finish, writes what is counted. */
  close(): Promise<void>;
}

/**
 * Serves the API on `config.host` and `config.port`. Refuses (UnsafeDatabase) a database that was not
 * migrated to this version, or where anything could get around row-level security. Servers of one
 * process may share a `schema`: nothing writes to it.
 */
export async function startServer(
  config: Config,
  workplace: Workplace,
  logger: Logger,
  schema = buildSchema(),
): Promise<RunningServer> {
  const { database } = workplace;
  await requireMigrated(workplace);
  await requireIsolation(workplace);
  const keys = await signingKeys(config);
  const documents = await loadPersistedDocuments(config, schema);
  const operators = await serveOperators(config, workplace, keys, logger);
  const tokens = accessTokens(keys, config.accessTokenSeconds);
  const authenticator = createAuthenticator(database, tokens);
  const tenantRoutes = createTenantRoutes(database);
  const mailWorker = await startMail(config, database, logger);
  const planCatalogue = createPlanCatalogue(database);
  const limits = await openLimits(schema, database, planCatalogue, config, logger);
  const quotaLeases = createQuotaLeases(database, (error) => {
    logger.warn({ err: error }, 'units of a meter could not be leased or given back yet');
  });
  const listener = await listenIdentityChanges(
    workplace.serverUrl,
    (id) => {
      quotaLeases.recall(id);
      authenticator.forget(id);
      tenantRoutes.forget(id);
    },
    () => mailWorker?.wake(),
    (payload) => limits.recall(payload),
    logger,
  );
  const keyUse = recordKeyUse(database, logger);
  const sweeping = startSweeping(database, logger);
  const onAnswered = (principal: Principal): void => {
    keyUse.note(principal);
  };
  const journal = recordSignIns(database);
  const attempts = createAttempts(database);
  const signIn = createSignIn(database, tokens, attempts, journal);
  const purger = purgeTenants(database, logger);
  const planChanges = startPlanChanges(database, logger);
  const graphiql = config.graphiql
    ? createGraphiQL(config.demoIdentities ? { signIn, database, dataDir: config.dataDir } : null)
    : null;
  const { baseDomain, corsOrigins } = config;
  const readClient = createClientReader(config.trustedProxies, config.forwardedHeader);
  let url = '';
  // PORT 0 is any free one, which is known before the first request.
  const publicUrl = () => config.publicUrl.replace(/:0$/, () => `:${new URL(url).port}`);
  const execute = operationExecutor(
    {
      database,
      signIn,
      registration: createRegistration(database, attempts, publicUrl),
      passwords: createPasswordChanges(database, attempts, publicUrl),
      sessions: createSessions(database, tokens, attempts, journal),
      attempts,
      publicUrl,
      // Of a few connections none can be spared.
      mostAtOnce: config.poolSize < 4 ? config.poolSize : Math.floor(config.poolSize * 0.8),
      readLimits: limits.read,
      quotaLeases,
      planCatalogue,
      listMemberships: (userId) => listMemberships(database, userId),
      deleteGraceDays: config.deleteGraceDays,
      baseDomain: config.baseDomain,
      lookUpTxt: createTxtLookup(config.dnsServers),
      maximumCost: config.maximumCost,
    },
    limits.admit,
    onAnswered,
  );
  const graphql = createGraphQLServer({
    ...{ schema, endpoint: '/graphql', execute, logger, documents },
  });
  const handler = createHttpHandler({
    routes: new Map([
      ...probeRoutes(workplace, keys),
      ...(graphiql?.routes ?? []),
      ...accountPageRoutes(),
      ...(config.demoIdentities ? outboxRoutes(database) : []),
      ...(operators?.routes ?? []),
      ...auditExportRoutes({
        ...{ database, authenticator, tenantRoutes, planCatalogue, corsOrigins, onAnswered },
        admitRequest: limits.admitRequest,
        readSelectors: (request) =>
          readSelectors(request, null, readClient(request).host, baseDomain),
      }),
    ]),
    graphql,
    answerLean: createLeanPath(graphql, schema, execute, documents),
    graphiql: graphiql?.page ?? null,
    authenticator,
    readClient,
    tenantRoutes,
    baseDomain,
    corsOrigins,
    secureCookies: !isPlainLoopback(config.publicUrl),
    requestMaxBytes: config.requestMaxBytes,
    uploadMaxBytes: config.uploadMaxBytes,
    logger,
  });
  const server = createHttpServer((request, response) => void handler(request, response));
  const drain = drainable(server);
  const closeWriters = async (): Promise<void> => {
    await purger.close();
    await limits.close();
    await quotaLeases.close();
    await planChanges.close();
    await keyUse.close();
    await sweeping.close();
    await listener.close();
    await operators?.close();
  };
  try {
    url = await listen(server, config);
    return {
      url,
      async close() {
        // Beside each other: both may wait, and whoever stops us waits 30 s.
        await Promise.all([drain(), mailWorker?.close()]);
        await closeWriters();
      },
    };
  } catch (error) {
    // A connection left open would keep an embedded Postgres running behind a start that failed.
    await mailWorker?.close();
    await closeWriters();
    throw error;
  }
}

/** null: there is nowhere to send it, and it stays in the outbox. */
async function startMail(
  { smtpUrl, mailFrom, environment }: Config,
  database: Database,
  logger: Logger,
): Promise<MailWorker | null> {
  if (smtpUrl !== undefined) {
    const { openMailClient } = await import('../clients/mail.ts');
    const { startMailWorker } = await import('./mailWorker.ts');
    return startMailWorker(database, openMailClient(smtpUrl, mailFrom), logger);
  }
  if (environment === 'production') {
    logger.warn('SMTP_URL is not set: no mail is sent, so nobody can register or reset a password');
  }
  return null;
}

/** Where the role tenantry_operator is at hand: in production only by its own URL. */
async function serveOperators(
  config: Config,
  { database: serving, operatorUrl }: Workplace,
  keys: SigningKeys,
  logger: Logger,
): Promise<OperatorEndpoint | null> {
  const url = config.environment === 'production' ? config.operatorUrl : operatorUrl;
  if (url === undefined) return null;
  const { accessTokenSeconds: tokenSeconds, requestMaxBytes, maximumCost } = config;
  const database = openOperators(url, config, logger);
  try {
    return await createOperatorEndpoint({
      database,
      serving,
      keys,
      tokenSeconds,
      requestMaxBytes,
      maximumCost,
      logger,
    });
  } catch (error) {
    await database.close();
    throw error;
  }
}

import type { IncomingMessage, ServerResponse } from 'node:http';
import { pipeline } from 'node:stream/promises';
import type { Authenticator } from '../../auth/authenticate.ts';
import { featureGate, passes } from '../../auth/gates.ts';
import type { ReadPlanCatalogue } from '../../auth/planCatalogue.ts';
import type { Principal } from '../../auth/principal.ts';
import { forbidden, forbiddenByPlan } from '../../auth/refusals.ts';
import type { Database } from '../../db/database.ts';
import type { AuditEvent } from '../../features/audit/audit.queries.ts';
import { auditLine, exportAudit, type Period } from '../../features/audit/exportAudit.ts';
import { PublicError } from '../../lib/errors.ts';
import { ClientHangUp } from '../clientHangUp.ts';
import { allowOrigin, answerOptions } from '../cors.ts';
import type { HttpRoutes } from '../http.ts';
import { identify } from '../identify.ts';
import type { AdmitRequest } from '../limits/admission.ts';
import type { LimitedCall } from '../limits/fieldLimits.ts';
import { HttpReply } from '../reply.ts';
import { enterTenant, type Selector, type TenantRoutes } from '../tenantSelection.ts';

interface AuditExportOptions {
  readonly database: Database;
  readonly authenticator: Authenticator;
  /** What else than its credential names a business in a request. */
  readonly readSelectors: (request: IncomingMessage) => readonly Selector[];
  readonly tenantRoutes: TenantRoutes;
  readonly planCatalogue: ReadPlanCatalogue;
  readonly corsOrigins: readonly string[];
  /** Counts it as one request of the tenant. */
  readonly admitRequest: AdmitRequest;
  readonly onAnswered: (principal: Principal) => void;
}

/** An export may be the whole log, page after page. */
const exportCall: LimitedCall = {
  coordinate: 'GET /exports/audit.jsonl',
  calls: 1,
  rateLimit: { limit: 60, window: 3_600, per: 'TENANT' },
};

/** A client that takes nothing for so long is gone, or might as well be. */
const stalledMilliseconds = 60_000;

const gate = featureGate('AUDIT_EXPORT');

/** The export, for pages of other origins too where CORS_ORIGINS names them. */
export function auditExportRoutes(options: AuditExportOptions): HttpRoutes['routes'] {
  return new Map([
    ['GET /exports/audit.jsonl', auditExport(options)],
    [
      'OPTIONS /exports/audit.jsonl',
      (request, response) => {
        allowOrigin(request, response, options.corsOrigins);
        answerOptions(request, response);
      },
    ],
  ]);
}

/**
 * `GET /exports/audit.jsonl?from=…&until=…`: the tenant's audit log as JSON lines. It takes one page at
 * a time from the database, and none before the client has taken the last. What breaks half-way breaks
 * the transfer, which a client notices: there is no end of the chunked body.
 */
function auditExport(options: AuditExportOptions) {
  const { database, authenticator, admitRequest, onAnswered, corsOrigins } = options;

  /** Refuses a request that names another business than its credential is for, too. */
  async function requireReader(request: IncomingMessage): Promise<Principal> {
    const caller = await identify(authenticator, request);
    const { principal } = await enterTenant(options, caller, options.readSelectors(request));
    if (principal === null) {
      throw new PublicError(
        'UNAUTHENTICATED',
        'Sign in to a business or send an API key: "Authorization: Bearer …".',
      );
    }
    if (!principal.permissions.has('audit:read')) throw forbidden(principal, 'audit:read');
    if (passes(principal, gate)) return principal;
    const { plans } = await options.planCatalogue();
    throw forbiddenByPlan(principal, gate, plans);
  }

  /** Before each page whoever asked is asked for their right again. */
  async function* linesOf(pages: AsyncIterable<AuditEvent[]>, request: IncomingMessage) {
    for await (const page of pages) {
      yield page.map(auditLine).join('');
      await requireReader(request);
    }
  }

  return async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const signal = new ClientHangUp();
    response.once('close', () => {
      if (!response.writableFinished) signal.fire();
    });
    allowOrigin(request, response, options.corsOrigins);
    const reader = await requireReader(request);
    const { tenantId, tenantSlug } = reader;
    const { searchParams } = new URL(request.url ?? '/', 'http://localhost');
    const pages = exportAudit(
      (work) => database.withTenant(tenantId, { mode: 'read', signal }, work),
      readPeriod(searchParams),
    );
    const lines = linesOf(pages, request);
    const reply = new HttpReply(request, response, { corsOrigins, secureCookies: false });
    const admission = await admitRequest(exportCall, reader, reply, signal);
    // The first before any header: until then a failure is an answer of its own.
    const first = await lines.next().catch((error: unknown) => {
      admission.cancel();
      throw error;
    });
    admission.settle();
    onAnswered(reader);
    response.setHeader('Content-Type', 'application/jsonl; charset=utf-8');
    response.setHeader('Content-Disposition', `attachment; filename="audit-${tenantSlug}.jsonl"`);
    response.setHeader('Cache-Control', 'no-store');
    response.setTimeout(stalledMilliseconds, () => response.destroy());
    if (request.method === 'HEAD' || first.done) {
      response.end();
      return;
    }
    response.write(first.value);
    try {
      await pipeline(lines, response);
    } catch (error) {
      if (!signal.aborted) throw error;
    }
  };
}

const moment = /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d{1,3})?)?(Z|[+-]\d\d:\d\d))?$/;

function readPeriod(parameters: URLSearchParams): Period {
  for (const name of parameters.keys()) {
    if (['from', 'until', 'tenant'].includes(name)) continue;
    // A typing error would silently export everything.
    throw new PublicError('BAD_USER_INPUT', 'The parameters are "from" and "until".');
  }
  return { from: readMoment(parameters, 'from'), until: readMoment(parameters, 'until') };
}

function readMoment(parameters: URLSearchParams, name: 'from' | 'until'): Date | null {
  const [text, second] = parameters.getAll(name);
  if (text === undefined) return null;
  const at = new Date(text);
  if (second === undefined && moment.test(text) && !Number.isNaN(at.getTime())) return at;
  throw new PublicError(
    'BAD_USER_INPUT',
    `"${name}" is expected once, as a date or a moment: 2026-01-31 or 2026-01-31T09:30:00Z.`,
  );
}

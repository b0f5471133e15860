import type { IncomingMessage, ServerResponse } from 'node:http';
import { type OutboxMail, readOutbox } from '../auth/mailQueue.ts';
import type { Database } from '../db/database.ts';
import { PublicError } from '../lib/errors.ts';
import { escapeHtml } from './escapeHtml.ts';
import { isLocalRequest, isSameOrigin } from './graphiql/localRequest.ts';
import type { HttpRoutes } from './http.ts';

const howMany = 100;

/**
 * `GET /outbox`: the latest mails, for a browser on this very machine, or as JSON for who accepts
 * nothing else. Only in development: whoever reads a mail can take over the account that it is for.
 */
export function outboxRoutes(database: Database): HttpRoutes['routes'] {
  return new Map([
    [
      'GET /outbox',
      async (request: IncomingMessage, response: ServerResponse) => {
        if (!isLocalRequest(request) || !(isSameOrigin(request) || isVisit(request))) {
          throw new PublicError(
            'FORBIDDEN',
            'The outbox is for this machine only: open http://localhost with the port, without a proxy.',
          );
        }
        const mails = await readOutbox(database, howMany);
        response.setHeader('Cache-Control', 'no-store');
        response.setHeader('Referrer-Policy', 'no-referrer');
        if (!(request.headers.accept ?? '').includes('text/html')) {
          response.setHeader('Content-Type', 'application/json; charset=utf-8');
          response.end(JSON.stringify(mails.map(shown)));
          return;
        }
        response.setHeader('Content-Type', 'text/html; charset=utf-8');
        response.setHeader(
          'Content-Security-Policy',
          "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
        );
        response.end(page(mails));
      },
    ],
  ]);
}

/** The address typed in, or a bookmark: no page of a foreign site can read what comes of it. */
const isVisit = (request: IncomingMessage): boolean =>
  request.headers['sec-fetch-mode'] === 'navigate' &&
  request.headers['sec-fetch-dest'] === 'document';

/** A mail as this page and the command line show it. */
export function shown(mail: OutboxMail) {
  return {
    id: mail.id,
    to: mail.recipient,
    subject: mail.subject,
    text: mail.body,
    queuedAt: mail.created_at,
    state: stateOf(mail),
    error: mail.last_error,
  };
}

function stateOf({ sent_at: sent, failed_at: failed, attempts }: OutboxMail): string {
  if (sent !== null) return 'SENT';
  if (failed !== null) return 'GIVEN_UP';
  return attempts === 0 ? 'QUEUED' : 'RETRYING';
}

function page(mails: readonly OutboxMail[]): string {
  const items = mails.map(shown).map(
    ({ to, subject, text, queuedAt, state, error }) => `<article>
<h2>${escapeHtml(subject)}</h2>
<p>to ${escapeHtml(to)}, ${queuedAt.toISOString()}, ${state.toLowerCase().replace('_', ' ')}${error === null ? '' : `: ${escapeHtml(error)}`}</p>
<pre>${text === null ? '(erased)' : withLinks(escapeHtml(text))}</pre>
</article>`,
  );
  return `<!doctype html>
<html lang="en"><meta charset="utf-8"><title>Outbox</title>
<style>body{font:16px/1.5 system-ui;max-width:50rem;margin:2rem auto;padding:0 1rem}
pre{white-space:pre-wrap;overflow-wrap:anywhere;background:#8881;padding:1rem}h2{font-size:1.1rem;margin:2rem 0 0}p{margin:0;opacity:.7}</style>
<h1>Outbox</h1>
<p>Mail that this server has queued, the newest first. Set SMTP_URL to send it.</p>
${items.length === 0 ? '<p>There is none yet.</p>' : items.join('\n')}
</html>
`;
}

const withLinks = (html: string): string =>
  html.replaceAll(
    /https?:\/\/[^\s<]*[^\s<:.,]/g,
    (url) => `<a href="${url}" rel="noreferrer">${url}</a>`,
  );

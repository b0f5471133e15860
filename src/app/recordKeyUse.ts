import { LRUCache } from 'lru-cache';
import type { Principal } from '../auth/principal.ts';
import type { Database } from '../db/database.ts';
import { markUsed } from '../features/apiKeys/apiKeys.queries.ts';
import type { Logger } from './logger.ts';

export interface KeyUseRecorder {
  note(principal: Principal): void;
  /** Writes what is still in memory. */
  close(): Promise<void>;
}

const flushMilliseconds = 1_000;
/** Nobody asks to the second when a key was used, and each write is a new version of its row. */
const noteEveryMilliseconds = 60_000;

/**
 * Writes down when API keys were last used: after the answers, in one statement a tenant and second,
 * each key once a minute. A server that stops in order loses nothing; one that crashes loses the uses
 * of at most its last second (and those of the minute before are as old as they are written).
 */
export function recordKeyUse(database: Database, logger: Logger): KeyUseRecorder {
  /** Tenant → key → when. */
  let pending = new Map<string, Map<string, string>>();
  const noted = new LRUCache<string, true>({ max: 10_000, ttl: noteEveryMilliseconds });

  async function flush(): Promise<void> {
    const batch = pending;
    pending = new Map();
    for (const [tenantId, uses] of batch) {
      try {
        await database.withTenant(tenantId, { mode: 'write' }, (tx) => markUsed(tx, [...uses]));
      } catch (error) {
        // Its next use is noted again; until then the key looks unused for longer than it was.
        for (const id of uses.keys()) noted.delete(id);
        logger.warn({ err: error, tenantId }, 'the use of keys could not be written down');
      }
    }
  }

  let running = Promise.resolve();
  const timer = setInterval(() => {
    running = running.then(flush);
  }, flushMilliseconds);
  timer.unref();

  return {
    note(principal) {
      if (principal.kind !== 'API_KEY' || noted.has(principal.apiKeyId)) return;
      const { tenantId, apiKeyId } = principal;
      noted.set(apiKeyId, true);
      const uses = pending.get(tenantId) ?? new Map<string, string>();
      pending.set(tenantId, uses.set(apiKeyId, new Date().toISOString()));
    },
    async close() {
      clearInterval(timer);
      await running;
      await flush();
    },
  };
}

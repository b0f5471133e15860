import type { RequestFacts } from '../auth/principal.ts';
import type { Entrant, SignInJournal } from '../auth/signInJournal.ts';
import type { Database } from '../db/database.ts';
import { recordAudit } from '../features/audit/audit.ts';
import type { Logger } from './logger.ts';

/** Whoever tried a password that is not theirs is nobody we know. */
const somebody = { kind: 'SYSTEM', id: null, name: 'Somebody', memberId: null } as const;

/**
 * Writes sign-ins to the audit log of the business that they were for. No operation of the caller's
 * holds them: a refused one is rolled back, and has no tenant before it succeeds.
 */
export function recordSignIns(
  database: Database,
  logger: Logger,
): SignInJournal & { close(): Promise<void> } {
  const underWay = new Set<Promise<void>>();
  async function record(
    action: string,
    { userId, name, membership }: Entrant,
    facts: RequestFacts,
  ): Promise<void> {
    const { tenant_id: tenantId, member_id: memberId } = membership;
    await database.withTenant(tenantId, { mode: 'write' }, (tx) =>
      recordAudit(
        tx,
        { kind: 'USER', id: userId, name, memberId, permissions: new Set(), ...facts },
        { action, targetType: 'Member', targetId: memberId },
      ),
    );
  }
  return {
    succeeded: (who, facts) => record('member.signedIn', who, facts),
    switched: (who, facts) => record('member.switchedHere', who, facts),

    // Not waited for: only for people who exist is there anything to write, and nobody may tell that
    // from the time of the answer. A crash in between loses the event; a stop in order does not.
    failed(findMembership, facts) {
      const written = (async () => {
        const membership = await findMembership();
        if (membership === undefined) return;
        await database.withTenant(membership.tenant_id, { mode: 'write' }, (tx) =>
          recordAudit(
            tx,
            { ...somebody, permissions: new Set(), ...facts },
            {
              action: 'member.signInFailed',
              targetType: 'Member',
              targetId: membership.member_id,
            },
          ),
        );
      })().catch((error: unknown) => {
        logger.error({ requestId: facts.requestId, err: error }, 'a failed sign-in is not audited');
      });
      underWay.add(written);
      void written.then(() => underWay.delete(written));
    },

    async close() {
      await Promise.all(underWay);
    },
  };
}

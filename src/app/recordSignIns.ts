import type { RequestFacts } from '../auth/principal.ts';
import type { Entrant, SignInJournal } from '../auth/signInJournal.ts';
import type { Database } from '../db/database.ts';
import { recordAudit } from '../features/audit/audit.ts';

/**
 * Writes sign-ins to the audit log of the business that they were for. No operation of the caller's
 * holds them: a refused one is rolled back, and has no tenant before it succeeds.
 */
export function recordSignIns(database: Database): SignInJournal {
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
  };
}

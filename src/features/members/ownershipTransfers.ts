import { queueMail } from '../../auth/mailQueue.ts';
import type { Actor, Person, RequestFacts } from '../../auth/principal.ts';
import type { TenantTransaction } from '../../db/database.ts';
import { refuse } from '../../lib/errors.ts';
import { newId } from '../../lib/ids.ts';
import { recordAudit } from '../audit/audit.ts';
import { lockActing } from './acting.ts';
import { giveRole, lockOwn } from './memberChanges.ts';
import { transferAcceptedMail, transferOfferMail } from './memberMails.ts';
import { lockMember } from './members.queries.ts';
import {
  closeTransfer,
  findOpenTransfer,
  insertTransfer,
  type OwnershipTransfer,
} from './ownershipTransfers.queries.ts';

const transferSeconds = 7 * 86_400;

/**
 * Offers to hand the business over: nothing changes before the other has accepted. Refuses with
 * ROLE_TOO_LOW, NOT_FOUND, YOURSELF, ALREADY_OWNER or TRANSFER_PENDING.
 */
export async function startTransfer(
  tx: TenantTransaction,
  actor: Actor,
  memberId: string,
  publicUrl: string,
): Promise<OwnershipTransfer> {
  const at = ['input', 'memberId'];
  const { tenant, acting } = await lockActing(tx, actor, 'OWNER');
  const [heir] = await lockMember(tx, { id: memberId });
  if (heir === undefined) refuse('NOT_FOUND', at, 'There is no member with this id.');
  if (heir.id === acting.id) refuse('YOURSELF', at, 'You are an owner already.');
  if (heir.role === 'OWNER') refuse('ALREADY_OWNER', at, 'They are an owner already.');
  const [pending] = await findOpenTransfer(tx);
  if (pending !== undefined) {
    refuse('TRANSFER_PENDING', null, 'Another waits to be accepted; cancel it first.');
  }
  await closeTransfer(tx);
  const [transfer] = await insertTransfer(tx, {
    ...{ id: newId(), fromId: acting.id, toId: heir.id, seconds: transferSeconds },
  });
  if (transfer === undefined) throw new Error('INSERT … RETURNING gave no row');
  const names = { business: tenant.name, slug: tenant.slug, owner: acting.name };
  await Promise.all([
    queueMail(tx, { to: heir.email, ...transferOfferMail(publicUrl, names) }),
    recordAudit(tx, actor, {
      action: 'ownership.transferStarted',
      targetType: 'Member',
      targetId: heir.id,
      after: { email: heir.email, expiresAt: transfer.expiresAt },
    }),
  ]);
  return transfer;
}

/**
 * The one who was offered it becomes an owner, the one who offered it an admin, together. Refuses with
 * NOT_FOUND who was offered nothing, and SUSPENDED.
 */
export async function acceptTransfer(
  tx: TenantTransaction,
  person: Person,
  facts: RequestFacts,
): Promise<void> {
  const { tenant, member, actor } = await lockOwn(tx, person, facts);
  const [transfer] = await findOpenTransfer(tx);
  const [giver] = transfer === undefined ? [] : await lockMember(tx, { id: transfer.fromId });
  if (transfer?.toId !== member.id || giver?.role !== 'OWNER') return refuseTransfer();
  await closeTransfer(tx);
  await giveRole(tx, actor, member, 'OWNER');
  await giveRole(tx, actor, giver, 'ADMIN');
  await Promise.all([
    queueMail(tx, { to: giver.email, ...transferAcceptedMail(tenant.name, member.name) }),
    recordAudit(tx, actor, {
      action: 'ownership.transferred',
      targetType: 'Member',
      targetId: member.id,
      before: { owner: giver.email },
      after: { owner: member.email },
    }),
  ]);
}

/** Any owner takes an offer back, or who was offered it declines. Refuses with NOT_FOUND or SUSPENDED. */
export async function cancelTransfer(
  tx: TenantTransaction,
  person: Person,
  facts: RequestFacts,
): Promise<void> {
  const { member, actor } = await lockOwn(tx, person, facts);
  const [transfer] = await findOpenTransfer(tx);
  if (transfer === undefined) return refuseTransfer();
  if (member.role !== 'OWNER' && transfer.toId !== member.id) return refuseTransfer();
  await closeTransfer(tx);
  await recordAudit(tx, actor, {
    action:
      transfer.toId === member.id ? 'ownership.transferDeclined' : 'ownership.transferCancelled',
    targetType: 'Member',
    targetId: transfer.toId,
  });
}

function refuseTransfer(): never {
  refuse('NOT_FOUND', null, 'There is no ownership transfer that waits for you.');
}

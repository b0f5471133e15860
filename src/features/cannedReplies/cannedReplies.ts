import type { Actor } from '../../auth/principal.ts';
import type { TenantTransaction } from '../../db/database.ts';
import { onConstraint } from '../../db/query/constraints.ts';
import { refuse } from '../../lib/errors.ts';
import { newId } from '../../lib/ids.ts';
import { commonErrorCodes, Findings } from '../../lib/validation.ts';
import { changedFields, recordAudit } from '../audit/audit.ts';
import {
  type CannedReply,
  deleteCannedReply,
  insertCannedReply,
  lockCannedReply,
  updateCannedReply,
} from './cannedReplies.queries.ts';

export const cannedReplyErrorCodes = {
  ...commonErrorCodes,
  SHORTCUT_TAKEN: 'Another canned reply has this shortcut.',
} as const;

export interface CannedReplyFields {
  shortcut: string;
  body: string;
}

/** Refuses with SHORTCUT_TAKEN, or what is wrong with its fields. */
export async function createCannedReply(
  tx: TenantTransaction,
  actor: Actor,
  fields: CannedReplyFields,
): Promise<CannedReply> {
  check(fields);
  const id = newId();
  const [reply] = await refusingDoubles(
    Promise.all([
      insertCannedReply(tx, { ...fields, tenantId: tx.tenantId, id }),
      recordAudit(tx, actor, {
        action: 'cannedReply.created',
        targetType: 'CannedReply',
        targetId: id,
        after: { ...fields },
      }),
    ]),
  );
  return reply;
}

/** Changes the fields that are given. Refuses with NOT_FOUND, or as createCannedReply does. */
export async function changeCannedReply(
  tx: TenantTransaction,
  actor: Actor,
  id: string,
  fields: { shortcut?: string | null | undefined; body?: string | null | undefined },
): Promise<CannedReply> {
  check(fields);
  const [before] = await lockCannedReply(tx, { id });
  if (before === undefined) notFound();
  const columns = {
    shortcut: fields.shortcut ?? before.shortcut,
    body: fields.body ?? before.body,
  };
  const changes = changedFields(before, columns);
  if (Object.keys(changes.after).length === 0) return before;
  const [reply] = await refusingDoubles(
    Promise.all([
      updateCannedReply(tx, id, columns),
      recordAudit(tx, actor, {
        action: 'cannedReply.updated',
        targetType: 'CannedReply',
        targetId: id,
        ...changes,
      }),
    ]),
  );
  return reply ?? notFound();
}

/** Deletes it for good; what was sent with it stays. Refuses with NOT_FOUND. */
export async function removeCannedReply(
  tx: TenantTransaction,
  actor: Actor,
  id: string,
): Promise<CannedReply> {
  const [reply] = await deleteCannedReply(tx, { id });
  if (reply === undefined) notFound();
  const { shortcut, body } = reply;
  await recordAudit(tx, actor, {
    action: 'cannedReply.deleted',
    targetType: 'CannedReply',
    targetId: id,
    before: { shortcut, body },
  });
  return reply;
}

function check(fields: { shortcut?: string | null | undefined; body?: string | null | undefined }) {
  const findings = new Findings();
  const at = ['input', 'shortcut'];
  findings.expectText(fields.shortcut, { min: 1, max: 50 }, at);
  findings.expect(!/\s/.test(fields.shortcut ?? ''), 'INVALID', at, 'It has no blanks.');
  findings.expectText(fields.body, { min: 1, max: 4096 }, ['input', 'body']);
  findings.settle();
}

function notFound(): never {
  refuse('NOT_FOUND', ['input', 'id'], 'There is no canned reply with this id.');
}

function refusingDoubles<T>(work: Promise<T>): Promise<T> {
  return onConstraint(work, {
    canned_replies_tenant_id_shortcut_key: () =>
      refuse(
        'SHORTCUT_TAKEN',
        ['input', 'shortcut'],
        'Another canned reply has this shortcut; change that one instead.',
      ),
  });
}

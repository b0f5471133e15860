import type { Actor } from '../../auth/principal.ts';
import type { TenantTransaction } from '../../db/database.ts';
import { onConstraint } from '../../db/query/constraints.ts';
import { refuse } from '../../lib/errors.ts';
import { newId } from '../../lib/ids.ts';
import { Findings } from '../../lib/validation.ts';
import { changedFields, recordAudit } from '../audit/audit.ts';
import { lockMemberRole } from '../members/members.queries.ts';
import { useMeter } from '../usage/useMeter.ts';
import {
  type Conversation,
  type ConversationPriority,
  type ConversationStatus,
  insertConversation,
  lockConversation,
  type NewConversation,
  updateConversation,
} from './conversations.queries.ts';

/** What can be said of a conversation; `undefined` leaves a field alone, `null` empties it. */
export interface ConversationFields {
  subject?: string | null | undefined;
  priority?: ConversationPriority | null | undefined;
  labels?: readonly string[] | null | undefined;
  lastIntent?: string | null | undefined;
  externalReference?: string | null | undefined;
}

export interface NewConversationFields extends ConversationFields {
  /** Chosen by the client, so that a repeated call cannot open a second conversation. */
  id?: string | null | undefined;
  customerId: string;
  assigneeId?: string | null | undefined;
}

export interface ConversationChanges extends ConversationFields {
  status?: ConversationStatus | null | undefined;
  snoozedUntil?: Date | null | undefined;
}

/**
 * Opens a conversation with a customer and counts it. Refuses with NOT_FOUND for a customer or an
 * assignee who is not there, NOT_ASSIGNABLE, ID_TAKEN, EXTERNAL_REFERENCE_TAKEN, QUOTA_EXCEEDED, or what is wrong
 * with its fields.
 */
export async function createConversation(
  tx: TenantTransaction,
  actor: Actor,
  fields: NewConversationFields,
): Promise<Conversation> {
  const findings = new Findings();
  checkFields(findings, fields);
  findings.settle();
  if (fields.assigneeId != null) await expectAssignable(tx, fields.assigneeId);
  const row: NewConversation = {
    ...toColumns(fields),
    tenantId: tx.tenantId,
    id: fields.id ?? newId(),
    customerId: fields.customerId,
    assigneeId: fields.assigneeId ?? null,
  };
  const { tenantId: _tenantId, id, ...after } = row;
  const [, conversation] = await refusingConflicts(
    Promise.all([
      useMeter(tx, actor, {
        meter: 'CONVERSATIONS_PER_MONTH',
        amount: 1,
        feature: 'conversationCreate',
      }),
      insertConversation(tx, row),
      audit(tx, actor, 'conversation.created', id, { after }),
    ]),
  );
  return conversation;
}

/**
 * Changes the fields that are given. SNOOZED needs `snoozedUntil`, and every other status ends it; a
 * resolved conversation has nobody waiting. Refuses with NOT_FOUND, or as createConversation does.
 */
export async function changeConversation(
  tx: TenantTransaction,
  actor: Actor,
  id: string,
  fields: ConversationChanges,
): Promise<Conversation> {
  const findings = new Findings();
  checkFields(findings, fields);
  checkStatus(findings, fields);
  findings.settle();
  return change(tx, actor, 'conversation.updated', id, (before) => ({
    ...toColumns(fields),
    ...statusColumns(before, fields),
  }));
}

/** Gives a conversation to a member, or to nobody. Refuses with NOT_FOUND or NOT_ASSIGNABLE. */
export async function assignConversation(
  tx: TenantTransaction,
  actor: Actor,
  id: string,
  assigneeId: string | null,
): Promise<Conversation> {
  if (assigneeId !== null) await expectAssignable(tx, assigneeId);
  return change(tx, actor, 'conversation.assigned', id, () => ({ assigneeId }));
}

/** Everything the customer wrote is read. They go on waiting until they are answered. */
export function markConversationRead(
  tx: TenantTransaction,
  actor: Actor,
  id: string,
): Promise<Conversation> {
  return change(tx, actor, 'conversation.read', id, () => ({ unreadCount: 0 }));
}

async function change(
  tx: TenantTransaction,
  actor: Actor,
  action: string,
  id: string,
  columnsFor: (before: Conversation) => Partial<NewConversation>,
): Promise<Conversation> {
  const [before] = await lockConversation(tx, { id });
  if (before === undefined) notFound();
  const columns = columnsFor(before);
  const changes = changedFields(before, columns as Partial<Conversation>);
  if (Object.keys(changes.after).length === 0) return before;
  const [conversation] = await refusingConflicts(
    Promise.all([updateConversation(tx, id, columns), audit(tx, actor, action, id, changes)]),
  );
  return conversation ?? notFound();
}

async function expectAssignable(tx: TenantTransaction, memberId: string): Promise<void> {
  const field = ['input', 'assigneeId'];
  const [member] = await lockMemberRole(tx, { id: memberId });
  if (member === undefined) refuse('NOT_FOUND', field, 'There is no member with this id.');
  if (member.role === 'VIEWER') {
    refuse('NOT_ASSIGNABLE', field, 'A viewer cannot answer customers; assign somebody else.');
  }
}

function checkFields(findings: Findings, fields: ConversationFields): void {
  findings.expectText(fields.subject, { min: 1, max: 255 }, ['input', 'subject']);
  findings.expectText(fields.lastIntent, { min: 1, max: 100 }, ['input', 'lastIntent']);
  findings.expectText(fields.externalReference, { min: 1, max: 255 }, [
    'input',
    'externalReference',
  ]);
  for (const [index, label] of (fields.labels ?? []).entries()) {
    findings.expectText(label, { min: 1, max: 100 }, ['input', 'labels', String(index)]);
  }
  const labels = fields.labels?.length ?? 0;
  findings.expect(labels <= 100, 'TOO_LONG', ['input', 'labels'], 'At most 100 are possible.');
}

function checkStatus(findings: Findings, { status, snoozedUntil }: ConversationChanges): void {
  const field = ['input', 'snoozedUntil'];
  if (status === 'SNOOZED') {
    const later = snoozedUntil != null && snoozedUntil.getTime() > Date.now();
    findings.expect(later, 'INVALID', field, 'SNOOZED needs a moment in the future.');
  } else {
    findings.expect(
      snoozedUntil == null,
      'INVALID',
      field,
      'It needs "status: SNOOZED" beside it.',
    );
  }
}

function statusColumns(
  before: Conversation,
  { status, snoozedUntil }: ConversationChanges,
): Partial<NewConversation> {
  if (status == null) return {};
  const resolved = status === 'RESOLVED';
  return {
    status,
    snoozedUntil: status === 'SNOOZED' ? (snoozedUntil?.toISOString() ?? null) : null,
    waitingSince: resolved ? null : before.waitingSince,
    unreadCount: resolved ? 0 : before.unreadCount,
  };
}

function toColumns(fields: ConversationFields): Partial<NewConversation> {
  const columns = {
    subject: fields.subject,
    priority: fields.priority ?? undefined,
    labels: fields.labels === null ? [] : fields.labels?.slice(),
    lastIntent: fields.lastIntent,
    externalReference: fields.externalReference,
  };
  return Object.fromEntries(
    Object.entries(columns).filter(([, value]) => value !== undefined),
  ) as Partial<NewConversation>;
}

function audit(
  tx: TenantTransaction,
  actor: Actor,
  action: string,
  targetId: string,
  changes: { before?: Record<string, unknown>; after?: Record<string, unknown> },
): Promise<void> {
  return recordAudit(tx, actor, { action, targetType: 'Conversation', targetId, ...changes });
}

function notFound(): never {
  refuse('NOT_FOUND', ['input', 'id'], 'There is no conversation with this id.');
}

function refusingConflicts<T>(work: Promise<T>): Promise<T> {
  return onConstraint(work, {
    conversations_pkey: () =>
      refuse('ID_TAKEN', ['input', 'id'], 'A conversation has this id already.'),
    conversations_customer_id_fkey: () =>
      refuse('NOT_FOUND', ['input', 'customerId'], 'There is no customer with this id.'),
    conversations_assignee_id_fkey: () =>
      refuse('NOT_FOUND', ['input', 'assigneeId'], 'There is no member with this id.'),
    conversations_tenant_id_external_reference_key: () =>
      refuse(
        'EXTERNAL_REFERENCE_TAKEN',
        ['input', 'externalReference'],
        'Another conversation has this external reference.',
      ),
  });
}

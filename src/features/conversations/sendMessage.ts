import type { Actor } from '../../auth/principal.ts';
import type { TenantTransaction } from '../../db/database.ts';
import { onConstraint } from '../../db/query/constraints.ts';
import { refuse } from '../../lib/errors.ts';
import { newId } from '../../lib/ids.ts';
import { Findings } from '../../lib/validation.ts';
import { recordAudit } from '../audit/audit.ts';
import { useMeter } from '../usage/useMeter.ts';
import { noteRemark, noteReply } from './conversations.queries.ts';
import { insertMessage, type Message } from './messages.queries.ts';

export interface NewMessage {
  /** Chosen by the client, so that a repeated call cannot say it twice. */
  id?: string | null | undefined;
  conversationId: string;
  body: string;
  /** A note for colleagues that the customer never sees. */
  internal: boolean;
  externalReference?: string | null | undefined;
}

const longestPreview = 140;

/**
 * Answers the customer, or leaves a note for colleagues, as the member or the API key who asks. An
 * answer counts towards MESSAGES_PER_DAY, ends the customer's waiting and takes a PENDING
 * conversation from the assistant; a note does none of it. The conversation's row is taken first, so
 * its messages stand in the order in which they were committed. Refuses with NOT_FOUND, ID_TAKEN,
 * EXTERNAL_REFERENCE_TAKEN, QUOTA_EXCEEDED, or what is wrong with its fields.
 */
export async function sendMessage(
  tx: TenantTransaction,
  actor: Actor,
  fields: NewMessage,
): Promise<Message> {
  check(fields);
  const { conversationId, body, internal } = fields;
  const id = fields.id ?? newId();
  const direction = internal ? 'INTERNAL' : 'OUTBOUND';
  const [, , [message]] = await refusingConflicts(
    Promise.all([
      internal
        ? null
        : useMeter(tx, actor, { meter: 'MESSAGES_PER_DAY', amount: 1, feature: 'messageSend' }),
      internal
        ? noteRemark(tx, { id: conversationId })
        : noteReply(tx, { id: conversationId, preview: previewOf(body) }),
      insertMessage(tx, {
        id,
        conversationId,
        direction,
        body,
        authorMemberId: actor.memberId,
        authorApiKeyId: actor.kind === 'API_KEY' ? actor.id : null,
        externalReference: fields.externalReference ?? null,
      }),
      recordAudit(tx, actor, {
        action: 'message.sent',
        targetType: 'Message',
        targetId: id,
        // Not the text: messages never change, and a customer's words must be erasable in one place.
        after: { conversationId, direction },
      }),
    ]),
  );
  if (message === undefined) throw new Error('INSERT … RETURNING gave no row');
  return message;
}

function check({ body, externalReference }: NewMessage): void {
  const findings = new Findings();
  // 4096 characters are what WhatsApp takes in one text message.
  findings.expectText(body, { min: 1, max: 4096 }, ['input', 'body']);
  findings.expectText(externalReference, { min: 1, max: 255 }, ['input', 'externalReference']);
  findings.settle();
}

function previewOf(body: string): string {
  const letters = Array.from(body); // whole characters: half of an emoji is not one
  return letters.length <= longestPreview
    ? body
    : `${letters.slice(0, longestPreview - 1).join('')}…`;
}

function refusingConflicts<T>(work: Promise<T>): Promise<T> {
  return onConstraint(work, {
    messages_pkey: () => refuse('ID_TAKEN', ['input', 'id'], 'A message has this id already.'),
    messages_conversation_id_fkey: () =>
      refuse('NOT_FOUND', ['input', 'conversationId'], 'There is no conversation with this id.'),
    messages_tenant_id_external_reference_key: () =>
      refuse(
        'EXTERNAL_REFERENCE_TAKEN',
        ['input', 'externalReference'],
        'Another message has this external reference.',
      ),
  });
}

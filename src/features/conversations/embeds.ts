import { pageRules } from '../../db/query/keyset.ts';
import { keyOf } from '../../graphql/broughtAlong.ts';
import type { OperationContext } from '../../graphql/context.ts';
import type { Asked, AskedRelation } from '../../graphql/lookAhead.ts';
import { readPage } from '../../lib/pagination.ts';
import {
  type Embeds,
  embedInConversations,
  embedInMessages,
  type Wanted,
} from './embeds.queries.ts';
import { messageOrder } from './messages.queries.ts';

/** By what is asked, and what of it is allowed: to make them anew took 15 µs of a nested page. */
const embeds = new WeakMap<Asked, Map<string, Embeds>>();

/** What a page of conversations brings along for whoever asks. */
export const embedsOf = (asked: Asked, context: OperationContext): Embeds =>
  read(asked, context, embedInConversations);

/** What a page of messages brings along for whoever asks. */
export const embedsOfMessages = (asked: Asked, context: OperationContext): Embeds =>
  read(asked, context, embedInMessages);

function read(
  asked: Asked,
  context: OperationContext,
  embed: (wanted: readonly Wanted[]) => Embeds,
): Embeds {
  if (!asked.isKept) return embed(wantedOf(asked, context));
  let known = embeds.get(asked);
  if (known === undefined) {
    known = new Map();
    embeds.set(asked, known);
  }
  const allowed = allowedOf(asked, context);
  let found = known.get(allowed);
  if (found === undefined) {
    found = embed(wantedOf(asked, context));
    known.set(allowed, found);
  }
  return found;
}

/** A letter for each relation, in their order. */
function allowedOf({ relations }: Asked, context: OperationContext): string {
  let letters = '';
  for (const relation of relations) {
    letters += isAllowed(relation, context) ? '1' : '0';
    letters += allowedOf(relation.asked, context);
  }
  return letters;
}

const isAllowed = ({ checks }: AskedRelation, context: OperationContext): boolean =>
  checks.every((each) => context.allows(each));

/**
 * What the page's statement may bring along: what is allowed, with arguments that are sound. One page
 * in two words (`messages` and `messages(first: 10)`), or behind two cursors, would take each other's
 * place; loaders read them.
 */
function wantedOf(asked: Asked, context: OperationContext): Wanted[] {
  const wanted = asked.relations.flatMap((relation) => readRelation(relation, context));
  const keys = wanted.map(({ relation, page }) => keyOf(relation.name, page));
  return wanted.filter(
    (_, index) => keys.indexOf(keys[index] ?? '') === keys.lastIndexOf(keys[index] ?? ''),
  );
}

function readRelation(relation: AskedRelation, context: OperationContext): Wanted[] {
  if (!isAllowed(relation, context)) return [];
  const inner = wantedOf(relation.asked, context);
  if (relation.name !== 'messages') return [{ relation, inner }];
  try {
    return [{ relation, inner, page: readPage(relation.args, pageRules(messageOrder, 10)) }];
  } catch {
    return []; // the field's own resolver says what is wrong with them
  }
}

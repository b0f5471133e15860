import type { ConversationPriority, ConversationStatus } from '../../db/tables/conversations.ts';
import type { Customer } from './buildCustomers.ts';
import { buildMessages, cutScript } from './buildMessages.ts';
import type { DemoConversation, DemoProduct } from './demoTenant.ts';
import { fillIn, Shelves } from './fillIn.ts';
import { day, minute, momentAt, momentBetween } from './moments.ts';
import type { Random } from './random.ts';
import type { Business, Intent, Script } from './vocabulary.ts';

const labels: Record<Intent, readonly string[]> = {
  availability: ['stock'],
  price: ['sales'],
  delivery: ['shipping'],
  return: ['returns'],
  complaint: ['complaint'],
  opening_hours: [],
  advice: ['sales', 'advice'],
  thanks: ['feedback'],
};

/** Conversations about the given products with the given customers, the latest first. */
export function buildConversations(
  business: Business,
  random: Random,
  now: Date,
  { products, customers }: { products: readonly DemoProduct[]; customers: readonly Customer[] },
): DemoConversation[] {
  const shelves = new Shelves(products);
  const decks = new Map<readonly Script[], Script[]>();
  const writers = customers.flatMap(({ name }, index) => (name === null ? [] : [index]));
  return drawAges(random, business.conversations).map((age, index, { length }) => {
    const customerIndex = random.pick(writers);
    const customer = customers[customerIndex];
    if (customer === undefined) throw new Error(`There is no customer ${customerIndex}.`);
    const { scripts } = business.communities[customer.country];
    const script = drawScript(random, decks, scripts);
    const status = drawStatus(random, index / length);
    const waiting =
      status === 'PENDING' || (status === 'OPEN' && random.chance(age < 3 * day ? 0.75 : 0.25));
    const assignee = drawAssignee(business, random, status);
    const fill = fillIn(business, random, { script, customer, shelves });
    const lines = cutScript(script, { random, resolved: status === 'RESOLVED', waiting });
    const messages = buildMessages(business, random, {
      lines: lines.map((line) => fill(random.choose(line))),
      endsAt: now.getTime() - age,
      assignee,
      assistant: status === 'PENDING',
    });

    const unanswered = waiting ? afterOurLastWord(messages) : [];
    const read = status === 'OPEN' && assignee !== null && random.chance(0.4);
    const last = messages.at(-1);
    const createdAt = messages[0]?.createdAt ?? momentAt(now.getTime());
    const lastMessageAt = last?.createdAt ?? createdAt;
    return {
      customer: customerIndex,
      subject: random.chance(0.9) ? fill(script.subject) : null,
      status,
      priority: drawPriority(random, script.intent, waiting),
      assignee,
      labels: [
        ...labels[script.intent],
        ...(customer.labels.includes(business.customerLabels[0] ?? '') ? ['vip'] : []),
      ],
      snoozedUntil:
        status === 'SNOOZED'
          ? momentBetween(random, now.getTime() + 30 * minute, now.getTime() + 5 * day)
          : null,
      unreadCount: read ? 0 : unanswered.length,
      waitingSince: unanswered[0]?.createdAt ?? null,
      lastIntent: script.intent,
      lastMessageAt,
      lastMessagePreview: toPreview(last?.body ?? ''),
      externalReference: `chat-${String(business.conversations - index).padStart(4, '0')}`,
      createdAt,
      updatedAt: lastMessageAt,
      messages,
    };
  });
}

/** Milliseconds since the last message of each, from minutes to four weeks, more of them recent. */
function drawAges(random: Random, count: number): number[] {
  const ages = Array.from(
    { length: count - 1 },
    () => 6 * minute + random.next() ** 1.6 * 28 * day,
  );
  return [3 * minute, ...ages.toSorted((left, right) => left - right)].map(Math.round);
}

/** Goes through all scripts before any comes again. */
function drawScript(
  random: Random,
  decks: Map<readonly Script[], Script[]>,
  scripts: readonly Script[],
): Script {
  const left = decks.get(scripts) ?? [];
  const deck = left.length > 0 ? left : random.shuffle(scripts);
  const [script = random.pick(scripts), ...rest] = deck;
  decks.set(scripts, rest);
  return script;
}

/** `rank` from 0, the latest and always open, to 1: what is recent is still open, what is old mostly done. */
function drawStatus(random: Random, rank: number): ConversationStatus {
  const [open, pending, snoozed] = rank < 0.3 ? [0.5, 0.7, 0.8] : [0.1, 0.12, 0.22];
  const draw = random.next();
  if (rank === 0 || draw < open) return 'OPEN';
  if (draw < pending) return 'PENDING';
  return draw < snoozed ? 'SNOOZED' : 'RESOLVED';
}

function drawAssignee(
  business: Business,
  random: Random,
  status: ConversationStatus,
): number | null {
  if (status === 'PENDING' || random.chance(0.25)) return null;
  return random.pick(
    business.members.flatMap(({ role }, index) => (role === 'VIEWER' ? [] : [index])),
  );
}

function drawPriority(random: Random, intent: Intent, waiting: boolean): ConversationPriority {
  if (intent === 'complaint') return waiting && random.chance(0.5) ? 'URGENT' : 'HIGH';
  if (intent === 'thanks' || intent === 'opening_hours') return 'LOW';
  return intent === 'delivery' && random.chance(0.3) ? 'HIGH' : 'NORMAL';
}

function afterOurLastWord(messages: DemoConversation['messages']): DemoConversation['messages'] {
  const ours = messages.findLastIndex(({ direction }) => direction === 'OUTBOUND');
  return messages.slice(ours + 1).filter(({ direction }) => direction === 'INBOUND');
}

function toPreview(body: string): string {
  return body.length <= 140 ? body : `${body.slice(0, 139)}…`;
}

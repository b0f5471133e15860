import type { DemoConversation, DemoUsage } from './demoTenant.ts';
import { day, dayOf } from './moments.ts';
import type { Random } from './random.ts';
import type { Business } from './vocabulary.ts';

const days = 30;

/**
 * The last 30 days up to today, oldest first. Messages (notes are none: nobody receives them) and
 * conversations are counted from what is there; the API requests are drawn, fewer at weekends and
 * today only as many as the hour allows.
 */
export function buildUsage(
  business: Business,
  random: Random,
  now: Date,
  conversations: readonly DemoConversation[],
): DemoUsage[] {
  const messages = conversations
    .flatMap((conversation) => conversation.messages)
    .filter(({ direction }) => direction !== 'INTERNAL');
  const messagesOn = countByDay(messages);
  const conversationsOn = countByDay(conversations);
  return Array.from({ length: days }, (_, index): DemoUsage[] => {
    const moment = new Date(now.getTime() - (days - 1 - index) * day);
    const date = dayOf(moment.toISOString());
    const sent = messagesOn.get(date) ?? 0;
    const elapsed = index === days - 1 ? (now.getTime() % day) / day : 1;
    const weekend = [0, 6].includes(moment.getUTCDay()) ? 0.45 : 1;
    const drawn = business.apiRequests * weekend * elapsed * (0.7 + random.next() * 0.6);
    return [
      // Each message took a request at least.
      { meter: 'API_REQUESTS_PER_DAY', day: date, used: Math.max(sent, Math.round(drawn)) },
      { meter: 'MESSAGES_PER_DAY', day: date, used: sent },
      { meter: 'CONVERSATIONS_PER_MONTH', day: date, used: conversationsOn.get(date) ?? 0 },
    ];
  }).flat();
}

function countByDay(rows: readonly { createdAt: string }[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { createdAt } of rows) {
    const date = dayOf(createdAt);
    counts.set(date, (counts.get(date) ?? 0) + 1);
  }
  return counts;
}

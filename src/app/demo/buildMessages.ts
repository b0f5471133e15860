import type { MessageDirection } from '../../db/tables/messages.ts';
import type { DemoAuthor, DemoMessage } from './demoTenant.ts';
import { hour, minute, momentAt, second } from './moments.ts';
import type { Random } from './random.ts';
import type { Business, Script } from './vocabulary.ts';

/**
 * How much of a script has been played so far: all of it when resolved; else up to the end of
 * something the customer says (`waiting`) or we say. Never ends with a note.
 */
export function cutScript(
  { lines }: Script,
  { random, resolved, waiting }: { random: Random; resolved: boolean; waiting: boolean },
): readonly string[] {
  if (resolved) return lines;
  const voice = waiting ? '>' : '<';
  const ends = lines.flatMap((line, index) => {
    const goesOn = lines[index + 1]?.startsWith(voice) ?? false;
    return index > 0 && line.startsWith(voice) && !goesOn ? [index + 1] : [];
  });
  return lines.slice(0, random.pick(ends));
}

interface Talk {
  lines: readonly string[];
  /** When the last message was written. */
  endsAt: number;
  assignee: number | null;
  /** What we said came from the assistant, and nobody wrote notes. */
  assistant: boolean;
}

/** Lines of a script, filled in → messages, with the gaps that people leave between them. */
export function buildMessages(
  business: Business,
  random: Random,
  { lines, endsAt, assignee, assistant }: Talk,
): DemoMessage[] {
  const colleague = random.pick(
    business.members.flatMap(({ role }, index) => (role === 'VIEWER' ? [] : [index])),
  );
  const member = assignee ?? colleague;
  const spoken = assistant ? lines.filter((line) => !line.startsWith('#')) : lines;
  const times = drawTimes(random, spoken, endsAt);
  return spoken.map((line, index) => ({
    direction: directionOf(line),
    body: line.slice(2),
    createdAt: momentAt(times[index] ?? endsAt),
    author: authorOf(business, line, assistant ? null : member),
  }));
}

function directionOf(line: string): MessageDirection {
  if (line.startsWith('>')) return 'INBOUND';
  return line.startsWith('#') ? 'INTERNAL' : 'OUTBOUND';
}

function authorOf(business: Business, line: string, member: number | null): DemoAuthor {
  if (line.startsWith('>')) return { kind: 'CUSTOMER' };
  if (line.startsWith('*') && business.apiKeys.length > 0) return { kind: 'API_KEY', apiKey: 0 };
  if (line.startsWith('*') || member === null) return { kind: 'SYSTEM' };
  return { kind: 'MEMBER', member };
}

/** Backwards from the last. One pause at most is long, so that a talk never takes over a day. */
function drawTimes(random: Random, lines: readonly string[], endsAt: number): number[] {
  const pause = random.chance(0.35) ? random.integer(1, lines.length - 1) : 0;
  const times = [endsAt];
  for (let index = lines.length - 1; index > 0; index -= 1) {
    const sameVoice = lines[index]?.[0] === lines[index - 1]?.[0];
    const gap = sameVoice
      ? random.integer(6 * second, 70 * second)
      : random.integer(25 * second, 14 * minute);
    const longer = index === pause ? random.integer(hour, 11 * hour) : 0;
    times.unshift((times[0] ?? endsAt) - gap - longer);
  }
  return times;
}

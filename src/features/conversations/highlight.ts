/** A piece of a text, and whether it is what was looked for. */
export interface TextSegment {
  text: string;
  match: boolean;
}

/** Characters kept before the first match, and in all. */
const lead = 60;
const longest = 200;

const words = /[\p{L}\p{M}\p{N}]+/gu;

/** What NFD leaves whole and Postgres' unaccent does not. */
const letters: Readonly<Record<string, string>> = {
  ß: 'ss',
  æ: 'ae',
  œ: 'oe',
  ø: 'o',
  đ: 'd',
  ł: 'l',
  ı: 'i',
};

/** The words of a phrase, as `highlight` compares them. */
export const wordsOf = (phrase: string): string[] =>
  [...fold(phrase).matchAll(words)].map(([word]) => word);

/**
 * The part of a text around the first word that was looked for, cut into segments that add up to it.
 * A word counts when it begins with one of `wanted`, case and accents aside, as in the search; in
 * scripts where that can't be told here, nothing is marked and the text's beginning is what comes out.
 */
export function highlight(body: string, wanted: readonly string[]): TextSegment[] {
  const segments: TextSegment[] = [];
  let end = 0;
  let to = -1;
  const push = (until: number, match: boolean): void => {
    if (until > end) segments.push({ text: body.slice(end, until), match });
    end = Math.max(end, until);
  };
  for (const { 0: word, index } of body.matchAll(words)) {
    if (to >= 0 && index >= to) break;
    const folded = fold(word);
    if (!wanted.some((each) => folded.startsWith(each))) continue;
    if (to < 0) {
      end = startOf(body, index);
      to = endOf(body, end);
    }
    push(index, false);
    push(Math.min(to, index + word.length), true);
  }
  push(to < 0 ? endOf(body, 0) : to, false);
  return segments;
}

/** At a word's beginning, where there is one shortly before. */
function startOf(body: string, hit: number): number {
  if (hit <= lead) return 0;
  const blank = body.indexOf(' ', hit - lead);
  return blank >= 0 && blank < hit ? blank + 1 : hit;
}

/** Not between the halves of a surrogate pair. */
function endOf(body: string, start: number): number {
  const end = Math.min(body.length, start + longest);
  const code = body.charCodeAt(end - 1);
  return end < body.length && code >= 0xd800 && code <= 0xdbff ? end - 1 : end;
}

const beyondAscii = /[\u0080-\uffff]/;

function fold(text: string): string {
  // Most words, of which a page has hundreds: 40 µs instead of 120.
  if (!beyondAscii.test(text)) return text.toLowerCase();
  return text
    .toLowerCase()
    .normalize('NFD')
    .replace(/\p{M}/gu, '')
    .replace(/[ßæœøđłı]/g, (letter) => letters[letter] ?? letter);
}

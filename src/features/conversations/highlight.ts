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

/**
 * The part of a text around the first word that was looked for, cut into segments that add up to it.
 * A word counts when it begins with one of the phrase's, case and accents aside, as in the search; in
 * scripts where that can't be told here, nothing is marked and the text's beginning is what comes out.
 */
export function highlight(body: string, phrase: string): TextSegment[] {
  const wanted = [...fold(phrase).matchAll(words)].map(([word]) => word);
  const hits = [...body.matchAll(words)].filter(([word]) => {
    const folded = fold(word);
    return wanted.some((each) => folded.startsWith(each));
  });
  const from = startOf(body, hits[0]?.index ?? 0);
  const to = wholeCharacters(body, Math.min(body.length, from + longest));
  const segments: TextSegment[] = [];
  let end = from;
  const push = (until: number, match: boolean): void => {
    if (until > end) segments.push({ text: body.slice(end, until), match });
    end = Math.max(end, until);
  };
  for (const { 0: word, index } of hits) {
    if (index >= to) break;
    push(index, false);
    push(Math.min(to, index + word.length), true);
  }
  push(to, false);
  return segments;
}

/** At a word's beginning, where there is one shortly before. */
function startOf(body: string, hit: number): number {
  if (hit <= lead) return 0;
  const blank = body.indexOf(' ', hit - lead);
  return blank >= 0 && blank < hit ? blank + 1 : hit;
}

/** Not between the halves of a surrogate pair. */
function wholeCharacters(body: string, end: number): number {
  const code = body.charCodeAt(end - 1);
  return end < body.length && code >= 0xd800 && code <= 0xdbff ? end - 1 : end;
}

function fold(text: string): string {
  return text
    .toLowerCase()
    .normalize('NFD')
    .replace(/\p{M}/gu, '')
    .replace(/[ßæœøđłı]/g, (letter) => letters[letter] ?? letter);
}

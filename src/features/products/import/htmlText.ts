import { decodeEntity } from './htmlEntities.ts';

/** Elements that start a new line, and those that also leave an empty one, as browsers print them. */
const lineElements = new Set(
  (
    'address article aside dd div dl dt fieldset figcaption figure footer form header hr li main nav ' +
    'ol section tr ul br option'
  ).split(' '),
);
const paragraphElements = new Set('blockquote h1 h2 h3 h4 h5 h6 p pre table'.split(' '));
/** Elements whose content is no text for a reader. */
const droppedElements = new Set('script style template iframe svg noscript object head'.split(' '));

/**
 * Makes plain text of a product's HTML body: paragraphs and list items on their own lines (items
 * with `- `), table cells apart, entities decoded, scripts and styles dropped, white space
 * collapsed. A body without any tag is plain text already and keeps its line breaks.
 *
 * A tokenizer of our own, because nothing of the document's structure is needed: what a parser
 * such as htmlparser2 adds (a tree, repairs of wrong nesting) is thrown away here. It follows the
 * HTML standard where that decides what is text: `<` starts a tag only before a letter, `/`, `!`
 * or `?`, attributes may hold `>`, an unclosed comment or script runs to the end. One pass, no
 * backtracking: 1 MB of nothing but tags takes under 0.1 s. The result is text, never safe markup.
 */
export function htmlToText(html: string): string {
  const text = new TextLines();
  let plain = true;
  let at = 0;
  while (at < html.length) {
    const open = nextTag(html, at);
    text.add(decoded(html.slice(at, open)));
    if (open === html.length) break;
    plain = false;
    if (html.startsWith('<!--', open)) {
      const end = html.indexOf('-->', open + 4);
      at = end === -1 ? html.length : end + 3;
      continue;
    }
    const end = endOfTag(html, open);
    const tag = /^<(\/?)([a-z][^\s/>]*)/i.exec(html.slice(open, Math.min(end, open + 40)));
    const name = tag?.[2]?.toLowerCase() ?? '';
    at = end;
    if (tag?.[1] === '' && droppedElements.has(name) && html[end - 2] !== '/') {
      at = afterElement(html, name, end);
    }
    text.element(name, tag?.[1] === '/');
  }
  return plain ? decoded(html).trim() : text.toString();
}

function nextTag(html: string, from: number): number {
  for (let at = html.indexOf('<', from); at !== -1; at = html.indexOf('<', at + 1)) {
    if (/[a-z/!?]/i.test(html.charAt(at + 1))) return at;
  }
  return html.length;
}

function endOfTag(html: string, open: number): number {
  let quote = '';
  for (let at = open + 1; at < html.length; at += 1) {
    const char = html.charAt(at);
    if (quote !== '') {
      if (char === quote) quote = '';
    } else if (char === '>') {
      return at + 1;
    } else if ((char === '"' || char === "'") && /[=\s]/.test(html.charAt(at - 1))) {
      quote = char;
    }
  }
  return html.length;
}

function afterElement(html: string, name: string, from: number): number {
  const closing = new RegExp(`</${name}[\\s/>]`, 'gi');
  closing.lastIndex = from;
  const found = closing.exec(html);
  return found === null ? html.length : endOfTag(html, found.index);
}

function decoded(text: string): string {
  if (!text.includes('&')) return text;
  return text.replace(/&(#\d{1,8}|#x[\da-f]{1,7}|[a-z][a-z\d]{1,31});?/gi, decodeEntity);
}

/** Puts text together line by line with white space collapsed as HTML does. */
class TextLines {
  // Pieces instead of one growing string: looking at the end of a long one after each piece made
  // 1 MB of `x<b>` take 12 s.
  #pieces: string[] = [];
  #lineIsEmpty = true;
  #endsWithSpace = false;
  #blank = false;
  #bullet = '';

  add(text: string): void {
    const collapsed = text.replace(/[ \t\n\f\r]+/g, ' ');
    const noSpace = this.#lineIsEmpty || this.#endsWithSpace;
    const added = noSpace ? collapsed.trimStart() : collapsed;
    if (added === '') return;
    if (this.#blank && this.#lineIsEmpty) this.#newLine();
    this.#pieces.push(this.#bullet, added);
    this.#lineIsEmpty = false;
    this.#endsWithSpace = added.endsWith(' ');
    this.#blank = false;
    this.#bullet = '';
  }

  element(name: string, closes: boolean): void {
    if (name === 'br') this.#newLine();
    else if (paragraphElements.has(name)) this.#break(this.#bullet === '');
    else if (lineElements.has(name)) this.#break(false);
    // The bullet waits for text, so that an empty item leaves nothing behind.
    if (name === 'li') this.#bullet = closes ? '' : '- ';
    if ((name === 'td' || name === 'th') && !closes) this.add(' ');
  }

  #break(blank: boolean): void {
    this.#blank ||= blank;
    if (!this.#lineIsEmpty) this.#newLine();
  }

  #newLine(): void {
    this.#pieces.push('\n');
    this.#lineIsEmpty = true;
    this.#endsWithSpace = false;
  }

  toString(): string {
    const lines = this.#pieces.join('').split('\n');
    return lines
      .map((line) => line.trimEnd())
      .join('\n')
      .replace(/\n{3,}/g, '\n\n')
      .trim();
  }
}

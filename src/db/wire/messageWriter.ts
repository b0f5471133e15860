import type { WireValue } from './wireValues.ts';

const firstSize = 65_536;
/** Up to here a text is given the room that it could take at most, three bytes for each unit of UTF-16. */
const roomyLength = 4_096;
/** Letter by letter, and not by a call out of JavaScript, as long as it is ASCII. */
const shortLength = 40;

const parse = 0x50; // 'P'
const bind = 0x42; // 'B'
const close = 0x43; // 'C'
const describePortal = Buffer.from('D\0\0\0\u0006P\0', 'latin1');
const execute = Buffer.from('E\0\0\0\t\0\0\0\0\0', 'latin1'); // all rows of the unnamed portal
const sync = Buffer.from('S\0\0\0\u0004', 'latin1');

/**
 * What is sent to Postgres, as PostgreSQL's manual has it ("Message Formats"): the messages of a batch
 * one behind the other in one buffer. pg-protocol makes a buffer for each message, and two calls out of
 * JavaScript for each value. Values are text, or bytes for a Buffer.
 */
export class MessageWriter {
  #bytes = Buffer.allocUnsafeSlow(firstSize);
  #at = 0;

  /** Forgets what was written and not taken: of a batch that threw. */
  start(): void {
    this.#at = 0;
  }

  closeStatement(name: string): void {
    const start = this.#begin(close);
    this.#reserve(1);
    this.#bytes[this.#at] = 0x53; // 'S', a statement
    this.#at += 1;
    this.#cString(name);
    this.#end(start);
  }

  parse(name: string, text: string): void {
    const start = this.#begin(parse);
    this.#cString(name);
    this.#cString(text);
    this.#int16(0); // Postgres finds out the parameters' types
    this.#end(start);
  }

  bind(name: string, values: readonly WireValue[]): void {
    const start = this.#begin(bind);
    this.#cString(''); // the unnamed portal
    this.#cString(name);
    this.#formats(values);
    this.#int16(values.length);
    for (const value of values) this.#value(value);
    this.#int16(0); // answers as text
    this.#end(start);
  }

  describe(): void {
    this.#copy(describePortal);
  }

  execute(): void {
    this.#copy(execute);
  }

  sync(): void {
    this.#copy(sync);
  }

  /** What was written since `start`, for good: a socket may keep it until it can send it. */
  take(): Buffer {
    const taken = Buffer.allocUnsafe(this.#at);
    this.#bytes.copy(taken, 0, 0, this.#at);
    this.#at = 0;
    if (this.#bytes.length > firstSize) this.#bytes = Buffer.allocUnsafeSlow(firstSize);
    return taken;
  }

  /** All text needs no word for each. */
  #formats(values: readonly WireValue[]): void {
    if (!values.some((value) => value instanceof Buffer)) return this.#int16(0);
    this.#int16(values.length);
    for (const value of values) this.#int16(value instanceof Buffer ? 1 : 0);
  }

  #value(value: WireValue): void {
    if (value === null) return this.#int32(-1);
    if (typeof value === 'string') return this.#text(value);
    this.#int32(value.length);
    this.#copy(value);
  }

  #text(text: string): void {
    const { length } = text;
    const room = length > roomyLength ? Buffer.byteLength(text) : 3 * length;
    this.#reserve(4 + room);
    const at = this.#at + 4;
    const size = this.#ascii(text, at) ? length : this.#bytes.write(text, at);
    this.#putInt32(this.#at, size);
    this.#at = at + size;
  }

  /** false: it is too long for this, or not ASCII. */
  #ascii(text: string, at: number): boolean {
    const { length } = text;
    if (length > shortLength) return false;
    const bytes = this.#bytes;
    for (let index = 0; index < length; index += 1) {
      const code = text.charCodeAt(index);
      if (code > 0x7f) return false;
      bytes[at + index] = code;
    }
    return true;
  }

  #cString(text: string): void {
    this.#reserve(3 * text.length + 1);
    const size = this.#ascii(text, this.#at) ? text.length : this.#bytes.write(text, this.#at);
    this.#at += size;
    this.#bytes[this.#at] = 0;
    this.#at += 1;
  }

  /** A message's letter, and room for its length, which counts itself. */
  #begin(letter: number): number {
    this.#reserve(5);
    this.#bytes[this.#at] = letter;
    this.#at += 5;
    return this.#at - 4;
  }

  #end(start: number): void {
    this.#putInt32(start, this.#at - start);
  }

  #int16(value: number): void {
    this.#reserve(2);
    const at = this.#at;
    this.#bytes[at] = value >> 8;
    this.#bytes[at + 1] = value;
    this.#at = at + 2;
  }

  #int32(value: number): void {
    this.#reserve(4);
    this.#putInt32(this.#at, value);
    this.#at += 4;
  }

  /** Buffer's own ways check and convert, which is a third of a Bind's time. */
  #putInt32(at: number, value: number): void {
    const bytes = this.#bytes;
    bytes[at] = value >> 24;
    bytes[at + 1] = value >> 16;
    bytes[at + 2] = value >> 8;
    bytes[at + 3] = value;
  }

  #copy(bytes: Buffer): void {
    this.#reserve(bytes.length);
    bytes.copy(this.#bytes, this.#at);
    this.#at += bytes.length;
  }

  #reserve(size: number): void {
    const needed = this.#at + size;
    if (needed <= this.#bytes.length) return;
    const larger = Buffer.allocUnsafeSlow(Math.max(needed, 2 * this.#bytes.length));
    this.#bytes.copy(larger, 0, 0, this.#at);
    this.#bytes = larger;
  }
}

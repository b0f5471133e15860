import type { ServerResponse } from 'node:http';

/**
 * The headers of an answer, kept back until it is known which way it goes. Node takes them as a list
 * together with the status: 1 µs less for each request than five of them set one by one.
 */
export class AnswerHead {
  readonly #response: ServerResponse;
  /** Names and values in turn; null: they are on the response. */
  #kept: string[] | null;

  constructor(response: ServerResponse, headers: string[]) {
    this.#response = response;
    this.#kept = headers;
  }

  setHeader(name: string, value: string): void {
    const kept = this.#kept;
    if (kept === null) {
      this.#response.setHeader(name, value);
      return;
    }
    const place = kept.indexOf(name);
    if (place === -1) kept.push(name, value);
    else kept[place + 1] = value;
  }

  /** For whoever answers by the response itself; what is set later stands on it at once. */
  handOver(): void {
    const kept = this.#kept ?? [];
    this.#kept = null;
    for (let place = 0; place < kept.length; place += 2) {
      this.#response.setHeader(kept[place] ?? '', kept[place + 1] ?? '');
    }
  }

  /**
   * The whole answer, with status 200. What is all ASCII is the same in Latin-1, for which Node neither
   * counts its bytes again nor makes room for three a letter.
   */
  send(contentType: string, body: string): void {
    const length = Buffer.byteLength(body);
    const last = ['Content-Type', contentType, 'Content-Length', String(length)];
    this.#response.writeHead(200, this.#kept === null ? last : [...this.#kept, ...last]);
    this.#response.end(body, length === body.length ? 'latin1' : 'utf8');
  }
}

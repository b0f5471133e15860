import { EventEmitter } from 'node:events';
import type { Server } from 'node:http';
import { expect, test } from 'vitest';
import { drainable } from '../../src/app/drain.ts';
import { collect, oldObjectBytes } from '../support/collections.ts';

/** As much of one as is followed, and two kilobytes that it holds. */
class Answer extends EventEmitter {
  readonly headers: string[] = [];
  readonly held = new Array(250).fill(0);
  headersSent = false;

  setHeader(name: string, value: string): void {
    this.headers.push(`${name}: ${value}`);
  }
}

class Listening extends EventEmitter {
  close(done: () => void): void {
    done();
  }
  closeIdleConnections(): void {
    // All of them wait for an answer.
  }
}

function follow() {
  const server = new Listening();
  const drain = drainable(server as unknown as Server);
  const request = (): Answer => {
    const answer = new Answer();
    server.emit('request', {}, answer);
    return answer;
  };
  return { request, drain };
}

test('whoever is still to be answered, and nobody else, is told that the connection closes', async () => {
  const { request, drain } = follow();
  const answers = Array.from({ length: 7 }, request);
  const [first, , third, , , sixth, last] = answers;
  for (const answer of [third, last, first]) answer?.emit('close');
  answers.push(request());
  if (sixth) sixth.headersSent = true;
  await drain();
  const told = answers.map(({ headers }) => headers.length);
  expect(told).toEqual([0, 1, 0, 1, 1, 0, 0, 1]);
});

test('young collections free the answers that have been given, after a full one too', () => {
  const { request } = follow();
  const underWay: Answer[] = [];
  const serve = (count: number): void => {
    for (let index = 0; index < count; index += 1) {
      underWay.push(request());
      if (underWay.length > 16) underWay.shift()?.emit('close');
    }
  };
  serve(100);
  collect('major');
  const before = oldObjectBytes();
  // Ten megabytes that nobody holds.
  for (let turn = 0; turn < 5; turn += 1) {
    serve(1_000);
    collect('minor');
  }
  expect(oldObjectBytes() - before).toBeLessThan(1_000_000);
});

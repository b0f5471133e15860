import { startProxy } from '../../../scripts/bench/network/proxy.ts';
import { WireReader } from '../../../scripts/bench/network/wire.ts';

/** What a server asked of Postgres: the text as it was sent, with its values. */
export interface Recorded {
  readonly text: string;
  readonly values: readonly (string | null)[];
}

export interface Recorder {
  /** For the server instead of Postgres's own. */
  readonly url: string;
  /** What `work` answers, and the reads that were sent while it ran, without those that open them. */
  record<T>(work: () => Promise<T>): Promise<{ result: T; statements: Recorded[] }>;
  close(): Promise<void>;
}

const opening = /^select app\.(?:set_tenant|open_read)\(/;

export async function startRecorder(postgresUrl: string): Promise<Recorder> {
  const reader = new WireReader();
  const proxy = await startProxy(postgresUrl, 0);
  proxy.onPiece = (link, direction, piece) => reader.take(link, direction, piece);
  return {
    url: proxy.urlFor(postgresUrl),
    async record(work) {
      reader.clear();
      const result = await work();
      const statements = reader.sent
        .flat(2)
        .filter(({ text }) => /^\s*(?:select|with)\b/i.test(text) && !opening.test(text));
      return { result, statements };
    },
    close: () => proxy.close(),
  };
}

import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';

/** In megabytes (10⁶ bytes), right after a full garbage collection. */
export interface MemorySample {
  readonly rss: number;
  readonly heapUsed: number;
  /** Buffers and what else V8's heap points to. */
  readonly external: number;
}

export interface MemoryProbe {
  sample(): Promise<MemorySample>;
  close(): void;
}

/**
 * Asks a process that was started with `--inspect=127.0.0.1:<port>`. The inspector and not a signal
 * that makes the server collect its garbage: nothing is added to the program that is measured.
 */
export async function probeMemory(port: number): Promise<MemoryProbe> {
  const listed = await fetch(`http://127.0.0.1:${port}/json`);
  const [target] = (await listed.json()) as { webSocketDebuggerUrl: string }[];
  if (target === undefined) throw new Error('the server has no inspector');
  const socket = new WebSocket(target.webSocketDebuggerUrl);
  await once(socket, 'open');
  let last = 0;
  async function call(method: string, params: object): Promise<unknown> {
    last += 1;
    const id = last;
    const answer = Promise.withResolvers<unknown>();
    const closed = (): void => answer.reject(new Error('the server closed its inspector'));
    const hear = ({ data }: MessageEvent): void => {
      const message = JSON.parse(String(data));
      if (message.id === id) answer.resolve(message.result);
    };
    socket.addEventListener('message', hear);
    socket.addEventListener('close', closed);
    socket.send(JSON.stringify({ id, method, params }));
    return answer.promise.finally(() => {
      socket.removeEventListener('message', hear);
      socket.removeEventListener('close', closed);
    });
  }
  return {
    async sample() {
      await call('HeapProfiler.collectGarbage', {});
      const { result } = (await call('Runtime.evaluate', {
        expression: 'process.memoryUsage()',
        returnByValue: true,
      })) as { result: { value: NodeJS.MemoryUsage } };
      const { rss, heapUsed, external } = result.value;
      return { rss: rss / 1e6, heapUsed: heapUsed / 1e6, external: external / 1e6 };
    },
    close: () => socket.close(),
  };
}

export async function chooseFreePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  return port;
}

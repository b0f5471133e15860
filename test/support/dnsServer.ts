import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { decode, encode } from 'dns-packet';

export interface DnsServer {
  /** For DNS_SERVERS. */
  readonly address: string;
  /** Name → its TXT records; a name that is not there does not exist. */
  readonly records: Map<string, string[]>;
  /** Runs before each answer, which waits for it. */
  beforeAnswer: () => Promise<void> | void;
  /** Names asked for, so far. */
  readonly asked: string[];
  close(): Promise<void>;
}

/** A DNS server of one's own, with TXT records only. */
export async function startDnsServer(): Promise<DnsServer> {
  const socket = createSocket('udp4');
  const records = new Map<string, string[]>();
  const asked: string[] = [];
  const server: DnsServer = {
    get address() {
      return `127.0.0.1:${(socket.address() as AddressInfo).port}`;
    },
    records,
    beforeAnswer: () => undefined,
    asked,
    async close() {
      socket.close();
      await once(socket, 'close');
    },
  };
  socket.on('message', async (message, peer) => {
    const { id, questions = [] } = decode(message);
    const name = questions[0]?.name ?? '';
    asked.push(name);
    await server.beforeAnswer();
    const texts = records.get(name.toLowerCase());
    const answer = encode({
      type: 'response',
      id: id ?? 0,
      flags: texts === undefined ? 3 : 0, // 3: there is no such name (RFC 1035, RCODE)
      questions,
      // 255 bytes a piece at most, as a real server has it.
      answers: (texts ?? []).map((text) => ({
        ...{ type: 'TXT', name, ttl: 0 },
        data: text.match(/.{1,255}/gs) ?? [''],
      })),
    });
    socket.send(answer, peer.port, peer.address);
  });
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  return server;
}

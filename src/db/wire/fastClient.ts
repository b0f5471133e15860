import type { EventEmitter } from 'node:events';
import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import pg from 'pg';
import { Parser } from 'pg-protocol/dist/parser.js';
import { readDataRow } from './rowReader.ts';

interface Message {
  readonly name: string;
}

/** pg-protocol 1.16.1's parser; its types hide what is overridden here. */
const ProtocolParser = Parser as unknown as new () => {
  /** What is left over of a message whose rest has not come. */
  buffer: Buffer;
  bufferOffset: number;
  bufferLength: number;
  parse(buffer: Buffer, callback: (message: Message) => void): void;
  handlePacket(start: number, code: number, length: number, bytes: Buffer): Message;
};

const dataRow = 'D'.charCodeAt(0);
const readyForQuery = 'Z'.charCodeAt(0);

class RowParser extends ProtocolParser {
  override handlePacket(start: number, code: number, length: number, bytes: Buffer): Message {
    if (code === readyForQuery) {
      // pg-protocol decodes the one letter as a text.
      const status = String.fromCharCode(bytes[start] as number);
      return { name: 'readyForQuery', length, status } as Message;
    }
    if (code !== dataRow) return super.handlePacket(start, code, length, bytes);
    // The length counts itself.
    const fields = readDataRow(bytes, start, start + length - 4);
    return { name: 'dataRow', length, fields } as Message;
  }

  /** The memory that was read from is about to be read into again. */
  keepRest(memory: Buffer): void {
    if (this.bufferLength === 0 || this.buffer.buffer !== memory.buffer) return;
    const end = this.bufferOffset + this.bufferLength;
    this.buffer = Buffer.from(this.buffer.subarray(this.bufferOffset, end));
    this.bufferOffset = 0;
  }
}

/** What pg 8.23.1 calls once, with the socket over which Postgres answers. */
interface Listening extends EventEmitter {
  stream: Duplex;
  readonly ssl: unknown;
  attachListeners(stream: Duplex): void;
}

/** As much as Node reads at once. */
const readAtOnce = 65_536;

/**
 * pg's client, reading rows by `readDataRow`: 6 µs less for a products page. Without TLS its socket reads
 * into one piece of memory and hands it over as it is, where a stream has a new one for each read: 2 µs
 * less for each.
 */
export class FastClient extends pg.Client {
  constructor(config?: pg.ClientConfig) {
    super(config);
    const { connection } = this as unknown as { connection: Listening };
    const parser = new RowParser();
    const deliver = (message: Message): void => {
      connection.emit(message.name === 'error' ? 'errorMessage' : message.name, message);
    };
    if (connection.ssl) {
      connection.attachListeners = (stream) => {
        stream.on('data', (bytes: Buffer) => parser.parse(bytes, deliver));
      };
      return;
    }
    const memory = Buffer.allocUnsafeSlow(readAtOnce);
    connection.attachListeners = () => undefined;
    connection.stream = new Socket({
      onread: {
        buffer: memory,
        callback: (length) => {
          parser.parse(memory.subarray(0, length), deliver);
          parser.keepRest(memory);
          return true;
        },
      },
    });
  }
}

import { once } from 'node:events';
import { createServer as createTcpServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer, type TlsOptions } from 'node:tls';
import { expect } from 'vitest';
import { decodeWire, encodeWire, type WireMessage } from './wire.ts';

/** A message over a connection: there are no types and numbers. */
type Said = Partial<Omit<WireMessage, 'type' | 'id'>> & { readonly code: string };

/** A server that says what the script has it say, over a connection that a client opens (RFC 8323). */
export class StreamServer implements AsyncDisposable {
  readonly #server: Server;
  readonly #inbox: WireMessage[] = [];
  #bytes: Uint8Array = new Uint8Array(0);
  #arrived = Promise.withResolvers<void>();
  /** Of the client, once it is there. */
  socket: Socket | undefined;

  private constructor(server: Server, event: 'connection' | 'secureConnection') {
    this.#server = server;
    server.on(event, (socket: Socket) => {
      this.socket = socket;
      socket.on('error', () => {});
      socket.on('data', (bytes) => this.#take(bytes));
    });
  }

  /** @param tls what it proves and wants proved; bare TCP without it */
  static async listen(tls?: TlsOptions): Promise<StreamServer> {
    const server = tls
      ? new StreamServer(createTlsServer({ ALPNProtocols: ['coap'], ...tls }), 'secureConnection')
      : new StreamServer(createTcpServer(), 'connection');
    server.#server.listen(0, '127.0.0.1');
    await once(server.#server, 'listening');
    return server;
  }

  get port(): number {
    const address = this.#server.address();
    return typeof address === 'object' ? (address?.port ?? 0) : 0;
  }

  /** The next message of the client; what it must look like is checked as far as it is given. */
  async hear(expected: Partial<WireMessage> = {}): Promise<WireMessage> {
    while (this.#inbox.length === 0) await this.#arrived.promise;
    const message = this.#inbox.shift();
    expect(message).toMatchObject(expected);
    if (!message) throw new Error('there is no message');
    return message;
  }

  say(message: Said): void {
    const datagram = encodeWire({ type: 'NON', id: 0, ...message });
    const tokenEnd = 4 + ((datagram[0] ?? 0) & 15);
    const [token, rest] = [datagram.subarray(4, tokenEnd), datagram.subarray(tokenEnd)];
    if (rest.length >= 269) throw new Error('what a script says is shorter');
    const length = rest.length < 13 ? [rest.length << 4] : [0xd0, rest.length - 13];
    length[0] = (length[0] ?? 0) | token.length;
    this.socket?.write(Buffer.concat([Buffer.from([...length, datagram[1] ?? 0]), token, rest]));
  }

  /** Settings both ways, and a Register that is answered with `/rd/5a3f`. */
  async register(): Promise<WireMessage> {
    await this.hear({ code: '7.01' });
    this.say({ code: '7.01' });
    const register = await this.hear({ code: '0.02', path: '/rd' });
    this.say({ code: '2.01', location: '/rd/5a3f', token: register.token ?? '' });
    return register;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.socket?.destroy();
    this.#server.close();
    await once(this.#server, 'close');
  }

  #take(bytes: Uint8Array): void {
    this.#bytes = Buffer.concat([this.#bytes, bytes]);
    for (let message = this.#next(); message !== undefined; message = this.#next()) this.#inbox.push(message);
    this.#arrived.resolve();
    this.#arrived = Promise.withResolvers();
  }

  /** The first message that is there as a whole (RFC 8323 §3.2). */
  #next(): WireMessage | undefined {
    const [first = 0, short = 0, long = 0] = this.#bytes;
    const nibble = first >> 4;
    const extra = Math.max(0, nibble - 12);
    const length = [nibble, 13 + short, 269 + short * 256 + long][extra] ?? 0;
    const start = 1 + extra;
    const end = start + 1 + (first & 15) + length;
    if (this.#bytes.length < Math.max(2, end)) return undefined;
    const [code = 0] = this.#bytes.subarray(start);
    const rest = this.#bytes.subarray(start + 1, end);
    this.#bytes = this.#bytes.subarray(end);
    return decodeWire(Buffer.concat([Buffer.from([0x50 | (first & 15), code, 0, 0]), rest]));
  }
}

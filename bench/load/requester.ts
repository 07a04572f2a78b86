import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { Code, encodeMessage, MessageType, Option, option } from '@reeve/coap';

const SILENCE_MS = 1_000;

/**
 * A socket with many requests under way at a time, so that the generator spends little on each: a raw echo would
 * outrun 2000 sockets. What is lost is not sent again but replaced, when nothing has come for a while.
 */
export class Requester {
  readonly #socket: Socket;
  readonly #datagram: Uint8Array;
  readonly #free: (requester: Requester) => void;
  #messageId = 0;
  #underWay = 0;
  #heardAt = 0;

  private constructor(socket: Socket, free: (requester: Requester) => void) {
    this.#socket = socket;
    this.#free = free;
    this.#datagram = encodeMessage({
      type: MessageType.Confirmable,
      code: Code.Get,
      messageId: 0,
      token: Buffer.from('tk'),
      options: [option(Option.UriPath, 'hello')],
      payload: new Uint8Array(0),
    });
    socket.on('message', () => this.#done());
  }

  static async open(port: number, free: (requester: Requester) => void): Promise<Requester> {
    const socket = createSocket('udp4');
    socket.connect(port, '127.0.0.1');
    await once(socket, 'connect');
    return new Requester(socket, free);
  }

  start(): void {
    this.#free(this);
  }

  next(): void {
    this.#messageId = (this.#messageId + 1) & 0xffff;
    // Several requests of a socket may wait in one turn: each needs bytes of its own.
    const datagram = Uint8Array.from(this.#datagram);
    datagram[2] = this.#messageId >> 8;
    datagram[3] = this.#messageId;
    this.#underWay += 1;
    this.#socket.send(datagram);
  }

  retransmit(now: number): boolean {
    if (this.#underWay === 0 || now - this.#heardAt < SILENCE_MS) return false;
    for (let lost = this.#underWay; lost > 0; lost--) this.#done();
    return true;
  }

  #done(): void {
    this.#heardAt = performance.now();
    this.#underWay -= 1;
    this.#free(this);
  }
}

import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import {
  type CoapMessage,
  type CoapOption,
  Code,
  decodeMessage,
  encodeMessage,
  locationPath,
  MessageType,
  Option,
  observeValue,
  option,
} from '@reeve/coap';

const NOTHING = new Uint8Array(0);

/** What a confirmable message of the device is made of. */
export interface PlainMessage {
  readonly code: number;
  readonly token?: Uint8Array;
  readonly options?: readonly CoapOption[];
  readonly payload?: Uint8Array;
}

/**
 * A device over NoSec that does nothing by itself but answer: for tests that must know which datagram answers which. It
 * lets itself be observed, and has nothing to read.
 */
export class PlainDevice {
  readonly endpoint: string;
  readonly #socket: Socket;
  readonly #answers: ((answer: CoapMessage) => void)[] = [];
  /** Everything that answers a message of the device. */
  readonly answers: CoapMessage[] = [];
  #location: readonly string[] = [];
  #messageId: number;
  #sequence = 0;
  #observed: Uint8Array | undefined;
  #onObserved: () => void = () => {};

  private constructor(endpoint: string, socket: Socket, messageId: number) {
    this.endpoint = endpoint;
    this.#messageId = messageId;
    this.#socket = socket;
    socket.on('message', (datagram) => this.#receive(datagram));
  }

  /** @param messageId where its message ids begin, so that those of several devices can be told apart */
  static async open(endpoint: string, port: number, messageId = 1000): Promise<PlainDevice> {
    const socket = createSocket('udp4');
    socket.connect(port, '127.0.0.1');
    await once(socket, 'connect');
    return new PlainDevice(endpoint, socket, messageId);
  }

  /** Encodes a confirmable message under the next message id. */
  encode({ code, token = NOTHING, options = [], payload = NOTHING }: PlainMessage): Uint8Array {
    const messageId = ++this.#messageId;
    return encodeMessage({ type: MessageType.Confirmable, code, messageId, token, options, payload });
  }

  send(datagram: Uint8Array): void {
    this.#socket.send(datagram);
  }

  /** Sends a datagram and resolves with the ACK or RST of its message. */
  async exchange(datagram: Uint8Array): Promise<CoapMessage> {
    const answer = this.answerTo(datagram);
    this.send(datagram);
    return answer;
  }

  /** The next ACK or RST of the message in a datagram. */
  answerTo(datagram: Uint8Array): Promise<CoapMessage> {
    const messageId = ((datagram[2] ?? 0) << 8) | (datagram[3] ?? 0);
    return new Promise((resolve) => {
      const take = (answer: CoapMessage) => {
        if (answer.messageId !== messageId) return;
        this.#answers.splice(this.#answers.indexOf(take), 1);
        resolve(answer);
      };
      this.#answers.push(take);
    });
  }

  register(): Uint8Array {
    const query = ['lwm2m=1.1', 'lt=300', `ep=${this.endpoint}`].map((text) => option(Option.UriQuery, text));
    return this.encode({
      code: Code.Post,
      token: Buffer.from('reg'),
      options: [option(Option.UriPath, 'rd'), option(Option.ContentFormat, 40), ...query],
      payload: Buffer.from('</1/0>,</3/0>'),
    });
  }

  /** An Update of the newest registration. */
  update(): Uint8Array {
    const options = this.#location.map((segment) => option(Option.UriPath, segment));
    return this.encode({ code: Code.Post, token: Buffer.from('upd'), options });
  }

  /** Resolves once the server observes something. */
  async observed(): Promise<void> {
    if (!this.#observed) await new Promise<void>((resolve) => (this.#onObserved = resolve));
  }

  /** A notification of what the server observed last. */
  notification(text: string): Uint8Array {
    return this.encode({ ...this.#content(text), ...(this.#observed && { token: this.#observed }) });
  }

  close(): void {
    this.#socket.close();
  }

  #content(text: string) {
    const options = [option(Option.Observe, ++this.#sequence), option(Option.ContentFormat, 0)];
    return { code: Code.Content, options, payload: Buffer.from(text) };
  }

  #receive(datagram: Uint8Array): void {
    const decoded = decodeMessage(datagram);
    if (!decoded.ok) return;
    const { message } = decoded;
    if (message.type === MessageType.Acknowledgement || message.type === MessageType.Reset) {
      if (message.code === Code.Created) this.#location = locationPath(message);
      this.answers.push(message);
      for (const take of [...this.#answers]) take(message);
      return;
    }
    const observing = message.code === Code.Get && observeValue(message) === 0;
    const answer = observing ? this.#content('0') : { code: Code.NotFound, options: [], payload: NOTHING };
    const { messageId, token } = message;
    this.send(encodeMessage({ type: MessageType.Acknowledgement, messageId, token, ...answer }));
    if (!observing) return;
    this.#observed = Uint8Array.from(token);
    this.#onObserved();
  }
}

import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';

const HANDSHAKE = 22;
const CLIENT_HELLO = 1;
const EPOCH_AT = 3;
const MESSAGE_TYPE_AT = 13;

/** A ClientHello in plaintext, and not a later message that is fragmented or protected. */
function isClientHello(datagram: Buffer): boolean {
  return (
    datagram[0] === HANDSHAKE && datagram.readUInt16BE(EPOCH_AT) === 0 && datagram[MESSAGE_TYPE_AT] === CLIENT_HELLO
  );
}

/**
 * Stands between one device and the server as an address translator does: it sees what passes, can send a datagram once
 * more, and can give the device another address.
 */
export class Relay {
  readonly #serverPort: number;
  readonly #inner: Socket;
  #outer: Socket;
  #devicePort: number | undefined;
  /** ClientHellos of the device. */
  clientHellos = 0;
  /** What the device sent, oldest first. */
  readonly sent: Buffer[] = [];
  /** How many datagrams came from the server. */
  answers = 0;

  private constructor(serverPort: number, inner: Socket, outer: Socket) {
    this.#serverPort = serverPort;
    this.#inner = inner;
    this.#outer = outer;
    inner.on('message', (datagram, { port }) => {
      this.#devicePort = port;
      if (isClientHello(datagram)) this.clientHellos += 1;
      this.sent.push(datagram);
      this.#outer.send(datagram);
    });
    inner.on('error', () => {});
  }

  static async open(serverPort: number): Promise<Relay> {
    const inner = createSocket('udp4');
    inner.bind(0, '127.0.0.1');
    await once(inner, 'listening');
    const relay = new Relay(serverPort, inner, createSocket('udp4'));
    await relay.move();
    return relay;
  }

  /** The port that the device takes for the server's. */
  get port(): number {
    return this.#inner.address().port;
  }

  /** The port that the server takes for the device's. */
  get outerPort(): number {
    return this.#outer.address().port;
  }

  /** From now on the device comes from another port. */
  async move(): Promise<void> {
    const outer = createSocket('udp4');
    outer.connect(this.#serverPort, '127.0.0.1');
    await once(outer, 'connect');
    outer.on('message', (datagram) => {
      this.answers += 1;
      if (this.#devicePort !== undefined) this.#inner.send(datagram, this.#devicePort, '127.0.0.1');
    });
    // Nobody listens while the server is down.
    outer.on('error', () => {});
    this.#outer.close();
    this.#outer = outer;
  }

  /** Sends what the device sent before once more. */
  replay(datagram: Buffer): void {
    this.#outer.send(datagram);
  }

  close(): void {
    this.#inner.close();
    this.#outer.close();
  }
}

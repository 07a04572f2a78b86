import type { Socket } from 'node:dgram';
import { bind } from './sockets.ts';

/** Stands between one client and a server, as a NAT does: the server sees an address that can change. */
export class Nat {
  readonly #inside: Socket;
  readonly #serverPort: number;
  #outside: Socket;
  #clientPort = 0;

  static async start(serverPort: number): Promise<Nat> {
    return new Nat(await bind(), await bind(), serverPort);
  }

  private constructor(inside: Socket, outside: Socket, serverPort: number) {
    this.#inside = inside;
    this.#outside = outside;
    this.#serverPort = serverPort;
    inside.on('message', (datagram, { port }) => {
      this.#clientPort = port;
      this.#outside.send(datagram, serverPort, '127.0.0.1');
    });
    this.#forward();
  }

  /** Where the client finds the server. */
  get port(): number {
    return this.#inside.address().port;
  }

  /** Forgets the address that the server knows, and takes another. */
  async rebind(): Promise<void> {
    this.#outside.close();
    this.#outside = await bind();
    this.#forward();
  }

  stop(): void {
    this.#inside.close();
    this.#outside.close();
  }

  #forward(): void {
    this.#outside.on('message', (datagram, { port }) => {
      if (port === this.#serverPort) this.#inside.send(datagram, this.#clientPort, '127.0.0.1');
    });
  }
}

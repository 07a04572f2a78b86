import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Command, CommandOperation } from '@reeve/contract';
import { expect } from 'vitest';
import type { TestServer } from '../e2e/harness.ts';
import { decodeWire, encodeWire, hexOf, type WireMessage } from './wire.ts';

/** A message of the device: the number and the token are filled in where the script does not care. */
type Said = Partial<WireMessage> & { readonly code: string };

/** What a registration says beyond the endpoint, a lifetime of a day and UDP. */
interface Registering {
  readonly query?: readonly string[];
  readonly links?: string;
  readonly version?: string;
}

/** How long a script waits for the server's next message. */
const PATIENCE_MS = 10_000;

/**
 * A device over NoSec that says what the script has it say, byte by byte, and that checks what the server says. It does
 * nothing of its own accord.
 */
export class ScriptedDevice {
  readonly endpoint: string;
  readonly #server: TestServer;
  readonly #socket: Socket;
  readonly #inbox: WireMessage[] = [];
  /** One count for all devices: the next one may get the port of one before, of which the server remembers the ids. */
  static #id = 0x1000;
  #arrived: () => void = () => {};
  /** Whether the server has asked what it is, as it does once a day. */
  #identified = false;
  /** Path that the server gave the registration, e.g. `/rd/5a3f`. */
  location = '';

  private constructor(server: TestServer, endpoint: string, socket: Socket) {
    this.#server = server;
    this.endpoint = endpoint;
    this.#socket = socket;
    socket.on('message', (datagram) => {
      this.#inbox.push(decodeWire(datagram));
      this.#arrived();
    });
  }

  /** A device that the server knows by its name, and talks to without security. */
  static async open(server: TestServer, endpoint: string): Promise<ScriptedDevice> {
    await server.api('devices.add', { body: { endpoint, noSec: true } });
    return ScriptedDevice.connect(server, endpoint, server.ready.coapPort);
  }

  /** The same device on another port, e.g. that of the bootstrap server. */
  static async connect(server: TestServer, endpoint: string, port: number): Promise<ScriptedDevice> {
    const socket = createSocket('udp4');
    socket.connect(port, '127.0.0.1');
    await once(socket, 'connect');
    return new ScriptedDevice(server, endpoint, socket);
  }

  /** Sends a message as it is. */
  say(message: Said): WireMessage {
    const whole: WireMessage = { type: 'CON', id: ScriptedDevice.#id++ % 0x10000, token: 'c0', ...message };
    this.#socket.send(encodeWire(whole));
    return whole;
  }

  /** The next message of the server; what it must look like is checked as far as it is given. */
  async hear(expected: Partial<WireMessage> = {}): Promise<WireMessage> {
    const end = Date.now() + PATIENCE_MS;
    while (this.#inbox.length === 0) {
      if (Date.now() > end) throw new Error(`the server said nothing; expected ${JSON.stringify(expected)}`);
      await Promise.race([new Promise<void>((resolve) => (this.#arrived = resolve)), sleep(100)]);
    }
    const message = this.#inbox.shift() as WireMessage;
    expect(message).toMatchObject(expected);
    return message;
  }

  /** Fails if the server says anything within a time. */
  async silence(ms: number): Promise<void> {
    await sleep(ms);
    expect(this.#inbox).toEqual([]);
  }

  /** Sends a request and checks its answer. */
  async ask(request: Said, expected: Partial<WireMessage>): Promise<WireMessage> {
    const { id, token = '' } = this.say(request);
    return this.hear({ type: 'ACK', id, token, ...expected });
  }

  /** Answers a request of the server, in its acknowledgement. */
  answer({ id, token }: WireMessage, answer: Said): void {
    this.say({ type: 'ACK', id, ...(token === undefined ? {} : { token }), ...answer });
  }

  /** Registers, and answers what every device is asked first, which is what it is, by a 4.04. */
  async register({ query = [], links = '</1/0>,</3/0>', version = '1.1' }: Registering = {}): Promise<void> {
    const { location } = await this.ask(
      {
        code: '0.02',
        path: '/rd',
        query: [`ep=${this.endpoint}`, 'lt=86400', `lwm2m=${version}`, 'b=U', ...query],
        format: 40,
        payload: hexOf(links),
      },
      { code: '2.01' },
    );
    this.location = location ?? '';
    if (this.#identified) return;
    this.answer(await this.hear({ code: '0.01', path: '/3/0' }), { code: '4.04' });
    this.#identified = true;
  }

  /** Has the server do an operation, and resolves when the script has played the device's part of it. */
  async command(operation: CommandOperation, play: () => Promise<void>): Promise<Command> {
    const params = { device: this.endpoint };
    const done = this.#server.api('commands.create', { params, query: { wait: 20 }, body: { operation } });
    const [command] = await Promise.all([done, play()]);
    return command;
  }

  /** An operation, the one request that it must lead to, and the answer of the device. */
  async perform(
    operation: CommandOperation,
    expected: Partial<WireMessage>,
    answer: Said,
  ): Promise<Command & { readonly request: WireMessage }> {
    let request: WireMessage | undefined;
    const command = await this.command(operation, async () => {
      request = await this.hear({ type: 'CON', ...expected });
      this.answer(request, answer);
    });
    if (!request) throw new Error('the server asked for nothing');
    return { ...command, request };
  }

  /** Has a path observed, and resolves when the script has played the device's part of it. */
  async observed(path: string, play: () => Promise<void>): Promise<void> {
    const params = { device: this.endpoint };
    await Promise.all([this.#server.api('devices.observe', { params, body: { path } }), play()]);
  }

  /** Has a path observed no more. */
  async unobserved(path: string, play: () => Promise<void>): Promise<void> {
    const params = { device: this.endpoint };
    await Promise.all([this.#server.api('devices.unobserve', { params, query: { path } }), play()]);
  }

  /** The newest values that the server shows below a path. */
  async values(): Promise<Record<string, unknown>> {
    const { values } = await this.shown();
    return Object.fromEntries(values.map(({ path, value }) => [path, value]));
  }

  /** How the server shows the device. */
  shown() {
    return this.#server.api('devices.show', { params: { device: this.endpoint } });
  }

  close(): void {
    this.#socket.close();
  }
}

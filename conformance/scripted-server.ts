import {
  type ClientEvent,
  type ClientOptions,
  LwM2mClient,
  type ObjectInstance,
  type ServerAddress,
} from '@reeve/agent';
import { expect } from 'vitest';
import { seededRandom } from '../tooling/testing/fuzz.ts';
import { accountOf, deviceOf, type Values } from './configuration.ts';
import type { OscoreShell } from './oscore-shell.ts';
import { decodeWire, encodeWire, type WireMessage } from './wire.ts';

/** A message of the server: the number and the token are filled in where the script does not care. */
type Said = Partial<WireMessage> & { readonly code: string };

/** How the client under test is made: Configuration C.3 of the specification, but for what is said here. */
interface Configuration {
  /** Values of the server object beside those of C.3, or in their place. */
  readonly server?: Values;
  /** The same of the device object. */
  readonly device?: Values;
  /** Beside the objects 0, 1 and 3. */
  readonly objects?: readonly ObjectInstance[];
  readonly client?: Partial<ClientOptions>;
  /** Whether it has an account of the server from the start; default true. */
  readonly provisioned?: boolean;
  /** What protects what goes to and from one of the servers. */
  readonly shell?: OscoreShell;
}

/**
 * A server that says what the script has it say, byte by byte, to our client engine, and checks what that says: in
 * memory, and in virtual time.
 */
export class ScriptedServer {
  now = 0;
  /** How often the device was told to reboot. */
  reboots = 0;
  readonly client: LwM2mClient;
  readonly events: ClientEvent[] = [];
  /** Where the message went that was heard last; what is said comes from there. */
  heardAt = '';
  readonly #inbox: { readonly to: string; readonly message: WireMessage }[] = [];
  readonly #shell: OscoreShell | undefined;
  /** The instances of object 0 by which the client knows its servers, by URI. */
  readonly #securityIds = new Map<string, number>();
  #id = 0x2000;

  constructor({ server, device, objects = [], client, provisioned = true, shell }: Configuration = {}) {
    this.#shell = shell;
    const random = seededRandom(1);
    this.client = new LwM2mClient({
      endpoint: 'client-1',
      random: (length) => Uint8Array.from({ length }, () => Math.floor(random() * 256)),
      objects: [
        ...(provisioned ? accountOf({ uri: 'coap://127.0.0.1' }, server) : []),
        deviceOf(device, () => void this.reboots++),
        ...objects,
      ],
      ...client,
    });
  }

  /** The next message of the client; what it must look like is checked as far as it is given. */
  hear(expected: Partial<WireMessage> = {}): WireMessage {
    this.#settle();
    const { to = '', message } = this.#inbox.shift() ?? {};
    this.heardAt = to;
    if (!message) throw new Error(`the client said nothing; expected ${JSON.stringify(expected)}`);
    expect(message).toMatchObject(expected);
    return message;
  }

  /** What is said next comes from the server with this URI. */
  speakAs(uri: string): this {
    this.heardAt = uri;
    return this;
  }

  /** The client says nothing more. */
  silence(): void {
    this.#settle();
    expect(this.#inbox).toEqual([]);
  }

  /** Sends a message as it is. */
  say(message: Said): WireMessage {
    const whole: WireMessage = { type: 'CON', id: this.#id++, token: 'd0', ...message };
    const datagram = encodeWire(whole);
    const shelled = this.#shell?.uri === this.heardAt ? this.#shell.say(datagram) : [datagram];
    for (const one of shelled) this.#give(one);
    this.#settle();
    return whole;
  }

  /** Sends a request and checks its answer, which is piggybacked. */
  ask(request: Said, expected: Partial<WireMessage>): WireMessage {
    const { id, token = '' } = this.say(request);
    return this.hear({ type: 'ACK', id, token, ...expected });
  }

  /** Answers a request of the client, in its acknowledgement. */
  answer({ id, token }: WireMessage, answer: Said): void {
    this.say({ type: 'ACK', id, ...(token === undefined ? {} : { token }), ...answer });
  }

  /** Starts the client and lets it register at `/rd/5a3f`. */
  register(): WireMessage {
    this.client.start(this.now);
    const register = this.hear({ code: '0.02', path: '/rd' });
    this.answer(register, { code: '2.01', location: '/rd/5a3f' });
    return register;
  }

  /** Lets time pass, with every timer of the client in its turn. */
  advance(seconds: number): void {
    const end = this.now + seconds * 1000;
    for (let wake = this.now; wake < end; ) {
      this.#settle();
      wake = Math.min(this.client.nextWakeAt() ?? end, end);
      this.now = Math.max(this.now, wake);
      this.client.tick(this.now);
    }
    this.#settle();
  }

  #settle(): void {
    for (let effects = this.client.drain(); effects.length > 0; effects = this.client.drain()) {
      for (const effect of effects) {
        if (effect.kind === 'send') this.#take(effect, effect.datagram);
        else if (effect.kind !== 'connect' && effect.kind !== 'disconnect') this.events.push(effect);
      }
    }
  }

  #give(datagram: Uint8Array, from = this.heardAt): void {
    this.client.receive(this.#securityIds.get(from) ?? 0, datagram, this.now);
  }

  #take({ securityId, to }: ServerAddress, datagram: Uint8Array): void {
    this.#securityIds.set(to, securityId);
    const { heard, said } = to === this.#shell?.uri ? this.#shell.hear(datagram) : { heard: [datagram], said: [] };
    for (const one of heard) this.#inbox.push({ to, message: decodeWire(one) });
    for (const one of said) this.#give(one, to);
  }
}

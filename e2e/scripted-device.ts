import { randomBytes } from 'node:crypto';
import {
  type CoapEffect,
  CoapEndpoint,
  type CoapMessage,
  Code,
  formatCode,
  locationPath,
  Option,
  observeValue,
  option,
  PeerKey,
  type RequestOutcome,
  type RequestSpec,
  type ResponseSpec,
  uriPath,
} from '@reeve/coap';
import type { Wire } from './wires.ts';

const SERVER = PeerKey('server');

/** A LwM2M device that does what a test tells it, over any wire: it keeps a text for each path. */
export class ScriptedDevice implements AsyncDisposable {
  readonly endpoint: string;
  /** What it was asked, in order: method and path. */
  readonly asked: string[] = [];
  readonly values = new Map<string, string>();
  /** What was written to it, in order. */
  readonly written: string[] = [];
  readonly #wire: Wire;
  readonly #coap = new CoapEndpoint({ random: (n) => randomBytes(n) });
  readonly #outcomes = new Map<number, (outcome: RequestOutcome) => void>();
  readonly #observers = new Map<string, Uint8Array>();
  readonly #timer: NodeJS.Timeout;
  location: readonly string[] = [];

  constructor(endpoint: string, wire: Wire, values: Readonly<Record<string, string>>) {
    this.endpoint = endpoint;
    this.#wire = wire;
    for (const [path, value] of Object.entries(values)) this.values.set(path, value);
    if (wire.stream) this.#coap.connected(SERVER, performance.now());
    wire.onBytes = (bytes) => {
      this.#coap.receive(SERVER, bytes, performance.now());
      this.#flush();
    };
    this.#timer = setInterval(() => {
      this.#coap.tick(performance.now());
      this.#flush();
    }, 50);
    this.#flush();
  }

  /** Registers with the objects of `links`. @returns the code */
  async register(binding = 'U', links = '</1/0>,</3/0>', version = '1.1'): Promise<string> {
    const query = [`lwm2m=${version}`, 'lt=300', `b=${binding}`, `ep=${this.endpoint}`];
    const answer = await this.request({
      code: Code.Post,
      options: [...pathOptions('/rd'), option(Option.ContentFormat, 40), ...query.map(queryOption)],
      payload: Buffer.from(links),
    });
    this.location = locationPath(answer);
    return formatCode(answer.code);
  }

  async update(...query: string[]): Promise<string> {
    const options = [...pathOptions(`/${this.location.join('/')}`), ...query.map(queryOption)];
    return formatCode((await this.request({ code: Code.Post, options })).code);
  }

  async deregister(): Promise<string> {
    const options = pathOptions(`/${this.location.join('/')}`);
    return formatCode((await this.request({ code: Code.Delete, options })).code);
  }

  /** Changes a value, and tells whoever observes it. */
  set(path: string, value: string): void {
    this.values.set(path, value);
    const token = this.#observers.get(path);
    if (token) this.#coap.notify(SERVER, token, { ...textOf(value), confirmable: true }, performance.now());
    this.#flush();
  }

  observes(path: string): boolean {
    return this.#observers.has(path);
  }

  async request(spec: RequestSpec): Promise<CoapMessage> {
    const id = this.#coap.request(SERVER, spec, performance.now());
    const ended = new Promise<RequestOutcome>((resolve) => this.#outcomes.set(id, resolve));
    this.#flush();
    const outcome = await ended;
    if (outcome.kind !== 'response') throw new Error(`the server did not answer: ${outcome.kind}`);
    return outcome.message;
  }

  /** Resolves when the server has closed its connection. */
  closed(): Promise<void> {
    return this.#wire.closed;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#timer);
    await this.#wire.close();
  }

  #flush(): void {
    for (let effects = this.#coap.drain(); effects.length > 0; effects = this.#coap.drain()) {
      for (const effect of effects) this.#on(effect);
    }
  }

  #on(effect: CoapEffect): void {
    if (effect.kind === 'send') this.#wire.send(effect.datagram);
    else if (effect.kind === 'outcome') this.#outcomes.get(effect.request)?.(effect.outcome);
    else if (effect.kind === 'request') {
      this.#coap.respond(effect.exchange, this.#answer(effect.message), performance.now());
    }
  }

  #answer(message: CoapMessage): ResponseSpec {
    const path = `/${uriPath(message).join('/')}`;
    this.asked.push(`${formatCode(message.code)} ${path}`);
    if (message.code === Code.Put) {
      const value = Buffer.from(message.payload).toString('utf8');
      this.written.push(value);
      this.values.set(path, value);
      return { code: Code.Changed };
    }
    if (message.code === Code.Post) return { code: Code.Changed };
    const value = this.values.get(path);
    if (message.code !== Code.Get || value === undefined) return { code: Code.NotFound };
    const observe = observeValue(message);
    if (observe === 0) this.#observers.set(path, Uint8Array.from(message.token));
    if (observe === 1) this.#observers.delete(path);
    return { ...textOf(value), observe: observe === 0 };
  }
}

function textOf(value: string) {
  return { code: Code.Content, options: [option(Option.ContentFormat, 0)], payload: Buffer.from(value) };
}

const pathOptions = (path: string) =>
  path
    .split('/')
    .filter(Boolean)
    .map((segment) => option(Option.UriPath, segment));
const queryOption = (text: string) => option(Option.UriQuery, text);

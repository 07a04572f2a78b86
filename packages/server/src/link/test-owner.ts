import { isDeepStrictEqual } from 'node:util';
import {
  type CoapEffect,
  CoapEndpoint,
  type CoapMessage,
  type CoapOption,
  Code,
  Option,
  option,
  PeerKey,
  type RequestSpec,
  type ResponseSpec,
} from '@reeve/coap';
import { addressKey, type ClientIdentity, computeNow, DtlsClient, type DtlsEffect, type SessionKey } from '@reeve/dtls';
import { seededBytes } from '../../../../tooling/testing/fuzz.ts';
import type { CredentialId, DeviceId, RegistrationId } from '../ids.ts';
import { SessionOwner } from './owner.ts';
import type { ExchangeRef, LinkDown, LinkOperation, LinkUp, Listener, PeerVerdict, RequestRef } from './port.ts';
import { TlsSecrets } from './tls-secrets.ts';

/** Wall clock of the tests when virtual time is 0. */
export const EPOCH = 1_800_000_000_000;
export const IDENTITY = Buffer.from('truck-1');
export const LABEL = `psk:${IDENTITY.toString('hex')}`;
export const CREDENTIAL = 'cred-1' as CredentialId;
export const KEY = Buffer.from('00112233445566778899aabbccddeeff', 'hex');
export const registrationId = 'reg000000001' as RegistrationId;
export const deviceId = 'dev-1' as DeviceId;
const SECURE_INGRESS = 0;
const PLAIN_INGRESS = 1;
const BOOTSTRAP_INGRESS = 2;
const LISTEN: readonly Listener[] = [
  { transport: 'coaps', host: '192.0.2.200', port: 5684 },
  { transport: 'coap', host: '192.0.2.200', port: 5683 },
  { transport: 'coap', host: '192.0.2.200', port: 5783, bootstrap: true },
];

type UpOf<K extends LinkUp['kind']> = Extract<LinkUp, { kind: K }>;

interface DeviceOptions {
  readonly secure?: boolean;
  /** Whether it speaks to the bootstrap server, without DTLS. */
  readonly bootstrap?: boolean;
  readonly identity?: Uint8Array;
  readonly key?: Uint8Array;
  /** Whether it takes tickets, and comes back with them. */
  readonly resumes?: boolean;
  /** In place of a pre-shared key; its server is believed. */
  readonly credential?: ClientIdentity;
  readonly port?: number;
  /** Whether it asks for a Connection ID to send with, so that it may come from anywhere. */
  readonly connectionId?: boolean;
}

/** The device's side: CoAP, and DTLS below it where wanted. */
export class TestDevice {
  /** Where it comes from; a test may move it. */
  port: number;
  readonly host = '192.0.2.1';
  readonly ingress: number;
  readonly coap: CoapEndpoint;
  readonly dtls: DtlsClient | undefined;
  readonly peer = PeerKey('server');
  /** All effects but `send`. */
  readonly effects: CoapEffect[] = [];
  readonly dtlsEffects: DtlsEffect[] = [];
  session: SessionKey | undefined;
  /** What the device answers the server's requests. */
  answer: (message: CoapMessage) => ResponseSpec | undefined = () => ({ code: Code.NotFound });
  readonly requests: CoapMessage[] = [];

  constructor(options: DeviceOptions, seed: number) {
    const {
      bootstrap = false,
      secure = !bootstrap,
      identity = IDENTITY,
      key = KEY,
      port = 40_000,
      connectionId = false,
    } = options;
    this.port = port;
    this.ingress = secure ? SECURE_INGRESS : bootstrap ? BOOTSTRAP_INGRESS : PLAIN_INGRESS;
    const random = seededBytes(seed);
    this.coap = new CoapEndpoint({ random });
    this.dtls = secure
      ? new DtlsClient({
          random,
          address: addressKey('server'),
          identity: options.credential ?? { kind: 'psk', identity, key },
          ...(options.resumes ? { resumption: { tickets: true } } : {}),
          connectionId: connectionId ? 'zero-length' : 'none',
        })
      : undefined;
  }

  receive(datagram: Uint8Array, now: number): void {
    if (this.dtls) this.dtls.receive(addressKey('server'), datagram, now);
    else this.coap.receive(this.peer, datagram, now);
  }

  tick(now: number): void {
    this.dtls?.tick(now);
    this.coap.tick(now);
  }

  /** Datagrams to send. */
  drain(now: number): Uint8Array[] {
    const out: Uint8Array[] = [];
    for (let more = true; more; ) {
      more = false;
      for (const effect of this.dtls?.drain() ?? []) {
        more = true;
        this.dtlsEffects.push(effect);
        if (effect.kind === 'send') out.push(effect.datagram);
        if (effect.kind === 'established') this.session = effect.session;
        if (effect.kind === 'compute') this.dtls?.computed(effect.job, computeNow(effect.task), now);
        if (effect.kind === 'findPeer') this.dtls?.peerFound(effect.lookup, { ok: true, credential: 'server' }, now);
        if (effect.kind === 'received') this.coap.receive(this.peer, effect.data, now);
      }
      for (const effect of this.coap.drain()) {
        more = true;
        if (effect.kind !== 'send') this.effects.push(effect);
        if (effect.kind === 'request') {
          this.requests.push(effect.message);
          const response = this.answer(effect.message);
          if (response) this.coap.respond(effect.exchange, response, now);
        }
        if (effect.kind !== 'send') continue;
        if (!this.dtls) out.push(effect.datagram);
        else if (this.session) this.dtls.send(this.session, effect.datagram);
      }
    }
    return out;
  }

  /** The responses that came, oldest first. */
  get responses(): CoapMessage[] {
    return this.effects.flatMap((e) =>
      e.kind === 'outcome' && e.outcome.kind === 'response' ? [e.outcome.message] : [],
    );
  }

  /** What became of the device's notifications. */
  get notified(): string[] {
    return this.effects.flatMap((e) => (e.kind === 'notifyOutcome' ? [e.outcome] : []));
  }
}

/** A session owner over a network without loss, in virtual time; what crosses the port is checked to be cloneable. */
export class TestOwner {
  now = 0;
  readonly up: LinkUp[] = [];
  owner: SessionOwner;
  /** Where the owner's datagrams went, newest last. */
  readonly sent: { ingress: number; host: string; port: number; datagram: Uint8Array }[] = [];
  /** What went over connections. */
  readonly written: Uint8Array[] = [];
  /** Keys by identity in hex; answered at once. */
  readonly keys = new Map<string, Uint8Array>([[IDENTITY.toString('hex'), KEY]]);
  /** Who is admitted without a pre-shared key, and whether they may resume; answered at once. */
  verdict: PeerVerdict = { ok: true, credential: CREDENTIAL };
  resumes = true;
  /** Whether reservations are granted, at once. */
  reserves = true;
  readonly #devices: TestDevice[] = [];
  #delivered = 0;
  #carried = 0;
  #request = 0;

  readonly #listen: readonly Listener[];

  /** @param plain how the socket without DTLS differs */
  constructor(seed = 1, plain: Partial<Listener> = {}) {
    this.#listen = LISTEN.map((listener) => (listener.transport === 'coap' ? { ...listener, ...plain } : listener));
    this.owner = this.#start(seed);
  }

  /** The process dies, and another one begins with what the store would have kept of each session. */
  restart(received: number | undefined, seed = 2): void {
    const limits = new Map(this.of('reserve').map(({ sessionId, upTo }) => [sessionId, upTo]));
    const closed = new Set(this.of('session-closed').map(({ sessionId }) => sessionId));
    const opened = this.of('session-opened').filter(({ session }) => !closed.has(session.sessionId));
    this.owner = this.#start(seed);
    for (const { session, snapshot } of opened) {
      if (!snapshot) throw new Error('a session that is not to be kept');
      const sendFrom = limits.get(session.sessionId) ?? snapshot.sendLimit;
      const mark = received === undefined ? {} : { received };
      const sendLimit = sendFrom + (this.reserves ? 64 : 0);
      this.post({ kind: 'restore-session', session, snapshot: snapshot.bytes, sendFrom, sendLimit, ...mark });
    }
  }

  #start(seed: number): SessionOwner {
    return new SessionOwner({
      streams: { write: (_, bytes) => this.written.push(bytes), end: () => {} },
      secrets: new TlsSecrets(),
      random: seededBytes(seed),
      wallClock: () => EPOCH + this.now,
      connectionIdSlot: 0,
      listen: this.#listen,
      compute: (task, done) => done(computeNow(task), this.now),
      send: (ingress, host, port, datagram) => this.sent.push({ ingress, host, port, datagram }),
      deliver: (message) => {
        const clone = structuredClone(message);
        if (!isDeepStrictEqual(clone, message)) throw new Error(`not cloneable: ${message.kind}`);
        this.up.push(clone);
      },
    });
  }

  device(options: DeviceOptions = {}): TestDevice {
    const device = new TestDevice(options, 100 + this.#devices.length);
    this.#devices.push(device);
    return device;
  }

  /** A device with a DTLS session. */
  connect(options: DeviceOptions = {}): TestDevice {
    const device = this.device(options);
    device.dtls?.connect(this.now);
    this.settle();
    return device;
  }

  /** Carries datagrams to and fro until nothing is under way. */
  settle(): void {
    for (let more = true; more; ) {
      more = false;
      for (const device of this.#devices) {
        for (const datagram of device.drain(this.now)) {
          more = true;
          this.owner.receive(device.ingress, device.host, device.port, datagram, this.now);
        }
      }
      for (; this.#delivered < this.up.length; this.#delivered++) {
        const message = this.up[this.#delivered];
        if (message?.kind === 'reserve' && this.reserves) {
          this.post({ kind: 'reserved', sessionId: message.sessionId, upTo: message.upTo });
        }
        if (message?.kind === 'find-peer') {
          this.post({ kind: 'peer', lookup: message.lookup, verdict: this.verdict });
        }
        if (message?.kind === 'find-resumed') {
          this.post({ kind: 'resumed', lookup: message.lookup, good: this.resumes });
        }
        if (message?.kind !== 'find-psk') continue;
        const key = this.keys.get(message.identity);
        const credential = CREDENTIAL;
        this.post({ kind: 'psk', lookup: message.lookup, ...(key ? { found: { key, credential } } : {}) });
      }
      for (; this.#carried < this.sent.length; this.#carried++) {
        more = true;
        const { ingress, port, datagram } = this.sent[this.#carried] ?? {};
        const device = this.#devices.find((d) => d.port === port && d.ingress === ingress);
        if (datagram) device?.receive(datagram, this.now);
      }
    }
  }

  /** Lets virtual time pass in steps. */
  pass(ms: number): void {
    for (const end = this.now + ms; this.now < end; ) {
      this.now = Math.min(end, this.now + 250);
      this.owner.tick(this.now);
      for (const device of this.#devices) device.tick(this.now);
      this.settle();
    }
  }

  post(message: LinkDown): void {
    this.owner.handle(structuredClone(message), this.now);
  }

  /** Forgets what was delivered and sent, as if all had been handled and lost. */
  forget(): void {
    this.up.length = 0;
    this.sent.length = 0;
    this.#delivered = 0;
    this.#carried = 0;
  }

  of<K extends LinkUp['kind']>(kind: K): UpOf<K>[] {
    return this.up.filter((message): message is UpOf<K> => message.kind === kind);
  }

  last<K extends LinkUp['kind']>(kind: K): UpOf<K> {
    const message = this.of(kind).at(-1);
    if (!message) throw new Error(`no ${kind}; there is ${this.up.map((m) => m.kind).join(', ')}`);
    return message;
  }

  /** Sends a request of the device and carries it. */
  send(device: TestDevice, spec: RequestSpec): void {
    device.coap.request(device.peer, spec, this.now);
    this.settle();
  }

  answer(exchange: ExchangeRef, code: number, location?: readonly string[]): void {
    this.post({ kind: 'answer', exchange, code, ...(location ? { location } : {}) });
    this.settle();
  }

  /** Registers the device, and binds its session as the registry would. */
  register(
    device: TestDevice,
    { query = [], offer = '' }: { query?: string[]; offer?: string } = {},
  ): UpOf<'register'> {
    this.send(device, registerRequest({ query, offer }));
    const message = this.last('register');
    const { sessionId } = message.session;
    const { version, offer: offered } = message;
    this.post({ kind: 'bind', sessionId, deviceId, registrationId, version, offer: offered });
    this.answer(message.exchange, Code.Created, ['rd', registrationId]);
    return message;
  }

  /** Performs an operation over the newest session and gives back its outcome, if there is one yet. */
  perform(operation: LinkOperation, how: { readonly awakeMs?: number } = {}): UpOf<'outcome'> | undefined {
    this.#request += 1;
    const request = this.#request as RequestRef;
    const sessionId = (this.of('session-opened').at(-1) ?? this.last('register')).session.sessionId;
    this.post({ kind: 'perform', request, sessionId, operation, ...how });
    this.settle();
    return this.of('outcome').find((outcome) => outcome.request === request);
  }
}

export function path(...segments: string[]): CoapOption[] {
  return segments.map((segment) => option(Option.UriPath, segment));
}

export function query(...parts: string[]): CoapOption[] {
  return parts.map((part) => option(Option.UriQuery, part));
}

/** A Register as devices of version 1.1 send it. */
export function registerRequest({ query: more = [] as string[], offer = '' } = {}): RequestSpec {
  const defaults = ['ep=truck-1', 'lt=300', 'lwm2m=1.1', 'b=U'];
  const parts = more.length > 0 ? more : defaults;
  return {
    code: Code.Post,
    options: [...path('rd'), option(Option.ContentFormat, 40), ...query(...parts)],
    payload: Buffer.from(offer || '</>;rt="oma.lwm2m";ct="60 112 11542",</1/0>,</3/0>,</6/0>'),
  };
}

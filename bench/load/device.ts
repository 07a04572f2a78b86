import { randomBytes } from 'node:crypto';
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import {
  type CoapOption,
  Code,
  decodeMessage,
  encodeMessage,
  locationPath,
  MessageType,
  Option,
  observeValue,
  option,
  uriPath,
} from '@reeve/coap';
import {
  addressKey,
  type ClientIdentity,
  type ClientOptions,
  computeNow,
  DtlsClient,
  type DtlsEffect,
  type ResumptionState,
  type SessionKey,
} from '@reeve/dtls';
import { generatedPsk } from '../../peers/leshan/driver.ts';
import { type Content, contentOf, observedBy, READ } from './content.ts';
import { suiteOf } from './identity.ts';
import type { DevicePlan } from './plan.ts';

const SERVER = addressKey('server');
const NOTHING = new Uint8Array(0);
const RETRANSMIT_MS = 2_000;
/** Observe values from here on have three bytes, so that they can be written in place. */
const FIRST_SEQUENCE = 1 << 16;
/** Values of one byte in TLV and of two in CBOR, so that the last one can be written in place. */
const FIRST_VALUE = 24;
const VALUES = 76;

/** What device `index` offers; its endpoint name is its identity. */
const OBJECTS = Buffer.from('</>;ct=11542,</1/0>,</3/0>,</6/0>');

type FreeDevice = (device: LeanDevice) => void;

const notifies = (operation: DevicePlan['operation']): boolean => operation === 'notification' || operation === 'senml';
const resumes = (operation: DevicePlan['operation']): boolean => operation === 'ticket' || operation === 'session-id';
const shakesHands = (operation: DevicePlan['operation']): boolean => operation === 'handshake' || resumes(operation);

/**
 * A device that costs its machine as little as possible: its datagrams are made once and then changed in place. It does
 * one operation at a time.
 */
export class LeanDevice {
  readonly #socket: Socket;
  readonly #plan: DevicePlan;
  readonly #endpoint: string;
  /** How it shakes hands. */
  readonly #options: ClientOptions;
  /** Called whenever it is free for its next operation. */
  readonly #free: FreeDevice;
  #dtls: DtlsClient | undefined;
  /** What resumes its last session. */
  #resumable: ResumptionState | undefined;
  #session: SessionKey | undefined;
  /** The message of every operation, and where in it the Observe value stands. */
  #datagram: Uint8Array = NOTHING;
  #sequence = FIRST_SEQUENCE;
  #value: number = FIRST_VALUE;
  #messageId = 0;
  #registering = false;
  /** Where a registration stands: it is done when the server has answered it and observes. */
  #observed = false;
  readonly #content: Content;
  /** When the operation under way was sent last, ms; 0 when there is none. */
  #sentAt = 0;

  private constructor(index: number, socket: Socket, plan: DevicePlan, identity: ClientIdentity, free: FreeDevice) {
    this.#endpoint = generatedPsk(index).identity;
    this.#socket = socket;
    this.#plan = plan;
    this.#content = contentOf(plan.operation);
    this.#options = {
      random: randomBytes,
      address: SERVER,
      identity,
      suites: [suiteOf(plan.credential)],
      groups: ['secp256r1'],
    };
    this.#free = free;
    socket.on('message', (datagram) => this.#receive(datagram));
  }

  static async open(index: number, plan: DevicePlan, identity: ClientIdentity, free: FreeDevice): Promise<LeanDevice> {
    const socket = createSocket('udp4');
    socket.connect(plan.port, '127.0.0.1');
    await once(socket, 'connect');
    return new LeanDevice(index, socket, plan, identity, free);
  }

  /** Comes to the point where it is free for its first operation. */
  start(): void {
    const { operation, credential } = this.#plan;
    if (operation === 'handshake') this.#free(this);
    else if (credential !== 'none') this.#connect();
    else this.#register();
  }

  /** Begins its next operation. */
  next(): void {
    const { operation } = this.#plan;
    if (shakesHands(operation)) this.#connect();
    else if (operation === 'registration') this.#register();
    else if (notifies(operation)) this.#notify();
    else if (operation === 'send') this.#sendValue();
    // What is read is sent when the server asks for it.
    else if (operation !== 'read') this.#send();
  }

  /** Sends again what got no answer. @returns whether it did */
  retransmit(now: number): boolean {
    if (this.#sentAt === 0 || now - this.#sentAt < RETRANSMIT_MS) return false;
    if (this.#session === undefined && this.#dtls) {
      this.#dtls.tick(now);
      this.#carryOut();
    } else this.#sendOut(this.#datagram);
    this.#sentAt = now;
    return true;
  }

  #connect(): void {
    const { operation } = this.#plan;
    this.#sentAt = performance.now();
    this.#session = undefined;
    this.#dtls = new DtlsClient({
      ...this.#options,
      ...(resumes(operation) && {
        resumption: { tickets: operation === 'ticket', ...(this.#resumable && { state: this.#resumable }) },
      }),
    });
    this.#dtls.connect(this.#sentAt);
    this.#carryOut();
  }

  #onEstablished({ session, resumed }: Extract<DtlsEffect, { kind: 'established' }>): void {
    this.#session = session;
    const { operation } = this.#plan;
    if (resumes(operation)) {
      if (this.#resumable && !resumed) throw new Error(`${this.#endpoint}: the server did not resume its session`);
      this.#resumable = this.#dtls?.resumable;
      if (!this.#resumable) throw new Error(`${this.#endpoint}: the server gave it nothing to resume its session with`);
    }
    if (shakesHands(operation)) this.#done();
    else this.#register();
  }

  #register(): void {
    this.#registering = true;
    this.#observed = false;
    const query = ['lwm2m=1.1', 'lt=86400', 'b=U', `ep=${this.#endpoint}`];
    const options = [option(Option.UriPath, 'rd'), option(Option.ContentFormat, 40)];
    this.#prepare(Code.Post, [...options, ...query.map((text) => option(Option.UriQuery, text))], OBJECTS);
    this.#send();
  }

  /** Makes the message that is sent from now on. */
  #prepare(code: number, options: readonly CoapOption[], payload: Uint8Array = NOTHING, token = randomBytes(4)): void {
    const type = MessageType.Confirmable;
    this.#datagram = encodeMessage({ type, code, messageId: 0, token, options, payload });
  }

  #notify(): void {
    this.#sequence += 1;
    // Behind the token, and the option's header.
    const place = 4 + ((this.#datagram[0] ?? 0) & 15) + 1;
    Buffer.prototype.writeUIntBE.call(this.#datagram, this.#sequence, place, 3);
    this.#sendValue();
  }

  /** Sends its message with another value. */
  #sendValue(): void {
    this.#value = FIRST_VALUE + ((this.#value - FIRST_VALUE + 1) % VALUES);
    this.#datagram[this.#datagram.length - 1] = this.#value;
    this.#send();
  }

  #send(): void {
    this.#messageId = (this.#messageId + 1) & 0xffff;
    this.#datagram[2] = this.#messageId >> 8;
    this.#datagram[3] = this.#messageId;
    this.#sentAt = performance.now();
    this.#sendOut(this.#datagram);
  }

  #sendOut(datagram: Uint8Array): void {
    if (this.#dtls && this.#session !== undefined) {
      this.#dtls.send(this.#session, datagram);
      this.#carryOut();
    } else if (this.#plan.credential === 'none') this.#socket.send(datagram);
  }

  #carryOut(): void {
    const dtls = this.#dtls;
    if (!dtls) return;
    for (let effects = dtls.drain(); effects.length > 0; effects = dtls.drain()) {
      for (const effect of effects) this.#onEffect(dtls, effect);
    }
  }

  #onEffect(dtls: DtlsClient, effect: DtlsEffect): void {
    switch (effect.kind) {
      case 'send':
        this.#socket.send(effect.datagram);
        break;
      case 'received':
        this.#onMessage(effect.data);
        break;
      case 'compute':
        dtls.computed(effect.job, computeNow(effect.task), performance.now());
        break;
      case 'findPeer':
        // What the server shows is as it should be, and not what is measured.
        dtls.peerFound(effect.lookup, { ok: true, credential: '' }, performance.now());
        break;
      case 'established':
        this.#onEstablished(effect);
        break;
      case 'refused':
      case 'closed':
        throw new Error(`${this.#endpoint}: ${JSON.stringify(effect)}`);
    }
  }

  #receive(datagram: Uint8Array): void {
    if (!this.#dtls) this.#onMessage(datagram);
    else {
      this.#dtls.receive(SERVER, datagram, performance.now());
      this.#carryOut();
    }
  }

  #onMessage(bytes: Uint8Array): void {
    const type = ((bytes[0] ?? 0) >> 4) & 3;
    const messageId = ((bytes[2] ?? 0) << 8) | (bytes[3] ?? 0);
    if (type === MessageType.Confirmable) this.#onRequest(bytes);
    else if (type === MessageType.Reset) throw new Error(`${this.#endpoint}: the server reset message ${messageId}`);
    else if (type === MessageType.Acknowledgement && messageId === this.#messageId && this.#sentAt !== 0) {
      if (this.#registering) this.#onRegistered(bytes);
      else this.#done();
    }
  }

  #done(): void {
    this.#sentAt = 0;
    this.#free(this);
  }

  #onRegistered(bytes: Uint8Array): void {
    const decoded = decodeMessage(bytes);
    if (!decoded.ok || decoded.message.code !== Code.Created) throw new Error(`${this.#endpoint}: not registered`);
    this.#registering = false;
    const { operation } = this.#plan;
    if (operation === 'registration') {
      this.#doneIfObserved();
      return;
    }
    this.#sentAt = 0;
    if (notifies(operation)) return;
    const location = locationPath(decoded.message).map((segment) => option(Option.UriPath, segment));
    if (operation === 'send') {
      const { format, payload } = this.#content;
      this.#prepare(Code.Post, [option(Option.UriPath, 'dp'), option(Option.ContentFormat, format)], payload);
    } else this.#prepare(operation === 'request' ? Code.Get : Code.Post, location);
    this.#free(this);
  }

  /** A registration is done; the server may have answered before it observed, or after. */
  #doneIfObserved(): void {
    if (this.#observed && !this.#registering) this.#done();
  }

  /** Lets itself be observed and read at that one path, and has nothing else. */
  #onRequest(bytes: Uint8Array): void {
    const decoded = decodeMessage(bytes);
    if (!decoded.ok) return;
    const { operation } = this.#plan;
    const { messageId, token } = decoded.message;
    const observing = observeValue(decoded.message) === 0;
    const { format, payload } = this.#content;
    const about = [option(Option.ContentFormat, format)];
    const options = [option(Option.Observe, this.#sequence), ...about];
    const read = operation === 'read' && `/${uriPath(decoded.message).join('/')}` === READ;
    const answer =
      observing || read
        ? { code: Code.Content, options: observing ? options : about, payload }
        : { code: Code.NotFound, options: [], payload: NOTHING };
    this.#sendOut(encodeMessage({ type: MessageType.Acknowledgement, messageId, token, ...answer }));
    if (read) this.#free(this);
    if (!observing || observedBy(operation) === undefined) return;
    if (operation === 'registration') {
      this.#observed = true;
      this.#doneIfObserved();
      return;
    }
    const before = this.#datagram;
    this.#prepare(Code.Content, options, payload, Buffer.from(token));
    // A server that observes again goes on with an operation that is under way.
    if (before[1] !== Code.Content) this.#free(this);
  }
}

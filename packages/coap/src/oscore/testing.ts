import { createSecretKey } from 'node:crypto';
import { decodeMessage } from '../codec.ts';
import { Code, formatCode } from '../codes.ts';
import type { CoapEffect } from '../effects.ts';
import { CoapEndpoint } from '../endpoint.ts';
import { PeerKey } from '../ids.ts';
import { type CoapMessage, uriPath } from '../message.ts';
import { hex, path, predictableRandom } from '../testing/harness.ts';
import { DEFAULT_AEAD, DEFAULT_HKDF } from './algorithms.ts';
import { OscoreAssociation, type OscoreAssociationOptions, type OscoreEffect } from './association.ts';
import type { OscoreParameters } from './context.ts';

/** What the device was given; the server has the ids swapped. */
export const DEVICE: OscoreParameters = {
  masterSecret: createSecretKey(hex('0102030405060708090a0b0c0d0e0f10')),
  masterSalt: hex('9e7ca92223786340'),
  senderId: hex('01'),
  recipientId: hex('02'),
  aead: DEFAULT_AEAD,
  hkdf: DEFAULT_HKDF,
};
export const SERVER: OscoreParameters = {
  ...DEVICE,
  senderId: DEVICE.recipientId,
  recipientId: DEVICE.senderId,
};

type Options = Partial<Omit<OscoreAssociationOptions, 'parameters' | 'random'>>;

const PEER = PeerKey('the other');

/** One end: CoAP over an association. */
export class End {
  readonly coap: CoapEndpoint;
  readonly association: OscoreAssociation;
  /** What the CoAP layer told, but for what it sent. */
  readonly told: Exclude<CoapEffect, { kind: 'send' }>[] = [];
  /** What the association told, but for what it sent and received. */
  readonly effects: Exclude<OscoreEffect, { kind: 'send' | 'received' }>[] = [];
  readonly received: CoapMessage[] = [];
  /** Grants each reservation at once. */
  grants = true;

  constructor(parameters: OscoreParameters, seed: number, options: Options = {}) {
    const random = predictableRandom();
    for (let i = 0; i < seed * 1000; i++) random(8);
    this.coap = new CoapEndpoint({ random });
    this.association = new OscoreAssociation({
      parameters,
      numbers: { next: 0, limit: 16, block: 16 },
      received: 'none',
      random,
      ...options,
    });
  }

  static readonly PEER = PEER;

  /** Lets everything happen that can without the other end; what is to be sent comes back. */
  settle(now: number, answer: (path: string) => string | undefined): Uint8Array[] {
    const out: Uint8Array[] = [];
    for (let busy = true; busy; ) {
      busy = false;
      for (const effect of this.coap.drain()) {
        busy = true;
        if (effect.kind === 'send') this.association.send(effect.datagram);
        else this.told.push(effect);
        if (effect.kind !== 'request') continue;
        this.received.push(effect.message);
        const text = answer(uriPath(effect.message).join('/'));
        if (text === undefined) continue;
        const payload = new TextEncoder().encode(text);
        this.coap.respond(effect.exchange, { code: 0x45, payload, observe: true }, now);
      }
      for (const effect of this.association.drain()) {
        busy = true;
        if (effect.kind === 'send') out.push(effect.datagram);
        else if (effect.kind === 'received') this.coap.receive(PEER, effect.datagram, now);
        else this.effects.push(effect);
        if (effect.kind === 'reserve' && this.grants) this.association.reserved(effect.upTo, effect.idContext);
      }
    }
    return out;
  }
}

/** Two ends and the wire between them. */
export class Line {
  now = 0;
  /** All that went over the wire. */
  readonly wire: { readonly from: 'device' | 'server'; readonly datagram: Uint8Array }[] = [];
  device: End;
  server: End;
  /** Which of the datagrams are lost. */
  lose: (index: number) => boolean = () => false;

  constructor(device: End, server: End) {
    this.device = device;
    this.server = server;
  }

  /** Carries datagrams until there are no more. */
  run(): void {
    for (let busy = true; busy; ) {
      busy = false;
      for (const from of ['device', 'server'] as const) {
        const [a, b] = from === 'device' ? [this.device, this.server] : [this.server, this.device];
        for (const datagram of a.settle(this.now, (path) => (path === 'silent' ? undefined : path))) {
          busy = true;
          this.wire.push({ from, datagram });
          if (!this.lose(this.wire.length - 1)) Line.arrive(b, datagram);
        }
      }
    }
  }

  /** A datagram reaches an end. */
  static arrive(end: End, datagram: Uint8Array): void {
    const bytes = Uint8Array.from(datagram);
    const decoded = decodeMessage(bytes);
    if (decoded.ok) end.association.receive(bytes, decoded.message);
  }

  /** Lets time go on. */
  pass(ms: number): void {
    const end = this.now + ms;
    this.run();
    while (this.now < end) {
      const wakes = [this.device, this.server].map(({ coap }) => coap.nextWakeAt() ?? end);
      this.now = Math.min(end, Math.max(this.now + 1, Math.min(...wakes)));
      for (const { coap } of [this.device, this.server]) coap.tick(this.now);
      this.run();
    }
  }
}

/** A line between two ends, with what each has beside its keys. */
export const line = (device: Partial<OscoreAssociationOptions> = {}, server: Partial<OscoreAssociationOptions> = {}) =>
  new Line(new End(DEVICE, 1, device), new End(SERVER, 2, server));

/** A datagram that must be a message. */
export function read(datagram: Uint8Array | undefined): CoapMessage {
  const decoded = datagram && decodeMessage(datagram);
  if (!decoded?.ok) throw new Error('no message');
  return decoded.message;
}

/** What an end's requests came to. */
export const outcomes = ({ told }: End) =>
  told.flatMap((effect) =>
    effect.kind !== 'outcome'
      ? []
      : effect.outcome.kind === 'response'
        ? [
            `${formatCode(effect.outcome.message.code)} ${new TextDecoder().decode(effect.outcome.message.payload)}`.trim(),
          ]
        : [effect.outcome.kind],
  );

/** What an end has refused, and why. */
export const faults = ({ effects }: End) =>
  effects.flatMap((effect) => (effect.kind === 'refused' ? [effect.fault] : []));

/** An end asks the other for a path. */
export function get(end: End, text: string, now = 0, confirmable = true): void {
  end.coap.request(End.PEER, { code: Code.Get, options: path(text), confirmable }, now);
}

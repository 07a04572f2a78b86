/** Test kit: one connection, seen from its other end. */
import { expect } from 'vitest';
import { decodeMessage, encodeMessage } from '../codec.ts';
import type { CoapEffect } from '../effects.ts';
import { CoapEndpoint, type CoapEndpointOptions } from '../endpoint.ts';
import { PeerKey } from '../ids.ts';
import { type CoapMessage, MessageType } from '../message.ts';
import { hex, predictableRandom, toHex } from '../testing/harness.ts';
import { FrameReader, frameOf } from './frames.ts';

export const PEER = PeerKey('connection');
export const NOTHING = new Uint8Array(0);
export const bytes = (length: number) => Uint8Array.from({ length }, (_, i) => i);

/** What signalling messages look like, written by hand after RFC 8323 §5. */
export const CSM = '00 e1';
export const CSM_OF_US = '40 e1 22 4000 20';
export const BLOCKWISE_CSM = '10 e1 40';

/** An endpoint with one connection, and what came out of it. */
export class Wire {
  readonly endpoint: CoapEndpoint;
  #effects: CoapEffect[] = [];
  readonly #reader = new FrameReader(1_000_000);
  now = 0;

  /** @param settings what the peer says of itself first, in hex; null for nothing */
  constructor(settings: string | null = CSM, options: Partial<CoapEndpointOptions> = {}) {
    this.endpoint = new CoapEndpoint({ random: predictableRandom(), ...options });
    expect(this.endpoint.connected(PEER, 0)).toBe(true);
    if (settings === null) return;
    this.receive(settings);
    this.sent();
  }

  receive(message: string | Partial<CoapMessage>): this {
    const whole = {
      type: MessageType.NonConfirmable,
      code: 0,
      messageId: 0,
      token: NOTHING,
      options: [],
      payload: NOTHING,
    };
    const frame = typeof message === 'string' ? hex(message) : frameOf(encodeMessage({ ...whole, ...message }));
    this.endpoint.receive(PEER, frame, this.now);
    return this;
  }

  take<K extends CoapEffect['kind']>(kind: K): Extract<CoapEffect, { kind: K }>[] {
    this.#effects.push(...this.endpoint.drain());
    const wanted = (effect: CoapEffect): effect is Extract<CoapEffect, { kind: K }> => effect.kind === kind;
    const taken = this.#effects.filter(wanted);
    this.#effects = this.#effects.filter((effect) => !wanted(effect));
    return taken;
  }

  only<K extends CoapEffect['kind']>(kind: K): Extract<CoapEffect, { kind: K }> {
    const [effect, ...more] = this.take(kind);
    if (effect === undefined || more.length > 0) throw new Error(`${more.length + (effect ? 1 : 0)} ${kind} effects`);
    return effect;
  }

  /** What was written since the last look, as hex. */
  sent(): string[] {
    return this.take('send').map(({ datagram }) => toHex(datagram));
  }

  /** The messages that were written since the last look. */
  messages(): CoapMessage[] {
    return this.take('send').flatMap(({ datagram }) =>
      this.#reader.take(datagram).map((frame) => {
        const decoded = frame.kind === 'message' ? decodeMessage(frame.datagram) : undefined;
        if (!decoded?.ok) throw new Error('the endpoint wrote garbage');
        return decoded.message;
      }),
    );
  }

  message(): CoapMessage {
    const [message, ...more] = this.messages();
    if (message === undefined || more.length > 0) throw new Error(`${more.length + (message ? 1 : 0)} messages`);
    return message;
  }

  pass(ms: number): this {
    this.now += ms;
    this.endpoint.tick(this.now);
    return this;
  }
}

import { decodeMessage, encodeMessage } from '../codec.ts';
import { Code } from '../codes.ts';
import { CoapCore } from '../core.ts';
import type { CoapCoreOptions } from '../core-options.ts';
import type { CoapEffect } from '../effects.ts';
import { PeerKey } from '../ids.ts';
import { type CoapMessage, MessageType } from '../message.ts';
import { type CoapOption, Option, option } from '../options.ts';

/** Bytes of a hex string; blanks are for the eye. */
export function hex(text: string): Uint8Array {
  return Uint8Array.from(text.replaceAll(' ', '').match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
}

/** Hex digits of bytes. */
export function toHex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** The path options of `/a/b`. */
export function path(text: string): CoapOption[] {
  return text
    .split('/')
    .filter((segment) => segment !== '')
    .map((segment) => option(Option.UriPath, segment));
}

type MessageParts = Partial<Omit<CoapMessage, 'payload' | 'token'>> & { payload?: string; token?: string };

/** A datagram from a few parts; token in hex, payload as text. */
export function datagram({ payload = '', token = '', ...parts }: MessageParts): Uint8Array {
  return encodeMessage({
    type: MessageType.Confirmable,
    code: Code.Empty,
    messageId: 0,
    options: [],
    ...parts,
    token: hex(token),
    payload: new TextEncoder().encode(payload),
  });
}

/** What a test says of a message that went out. */
function summary(bytes: Uint8Array): Record<string, unknown> {
  const decoded = decodeMessage(bytes);
  if (!decoded.ok) throw new Error(`the core sent garbage: ${decoded.error.detail}`);
  const { type, code, messageId, token, payload } = decoded.message;
  return { type, code, messageId, token: toHex(token), payload: new TextDecoder().decode(payload) };
}

/** Randomness that never repeats a token and leaves out the jitter, so that waits are exact. */
export function predictableRandom(): (n: number) => Uint8Array {
  let count = 0;
  return (n) => {
    const bytes = new Uint8Array(n);
    if (n > 2) new DataView(bytes.buffer).setUint32(0, ++count);
    return bytes;
  };
}

export const PEER = PeerKey('peer');

/** The effects of one kind. */
type EffectOf<K extends CoapEffect['kind']> = Extract<CoapEffect, { kind: K }>;

/** A core with one peer, and what came out of it. */
export class Harness {
  readonly core: CoapCore;
  #effects: CoapEffect[] = [];

  constructor(options: Partial<CoapCoreOptions> = {}) {
    this.core = new CoapCore({ random: predictableRandom(), ...options });
  }

  receive(bytes: Uint8Array, now: number, peer: PeerKey = PEER): this {
    this.core.receive(peer, bytes, now);
    return this;
  }

  /** All effects since the last look. */
  effects(): CoapEffect[] {
    this.#effects.push(...this.core.drain());
    return this.#effects.splice(0);
  }

  /** Takes the effects of one kind; the others stay for a later look. */
  take<K extends CoapEffect['kind']>(kind: K): EffectOf<K>[] {
    const all = this.effects();
    const isWanted = (effect: CoapEffect): effect is EffectOf<K> => effect.kind === kind;
    this.#effects = all.filter((effect) => !isWanted(effect));
    return all.filter(isWanted);
  }

  /** The only effect of one kind. */
  only<K extends CoapEffect['kind']>(kind: K): EffectOf<K> {
    const [effect, ...more] = this.take(kind);
    if (effect === undefined || more.length > 0) throw new Error(`${more.length + (effect ? 1 : 0)} ${kind} effects`);
    return effect;
  }

  /** What was sent since the last look. */
  sent(): Record<string, unknown>[] {
    return this.take('send').map((effect) => summary(effect.datagram));
  }

  /** Ticks whenever the core asks for it, up to a time, and says when datagrams went out. */
  run(from: number, until: number): number[] {
    const times: number[] = [];
    this.#effects.push(...this.core.drain());
    let now = from;
    for (;;) {
      const next = this.core.nextWakeAt();
      if (next === undefined || next > until) break;
      now = Math.max(now, next);
      this.core.tick(now);
      const effects = this.core.drain();
      for (const effect of effects) if (effect.kind === 'send') times.push(now);
      this.#effects.push(...effects);
    }
    return times;
  }
}

import { block1Option } from '../blockwise/blocks.ts';
import { decodeMessage, encodeMessage } from '../codec.ts';
import { Code } from '../codes.ts';
import type { CoapEffect } from '../effects.ts';
import { CoapEndpoint } from '../endpoint.ts';
import type { PeerKey } from '../ids.ts';
import type { BodyLimits } from '../limits.ts';
import { type CoapMessage, MessageType } from '../message.ts';
import type { CoapOption } from '../options.ts';
import { PEER, path, predictableRandom } from './harness.ts';

const EMPTY = new Uint8Array(0);

/** An endpoint that a test plays the peer of, message by message. */
export class ScriptedPeer {
  readonly endpoint: CoapEndpoint;
  readonly refused: string[] = [];
  /** Why, in words. */
  readonly details: string[] = [];
  readonly requests: CoapMessage[] = [];
  readonly outcomes: Extract<CoapEffect, { kind: 'outcome' }>[] = [];
  readonly #sent: CoapMessage[] = [];
  #messageId = 0;

  constructor(bodyLimits: Partial<BodyLimits> = {}) {
    this.endpoint = new CoapEndpoint({ random: predictableRandom(), bodyLimits });
  }

  /** Sends a part of a body. */
  put(num: number, more: boolean, payload: Uint8Array, { szx = 2, key = PEER, extra = [] as CoapOption[] } = {}): this {
    return this.send(Code.Put, [...path('/5/0/0'), block1Option({ num, more, szx }), ...extra], payload, key);
  }

  send(code: number, options: readonly CoapOption[], payload: Uint8Array = EMPTY, key: PeerKey = PEER): this {
    const messageId = this.#messageId++;
    const token = Uint8Array.of(messageId >> 8, messageId);
    this.receive({ type: MessageType.Confirmable, code, messageId, token, options, payload }, key);
    return this;
  }

  receive(message: CoapMessage, key: PeerKey = PEER): void {
    this.endpoint.receive(key, encodeMessage(message), 0);
    this.#drain();
  }

  /** Answers, in its acknowledgement, what the endpoint asked last. */
  answer(code: number, options: readonly CoapOption[] = [], payload: Uint8Array = EMPTY): CoapMessage {
    const { messageId, token } = this.last();
    this.receive({ type: MessageType.Acknowledgement, code, messageId, token, options, payload });
    return this.last();
  }

  /** What the endpoint sent last. */
  last(): CoapMessage {
    const message = this.lastIfAny();
    if (message === undefined) throw new Error('nothing was sent');
    return message;
  }

  lastIfAny(): CoapMessage | undefined {
    this.#drain();
    return this.#sent.at(-1);
  }

  #drain(): void {
    for (const effect of this.endpoint.drain()) {
      if (effect.kind === 'send') {
        const decoded = decodeMessage(effect.datagram);
        if (!decoded.ok) throw new Error('the endpoint sent garbage');
        this.#sent.push(decoded.message);
      } else if (effect.kind === 'request') {
        this.requests.push(effect.message);
        this.endpoint.respond(effect.exchange, { code: Code.Changed }, 0);
        this.#drain();
      } else if (effect.kind === 'refused') {
        this.refused.push(effect.reason);
        this.details.push(effect.detail);
      } else if (effect.kind === 'outcome') this.outcomes.push(effect);
    }
  }
}

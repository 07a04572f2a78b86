import { Code, isSafeMethod } from '../codes.ts';
import type { CoapCore } from '../core.ts';
import type { CoapEffect } from '../effects.ts';
import type { ExchangeId, PeerKey } from '../ids.ts';
import { block1, block2, type CoapMessage, optionUint } from '../message.ts';
import { BERT, type BlockValue, type CoapOption, Option, option } from '../options.ts';
import type { NotificationSpec, ResponseSpec } from '../specs.ts';
import { block1Option, block2Option, blockBytes, entityTag, exponentOf, fills, transferKey, whole } from './blocks.ts';
import { type Bodies, type Body, type BodyLimit, joined } from './bodies.ts';

type RequestEffect = Extract<CoapEffect, { kind: 'request' }>;
type Answer = Pick<ResponseSpec, 'code' | 'options'>;

const EMPTY = new Uint8Array(0);
const NO_OPTIONS: readonly CoapOption[] = [];

/**
 * The server's side of block-wise transfer (RFC 7959): requests that come in parts are put together before anybody
 * sees them, answers and notifications that are too long go out in parts.
 */
export class Serving {
  readonly #core: CoapCore;
  readonly #bodies: Bodies;
  readonly #push: (effect: CoapEffect) => void;
  readonly #inParts: (request: CoapMessage) => boolean;

  /** @param inParts requests whose parts, and those of their answers, are dealt with above */
  constructor(
    core: CoapCore,
    bodies: Bodies,
    push: (effect: CoapEffect) => void,
    inParts: (request: CoapMessage) => boolean,
  ) {
    this.#core = core;
    this.#bodies = bodies;
    this.#push = push;
    this.#inParts = inParts;
  }

  /** A request, which may be a part of one. */
  onRequest(effect: RequestEffect, now: number): void {
    const { peer, message } = effect;
    const part = block1(message);
    const wanted = block2(message);
    // The size exponent 7 is for connections (RFC 7959 §2.2, RFC 8323 §6).
    const isReserved = (part?.szx === BERT || wanted?.szx === BERT) && !this.#core.isConnected(peer);
    if (isReserved) this.#refuse(effect, Code.BadRequest, 'a block of the reserved size', now);
    else if (this.#inParts(message)) this.#push(effect);
    else if (part !== undefined && (part.more || part.num > 0)) this.#onPart(effect, part, now);
    else if (wanted !== undefined && wanted.num > 0) this.#onFurther(effect, wanted, now);
    else this.#deliver(effect, message.payload);
  }

  /** Answers a request, in parts if it has to be. */
  respond(exchange: ExchangeId, spec: ResponseSpec, now: number): boolean {
    const request = this.#core.requestOf(exchange);
    if (request === undefined) return this.#core.respond(exchange, spec, now);
    const { peer, message } = request;
    if (this.#inParts(message)) return this.#core.respond(exchange, spec, now);
    const { payload = EMPTY, options = NO_OPTIONS } = spec;
    const part = block1(message);
    const wanted = block2(message);
    const echoed = part === undefined ? NO_OPTIONS : [block1Option({ ...part, more: false })];
    // Most answers to a device are empty: no need to look up how much fits.
    const isWhole = payload.length === 0 || payload.length <= this.#core.payloadLimits(peer).wholeBytes;
    if (wanted === undefined && isWhole) {
      const plain = echoed.length === 0 ? spec : { ...spec, options: [...options, ...echoed] };
      return this.#core.respond(exchange, plain, now);
    }
    const szx = this.#exponent(peer, wanted);
    const answer = tagged(spec, payload);
    if (payload.length > blockBytes(szx) && !this.#keep(peer, message, answer, payload, now)) {
      // The rest of what is safe to do can be made again, that of anything else would be lost.
      if (!isSafeMethod(message.code)) {
        return this.#core.respond(exchange, { code: Code.InternalServerError, options: echoed }, now);
      }
    }
    const cut = partOf(answer, payload, { num: wanted?.num ?? 0, szx });
    return this.#core.respond(exchange, { ...spec, ...cut, options: [...cut.options, ...echoed] }, now);
  }

  /** Notifies an observer; of a long value it gets the beginning, and fetches the rest (RFC 7959 §2.6). */
  notify(peer: PeerKey, token: Uint8Array, spec: NotificationSpec, now: number): boolean {
    const { payload = EMPTY } = spec;
    const szx = this.#exponent(peer, undefined);
    const { wholeBytes } = this.#core.payloadLimits(peer);
    const request = payload.length > wholeBytes ? this.#core.observedBy(peer, token) : undefined;
    if (request === undefined) return this.#core.notify(peer, token, spec, now);
    const answer = tagged(spec, payload);
    this.#keep(peer, request, answer, payload, now);
    return this.#core.notify(peer, token, { ...spec, ...partOf(answer, payload, { num: 0, szx }) }, now);
  }

  #exponent(peer: PeerKey, wanted: BlockValue | undefined): number {
    return Math.min(wanted?.szx ?? 6, exponentOf(this.#core.payloadLimits(peer).blockBytes));
  }

  #deliver(effect: RequestEffect, payload: Uint8Array): void {
    const message = whole(effect.message, payload);
    this.#push(message === effect.message ? effect : { ...effect, message });
  }

  /** Adds a part to a request's body, or says why not (RFC 7959 §2.5 and §2.9). */
  #onPart(effect: RequestEffect, part: BlockValue, now: number): void {
    const { peer, message, exchange } = effect;
    const size = blockBytes(part.szx);
    if (part.more && !fills(part.szx, message.payload.length)) {
      const detail = `a block of ${message.payload.length} bytes that says ${size}`;
      this.#refuse(effect, Code.BadRequest, detail, now);
      return;
    }
    const key = `in ${transferKey(message)}`;
    const body = part.num === 0 ? this.#begin(effect, key, now) : this.#bodies.get(peer, key, now);
    const offset = part.num * size;
    if (typeof body === 'string') {
      this.#exceeded(effect, body, now);
    } else if (body === undefined || offset > body.length) {
      const detail = `block ${part.num} came before those ahead of it`;
      this.#refuse(effect, Code.RequestEntityIncomplete, detail, now);
    } else {
      // A part that is here already was sent again, because our answer to it was lost.
      const limit = offset < body.length ? undefined : this.#bodies.append(body, message.payload, now);
      if (limit !== undefined) {
        this.#bodies.delete(body);
        this.#exceeded(effect, limit, now);
      } else if (part.more) {
        this.#core.respond(exchange, { code: Code.Continue, options: [block1Option(part)] }, now);
      } else {
        this.#bodies.delete(body);
        this.#deliver(effect, joined(body));
      }
    }
  }

  /** Begins a body, unless it is said to be too long: that is refused before the rest of it is sent (RFC 7959 §4). */
  #begin({ peer, message }: RequestEffect, key: string, now: number): Body | BodyLimit {
    const said = optionUint(message, Option.Size1) ?? 0;
    return said > this.#bodies.limits.bodyBytes ? 'bodyBytes' : this.#bodies.open(peer, key, now);
  }

  #exceeded({ peer, exchange }: RequestEffect, limit: BodyLimit, now: number): void {
    const { bodyBytes } = this.#bodies.limits;
    const long = `the body of a request is longer than ${bodyBytes} bytes`;
    const detail = limit === 'bodyBytes' ? long : 'no room for the body of a request in parts';
    this.#push({ kind: 'refused', peer, reason: limit, detail });
    const spec =
      limit === 'bodyBytes'
        ? { code: Code.RequestEntityTooLarge, options: [option(Option.Size1, bodyBytes)] }
        : { code: Code.ServiceUnavailable };
    this.#core.respond(exchange, spec, now);
  }

  /** A further part of an answer is asked for. What is not kept any more is made again if that does no harm. */
  #onFurther(effect: RequestEffect, wanted: BlockValue, now: number): void {
    const { peer, message, exchange } = effect;
    const kept = this.#bodies.get(peer, `out ${transferKey(message)}`, now);
    if (kept?.answer !== undefined) {
      const block = { num: wanted.num, szx: this.#exponent(peer, wanted) };
      this.#core.respond(exchange, partOf(kept.answer, joined(kept), block), now);
    } else if (isSafeMethod(message.code)) {
      this.#deliver(effect, message.payload);
    } else {
      this.#refuse(effect, Code.RequestEntityIncomplete, 'a part of an answer that is not kept any more', now);
    }
  }

  #refuse({ peer, exchange }: RequestEffect, code: number, detail: string, now: number): void {
    this.#push({ kind: 'refused', peer, reason: 'block-wise', detail });
    this.#core.respond(exchange, { code }, now);
  }

  /** Keeps an answer for those who fetch the rest of it. */
  #keep(peer: PeerKey, request: CoapMessage, answer: Answer, payload: Uint8Array, now: number): boolean {
    const body = this.#bodies.open(peer, `out ${transferKey(request)}`, now);
    const limit = typeof body === 'string' ? body : this.#bodies.append(body, payload, now);
    if (limit === undefined && typeof body !== 'string') {
      body.answer = answer;
      return true;
    }
    if (typeof body !== 'string') this.#bodies.delete(body);
    if (limit !== undefined) this.#push({ kind: 'refused', peer, reason: limit, detail: 'an answer is not kept' });
    return false;
  }
}

/** Code and options that go with every part of a body; its tag tells parts of different bodies apart. */
function tagged({ code, options = NO_OPTIONS }: Answer, payload: Uint8Array): Answer {
  const has = options.some(({ number }) => number === Option.ETag.number);
  return { code, options: has ? options : [...options, option(Option.ETag, entityTag(payload))] };
}

/** One part of an answer; 4.00 for one that lies behind its end. */
function partOf({ code, options = NO_OPTIONS }: Answer, payload: Uint8Array, { num, szx }: Omit<BlockValue, 'more'>) {
  const offset = num * blockBytes(szx);
  if (num > 0 && offset >= payload.length) return { code: Code.BadRequest, options: NO_OPTIONS, payload: EMPTY };
  const end = offset + blockBytes(szx);
  const more = end < payload.length;
  const size = num === 0 && more ? [option(Option.Size2, payload.length)] : NO_OPTIONS;
  return {
    code,
    options: [...options, block2Option({ num, more, szx }), ...size],
    payload: payload.subarray(offset, end),
  };
}

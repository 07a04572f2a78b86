import { Asking } from './blockwise/asking.ts';
import { Bodies } from './blockwise/bodies.ts';
import { Serving } from './blockwise/serving.ts';
import type { DecodeResult } from './codec.ts';
import { Code } from './codes.ts';
import { CoapCore, type RestoredObservation } from './core.ts';
import type { CoapCoreOptions } from './core-options.ts';
import { type CoapEffect, Effects, type NotificationEffect } from './effects.ts';
import type { ExchangeId, ObservationScope, PeerKey, RequestId } from './ids.ts';
import { type BodyLimits, type CoapLimits, DEFAULT_BODY_LIMITS } from './limits.ts';
import type { CoapMessage } from './message.ts';
import { Option, option } from './options.ts';
import type { TransmissionParameters } from './parameters.ts';
import type { NotificationSpec, RequestSpec, ResponseSpec } from './specs.ts';
import type { Leave } from './tcp/signals.ts';

/** What an endpoint is made with. */
export interface CoapEndpointOptions extends Omit<CoapCoreOptions, 'blockwise'> {
  readonly bodyLimits?: Partial<BodyLimits>;
  /**
   * Asks for proof that a peer receives where it says before anything comes of its request: 4.01 goes out with the Echo
   * value that this gives (RFC 9175 §2.3), of 1 to 40 bytes; undefined lets the request pass.
   */
  readonly challenge?: (peer: PeerKey, request: CoapMessage, now: number) => Uint8Array | undefined;
  /**
   * Requests whose parts the caller deals with itself, because a body is too long to be held in memory: they come as they
   * are, with their block options, and so go their answers. Has to say the same of one request each time.
   */
  readonly inParts?: (request: CoapMessage) => boolean;
}

/**
 * A `CoapCore` whose messages have bodies of any size: what is too long for one message goes and comes in parts
 * (block-wise transfer, RFC 7959) that its caller never sees. Calls and effects are those of the core.
 */
export class CoapEndpoint {
  readonly #core: CoapCore;
  readonly #bodies: Bodies;
  readonly #asking: Asking;
  readonly #serving: Serving;
  readonly #challenge: CoapEndpointOptions['challenge'];
  readonly #effects = new Effects();

  constructor({ bodyLimits, challenge, inParts = () => false, ...options }: CoapEndpointOptions) {
    this.#core = new CoapCore({ ...options, blockwise: true });
    this.#challenge = challenge;
    this.#bodies = new Bodies({ ...DEFAULT_BODY_LIMITS, ...bodyLimits });
    const push = (effect: CoapEffect) => this.#effects.push(effect);
    this.#asking = new Asking(this.#core, this.#bodies, push);
    this.#serving = new Serving(this.#core, this.#bodies, push, inParts);
  }

  /** The effects since the last call, in order. */
  drain(): readonly CoapEffect[] {
    return this.#effects.drain();
  }

  /** The next effect, as `drain` has them; undefined when there is none. */
  next(): CoapEffect | undefined {
    return this.#effects.next();
  }

  /** See `CoapCore.connected`. */
  connected(peer: PeerKey, now: number): boolean {
    const done = this.#core.connected(peer, now);
    this.#settle(now);
    return done;
  }

  /** See `CoapCore.isConnected`. */
  isConnected(peer: PeerKey): boolean {
    return this.#core.isConnected(peer);
  }

  /** See `CoapCore.release`. */
  release(peer: PeerKey, now: number, leave?: Leave): void {
    this.#core.release(peer, leave);
    this.#settle(now);
  }

  /** See `CoapCore.receive`. */
  receive(peer: PeerKey, datagram: Uint8Array, now: number, read?: DecodeResult): void {
    this.#core.receive(peer, datagram, now, read);
    this.#settle(now);
  }

  /** See `CoapCore.deliver`. */
  deliver(peer: PeerKey, datagram: Uint8Array, now: number): void {
    this.#core.deliver(peer, datagram, now);
    this.#settle(now);
  }

  /** See `CoapCore.request`: the payload may be of any length, and the outcome has the whole answer. */
  request(peer: PeerKey, spec: RequestSpec, now: number): RequestId {
    const id = this.#asking.request(peer, spec, now);
    this.#settle(now);
    return id;
  }

  /** See `CoapCore.ping`. */
  ping(peer: PeerKey, now: number): RequestId {
    const id = this.#core.ping(peer, now);
    this.#settle(now);
    return id;
  }

  /** See `CoapCore.cancel`. */
  cancel(peer: PeerKey, request: RequestId, now: number): boolean {
    const cancelled = this.#asking.cancel(peer, request, now);
    this.#settle(now);
    return cancelled;
  }

  /**
   * Fetches the rest of a value of which a truncated notification told the beginning. The notification comes again:
   * whole, or as it was and `lost` when the peer does not have that value any more.
   *
   * @param spec asks for the observed value; without `observe`
   */
  fetchRest(notification: NotificationEffect, spec: RequestSpec, now: number): void {
    this.#asking.fetchRest(notification, spec, now);
    this.#settle(now);
  }

  /** See `CoapCore.respond`: the payload may be of any length. */
  respond(exchange: ExchangeId, spec: ResponseSpec, now: number): boolean {
    const done = this.#serving.respond(exchange, spec, now);
    this.#settle(now);
    return done;
  }

  /** See `CoapCore.acknowledge`. */
  acknowledge(exchange: ExchangeId, now: number): boolean {
    const done = this.#core.acknowledge(exchange);
    this.#settle(now);
    return done;
  }

  /** See `CoapCore.accept`. */
  accept(exchange: ExchangeId, now: number): boolean {
    const done = this.#core.accept(exchange);
    this.#settle(now);
    return done;
  }

  /** See `CoapCore.reject`. */
  reject(exchange: ExchangeId, now: number): boolean {
    const done = this.#core.reject(exchange);
    this.#settle(now);
    return done;
  }

  /** See `CoapCore.notify`: the payload may be of any length, the observer fetches what does not fit. */
  notify(peer: PeerKey, token: Uint8Array, spec: NotificationSpec, now: number): boolean {
    const done = this.#serving.notify(peer, token, spec, now);
    this.#settle(now);
    return done;
  }

  /** See `CoapCore.removeObservers`. */
  removeObservers(peer: PeerKey, now: number): void {
    this.#core.removeObservers(peer, now);
    this.#settle(now);
  }

  /** See `CoapCore.bindScope`. */
  bindScope(peer: PeerKey, scope: ObservationScope, now: number): boolean {
    return this.#core.bindScope(peer, scope, now);
  }

  /** See `CoapCore.setPeerParameters`. */
  setPeerParameters(peer: PeerKey, parameters: Partial<TransmissionParameters>, now: number): boolean {
    return this.#core.setPeerParameters(peer, parameters, now);
  }

  /** See `CoapCore.forgetPeer`. */
  forgetPeer(peer: PeerKey, now: number): void {
    this.#core.forgetPeer(peer, now);
    this.#bodies.forget(peer);
    this.#settle(now);
  }

  /** See `CoapCore.restoreObservation`. */
  restoreObservation(observation: RestoredObservation, now: number): boolean {
    return this.#core.restoreObservation(observation, now);
  }

  /** See `CoapCore.cancelObservation`. */
  cancelObservation(scope: ObservationScope, token: Uint8Array, now: number): boolean {
    const done = this.#core.cancelObservation(scope, token);
    this.#settle(now);
    return done;
  }

  /** See `CoapCore.forgetScope`. */
  forgetScope(scope: ObservationScope): void {
    this.#core.forgetScope(scope);
  }

  /** See `CoapCore.tick`. */
  tick(now: number): void {
    this.#core.tick(now);
    this.#settle(now);
  }

  /** See `CoapCore.nextWakeAt`. */
  nextWakeAt(): number | undefined {
    return this.#core.nextWakeAt();
  }

  /** The present fill of each limit. */
  sizes(): Record<keyof CoapLimits | keyof BodyLimits, number> {
    return { ...this.#core.sizes(), ...this.#bodies.sizes() };
  }

  /** Answers a request with what its peer has to bring back, if it has to. */
  #challenged({ exchange, peer, message }: Extract<CoapEffect, { kind: 'request' }>, now: number): boolean {
    const echo = this.#challenge?.(peer, message, now);
    if (echo === undefined) return false;
    return this.#core.respond(exchange, { code: Code.Unauthorized, options: [option(Option.Echo, echo)] }, now);
  }

  /** Takes over what the core wants: parts are dealt with here, and that may make the core want more. */
  #settle(now: number): void {
    for (let effect = this.#core.next(); effect !== undefined; effect = this.#core.next()) this.#take(effect, now);
  }

  #take(effect: CoapEffect, now: number): void {
    switch (effect.kind) {
      case 'request':
        if (!this.#challenged(effect, now)) this.#serving.onRequest(effect, now);
        break;
      case 'outcome':
        this.#asking.onOutcome(effect, now);
        break;
      case 'acknowledged':
        this.#asking.onAcknowledged(effect);
        break;
      case 'notification':
        this.#asking.onNotification(effect, now);
        break;
      case 'disconnect':
        this.#bodies.forget(effect.peer);
        this.#effects.push(effect);
        break;
      default:
        this.#effects.push(effect);
    }
  }
}

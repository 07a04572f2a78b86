import { encodeEmpty, encodeMessage } from './codec.ts';
import { isSuccess } from './codes.ts';
import { type Context, longestFrom, longestTo, repeat, sendEmpty } from './context.ts';
import type { ObservationEnd, RequestOutcome } from './effects.ts';
import { ACCEPTED, type Exchange, PENDING, REJECTED } from './exchanges.ts';
import { type ExchangeId, type ObservationScope, type PeerKey, RequestId } from './ids.ts';
import { block2, type CoapMessage, MessageType, observeValue, unservableOption } from './message.ts';
import { isFresh, type Observation } from './observations.ts';
import { type CoapOption, Option, option } from './options.ts';
import { Outbound } from './outbound.ts';
import type { TransmissionParameters } from './parameters.ts';
import type { Peer } from './peers.ts';
import type { RequestSpec } from './specs.ts';
import { ping as signalPing } from './tcp/signals.ts';
import { sameToken, tokenOf } from './token.ts';

const EMPTY = new Uint8Array(0);
const NO_OPTIONS: readonly CoapOption[] = [];
const TOKEN_BYTES = 8;
const OBSERVE = { register: option(Option.Observe, 0), deregister: option(Option.Observe, 1) };

/** The client's role: requests go out, responses and notifications come in. */
export class Requester {
  readonly #context: Context;
  #lastId = 0;
  /** Until when notifications of unknown observations are ignored instead of reset, ms. */
  #graceUntil = Number.NEGATIVE_INFINITY;

  constructor(context: Context) {
    this.#context = context;
  }

  /** Queues a request. */
  request(key: PeerKey, spec: RequestSpec, now: number): RequestId {
    const { observations, outbox, peers, random, sender, streams } = this.#context;
    const id = this.#nextId();
    const peer = peers.open(key, now);
    const token = spec.token ?? random(TOKEN_BYTES);
    const refused = peer === undefined ? 'peers' : this.#obstacle(peer, spec, token);
    if (peer === undefined || refused !== undefined) return this.#refuse(id, key, refused ?? 'peers');

    const confirmable = !streams.has(key) && (spec.confirmable ?? true);
    const options = spec.options ?? NO_OPTIONS;
    const datagram = encodeMessage({
      type: confirmable ? MessageType.Confirmable : MessageType.NonConfirmable,
      code: spec.code,
      messageId: 0,
      token,
      // Most often in order so: what stands before it is rare.
      options: spec.observe ? [OBSERVE[spec.observe], ...options] : options,
      payload: spec.payload ?? EMPTY,
    });
    if (datagram.length > longestTo(this.#context, key)) return this.#refuse(id, key, 'messageBytes');
    if (spec.observe === 'deregister' && peer.scope !== undefined && observations.delete(peer.scope, token)) {
      outbox.push({ kind: 'observationEnded', scope: peer.scope, token, reason: 'cancelled' });
    }
    const parameters = spec.parameters ? { ...peer.parameters, ...spec.parameters } : peer.parameters;
    const purpose = { kind: 'request', id, asked: spec } as const;
    sender.submit(new Outbound(peer, purpose, { token, confirmable, datagram }, parameters), now);
    return id;
  }

  /**
   * Queues a CoAP ping: an empty confirmable message, whose RST says that the peer is there (RFC 7252 §4.3); over a
   * connection the signal, whose answer is another (RFC 8323 §5.4).
   */
  ping(key: PeerKey, now: number): RequestId {
    const id = this.#nextId();
    const peer = this.#context.peers.open(key, now);
    if (peer === undefined) return this.#refuse(id, key, 'peers');
    if (this.#isFull(peer)) return this.#refuse(id, key, 'requestsPerPeer');
    const token = this.#context.streams.has(key) ? this.#context.random(TOKEN_BYTES) : EMPTY;
    const datagram = token === EMPTY ? encodeEmpty(MessageType.Confirmable, 0) : signalPing(token);
    const parameters = token === EMPTY ? peer.parameters : waitingOnce(peer.parameters);
    const message = { token, confirmable: true, datagram };
    this.#context.sender.submit(new Outbound(peer, { kind: 'ping', id }, message, parameters), now);
    return id;
  }

  /** The answer to the ping over a connection came; some peers leave its token out, and there is one ping at a time. */
  ponged({ unacknowledged }: Peer, token: Uint8Array, now: number): void {
    if (unacknowledged?.purpose.kind !== 'ping') return;
    if (token.length > 0 && !sameToken(unacknowledged.token, token)) return;
    this.#context.sender.happened(unacknowledged, 'settled', now);
  }

  /** A response came in the ACK of its request; one that does not belong there is ignored. */
  receivePiggybacked(key: PeerKey, peer: Peer | undefined, message: CoapMessage, bytes: number, now: number): void {
    const request = peer?.request;
    if (request?.messageId !== message.messageId || !sameToken(request.token, message.token)) {
      // Of a peer that was asked lately it is a copy, which is nothing to tell of.
      if (peer === undefined) this.#context.outbox.refuse(key, 'unexpected-response', 'nothing waits for it');
      return;
    }
    // An ACK is never answered with a RST, so a response that cannot be served is as if it had been lost.
    if (this.#isRefused(key, message, bytes)) return;
    this.#settle(request, message, now);
  }

  /** A response or notification came in a message of its own. */
  receiveSeparate(key: PeerKey, peer: Peer | undefined, message: CoapMessage, bytes: number, now: number): void {
    const { exchanges } = this.#context;
    const confirmable = message.type === MessageType.Confirmable;
    if (peer !== undefined && confirmable) {
      const known = exchanges.find(peer, message, now);
      if (known !== undefined) {
        repeat(this.#context, known, () => undefined);
        return;
      }
    }
    if (this.#isRefused(key, message, bytes)) {
      sendEmpty(this.#context, key, MessageType.Reset, message.messageId);
      if (peer?.scope !== undefined) this.#end(peer.scope, message.token, 'rejected');
      return;
    }
    const request = peer?.request;
    if (peer !== undefined && request !== undefined && answers(message, request)) {
      if (confirmable) {
        exchanges.add(peer, message, ACCEPTED, now);
        sendEmpty(this.#context, key, MessageType.Acknowledgement, message.messageId);
      }
      this.#settle(request, message, now);
      return;
    }
    const observation = peer?.scope && this.#context.observations.get(peer.scope, message.token);
    if (peer?.scope !== undefined && observation !== undefined) {
      this.#notified(peer, peer.scope, observation, message, now);
      return;
    }
    this.#unexpected(key, message, now);
  }

  /** Acknowledges a confirmable notification. */
  accept(id: ExchangeId): boolean {
    const exchange = this.#notification(id);
    if (exchange === undefined) return false;
    this.#context.exchanges.move(exchange, ACCEPTED);
    sendEmpty(this.#context, exchange.peer.key, MessageType.Acknowledgement, exchange.messageId);
    return true;
  }

  /** Rejects a confirmable notification with a RST, which ends its observation (RFC 7641 §3.6). */
  reject(id: ExchangeId): boolean {
    const exchange = this.#notification(id);
    if (exchange?.scope === undefined) return false;
    this.#context.exchanges.move(exchange, REJECTED);
    sendEmpty(this.#context, exchange.peer.key, MessageType.Reset, exchange.messageId);
    this.#end(exchange.scope, tokenOf(exchange.token), 'rejected');
    return true;
  }

  /** Forgets an observation; the next notification of it is reset. */
  cancelObservation(scope: ObservationScope, token: Uint8Array): boolean {
    return this.#end(scope, token, 'cancelled');
  }

  /** Ignores, instead of resetting, notifications of unknown observations until a time. */
  graceUntil(time: number): void {
    this.#graceUntil = Math.max(this.#graceUntil, time);
  }

  #nextId(): RequestId {
    this.#lastId++;
    return RequestId(this.#lastId);
  }

  #notification(id: ExchangeId): Exchange | undefined {
    const exchange = this.#context.exchanges.get(id);
    return exchange?.scope === undefined ? undefined : exchange;
  }

  #isFull(peer: Peer): boolean {
    return peer.requestCount() >= this.#context.limits.requestsPerPeer;
  }

  #obstacle(peer: Peer, { observe }: RequestSpec, token: Uint8Array) {
    if (token.length > TOKEN_BYTES) return 'token';
    if (this.#isFull(peer)) return 'requestsPerPeer';
    if (observe === undefined) return undefined;
    if (peer.scope === undefined) return 'unbound';
    return observe === 'register' ? this.#context.observations.exceeded(peer.scope) : undefined;
  }

  #refuse(id: RequestId, peer: PeerKey, reason: Extract<RequestOutcome, { kind: 'refused' }>['reason']): RequestId {
    const outcome = { kind: 'refused', reason } as const;
    this.#context.outbox.push({ kind: 'outcome', request: id, peer, transmitted: false, outcome });
    return id;
  }

  #settle(request: Outbound, message: CoapMessage, now: number): void {
    const observing = this.#establish(request, message, now);
    const outcome = { kind: 'response', message, observing, truncated: isTruncated(message) } as const;
    this.#context.sender.happened(request, 'settled', now, outcome);
  }

  /** Enters the observation that a response establishes, if it does (RFC 7641 §3.1). */
  #establish({ peer, purpose }: Outbound, message: CoapMessage, now: number): boolean {
    if (purpose.kind !== 'request' || purpose.asked.observe !== 'register' || peer.scope === undefined) return false;
    const sequence = observeValue(message);
    if (!isSuccess(message.code) || sequence === undefined) {
      this.#end(peer.scope, message.token, 'by-peer');
      return false;
    }
    const exceeded = this.#context.observations.set(peer.scope, message.token, { sequence, receivedAt: now });
    if (exceeded === undefined) return true;
    this.#context.outbox.refuse(peer.key, exceeded, 'no room for another observation');
    return false;
  }

  #notified(peer: Peer, scope: ObservationScope, observation: Observation, message: CoapMessage, now: number): void {
    const { exchanges, outbox, streams } = this.#context;
    const sequence = observeValue(message);
    const ends = !isSuccess(message.code) || sequence === undefined;
    // Over a connection messages come in the order in which they were sent, and the value may be empty (RFC 8323 §7.1).
    const ordered = streams.has(peer.key);
    const fresh = sequence === undefined || ends || ordered || isFresh(observation, sequence, now);
    const { token } = message;
    const facts = {
      kind: 'notification',
      peer: peer.key,
      scope,
      token,
      message,
      fresh,
      ends,
      truncated: isTruncated(message),
    } as const;
    if (message.type === MessageType.Confirmable) {
      const exchange = exchanges.add(peer, message, PENDING, now, scope);
      if (exchange === undefined) {
        outbox.refuse(peer.key, 'exchangesPerPeer', 'all exchanges of the peer wait for their answers');
        return;
      }
      outbox.push({ ...facts, confirmable: true, exchange: exchange.id });
    } else {
      outbox.push({ ...facts, confirmable: false });
    }
    if (ends) {
      this.#end(scope, token, 'by-peer');
    } else if (fresh) {
      observation.sequence = sequence;
      observation.receivedAt = now;
    }
  }

  #unexpected(key: PeerKey, message: CoapMessage, now: number): void {
    const { outbox, streams } = this.#context;
    const { messageId, token } = message;
    if (observeValue(message) !== undefined) {
      const action = now < this.#graceUntil || streams.has(key) ? 'ignored' : 'reset';
      if (action === 'reset') sendEmpty(this.#context, key, MessageType.Reset, messageId);
      outbox.push({ kind: 'unknownNotification', peer: key, token, message, action });
    } else {
      if (message.type === MessageType.Confirmable) sendEmpty(this.#context, key, MessageType.Reset, messageId);
      outbox.refuse(key, 'unexpected-response', 'nothing waits for it');
    }
  }

  #isRefused(key: PeerKey, message: CoapMessage, bytes: number): boolean {
    const { outbox } = this.#context;
    const unservable = unservableOption(message);
    if (unservable !== undefined) {
      outbox.refuse(key, 'critical-option', `critical option ${unservable.number} in a response`);
      return true;
    }
    if (bytes <= longestFrom(this.#context, key)) return false;
    outbox.refuse(key, 'messageBytes', `a response of ${bytes} bytes`);
    return true;
  }

  #end(scope: ObservationScope, token: Uint8Array, reason: ObservationEnd): boolean {
    if (!this.#context.observations.delete(scope, token)) return false;
    this.#context.outbox.push({ kind: 'observationEnded', scope, token, reason });
    return true;
  }
}

/** Whether a message is the response to a request; a notification that crossed a deregistration is not. */
function answers(message: CoapMessage, { token, purpose }: Outbound): boolean {
  if (!sameToken(token, message.token)) return false;
  return purpose.kind !== 'request' || purpose.asked.observe !== 'deregister' || observeValue(message) === undefined;
}

/** A request for an answer that either comes or does not: nothing is repeated. */
function waitingOnce(parameters: TransmissionParameters): TransmissionParameters {
  return { ...parameters, ackTimeoutMs: parameters.responseTimeoutMs, ackRandomFactor: 1, maxRetransmit: 0 };
}

function isTruncated(message: CoapMessage): boolean {
  return block2(message)?.more === true;
}

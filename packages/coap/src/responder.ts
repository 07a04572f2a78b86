import { encodeMessage } from './codec.ts';
import { Code, formatCode, isSafeMethod, isSuccess } from './codes.ts';
import { type Context, longestFrom, longestTo, repeat, sendEmpty } from './context.ts';
import type { RefusalReason } from './effects.ts';
import { ACCEPTED, ACKNOWLEDGED, answered, DONE, type Exchange, PENDING, REJECTED } from './exchanges.ts';
import type { ExchangeId, PeerKey } from './ids.ts';
import { block1, block2, type CoapMessage, MessageType, observeValue, unservableOption } from './message.ts';
import { addObserver, findObserver, nextSequence, type Observer, removeObserver } from './observers.ts';
import { BERT, type CoapOption, Option, option } from './options.ts';
import { Outbound } from './outbound.ts';
import type { Peer } from './peers.ts';
import type { NotificationSpec, ResponseSpec } from './specs.ts';
import { tokenOf } from './token.ts';

const { Confirmable, NonConfirmable, Acknowledgement, Reset } = MessageType;
const EMPTY = new Uint8Array(0);
const NO_OPTIONS: readonly CoapOption[] = [];
const DEREGISTER = 1;

/** The server's role: requests come in, answers and notifications go out. */
export class Responder {
  readonly #context: Context;

  constructor(context: Context) {
    this.#context = context;
  }

  /** A request came, from a peer that is known or not. */
  receive(key: PeerKey, from: Peer | undefined, message: CoapMessage, bytes: number, now: number): void {
    const { exchanges, outbox, peers, streams } = this.#context;
    const refusal = this.#refusal(key, message, bytes);
    if (refusal !== undefined) {
      this.#refuse(key, message, refusal);
      return;
    }

    const peer = from ?? peers.open(key, now);
    if (peer === undefined) {
      outbox.refuse(key, 'peers', 'no room for another peer');
      return;
    }
    const known = streams.has(key) ? undefined : exchanges.find(peer, message, now);
    if (known !== undefined) {
      this.#repeat(known, message);
      return;
    }

    const exchange = exchanges.add(peer, message, PENDING, now);
    if (exchange === undefined) {
      const detail = 'all exchanges of the peer wait for their answers';
      // A datagram comes again; over a connection nothing does.
      if (streams.has(key))
        this.#refuse(key, message, { reason: 'exchangesPerPeer', code: Code.ServiceUnavailable, detail });
      else outbox.refuse(key, 'exchangesPerPeer', detail);
      return;
    }
    if (isSafeMethod(message.code) && observeValue(message) === DEREGISTER) {
      const observer = findObserver(peer, message.token);
      if (observer !== undefined) this.#dismiss(observer, now);
    }
    this.#deliver(exchange, message);
  }

  /** The request of an exchange that waits for its answer. */
  requestOf(id: ExchangeId): { readonly peer: PeerKey; readonly message: CoapMessage } | undefined {
    return this.#request(id)?.request;
  }

  /** What an observer asked for. */
  observedBy(key: PeerKey, token: Uint8Array): CoapMessage | undefined {
    const peer = this.#context.peers.get(key);
    return peer && findObserver(peer, token)?.request;
  }

  /** Answers a request: in the ACK while that is possible, else in a message of its own (RFC 7252 §5.2). */
  respond(id: ExchangeId, spec: ResponseSpec, now: number): boolean {
    const exchange = this.#request(id);
    if (exchange === undefined) return false;
    const { peer, confirmable } = exchange;
    const piggybacked = confirmable && exchange.state.kind === 'pending';
    const overStream = this.#context.streams.has(peer.key);
    const asConfirmable = !piggybacked && !overStream && (spec.confirmable ?? confirmable);
    const observer = spec.observe && exchange.registers && isSuccess(spec.code) ? this.#observe(exchange) : undefined;
    const options = observer ? withObserve(spec.options, nextSequence(observer)) : (spec.options ?? NO_OPTIONS);
    const payload = spec.payload ?? EMPTY;
    const token = exchange.request?.message.token ?? tokenOf(exchange.token);
    const datagram = encodeMessage({
      type: piggybacked ? Acknowledgement : asConfirmable ? Confirmable : NonConfirmable,
      code: spec.code,
      messageId: piggybacked ? exchange.messageId : 0,
      token,
      options,
      payload,
    });
    const { exchanges, limits, outbox, sender } = this.#context;
    if (datagram.length > longestTo(this.#context, peer.key)) {
      outbox.refuse(peer.key, 'messageBytes', `an answer of ${datagram.length} bytes`);
      if (observer !== undefined) this.#dismiss(observer, now);
      return this.respond(id, { code: Code.InternalServerError }, now);
    }
    if (piggybacked) {
      exchanges.move(exchange, answered(spec.code, options, payload, limits.cachedAnswerBytes));
      outbox.send(peer.key, datagram);
      return true;
    }
    if (overStream) exchanges.remove(exchange);
    else exchanges.move(exchange, confirmable ? ACCEPTED : DONE);
    if (asConfirmable) {
      const purpose = { kind: 'response', exchange: id } as const;
      sender.respond(new Outbound(peer, purpose, { token, confirmable: true, datagram }), now);
    } else {
      sender.once(peer, datagram);
    }
    return true;
  }

  /** Sends the empty ACK of a confirmable request whose answer takes longer. */
  acknowledge(id: ExchangeId): boolean {
    const exchange = this.#request(id);
    if (exchange === undefined || !exchange.confirmable || exchange.state.kind !== 'pending') return false;
    this.#context.exchanges.move(exchange, ACKNOWLEDGED);
    sendEmpty(this.#context, exchange.peer.key, Acknowledgement, exchange.messageId);
    return true;
  }

  /** Refuses a request without an answer: with a RST (RFC 7252 §4.2). */
  reject(id: ExchangeId): boolean {
    const exchange = this.#request(id);
    if (exchange === undefined) return false;
    sendEmpty(this.#context, exchange.peer.key, Reset, exchange.messageId);
    this.#context.exchanges.move(exchange, REJECTED);
    return true;
  }

  /** Notifies an observer (RFC 7641 §4.2, §4.5); false when there is none with this token or the message is too long. */
  notify(key: PeerKey, token: Uint8Array, spec: NotificationSpec, now: number): boolean {
    const { outbox, peers, sender, streams } = this.#context;
    const peer = peers.get(key);
    const observer = peer && findObserver(peer, token);
    if (peer === undefined || observer === undefined || observer.ended) return false;
    const lasts = isSuccess(spec.code);
    // The delivery of a newer state takes over from an older one, its confirmability too (RFC 7641 §4.5.2).
    const wanted = spec.confirmable || observer.underway !== undefined || observer.waiting !== undefined;
    const confirmable = wanted && !streams.has(key);
    const datagram = encodeMessage({
      type: confirmable ? Confirmable : NonConfirmable,
      code: spec.code,
      messageId: 0,
      token: observer.token,
      options: lasts ? withObserve(spec.options, nextSequence(observer)) : (spec.options ?? NO_OPTIONS),
      payload: spec.payload ?? EMPTY,
    });
    if (datagram.length > longestTo(this.#context, key)) {
      outbox.refuse(key, 'messageBytes', `a notification of ${datagram.length} bytes`);
      return false;
    }
    observer.ended = !lasts;
    if (confirmable) {
      const message = { token: observer.token, confirmable, datagram };
      observer.waiting = new Outbound(peer, { kind: 'notification', observer }, message);
      sender.pump(peer, now);
    } else {
      observer.messageId = sender.once(peer, datagram);
      if (observer.ended) removeObserver(observer);
    }
    return true;
  }

  /** Forgets the observers of a peer without a word to it. */
  removeObservers(key: PeerKey, now: number): void {
    for (const observer of [...(this.#context.peers.get(key)?.observers ?? [])]) this.#dismiss(observer, now);
  }

  #request(id: ExchangeId): Exchange | undefined {
    const exchange = this.#context.exchanges.get(id);
    return exchange?.scope === undefined ? exchange : undefined;
  }

  #deliver(exchange: Exchange, message: CoapMessage): void {
    const { id, peer, confirmable } = exchange;
    const request = { kind: 'request', exchange: id, peer: peer.key, message, confirmable } as const;
    if (this.#context.blockwise) exchange.request = request;
    this.#context.outbox.push(request);
  }

  #repeat(known: Exchange, message: CoapMessage): void {
    repeat(this.#context, known, () => this.#answerAgain(known, message));
  }

  /** Gives a piggybacked answer again; when it was too long to keep, a safe request is simply done again. */
  #answerAgain(exchange: Exchange, message: CoapMessage): void {
    const { peer, messageId, state } = exchange;
    if (state.kind !== 'answered') return;
    const { code, options, payload, complete } = state.answer;
    if (!complete && isSafeMethod(message.code)) {
      this.#context.exchanges.reopen(exchange);
      this.#deliver(exchange, message);
      return;
    }
    this.#context.outbox.send(
      peer.key,
      encodeMessage({ type: Acknowledgement, code, messageId, token: message.token, options, payload }),
    );
  }

  #observe({ peer, token, request }: Exchange): Observer | undefined {
    const observer = addObserver(peer, tokenOf(token), this.#context.limits.observersPerPeer);
    if (observer !== undefined) observer.request = request?.message;
    if (observer === undefined) {
      this.#context.outbox.refuse(peer.key, 'observersPerPeer', 'answered without observing');
    }
    return observer;
  }

  #dismiss(observer: Observer, now: number): void {
    const { underway } = observer;
    removeObserver(observer);
    if (underway !== undefined) this.#context.sender.happened(underway, 'cancelled', now);
  }

  #refusal(key: PeerKey, message: CoapMessage, bytes: number): Refusal | undefined {
    if (bytes > longestFrom(this.#context, key)) {
      return { reason: 'messageBytes', code: Code.RequestEntityTooLarge, detail: `a request of ${bytes} bytes` };
    }
    const unservable = unservableOption(message);
    if (unservable !== undefined) {
      const detail = `critical option ${unservable.number} with ${unservable.value.length} bytes`;
      return { reason: 'critical-option', code: Code.BadOption, detail };
    }
    const { options } = message;
    for (let i = 0; i < options.length; i++) {
      switch (options[i]?.number) {
        case Option.ProxyUri.number:
        case Option.ProxyScheme.number:
          return { reason: 'proxy', code: Code.ProxyingNotSupported, detail: 'this is not a proxy' };
        case Option.Block1.number:
          if (!this.#context.blockwise && !isWhole(block1(message))) return blockwise('Block1');
          break;
        case Option.Block2.number:
          if (!this.#context.blockwise && !isFirst(block2(message))) return blockwise('Block2');
          break;
      }
    }
    return undefined;
  }

  /** Refuses a request that no state is kept of: a duplicate gets the same again. */
  #refuse(key: PeerKey, message: CoapMessage, { reason, code, detail }: Refusal): void {
    const { messageId, token } = message;
    this.#context.outbox.refuse(key, reason, detail);
    const type = message.type === Confirmable ? Acknowledgement : NonConfirmable;
    if (type === NonConfirmable && !this.#context.streams.has(key)) return;
    this.#context.outbox.send(
      key,
      encodeMessage({ type, code, messageId, token, options: NO_OPTIONS, payload: EMPTY }),
    );
  }
}

interface Refusal {
  readonly reason: RefusalReason;
  readonly code: number;
  readonly detail: string;
}

function blockwise(name: string): Refusal {
  const detail = `${name}: block-wise transfer is not supported (${formatCode(Code.BadOption)})`;
  return { reason: 'block-wise', code: Code.BadOption, detail };
}

/** Whether a Block1 option says that the body is all in this one message. */
function isWhole(block: ReturnType<typeof block1>): boolean {
  return isFirst(block) && block?.more === false;
}

/** Whether a block option is about the beginning of a body. */
function isFirst(block: ReturnType<typeof block1>): boolean {
  return block?.num === 0 && block.szx !== BERT;
}

function withObserve(options: readonly CoapOption[] = NO_OPTIONS, sequence: number): readonly CoapOption[] {
  return [option(Option.Observe, sequence), ...options];
}

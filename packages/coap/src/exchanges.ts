import { isSafeMethod } from './codes.ts';
import type { CoapEffect } from './effects.ts';
import { ExchangeId, type ObservationScope } from './ids.ts';
import { type CoapMessage, MessageType, observeValue } from './message.ts';
import type { CoapOption } from './options.ts';
import type { Peer } from './peers.ts';
import { isTokenOf, tokenKey } from './token.ts';

/** What is needed to give an answer again; only the code where the whole was too long to keep. */
export interface CachedAnswer {
  readonly code: number;
  readonly options: readonly CoapOption[];
  readonly payload: Uint8Array;
  readonly complete: boolean;
}

/** Where an incoming exchange stands. */
export type ExchangeState =
  /** The application has not answered. */
  | { readonly kind: 'pending' }
  /** An empty ACK went out, the answer is still to come. */
  | { readonly kind: 'acknowledged' }
  /** Answered in the ACK. */
  | { readonly kind: 'answered'; readonly answer: CachedAnswer }
  /** Over, and an empty ACK is all that a duplicate needs. */
  | { readonly kind: 'accepted' }
  /** Refused with a RST. */
  | { readonly kind: 'rejected' }
  /** A non-confirmable request that was answered: its duplicates are ignored (RFC 7252 §4.5). */
  | { readonly kind: 'done' };

/** What a duplicate of an exchange gets, by the exchange's state (RFC 7252 §4.5). */
export const DUPLICATE_GETS: Record<ExchangeState['kind'], 'nothing' | 'ack' | 'answer' | 'reset'> = {
  pending: 'nothing',
  acknowledged: 'ack',
  answered: 'answer',
  accepted: 'ack',
  rejected: 'reset',
  done: 'nothing',
};

export const PENDING: ExchangeState = { kind: 'pending' };
export const ACKNOWLEDGED: ExchangeState = { kind: 'acknowledged' };
export const ACCEPTED: ExchangeState = { kind: 'accepted' };
export const REJECTED: ExchangeState = { kind: 'rejected' };
export const DONE: ExchangeState = { kind: 'done' };

/** A message of a peer that must not be acted on twice. */
export interface Exchange {
  id: ExchangeId;
  readonly peer: Peer;
  messageId: number;
  code: number;
  /** The token as a key: the datagram itself is not kept. */
  token: string;
  confirmable: boolean;
  /** Whether it is a request to be made an observer. */
  registers: boolean;
  /** The request as it was told, as long as its answer is due and only if it is to be asked for. */
  request: Extract<CoapEffect, { kind: 'request' }> | undefined;
  /** The observation, for a notification; undefined for a request. */
  scope: ObservationScope | undefined;
  /** When its message id may be used for something else, ms. */
  expiresAt: number;
  state: ExchangeState;
}

const NO_OPTIONS: readonly CoapOption[] = [];
const NO_PAYLOAD = new Uint8Array(0);

/** Answers that are nothing but a code, which most are: each is kept once for all exchanges. */
const BARE: (ExchangeState | undefined)[] = new Array(256).fill(undefined);

/**
 * The state of an exchange that is answered so.
 *
 * @param limit bytes of options and payload that are kept with it; beyond that only the code is
 */
export function answered(
  code: number,
  options: readonly CoapOption[],
  payload: Uint8Array,
  limit: number,
): ExchangeState {
  if (options.length === 0 && payload.length === 0) {
    BARE[code] ??= { kind: 'answered', answer: { code, options: NO_OPTIONS, payload: NO_PAYLOAD, complete: true } };
    return BARE[code];
  }
  const answer = { code, options, payload, complete: true };
  if (answerBytes(answer) <= limit) return { kind: 'answered', answer };
  return { kind: 'answered', answer: { code, options: NO_OPTIONS, payload: NO_PAYLOAD, complete: false } };
}

/** Bytes of an answer's options and payload. */
export function answerBytes({ options, payload }: CachedAnswer): number {
  let bytes = payload.length;
  for (const { value } of options) bytes += value.length;
  return bytes;
}

function isOpen({ state }: Exchange): boolean {
  return state.kind === 'pending' || state.kind === 'acknowledged';
}

function newExchange(peer: Peer): Exchange {
  return {
    id: ExchangeId(0),
    peer,
    messageId: 0,
    code: 0,
    token: '',
    confirmable: false,
    registers: false,
    request: undefined,
    scope: undefined,
    expiresAt: 0,
    state: DONE,
  };
}

/** Takes the oldest exchange that is not open out of a peer's. */
function takeOldest(peer: Peer): Exchange | undefined {
  const { exchanges } = peer;
  for (let i = 0; i < exchanges.length; i++) {
    const oldest = exchanges[i];
    if (oldest === undefined || isOpen(oldest)) continue;
    takeOut(peer, i);
    return oldest;
  }
  return undefined;
}

function takeOut({ exchanges, messageIds }: Peer, index: number): void {
  shiftOut(exchanges, index);
  shiftOut(messageIds, index);
}

/** Does what `splice` does, without making an array of what is taken out. */
function shiftOut<T>(list: T[], index: number): void {
  for (let i = index + 1; i < list.length; i++) list[i - 1] = list[i] as T;
  list.pop();
}

/** Incoming exchanges: those that the application owes an answer to, and answered ones by which duplicates are known. */
export class ExchangeTable {
  readonly #open = new Map<ExchangeId, Exchange>();
  readonly #limit: number;
  #lastId = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** An exchange that is still to be answered. */
  get(id: ExchangeId): Exchange | undefined {
    return this.#open.get(id);
  }

  /**
   * The exchange that a message repeats. A retransmission repeats the message byte for byte, so code and token are
   * compared too: a device that restarted may begin again with the message ids it used before.
   */
  find(peer: Peer, message: CoapMessage, now: number): Exchange | undefined {
    const { exchanges, messageIds } = peer;
    const confirmable = message.type === MessageType.Confirmable;
    for (let i = 0; i < messageIds.length; i++) {
      if (messageIds[i] !== message.messageId) continue;
      const exchange = exchanges[i];
      if (
        exchange !== undefined &&
        exchange.code === message.code &&
        exchange.confirmable === confirmable &&
        isTokenOf(exchange.token, message.token) &&
        (exchange.expiresAt > now || isOpen(exchange))
      ) {
        return exchange;
      }
    }
    return undefined;
  }

  /**
   * Remembers a message; undefined when the peer's exchanges are all open. If need be it takes the place of the oldest
   * other one: whoever says much is remembered without anything being allocated.
   */
  add(
    peer: Peer,
    message: CoapMessage,
    state: ExchangeState,
    now: number,
    scope?: ObservationScope,
  ): Exchange | undefined {
    const { exchanges, messageIds } = peer;
    const exchange = exchanges.length < this.#limit ? newExchange(peer) : takeOldest(peer);
    if (exchange === undefined) return undefined;
    const confirmable = message.type === MessageType.Confirmable;
    exchange.id = this.#nextId();
    exchange.messageId = message.messageId;
    exchange.code = message.code;
    exchange.token = tokenKey(message.token);
    exchange.confirmable = confirmable;
    exchange.registers = isSafeMethod(message.code) && observeValue(message) === 0;
    exchange.scope = scope;
    exchange.expiresAt = now + (confirmable ? peer.exchangeLifetimeMs : peer.nonLifetimeMs);
    exchange.state = state;
    exchanges.push(exchange);
    messageIds.push(exchange.messageId);
    if (isOpen(exchange)) this.#open.set(exchange.id, exchange);
    return exchange;
  }

  /** Moves an exchange on; one that is answered is known no more by its id. */
  move(exchange: Exchange, state: ExchangeState): void {
    exchange.state = state;
    if (isOpen(exchange)) return;
    exchange.request = undefined;
    this.#open.delete(exchange.id);
  }

  /** Forgets an exchange that nothing can repeat. */
  remove(exchange: Exchange): void {
    const { peer } = exchange;
    this.#open.delete(exchange.id);
    takeOut(peer, peer.exchanges.indexOf(exchange));
  }

  /** Whether a peer waits for an answer. */
  owes({ exchanges }: Peer): boolean {
    return exchanges.some(isOpen);
  }

  /** Opens an answered exchange again, under a new id. */
  reopen(exchange: Exchange): void {
    exchange.id = this.#nextId();
    exchange.state = PENDING;
    this.#open.set(exchange.id, exchange);
  }

  /** Forgets the answered exchanges of a peer whose message ids may be used again. */
  expire(peer: Peer, now: number): void {
    const { exchanges, messageIds } = peer;
    for (let i = exchanges.length - 1; i >= 0; i--) {
      const exchange = exchanges[i];
      if (exchange !== undefined && exchange.expiresAt <= now && !isOpen(exchange)) takeOut(peer, i);
    }
    // Gives back the room that they have grown to.
    if (exchanges.length === 0) exchanges.length = messageIds.length = 0;
  }

  /** Forgets all exchanges of a peer, open ones too. */
  drop({ exchanges, messageIds }: Peer): void {
    for (const { id } of exchanges) this.#open.delete(id);
    exchanges.length = messageIds.length = 0;
  }

  #nextId(): ExchangeId {
    this.#lastId++;
    return ExchangeId(this.#lastId);
  }
}

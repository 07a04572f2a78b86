import { type CoapParseError, type DecodeResult, decodeMessage } from './codec.ts';
import { type CodeKind, codeKind, formatCode } from './codes.ts';
import { type Context, sendEmpty } from './context.ts';
import type { CoapCoreOptions } from './core-options.ts';
import { type CoapEffect, Outbox } from './effects.ts';
import { ExchangeTable } from './exchanges.ts';
import type { ExchangeId, ObservationScope, PeerKey, RequestId } from './ids.ts';
import { type CoapLimits, DEFAULT_LIMITS } from './limits.ts';
import { type CoapMessage, MessageType } from './message.ts';
import { ObservationTable } from './observations.ts';
import { Outbound } from './outbound.ts';
import { DEFAULT_PARAMETERS, type TransmissionParameters } from './parameters.ts';
import { Peer, PeerTable, type Timed } from './peers.ts';
import { Requester } from './requester.ts';
import { Responder } from './responder.ts';
import { Sender } from './sender.ts';
import { measure } from './sizes.ts';
import type { NotificationSpec, RequestSpec, ResponseSpec } from './specs.ts';
import { Connections } from './tcp/connections.ts';
import type { Leave } from './tcp/signals.ts';
import { Stream } from './tcp/stream.ts';
import { TimerWheel } from './timer-wheel.ts';

/** An observation as it has to be remembered over a restart. */
export interface RestoredObservation {
  readonly scope: ObservationScope;
  readonly token: Uint8Array;
  /** The freshest Observe value and when it came, ms on the core's clock; without them the next one is fresh. */
  readonly last?: { readonly sequence: number; readonly receivedAt: number };
}

type Reception = 'request' | 'separate' | 'piggybacked' | 'acknowledgement' | 'reset' | 'ping' | 'refuse' | 'ignore';

/** What a message is, by the kind of its code and its type (RFC 7252 §4.2, §4.3, table 1). */
const RECEPTION: Record<CodeKind, Record<MessageType, Reception>> = {
  empty: {
    [MessageType.Confirmable]: 'ping',
    [MessageType.NonConfirmable]: 'ignore',
    [MessageType.Acknowledgement]: 'acknowledgement',
    [MessageType.Reset]: 'reset',
  },
  request: {
    [MessageType.Confirmable]: 'request',
    [MessageType.NonConfirmable]: 'request',
    [MessageType.Acknowledgement]: 'refuse',
    [MessageType.Reset]: 'refuse',
  },
  response: {
    [MessageType.Confirmable]: 'separate',
    [MessageType.NonConfirmable]: 'separate',
    [MessageType.Acknowledgement]: 'piggybacked',
    [MessageType.Reset]: 'refuse',
  },
  reserved: {
    [MessageType.Confirmable]: 'refuse',
    [MessageType.NonConfirmable]: 'refuse',
    [MessageType.Acknowledgement]: 'refuse',
    [MessageType.Reset]: 'refuse',
  },
};

/**
 * CoAP (RFC 7252) with observation (RFC 7641) for many peers, as client and server at once.
 *
 * It does no I/O. Each input takes `now`, milliseconds on a clock that never goes back; what it wants done it leaves
 * as effects that the caller fetches with `drain` after its inputs. `tick` is due at `nextWakeAt`.
 * No input throws because of what a peer sent.
 */
export class CoapCore {
  readonly #context: Context;
  readonly #wheel = new TimerWheel<Timed>();
  readonly #parameters: TransmissionParameters;
  readonly #restoreGraceMs: number;
  readonly #scopeOf: CoapCoreOptions['scopeOf'];
  readonly #requester: Requester;
  readonly #responder: Responder;
  readonly #connections: Connections;

  constructor(options: CoapCoreOptions) {
    const { random, limits, parameters, restoreGraceMs = 93_000, blockwise = false, intercept, scopeOf } = options;
    this.#scopeOf = scopeOf;
    this.#parameters = { ...DEFAULT_PARAMETERS, ...parameters };
    this.#restoreGraceMs = restoreGraceMs;
    const all: CoapLimits = { ...DEFAULT_LIMITS, ...limits };
    const streams = new Map<PeerKey, Stream>();
    const outbox = new Outbox(streams);
    this.#context = {
      limits: all,
      blockwise,
      outbox,
      random,
      peers: new PeerTable(all.peers, this.#wheel, (key, now) => {
        const [high = 0, low = 0] = random(2);
        return new Peer(key, this.#parameters, (high << 8) | low, now, scopeOf?.(key));
      }),
      exchanges: new ExchangeTable(all.exchangesPerPeer),
      observations: new ObservationTable(all),
      sender: new Sender(outbox, this.#wheel, random),
      streams,
    };
    this.#requester = new Requester(this.#context);
    this.#responder = new Responder(this.#context);
    this.#connections = new Connections({
      context: this.#context,
      wheel: this.#wheel,
      deliver: ({ peer }, message, datagram, now) => {
        if (intercept?.(peer.key, datagram, now)) return;
        this.#dispatch(peer.key, peer, message, datagram.length, now);
      },
      ponged: ({ peer }, { token }, now) => this.#requester.ponged(peer, token, now),
      forget: (key, now) => this.forgetPeer(key, now),
    });
  }

  /** The effects since the last call, in order. */
  drain(): readonly CoapEffect[] {
    return this.#context.outbox.drain();
  }

  /** The next effect, as `drain` has them; undefined when there is none. */
  next(): CoapEffect | undefined {
    return this.#context.outbox.next();
  }

  /**
   * There is a connection to a peer (RFC 8323): from now on what comes from it are bytes of a stream, in whatever pieces.
   * It is over when a `disconnect` says so, or with `forgetPeer`. False when there is no room for it.
   */
  connected(peer: PeerKey, now: number): boolean {
    return this.#connections.open(peer, now);
  }

  /** Whether what comes from a peer comes over a connection. */
  isConnected(peer: PeerKey): boolean {
    return this.#context.streams.has(peer);
  }

  /** Tells the peer of a connection that it will be closed. */
  release(peer: PeerKey, leave: Leave = {}): void {
    const stream = this.#context.streams.get(peer);
    if (stream !== undefined) this.#connections.release(stream, leave);
  }

  /**
   * A datagram came from a peer, or the next bytes of its connection. The core keeps no part of a datagram; effects have
   * views of it.
   *
   * @param read the datagram decoded, of which the caller wanted to know what it is
   */
  receive(key: PeerKey, datagram: Uint8Array, now: number, read?: DecodeResult): void {
    const { peers, streams } = this.#context;
    const stream = streams.get(key);
    if (stream !== undefined) {
      this.#connections.receive(stream, datagram, now);
      return;
    }
    const decoded = read ?? decodeMessage(datagram);
    if (!decoded.ok) {
      this.#malformed(key, decoded.error);
      return;
    }
    const { message } = decoded;
    const peer = peers.get(key) ?? this.#recall(key, now);
    if (peer !== undefined) peers.touch(peer, now);
    this.#dispatch(key, peer, message, datagram.length, now);
  }

  /** What a message said that `intercept` took, as a datagram. */
  deliver(key: PeerKey, datagram: Uint8Array, now: number): void {
    const peer = this.#context.streams.get(key)?.peer;
    const decoded = decodeMessage(datagram);
    if (peer && decoded.ok) this.#dispatch(key, peer, decoded.message, datagram.length, now);
  }

  #dispatch(key: PeerKey, peer: Peer | undefined, message: CoapMessage, bytes: number, now: number): void {
    const { sender } = this.#context;
    switch (RECEPTION[codeKind(message.code)][message.type]) {
      case 'request':
        this.#responder.receive(key, peer, message, bytes, now);
        break;
      case 'separate':
        this.#requester.receiveSeparate(key, peer, message, bytes, now);
        break;
      case 'piggybacked':
        this.#requester.receivePiggybacked(key, peer, message, bytes, now);
        break;
      case 'acknowledgement':
        if (peer !== undefined) sender.acknowledged(peer, message.messageId, now);
        break;
      case 'reset':
        if (peer !== undefined) sender.reset(peer, message.messageId, now);
        break;
      case 'ping':
        sendEmpty(this.#context, key, MessageType.Reset, message.messageId);
        break;
      case 'refuse':
        this.#reserved(key, message);
        break;
      case 'ignore':
        break;
    }
  }

  /**
   * Sends a request when its turn has come: each peer has one request under way, the others wait in order (NSTART 1).
   * There is always exactly one `outcome`, also for a request that is refused at once.
   */
  request(peer: PeerKey, spec: RequestSpec, now: number): RequestId {
    return this.#requester.request(peer, spec, now);
  }

  /** Asks whether a peer is there; takes its turn among the requests. The outcome is `pong` or `timeout`. */
  ping(peer: PeerKey, now: number): RequestId {
    return this.#requester.ping(peer, now);
  }

  /** Ends a request or ping: its outcome is `cancelled`. False when it is over already. */
  cancel(key: PeerKey, request: RequestId, now: number): boolean {
    const peer = this.#context.peers.get(key);
    return peer !== undefined && this.#context.sender.cancel(peer, request, now);
  }

  /**
   * Answers a request: in its ACK, or separately after `acknowledge` or when it was non-confirmable. An answer over
   * the size limit becomes 5.00. False when the exchange is unknown or answered.
   */
  respond(exchange: ExchangeId, spec: ResponseSpec, now: number): boolean {
    const stream = this.#streamOf(exchange);
    const done = this.#responder.respond(exchange, spec, now);
    if (stream !== undefined) this.#connections.exchangeEnded(stream, now);
    return done;
  }

  /** The request of an exchange that waits for its answer; only of a core that is made for block-wise transfer. */
  requestOf(exchange: ExchangeId): { readonly peer: PeerKey; readonly message: CoapMessage } | undefined {
    return this.#responder.requestOf(exchange);
  }

  /** What an observer asked for; only in a core that is made for block-wise transfer. */
  observedBy(peer: PeerKey, token: Uint8Array): CoapMessage | undefined {
    return this.#responder.observedBy(peer, token);
  }

  /** How long a payload may be that goes whole, and how long a part of one that does not, in bytes. */
  payloadLimits(peer: PeerKey): { readonly wholeBytes: number; readonly blockBytes: number } {
    const { blockBytes } = this.#context.peers.get(peer)?.parameters ?? this.#parameters;
    const stream = this.#context.streams.get(peer);
    if (stream === undefined) return { wholeBytes: blockBytes, blockBytes };
    return { wholeBytes: stream.wholeBytes, blockBytes: Math.min(blockBytes, stream.wholeBytes) };
  }

  /** Sends the empty ACK of a confirmable request whose answer will take longer than its sender's patience. */
  acknowledge(exchange: ExchangeId): boolean {
    return this.#responder.acknowledge(exchange);
  }

  /** Acknowledges a confirmable notification: what it said is safe. */
  accept(exchange: ExchangeId): boolean {
    return this.#requester.accept(exchange);
  }

  /** Refuses a request or a confirmable notification with a RST; the latter ends the observation. */
  reject(exchange: ExchangeId): boolean {
    return this.#requester.reject(exchange) || this.#responder.reject(exchange);
  }

  /** Notifies an observer that a `respond` with `observe` registered; false when it is there no more. */
  notify(peer: PeerKey, token: Uint8Array, spec: NotificationSpec, now: number): boolean {
    return this.#responder.notify(peer, token, spec, now);
  }

  /** Forgets all observers of a peer, as an LwM2M client does when it registers again. */
  removeObservers(peer: PeerKey, now: number): void {
    this.#responder.removeObservers(peer, now);
  }

  /** Says to which scope the observations over this peer belong; false when there is no room for the peer. */
  bindScope(peer: PeerKey, scope: ObservationScope, now: number): boolean {
    // One that is not known will be asked about.
    if (this.#scopeOf && !this.#context.peers.get(peer)) return true;
    const found = this.#open(peer, this.#scopeOf ? 'bound' : 'configured', now);
    if (found !== undefined) found.scope = scope;
    return found !== undefined;
  }

  /** Sets a peer's differences from the core's transmission parameters; false when there is no room for the peer. */
  setPeerParameters(peer: PeerKey, parameters: Partial<TransmissionParameters>, now: number): boolean {
    const found = this.#open(peer, 'configured', now);
    found?.setParameters({ ...this.#parameters, ...parameters });
    return found !== undefined;
  }

  /** Forgets a peer: its requests end as `cancelled`, its exchanges and observers are gone; its scope's stay. */
  forgetPeer(peer: PeerKey, now: number): void {
    const { exchanges, peers, sender, streams } = this.#context;
    const found = peers.get(peer);
    if (found === undefined) return;
    sender.abandon(found, now);
    const stream = streams.get(peer);
    if (stream !== undefined) this.#wheel.cancel(stream);
    streams.delete(peer);
    exchanges.drop(found);
    peers.remove(found);
  }

  /** Puts an observation back after a restart, and starts the grace for those that were not. */
  restoreObservation({ scope, token, last }: RestoredObservation, now: number): boolean {
    this.#requester.graceUntil(now + this.#restoreGraceMs);
    const { sequence, receivedAt } = last ?? { sequence: undefined, receivedAt: now };
    return this.#context.observations.set(scope, token, { sequence, receivedAt }) === undefined;
  }

  /** Forgets an observation, so that its next notification is reset. To deregister, send a request instead. */
  cancelObservation(scope: ObservationScope, token: Uint8Array): boolean {
    return this.#requester.cancelObservation(scope, token);
  }

  /** Forgets all observations of a scope without a word, as is due when a registration ends. */
  forgetScope(scope: ObservationScope): void {
    this.#context.observations.deleteScope(scope);
  }

  /** Does what has become due. */
  tick(now: number): void {
    this.#wheel.advance(now, (entry) => {
      if (entry instanceof Outbound) this.#context.sender.due(entry, now);
      else if (entry instanceof Stream) this.#connections.due(entry, now);
      else this.#sweep(entry, now);
    });
  }

  /** When `tick` should be called next, ms; undefined when nothing is pending. Asking is cheap. */
  nextWakeAt(): number | undefined {
    return this.#wheel.nextAt();
  }

  /** The present fill of each limit: for one "per peer" that of the fullest peer. Walks all peers. */
  sizes(): Record<keyof CoapLimits, number> {
    return measure(this.#context);
  }

  #streamOf(exchange: ExchangeId): Stream | undefined {
    const { exchanges, streams } = this.#context;
    const peer = streams.size === 0 ? undefined : exchanges.get(exchange)?.peer;
    return peer && streams.get(peer.key);
  }

  #open(key: PeerKey, standing: 'bound' | 'configured', now: number): Peer | undefined {
    const { peers } = this.#context;
    const peer = peers.open(key, now);
    if (peer !== undefined) peers.keep(peer, standing);
    return peer;
  }

  /** A bound peer that was forgotten while it slept. */
  #recall(key: PeerKey, now: number): Peer | undefined {
    return this.#scopeOf?.(key) === undefined ? undefined : this.#context.peers.open(key, now);
  }

  #sweep(peer: Peer, now: number): void {
    const { exchanges, peers } = this.#context;
    exchanges.expire(peer, now);
    const goes = peer.standing !== 'configured' && peer.isIdle();
    if (goes && now >= peer.usedAt + peer.exchangeLifetimeMs) {
      peers.remove(peer);
      return;
    }
    this.#wheel.schedule(peer, now + peer.exchangeLifetimeMs, now);
  }

  #malformed(key: PeerKey, { kind, offset, detail, header }: CoapParseError): void {
    if (header?.type === MessageType.Confirmable) {
      sendEmpty(this.#context, key, MessageType.Reset, header.messageId);
    }
    this.#context.outbox.refuse(key, 'format', `${kind} at byte ${offset}: ${detail}`);
  }

  #reserved(key: PeerKey, { type, code, messageId }: CoapMessage): void {
    if (type === MessageType.Confirmable) sendEmpty(this.#context, key, MessageType.Reset, messageId);
    this.#context.outbox.refuse(key, 'reserved-code', `code ${formatCode(code)} in a message of type ${type}`);
  }
}

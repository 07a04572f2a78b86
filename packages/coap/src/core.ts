import { type CoapParseError, decodeMessage } from './codec.ts';
import { type CodeKind, codeKind, formatCode } from './codes.ts';
import { type Context, sendEmpty } from './context.ts';
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
import { TimerWheel } from './timer-wheel.ts';

/** What a core is made with. */
export interface CoapCoreOptions {
  /** n bytes of good randomness, for tokens, first message ids and jitter. Called often: take them from a pool. */
  readonly random: (n: number) => Uint8Array;
  readonly limits?: Partial<CoapLimits>;
  /** Transmission parameters of peers that `setPeerParameters` does not speak of. */
  readonly parameters?: Partial<TransmissionParameters>;
  /**
   * How long after a `restoreObservation` notifications of unknown observations are ignored, ms: a RST would make
   * some clients drop all their observers. The default is MAX_TRANSMIT_WAIT.
   */
  readonly restoreGraceMs?: number;
  /** Whether the caller puts bodies together that come in parts, as `CoapEndpoint` does; if not they get 4.02. */
  readonly blockwise?: boolean;
}

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
  readonly #requester: Requester;
  readonly #responder: Responder;

  constructor({ random, limits, parameters, restoreGraceMs = 93_000, blockwise = false }: CoapCoreOptions) {
    this.#parameters = { ...DEFAULT_PARAMETERS, ...parameters };
    this.#restoreGraceMs = restoreGraceMs;
    const all: CoapLimits = { ...DEFAULT_LIMITS, ...limits };
    const outbox = new Outbox();
    this.#context = {
      limits: all,
      blockwise,
      outbox,
      random,
      peers: new PeerTable(all.peers, this.#wheel, (key, now) => {
        const [high = 0, low = 0] = random(2);
        return new Peer(key, this.#parameters, (high << 8) | low, now);
      }),
      exchanges: new ExchangeTable(all.exchangesPerPeer),
      observations: new ObservationTable(all),
      sender: new Sender(outbox, this.#wheel, random),
    };
    this.#requester = new Requester(this.#context);
    this.#responder = new Responder(this.#context);
  }

  /** The effects since the last call, in order. */
  drain(): readonly CoapEffect[] {
    return this.#context.outbox.drain();
  }

  /** A datagram came from a peer. The core keeps no part of it; effects have views of it. */
  receive(key: PeerKey, datagram: Uint8Array, now: number): void {
    const decoded = decodeMessage(datagram);
    if (!decoded.ok) {
      this.#malformed(key, decoded.error);
      return;
    }
    const { message } = decoded;
    const { peers, sender } = this.#context;
    const peer = peers.get(key);
    if (peer !== undefined) peers.touch(peer, now);
    switch (RECEPTION[codeKind(message.code)][message.type]) {
      case 'request':
        this.#responder.receive(key, message, datagram.length, now);
        break;
      case 'separate':
        this.#requester.receiveSeparate(key, peer, message, datagram.length, now);
        break;
      case 'piggybacked':
        this.#requester.receivePiggybacked(key, peer, message, datagram.length, now);
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
  cancel(request: RequestId, now: number): boolean {
    return this.#context.sender.cancel(request, now);
  }

  /**
   * Answers a request: in its ACK, or separately after `acknowledge` or when it was non-confirmable. An answer over
   * the size limit becomes 5.00. False when the exchange is unknown or answered.
   */
  respond(exchange: ExchangeId, spec: ResponseSpec, now: number): boolean {
    return this.#responder.respond(exchange, spec, now);
  }

  /** The request of an exchange that waits for its answer; only of a core that is made for block-wise transfer. */
  requestOf(exchange: ExchangeId): { readonly peer: PeerKey; readonly message: CoapMessage } | undefined {
    return this.#responder.requestOf(exchange);
  }

  /** What an observer asked for; only in a core that is made for block-wise transfer. */
  observedBy(peer: PeerKey, token: Uint8Array): CoapMessage | undefined {
    return this.#responder.observedBy(peer, token);
  }

  /** Transmission parameters of a peer. */
  parametersOf(peer: PeerKey): TransmissionParameters {
    return this.#context.peers.get(peer)?.parameters ?? this.#parameters;
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
    const found = this.#configure(peer, now);
    if (found !== undefined) found.scope = scope;
    return found !== undefined;
  }

  /** Sets a peer's differences from the core's transmission parameters; false when there is no room for the peer. */
  setPeerParameters(peer: PeerKey, parameters: Partial<TransmissionParameters>, now: number): boolean {
    const found = this.#configure(peer, now);
    found?.setParameters({ ...this.#parameters, ...parameters });
    return found !== undefined;
  }

  /** Forgets a peer: its requests end as `cancelled`, its exchanges and observers are gone; its scope's stay. */
  forgetPeer(peer: PeerKey, now: number): void {
    const { exchanges, peers, sender } = this.#context;
    const found = peers.get(peer);
    if (found === undefined) return;
    sender.abandon(found, now);
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

  #configure(key: PeerKey, now: number): Peer | undefined {
    const { peers } = this.#context;
    const peer = peers.open(key, now);
    if (peer !== undefined) peers.configure(peer);
    return peer;
  }

  #sweep(peer: Peer, now: number): void {
    const { exchanges, peers } = this.#context;
    exchanges.expire(peer, now);
    if (peer.isIdle() && now >= peer.activeAt + peer.exchangeLifetimeMs) {
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

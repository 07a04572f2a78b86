import type { ExchangeId, ObservationScope, PeerKey, RequestId } from './ids.ts';
import type { BodyLimits, CoapLimits } from './limits.ts';
import type { CoapMessage } from './message.ts';
import type { RequestSpec } from './specs.ts';
import { frameOf } from './tcp/frames.ts';
import type { Leave } from './tcp/signals.ts';

/** What became of a request or ping. */
export type RequestOutcome =
  /** The response came. */
  | {
      readonly kind: 'response';
      readonly message: CoapMessage;
      /** Whether an observation was established by it. */
      readonly observing: boolean;
      /** Whether Block2 says that the payload is only the beginning. */
      readonly truncated: boolean;
    }
  /** The peer answered a ping. */
  | { readonly kind: 'pong' }
  /** No answer: after all retransmissions, or, when `acknowledged`, no response after the ACK. */
  | {
      readonly kind: 'timeout';
      readonly acknowledged: boolean;
      /** The peer sleeps now: nothing was sent to it any more, though there were retransmissions left. */
      readonly asleep?: true;
    }
  /** The peer has no context for it (RFC 7252 §4.2). */
  | { readonly kind: 'reset' }
  /** `cancel` or `forgetPeer` ended it. */
  | { readonly kind: 'cancelled' }
  /** It was never queued. `unbound`: it would observe, and its peer has no scope; `token`: longer than 8 bytes. */
  | { readonly kind: 'refused'; readonly reason: keyof CoapLimits | 'unbound' | 'token' };

/** Why something that a peer sent was not served. */
export type RefusalReason =
  /** A limit was reached. */
  | keyof CoapLimits
  | keyof BodyLimits
  /** It is not a CoAP message. */
  | 'format'
  /** A critical option that is unknown, malformed or repeated (RFC 7252 §5.4). */
  | 'critical-option'
  /** It is a part of a body, and does not fit the others; or nobody puts parts together. */
  | 'block-wise'
  /** It asks for a proxy (RFC 7252 §5.7.2). */
  | 'proxy'
  /** A code of a reserved class, or a code that does not go with the message type (RFC 7252 §4.2, §4.3). */
  | 'reserved-code'
  /** A response that nothing waits for. */
  | 'unexpected-response';

/** Why an observation of ours is no more. */
export type ObservationEnd =
  /** A notification that says so: an error code, or no Observe option (RFC 7641 §3.2). */
  | 'by-peer'
  /** Our deregistration or `cancelObservation`. */
  | 'cancelled'
  /** A notification was rejected, by the application or because it could not be served. */
  | 'rejected';

/** Why a connection is no more. */
export type StreamEnd =
  /** What came over it is no CoAP, or not in the right order. */
  | 'format'
  /** A signal with a critical option that is not known. */
  | 'critical-option'
  /** The peer's settings, or the rest of a message, did not come in time. */
  | 'slow'
  /** The peer said that it is about to close it (RFC 8323 §5.5). */
  | 'released'
  /** The peer ended it, and said why (RFC 8323 §5.6). */
  | 'aborted';

interface NotificationFacts {
  readonly kind: 'notification';
  readonly peer: PeerKey;
  readonly scope: ObservationScope;
  readonly token: Uint8Array;
  readonly message: CoapMessage;
  /** Whether it is newer than all before it (RFC 7641 §3.4). One that is not must not become the current value. */
  readonly fresh: boolean;
  /** Whether it is the last of its observation. */
  readonly ends: boolean;
  /** Whether Block2 says that the payload is only the beginning. */
  readonly truncated: boolean;
  /** The rest of it could not be fetched. */
  readonly lost?: true;
}

/**
 * A notification of a known observation. A confirmable one is acknowledged only when the application calls
 * `accept` with its exchange (or `reject`), which it does after the value is safe.
 */
export type NotificationEffect = NotificationFacts &
  ({ readonly confirmable: true; readonly exchange: ExchangeId } | { readonly confirmable: false });

/** What the core wants done, or wants known. Plain values that survive structured cloning. */
export type CoapEffect =
  /** Send this datagram, or write it to the peer's connection. The core does not keep or change it, except to retransmit it. */
  | { readonly kind: 'send'; readonly peer: PeerKey; readonly datagram: Uint8Array }
  /** The peer of a connection has told its settings: from now on it is known how long messages to it may be. */
  | { readonly kind: 'settled'; readonly peer: PeerKey }
  /** Close the peer's connection once all is written; the peer is forgotten already. */
  | {
      readonly kind: 'disconnect';
      readonly peer: PeerKey;
      readonly reason: StreamEnd;
      readonly detail: string;
      /** What a peer that released it said of coming back. */
      readonly leave?: Leave;
    }
  /** A request for the application, which must call `respond` or `reject` once. */
  | {
      readonly kind: 'request';
      readonly exchange: ExchangeId;
      readonly peer: PeerKey;
      readonly message: CoapMessage;
      readonly confirmable: boolean;
    }
  /** The one end of each `request` and `ping`. */
  | {
      readonly kind: 'outcome';
      readonly request: RequestId;
      readonly peer: PeerKey;
      /** Whether it was sent at least once: if not, the peer cannot have acted on it. */
      readonly transmitted: boolean;
      /** What was asked, if it was sent or queued as one message. */
      readonly asked?: RequestSpec | undefined;
      readonly outcome: RequestOutcome;
    }
  /** The peer has the request and will respond separately. */
  | { readonly kind: 'acknowledged'; readonly request: RequestId; readonly peer: PeerKey }
  | NotificationEffect
  /** A notification of no known observation; it was reset, or ignored during the grace after a restore. */
  | {
      readonly kind: 'unknownNotification';
      readonly peer: PeerKey;
      readonly token: Uint8Array;
      readonly message: CoapMessage;
      readonly action: 'reset' | 'ignored';
    }
  | {
      readonly kind: 'observationEnded';
      readonly scope: ObservationScope;
      readonly token: Uint8Array;
      readonly reason: ObservationEnd;
    }
  /** What became of a confirmable notification of ours, or that a peer reset a non-confirmable one. */
  | {
      readonly kind: 'notifyOutcome';
      readonly peer: PeerKey;
      readonly token: Uint8Array;
      readonly outcome: 'acknowledged' | 'reset' | 'timeout';
      /** Whether the observer is gone now (RFC 7641 §4.5). */
      readonly removed: boolean;
    }
  /** A separate confirmable response did not reach the peer. */
  | {
      readonly kind: 'undelivered';
      readonly exchange: ExchangeId;
      readonly peer: PeerKey;
      readonly reason: 'reset' | 'timeout';
    }
  /** Something that a peer sent, or an answer to it, was refused; for the operator's eyes. */
  | { readonly kind: 'refused'; readonly peer: PeerKey; readonly reason: RefusalReason; readonly detail: string };

/** Effects until the caller fetches them. */
export class Effects {
  /** Kept from one to the next, so that nothing is allocated for an effect but itself. */
  readonly #waiting: (CoapEffect | undefined)[] = [];
  #head = 0;
  #tail = 0;

  push(effect: CoapEffect): void {
    this.#waiting[this.#tail++] = effect;
  }

  /** The oldest one; undefined when all are fetched. */
  next(): CoapEffect | undefined {
    if (this.#head === this.#tail) return undefined;
    const effect = this.#waiting[this.#head];
    this.#waiting[this.#head++] = undefined;
    if (this.#head === this.#tail) this.#head = this.#tail = 0;
    return effect;
  }

  /** All of them, in order. */
  drain(): readonly CoapEffect[] {
    const effects: CoapEffect[] = [];
    for (let effect = this.next(); effect !== undefined; effect = this.next()) effects.push(effect);
    return effects;
  }
}

/** Where the parts of the core leave their effects. */
export class Outbox extends Effects {
  readonly #streams: { has(peer: PeerKey): boolean };

  /** @param streams peers with a connection */
  constructor(streams: { has(peer: PeerKey): boolean }) {
    super();
    this.#streams = streams;
  }

  send(peer: PeerKey, datagram: Uint8Array): void {
    const bytes = this.#streams.has(peer) ? frameOf(datagram) : datagram;
    this.push({ kind: 'send', peer, datagram: bytes });
  }

  refuse(peer: PeerKey, reason: RefusalReason, detail: string): void {
    this.push({ kind: 'refused', peer, reason, detail });
  }
}

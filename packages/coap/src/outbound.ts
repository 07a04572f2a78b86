import type { ExchangeId, RequestId } from './ids.ts';
import type { Observer } from './observers.ts';
import type { TransmissionParameters } from './parameters.ts';
import type { Peer, Timed } from './peers.ts';
import type { RequestSpec } from './specs.ts';
import { WheelEntry } from './timer-wheel.ts';

/** What a message of ours is for, and so who learns what became of it. */
export type Purpose =
  | { readonly kind: 'request'; readonly id: RequestId; readonly asked: RequestSpec }
  | { readonly kind: 'ping'; readonly id: RequestId; readonly asked?: undefined }
  | { readonly kind: 'response'; readonly exchange: ExchangeId }
  | { readonly kind: 'notification'; readonly observer: Observer };

/** Where a message of ours stands. `awaiting`: nothing is retransmitted any more, the response is still to come. */
export type Phase = 'queued' | 'unacknowledged' | 'awaiting' | 'closed';

/**
 * What can happen to it. `acknowledged`: an ACK that promises a response; `settled`: all that it waited for; `asleep`: the
 * peer does not listen any more.
 */
export type OutboundEvent = 'acknowledged' | 'settled' | 'reset' | 'expired' | 'asleep' | 'cancelled';

/** The next phase for each event (RFC 7252 §4.2, §5.2). The same phase again means that the event says nothing. */
export const TRANSITIONS: Record<Phase, Record<OutboundEvent, Phase>> = {
  queued: row('queued', { cancelled: 'closed' }),
  unacknowledged: row('closed', { acknowledged: 'awaiting' }),
  awaiting: row('closed', { acknowledged: 'awaiting' }),
  closed: row('closed'),
};

/** A row in which every event leads to one phase, but for those that are named. */
function row(phase: Phase, others: Partial<Record<OutboundEvent, Phase>> = {}): Record<OutboundEvent, Phase> {
  const all = { acknowledged: phase, settled: phase, reset: phase, expired: phase, asleep: phase, cancelled: phase };
  return { ...all, ...others };
}

/** A message of ours that an answer of some kind is due to. */
export class Outbound extends WheelEntry<Timed> {
  readonly peer: Peer;
  readonly purpose: Purpose;
  readonly token: Uint8Array;
  readonly confirmable: boolean;
  /** Encoded; its message id is filled in when its turn comes. */
  readonly datagram: Uint8Array;
  readonly parameters: TransmissionParameters;
  phase: Phase = 'queued';
  /** -1 until it is sent. */
  messageId = -1;
  transmissions = 0;
  /** When it was transmitted last, ms. */
  sentAt = 0;
  /** The wait that is running, ms; doubled by each retransmission. */
  waitMs = 0;

  constructor(
    peer: Peer,
    purpose: Purpose,
    message: { token: Uint8Array; confirmable: boolean; datagram: Uint8Array },
    parameters: TransmissionParameters = peer.parameters,
  ) {
    super();
    this.peer = peer;
    this.purpose = purpose;
    this.token = message.token;
    this.confirmable = message.confirmable;
    this.datagram = message.datagram;
    this.parameters = parameters;
  }
}

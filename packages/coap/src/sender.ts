import { setMessageId } from './codec.ts';
import type { Outbox, RequestOutcome } from './effects.ts';
import type { RequestId } from './ids.ts';
import { removeObserver, takeWaiting } from './observers.ts';
import { type Outbound, type OutboundEvent, type Phase, TRANSITIONS } from './outbound.ts';
import type { Peer, Timed } from './peers.ts';
import type { TimerWheel } from './timer-wheel.ts';

/**
 * Brings messages of ours to their peers (RFC 7252 §4.2, §4.7): one request at a time until its response is there, one
 * unacknowledged request, ping or notification at a time. Separate responses go at once: their number is bounded by
 * the peer's own open requests, and if they waited for a request of ours, both sides could wait for each other.
 */
export class Sender {
  readonly #outbox: Outbox;
  readonly #wheel: TimerWheel<Timed>;
  readonly #random: (n: number) => Uint8Array;

  constructor(outbox: Outbox, wheel: TimerWheel<Timed>, random: (n: number) => Uint8Array) {
    this.#outbox = outbox;
    this.#wheel = wheel;
    this.#random = random;
  }

  /** Queues a request or ping. */
  submit(outbound: Outbound, now: number): void {
    const { peer } = outbound;
    if (peer.unacknowledged === undefined && peer.request === undefined) this.#begin(outbound, now);
    else peer.queue.push(outbound);
  }

  /** Sends a separate confirmable response. */
  respond(outbound: Outbound, now: number): void {
    outbound.peer.responses.push(outbound);
    this.#transmit(outbound, now);
  }

  /** Sends a non-confirmable response or notification, of which nothing more is heard; says its message id. */
  once(peer: Peer, datagram: Uint8Array): number {
    const messageId = peer.takeMessageId();
    setMessageId(datagram, messageId);
    this.#outbox.send(peer.key, datagram);
    return messageId;
  }

  /** Ends a request; false when it is over already. */
  cancel({ request, unacknowledged, queue }: Peer, id: RequestId, now: number): boolean {
    const outbound = [request, unacknowledged, ...queue].find((each) => each && isNamed(each, id));
    if (outbound === undefined) return false;
    this.happened(outbound, 'cancelled', now);
    return true;
  }

  /** An empty ACK came. */
  acknowledged(peer: Peer, messageId: number, now: number): void {
    const outbound = this.#find(peer, messageId);
    if (outbound === undefined) return;
    this.happened(outbound, outbound.purpose.kind === 'request' ? 'acknowledged' : 'settled', now);
  }

  /** A RST came. One that names a non-confirmable notification removes its observer (RFC 7641 §3.6). */
  reset(peer: Peer, messageId: number, now: number): void {
    const outbound = this.#find(peer, messageId);
    if (outbound !== undefined) {
      this.happened(outbound, 'reset', now);
      return;
    }
    const observer = peer.observers.find((each) => each.messageId === messageId);
    if (observer === undefined) return;
    removeObserver(observer);
    this.#outbox.push({
      kind: 'notifyOutcome',
      peer: peer.key,
      token: observer.token,
      outcome: 'reset',
      removed: true,
    });
  }

  /** The time of a message has come: it is sent again, or given up. */
  due(outbound: Outbound, now: number): void {
    const { phase, transmissions, parameters, sentAt, waitMs } = outbound;
    if (phase !== 'unacknowledged') {
      this.happened(outbound, 'expired', now);
    } else if (now >= asleepAt(outbound)) {
      this.happened(outbound, 'asleep', now);
    } else if (now < sentAt + waitMs) {
      this.#await(outbound, now);
    } else if (transmissions <= parameters.maxRetransmit) {
      outbound.transmissions++;
      outbound.waitMs *= 2;
      outbound.sentAt = now;
      this.#await(outbound, now);
      this.#outbox.send(outbound.peer.key, outbound.datagram);
    } else {
      this.happened(outbound, 'expired', now);
    }
  }

  /** Waits for the ACK until the next transmission; or until the peer sleeps, but for the time that an ACK takes. */
  #await(outbound: Outbound, now: number): void {
    const { parameters, sentAt, waitMs } = outbound;
    const last = Math.max(asleepAt(outbound), sentAt + parameters.ackTimeoutMs);
    this.#wheel.schedule(outbound, Math.min(sentAt + waitMs, last), now);
  }

  /**
   * Applies an event to a message.
   *
   * @param outcome for a request that is settled: the response
   */
  happened(outbound: Outbound, event: OutboundEvent, now: number, outcome?: RequestOutcome): void {
    const { peer, phase } = outbound;
    const next = TRANSITIONS[phase][event];
    if (next === phase) return;
    outbound.phase = next;
    if (peer.unacknowledged === outbound) peer.unacknowledged = undefined;
    if (next === 'awaiting') {
      this.#wheel.schedule(outbound, now + outbound.parameters.responseTimeoutMs, now);
      if (outbound.purpose.kind === 'request') {
        this.#outbox.push({ kind: 'acknowledged', request: outbound.purpose.id, peer: peer.key });
      }
    } else {
      this.#unlink(outbound);
      this.#report(outbound, phase, event, outcome);
    }
    this.pump(peer, now);
  }

  /** Sends what may be sent now: requests first, they are few and the device waits for them. */
  pump(peer: Peer, now: number): void {
    while (peer.unacknowledged === undefined) {
      const outbound = peer.request === undefined ? (peer.queue.shift() ?? takeWaiting(peer)) : takeWaiting(peer);
      if (outbound === undefined) return;
      this.#begin(outbound, now);
    }
  }

  #begin(outbound: Outbound, now: number): void {
    const { peer } = outbound;
    if (outbound.purpose.kind === 'request') peer.request = outbound;
    if (outbound.confirmable) peer.unacknowledged = outbound;
    this.#transmit(outbound, now);
  }

  /** Ends everything that is under way to a peer. */
  abandon(peer: Peer, now: number): void {
    for (const observer of [...peer.observers]) removeObserver(observer);
    for (const queued of peer.queue.splice(0)) this.happened(queued, 'cancelled', now);
    for (const response of [...peer.responses]) this.happened(response, 'cancelled', now);
    if (peer.unacknowledged !== undefined) this.happened(peer.unacknowledged, 'cancelled', now);
    if (peer.request !== undefined) this.happened(peer.request, 'cancelled', now);
  }

  #transmit(outbound: Outbound, now: number): void {
    const { peer, parameters } = outbound;
    outbound.messageId = peer.takeMessageId();
    setMessageId(outbound.datagram, outbound.messageId);
    outbound.transmissions = 1;
    outbound.sentAt = now;
    if (outbound.confirmable) {
      outbound.phase = 'unacknowledged';
      outbound.waitMs = this.#firstWait(outbound);
      this.#await(outbound, now);
    } else {
      outbound.phase = 'awaiting';
      this.#wheel.schedule(outbound, now + parameters.responseTimeoutMs, now);
    }
    this.#outbox.send(peer.key, outbound.datagram);
  }

  #firstWait({ parameters: { ackTimeoutMs, ackRandomFactor } }: Outbound): number {
    const [high = 0, low = 0] = this.#random(2);
    const fraction = ((high << 8) | low) / 0xffff;
    return ackTimeoutMs * (1 + (ackRandomFactor - 1) * fraction);
  }

  #find(peer: Peer, messageId: number): Outbound | undefined {
    if (peer.unacknowledged?.messageId === messageId) return peer.unacknowledged;
    if (peer.request?.messageId === messageId) return peer.request;
    return peer.responses.find((response) => response.messageId === messageId);
  }

  #unlink(outbound: Outbound): void {
    const { peer, purpose } = outbound;
    this.#wheel.cancel(outbound);
    if (peer.request === outbound) peer.request = undefined;
    if (purpose.kind === 'response') remove(peer.responses, outbound);
    else if (purpose.kind === 'notification') purpose.observer.underway = undefined;
    else remove(peer.queue, outbound);
  }

  #report(outbound: Outbound, from: Phase, event: OutboundEvent, settled?: RequestOutcome): void {
    const { purpose, token } = outbound;
    const peer = outbound.peer.key;
    if (purpose.kind === 'request' || purpose.kind === 'ping') {
      const outcome = settled ?? outcomeOf(event, purpose.kind, outbound.confirmable && from === 'awaiting');
      const transmitted = from !== 'queued';
      this.#outbox.push({ kind: 'outcome', request: purpose.id, peer, transmitted, asked: purpose.asked, outcome });
      return;
    }
    if (event === 'cancelled') return;
    const failure = event === 'reset' ? 'reset' : event === 'expired' || event === 'asleep' ? 'timeout' : undefined;
    if (purpose.kind === 'response') {
      if (failure !== undefined) {
        this.#outbox.push({ kind: 'undelivered', exchange: purpose.exchange, peer, reason: failure });
      }
      return;
    }
    const { observer } = purpose;
    const removed = failure !== undefined || (observer.ended && observer.waiting === undefined);
    if (removed) removeObserver(observer);
    this.#outbox.push({ kind: 'notifyOutcome', peer, token, outcome: failure ?? 'acknowledged', removed });
  }
}

/** When the peer of a message stops to listen, unless it is heard before, ms. */
function asleepAt({ peer, parameters }: Outbound): number {
  return peer.activeAt + parameters.awakeMs;
}

function isNamed({ purpose }: Outbound, id: RequestId): boolean {
  return (purpose.kind === 'request' || purpose.kind === 'ping') && purpose.id === id;
}

function outcomeOf(event: OutboundEvent, purpose: 'request' | 'ping', acknowledged: boolean): RequestOutcome {
  switch (event) {
    case 'cancelled':
      return { kind: 'cancelled' };
    case 'expired':
      return { kind: 'timeout', acknowledged };
    case 'asleep':
      return { kind: 'timeout', acknowledged, asleep: true };
    default:
      return purpose === 'ping' ? { kind: 'pong' } : { kind: 'reset' };
  }
}

function remove<T>(list: T[], item: T): void {
  const at = list.indexOf(item);
  if (at >= 0) list.splice(at, 1);
}

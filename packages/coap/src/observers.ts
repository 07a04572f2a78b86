import type { CoapMessage } from './message.ts';
import type { Outbound } from './outbound.ts';
import type { Peer } from './peers.ts';
import { sameToken } from './token.ts';

/** A peer that observes something here (RFC 7641 §4): we notify it until it is removed. */
export interface Observer {
  readonly peer: Peer;
  readonly token: Uint8Array;
  /** What it asked for; only in a core that is made for block-wise transfer. */
  request: CoapMessage | undefined;
  /** The Observe value last sent, 24 bits. */
  sequence: number;
  /** Id of the last non-confirmable notification, by which a RST names it; -1 before the first. */
  messageId: number;
  /** A confirmable notification that is sent and not acknowledged. */
  underway: Outbound | undefined;
  /** The newest confirmable notification that waits for its turn. */
  waiting: Outbound | undefined;
  /** The last notification said that there will be no more. */
  ended: boolean;
}

const SEQUENCE_MASK = 0xffffff;

/** The next Observe value (RFC 7641 §4.4). */
export function nextSequence(observer: Observer): number {
  observer.sequence = (observer.sequence + 1) & SEQUENCE_MASK;
  return observer.sequence;
}

export function findObserver(peer: Peer, token: Uint8Array): Observer | undefined {
  return peer.observers.find((observer) => sameToken(observer.token, token));
}

/** Registers an observer, or finds the one that renews its registration; undefined when the peer has its fill. */
export function addObserver(peer: Peer, token: Uint8Array, limit: number): Observer | undefined {
  const known = findObserver(peer, token);
  if (known !== undefined) {
    known.ended = false;
    return known;
  }
  if (peer.observers.length >= limit) return undefined;
  const observer: Observer = {
    peer,
    token,
    request: undefined,
    sequence: 0,
    messageId: -1,
    underway: undefined,
    waiting: undefined,
    ended: false,
  };
  peer.observers.push(observer);
  return observer;
}

export function removeObserver(observer: Observer): void {
  observer.waiting = undefined;
  observer.ended = true;
  const at = observer.peer.observers.indexOf(observer);
  if (at >= 0) observer.peer.observers.splice(at, 1);
}

/** The observer whose notification may go next; it moves to the end so that all have their turn. */
export function takeWaiting(peer: Peer): Outbound | undefined {
  const { observers } = peer;
  for (let i = 0; i < observers.length; i++) {
    const observer = observers[i];
    const waiting = observer?.waiting;
    if (observer === undefined || waiting === undefined) continue;
    observers.splice(i, 1);
    observers.push(observer);
    observer.waiting = undefined;
    observer.underway = waiting;
    return waiting;
  }
  return undefined;
}

/** Record counters of one epoch: what may be sent next, and the replay window (RFC 6347 §4.1.2.6). */
import { MAX_SEQUENCE } from './record.ts';

/** Sequence numbers of an epoch. */
export const ALL_SEQUENCES = MAX_SEQUENCE + 1;

/** Records behind the newest one that the window still tells apart. */
export const REPLAY_WINDOW = 64;

/**
 * All that moves while a session lives, in one record, so that it can be reserved in blocks, stored and moved as one.
 * The window is a mask whose bit i stands for the record `highest - i`: bits 0-31 in `low`, 32-63 in `high`.
 */
export interface SessionCounters {
  /** Sequence number of the next record to send. */
  sendNext: number;
  /** Records are sent below this sequence number only: those beyond are not reserved (yet). */
  sendLimit: number;
  /** Newest sequence number received authentically; -1 before the first. */
  highest: number;
  low: number;
  high: number;
}

export function newCounters(): SessionCounters {
  return { sendNext: 0, sendLimit: ALL_SEQUENCES, highest: -1, low: 0, high: 0 };
}

/** Counters that go on where others stopped: nothing up to `received` is taken again. */
export function resumedCounters(sendNext: number, sendLimit: number, received: number): SessionCounters {
  return { sendNext, sendLimit, highest: received, low: 0xffff_ffff, high: 0xffff_ffff };
}

/** Whether a record may be opened: neither seen before nor older than the window. */
export function isFresh({ highest, low, high }: SessionCounters, sequence: number): boolean {
  const age = highest - sequence;
  if (age < 0) return true;
  if (age >= REPLAY_WINDOW) return false;
  return age < 32 ? ((low >>> age) & 1) === 0 : ((high >>> (age - 32)) & 1) === 0;
}

/** Notes a record that proved authentic; one ahead of the window slides it, however far. */
export function markReceived(counters: SessionCounters, sequence: number): void {
  const ahead = sequence - counters.highest;
  if (ahead <= 0) {
    const age = -ahead;
    if (age < 32) counters.low = (counters.low | (1 << age)) >>> 0;
    else if (age < REPLAY_WINDOW) counters.high = (counters.high | (1 << (age - 32))) >>> 0;
    return;
  }
  if (ahead >= REPLAY_WINDOW) {
    counters.high = 0;
    counters.low = 0;
  } else if (ahead >= 32) {
    counters.high = (counters.low << (ahead - 32)) >>> 0;
    counters.low = 0;
  } else {
    counters.high = ((counters.high << ahead) | (counters.low >>> (32 - ahead))) >>> 0;
    counters.low = (counters.low << ahead) >>> 0;
  }
  counters.low = (counters.low | 1) >>> 0;
  counters.highest = sequence;
}

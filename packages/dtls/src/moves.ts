/** Sessions that outlive their process: snapshots out, and in again at a position that is safe to go on from. */
import { ALL_SEQUENCES, resumedCounters } from './counters.ts';
import type { Dormitory } from './dormitory.ts';
import type { SessionKey } from './effects.ts';
import type { DtlsLimits } from './limits.ts';
import type { ReservationOptions } from './options.ts';
import { MAX_SEQUENCE } from './record.ts';
import { decodeSession, decodeSnapshot, encodeSnapshot } from './snapshot.ts';
import type { Suite } from './suites.ts';

/**
 * Where an imported session goes on, as far as the caller knows better than the snapshot: positions only move forward,
 * what the snapshot says itself is the least.
 */
export interface ImportPosition {
  /** The first sequence number to send with: all before it may have been used. */
  readonly sendFrom?: number;
  /** Numbers below this one are reserved for this process; from `sendFrom` on none, if left out. */
  readonly sendLimit?: number;
  /** The newest sequence number whose effect is known; it and all before it are refused. */
  readonly received?: number;
}

/** Why a snapshot was not taken, in one sentence for people. */
export type ImportResult =
  | { readonly ok: true; readonly session: SessionKey }
  | { readonly ok: false; readonly detail: string };

/** What the endpoint that holds sessions is like. */
export interface SessionHost {
  readonly limits: DtlsLimits;
  /** Octets of the Connection IDs that it gives out. */
  readonly connectionIdLength: number;
  readonly reservations: ReservationOptions | undefined;
  /** Those that are allowed. */
  readonly suites: readonly Suite[];
}

/** Nothing if there is no such session, or no sequence number is left for another owner. */
export function exportSession(dormitory: Dormitory, key: SessionKey, reserving: boolean): Uint8Array | undefined {
  const slot = dormitory.table.byKey(key);
  if (slot === undefined) return undefined;
  const session = dormitory.load(slot);
  const { sendNext, sendLimit, highest } = session.layer.counters;
  const sendFrom = reserving ? sendLimit : sendNext;
  if (sendFrom > MAX_SEQUENCE || highest >= MAX_SEQUENCE) return undefined;
  return encodeSnapshot({ sendFrom, received: highest, session: dormitory.octetsOf(session) });
}

/** Takes in a session, asleep. */
export function importSession(
  dormitory: Dormitory,
  bytes: Uint8Array,
  position: ImportPosition,
  { limits, connectionIdLength, reservations, suites }: SessionHost,
  now: number,
): ImportResult {
  const snapshot = decodeSnapshot(bytes);
  if (snapshot === undefined) return refuse('the snapshot is malformed, or of another version');
  const state = decodeSession(snapshot.session);
  if (typeof state === 'string') return refuse(state);
  const { suite } = state.keys;
  if (!suites.includes(suite)) return refuse(`the cipher suite ${suite.name} is not allowed here`);
  const { table } = dormitory;
  const { length } = state.connectionId;
  if (length > 0 && length !== connectionIdLength) return refuse('its Connection ID has another length than ours');
  if (table.byKey(state.key) !== undefined) return refuse('the session is here already');
  if (length > 0 ? table.byConnectionId(state.connectionId) : table.byAddress(state.address)) {
    return refuse('another session is found by the same Connection ID or address');
  }
  if (table.size >= limits.sessions) return refuse('the limit sessions is reached');
  if (table.allOf(state.identity).length >= limits.sessionsPerIdentity) {
    return refuse('the limit sessionsPerIdentity is reached');
  }
  const sendFrom = Math.max(snapshot.sendFrom, position.sendFrom ?? 0);
  const received = Math.max(snapshot.received, position.received ?? -1);
  const sendLimit = reservations ? Math.max(sendFrom, position.sendLimit ?? 0) : ALL_SEQUENCES;
  if (!isPosition(sendFrom) || !isPosition(sendLimit) || !isPosition(received + 1)) {
    return refuse('there are no such sequence numbers');
  }
  table.sleep(table.add(state), resumedCounters(sendFrom, sendLimit, received), now);
  return { ok: true, session: state.key };
}

function isPosition(sequence: number): boolean {
  return Number.isSafeInteger(sequence) && sequence >= 0 && sequence <= ALL_SEQUENCES;
}

function refuse(detail: string): ImportResult {
  return { ok: false, detail };
}

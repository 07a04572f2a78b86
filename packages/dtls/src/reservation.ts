/**
 * Sequence numbers to send with, reserved in blocks: a session sends only with numbers that the store has given to
 * nobody else, so that no nonce is used twice, whatever crashes and whoever else believes to own the session.
 */
import { ALL_SEQUENCES, type SessionCounters } from './counters.ts';

/** A busy session asks for twice as much each time, up to so many numbers. */
const LARGEST_BLOCK = 65_536;

/** What a session has asked for. */
export interface Reservation {
  /** Numbers of the block that it sends from. */
  block: number;
  /** The limit that it asked for last. */
  asked: number;
}

/** The limit to ask for now: once half of the block is used. Nothing while an answer is outstanding. */
export function nextLimit({ sendNext, sendLimit }: SessionCounters, reservation: Reservation): number | undefined {
  if (reservation.asked > sendLimit || 2 * (sendLimit - sendNext) > reservation.block) return undefined;
  const limit = Math.min(sendLimit + Math.min(2 * reservation.block, LARGEST_BLOCK), ALL_SEQUENCES);
  return limit > sendLimit ? limit : undefined;
}

/** Takes what the store has reserved; an answer that says less than is known already changes nothing. */
export function grant(counters: SessionCounters, limit: number): void {
  counters.sendLimit = Math.min(Math.max(counters.sendLimit, limit), ALL_SEQUENCES);
}

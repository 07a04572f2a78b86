/** Where to send: to the address that the peer proved to receive at, or, within bounds, to one that it may have moved to. */
import type { AddressKey } from './effects.ts';
import type { Candidate } from './snapshot.ts';

/** Octets that may be sent to an unproven address for each one received from there (RFC 9146 §6). */
const AMPLIFICATION = 3;

/** An authentic record that has come. */
interface Arrival {
  readonly from: AddressKey;
  /** Octets of the record. */
  readonly length: number;
  /** Whether its sequence number is above all before it. */
  readonly newest: boolean;
}

/**
 * The candidate after an authentic record. Only the newest record makes one, or takes it back by coming from the
 * proven address: an older one may be a copy that somebody sends from elsewhere.
 */
export function candidateAfter(
  proven: AddressKey,
  candidate: Candidate | undefined,
  { from, length, newest }: Arrival,
): Candidate | undefined {
  if (from === proven) return newest ? undefined : candidate;
  if (from === candidate?.address) return { address: from, budget: candidate.budget + AMPLIFICATION * length };
  return newest ? { address: from, budget: AMPLIFICATION * length } : candidate;
}

/** Whether a datagram of so many octets goes to the candidate; otherwise the proven address gets it. */
export function affords(candidate: Candidate | undefined, length: number): candidate is Candidate {
  return candidate !== undefined && candidate.budget >= length;
}

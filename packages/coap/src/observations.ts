import type { ObservationScope } from './ids.ts';
import type { CoapLimits } from './limits.ts';
import { tokenKey } from './token.ts';

/** An observation of ours at a peer (RFC 7641 §3). */
export interface Observation {
  /** The Observe value of the freshest notification; undefined when none came since it was restored. */
  sequence: number | undefined;
  /** When that notification came, ms. */
  receivedAt: number;
}

/** Half of the 24-bit number space, and the time after which any number counts as newer (RFC 7641 §3.4). */
const HALF_SEQUENCE_SPACE = 0x800000;
const REORDERING_MS = 128_000;

/** Whether a notification is newer than the freshest one so far (RFC 7641 §3.4). */
export function isFresh({ sequence, receivedAt }: Observation, next: number, now: number): boolean {
  if (sequence === undefined) return true;
  return (
    (sequence < next && next - sequence < HALF_SEQUENCE_SPACE) ||
    (sequence > next && sequence - next > HALF_SEQUENCE_SPACE) ||
    now > receivedAt + REORDERING_MS
  );
}

type ObservationLimits = Pick<CoapLimits, 'observationsPerScope' | 'observations'>;
type ExceededLimit = keyof ObservationLimits;

/** One of the chain of a scope. */
interface Link extends Observation {
  /** Of its token. */
  readonly key: string;
  next: Link | undefined;
}

/** The observations of ours, by scope and token. */
export class ObservationTable {
  /** The newest of each scope. Most scopes have one or two: a map for each would take twice the memory. */
  readonly #newest = new Map<ObservationScope, Link>();
  readonly #limits: ObservationLimits;
  #size = 0;

  constructor(limits: ObservationLimits) {
    this.#limits = limits;
  }

  get size(): number {
    return this.#size;
  }

  /** Number of observations in the fullest scope. */
  largestScope(): number {
    let largest = 0;
    for (const newest of this.#newest.values()) largest = Math.max(largest, lengthOf(newest));
    return largest;
  }

  get(scope: ObservationScope, token: Uint8Array): Observation | undefined {
    return this.#find(scope, tokenKey(token));
  }

  /** The limit that keeps one more observation out of a scope, if one does. */
  exceeded(scope: ObservationScope): ExceededLimit | undefined {
    if (this.#size >= this.#limits.observations) return 'observations';
    const count = lengthOf(this.#newest.get(scope));
    return count >= this.#limits.observationsPerScope ? 'observationsPerScope' : undefined;
  }

  /** Adds an observation, or says anew what came of it; says which limit forbids it, if one does. */
  set(scope: ObservationScope, token: Uint8Array, { sequence, receivedAt }: Observation): ExceededLimit | undefined {
    const key = tokenKey(token);
    const known = this.#find(scope, key);
    if (known !== undefined) {
      known.sequence = sequence;
      known.receivedAt = receivedAt;
      return undefined;
    }
    const exceeded = this.exceeded(scope);
    if (exceeded !== undefined) return exceeded;
    this.#size++;
    this.#newest.set(scope, { key, sequence, receivedAt, next: this.#newest.get(scope) });
    return undefined;
  }

  delete(scope: ObservationScope, token: Uint8Array): boolean {
    const gone = this.#find(scope, tokenKey(token));
    if (gone === undefined) return false;
    this.#size--;
    let newer = this.#newest.get(scope);
    if (newer !== gone) {
      while (newer !== undefined && newer.next !== gone) newer = newer.next;
      if (newer !== undefined) newer.next = gone.next;
    } else if (gone.next !== undefined) this.#newest.set(scope, gone.next);
    else this.#newest.delete(scope);
    return true;
  }

  deleteScope(scope: ObservationScope): void {
    this.#size -= lengthOf(this.#newest.get(scope));
    this.#newest.delete(scope);
  }

  #find(scope: ObservationScope, key: string): Link | undefined {
    let link = this.#newest.get(scope);
    while (link !== undefined && link.key !== key) link = link.next;
    return link;
  }
}

function lengthOf(newest: Link | undefined): number {
  let length = 0;
  for (let link = newest; link !== undefined; link = link.next) length++;
  return length;
}

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

/** The observations of ours, by scope and token. */
export class ObservationTable {
  readonly #scopes = new Map<ObservationScope, Map<string, Observation>>();
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
    for (const scope of this.#scopes.values()) largest = Math.max(largest, scope.size);
    return largest;
  }

  get(scope: ObservationScope, token: Uint8Array): Observation | undefined {
    return this.#scopes.get(scope)?.get(tokenKey(token));
  }

  /** The limit that keeps one more observation out of a scope, if one does. */
  exceeded(scope: ObservationScope): ExceededLimit | undefined {
    if (this.#size >= this.#limits.observations) return 'observations';
    const count = this.#scopes.get(scope)?.size ?? 0;
    return count >= this.#limits.observationsPerScope ? 'observationsPerScope' : undefined;
  }

  /** Adds or replaces an observation; says which limit forbids it, if one does. */
  set(scope: ObservationScope, token: Uint8Array, observation: Observation): ExceededLimit | undefined {
    const key = tokenKey(token);
    const entries = this.#scopes.get(scope) ?? new Map<string, Observation>();
    if (!entries.has(key)) {
      const exceeded = this.exceeded(scope);
      if (exceeded !== undefined) return exceeded;
      this.#size++;
    }
    entries.set(key, observation);
    this.#scopes.set(scope, entries);
    return undefined;
  }

  delete(scope: ObservationScope, token: Uint8Array): boolean {
    const entries = this.#scopes.get(scope);
    if (!entries?.delete(tokenKey(token))) return false;
    this.#size--;
    if (entries.size === 0) this.#scopes.delete(scope);
    return true;
  }

  deleteScope(scope: ObservationScope): void {
    this.#size -= this.#scopes.get(scope)?.size ?? 0;
    this.#scopes.delete(scope);
  }
}

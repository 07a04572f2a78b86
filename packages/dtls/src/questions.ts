/** Questions to the caller that are not answered yet: at most one for each handshake. */
import type { JobId } from './compute.ts';
import type { LookupId } from './effects.ts';
import type { Handshake } from './handshake.ts';
import type { DtlsLimits } from './limits.ts';

export class Questions {
  readonly #limits: DtlsLimits;
  readonly #lookups = new Map<LookupId, Handshake>();
  readonly #jobs = new Map<JobId, Handshake>();
  #last = 0;

  constructor(limits: DtlsLimits) {
    this.#limits = limits;
  }

  get lookups(): number {
    return this.#lookups.size;
  }

  get jobs(): number {
    return this.#jobs.size;
  }

  /** Notes a lookup; nothing when there are too many. */
  lookUp(handshake: Handshake): LookupId | undefined {
    if (this.#lookups.size >= this.#limits.lookups) return undefined;
    const lookup = ++this.#last as LookupId;
    handshake.question = lookup;
    this.#lookups.set(lookup, handshake);
    return lookup;
  }

  /** Notes a job. */
  compute(handshake: Handshake): JobId {
    const job = ++this.#last as JobId;
    handshake.question = job;
    this.#jobs.set(job, handshake);
    return job;
  }

  /** The handshake that an answer is for; nothing when it has ended. */
  takeLookup(lookup: LookupId): Handshake | undefined {
    return take(this.#lookups, lookup);
  }

  takeJob(job: JobId): Handshake | undefined {
    return take(this.#jobs, job);
  }

  /** A handshake has ended. */
  forget(handshake: Handshake): void {
    if (handshake.question === undefined) return;
    this.#lookups.delete(handshake.question as LookupId);
    this.#jobs.delete(handshake.question as JobId);
  }
}

function take<K>(asked: Map<K, Handshake>, question: K): Handshake | undefined {
  const handshake = asked.get(question);
  if (handshake === undefined) return undefined;
  asked.delete(question);
  handshake.question = undefined;
  return handshake;
}

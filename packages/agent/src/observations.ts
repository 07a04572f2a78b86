import { equalValues, isPrefixOf, type LwM2mPath, type ResourceRecord, type Value } from '@reeve/lwm2m';
import type { AttributeTable, Inherited, SetAttributes } from './attributes.ts';
import { LIMITS } from './limits.ts';
import type { ServerSettings } from './objects/server.ts';
import type { ReadTarget } from './serving.ts';

/** A server's observation of one node, or of a composite. */
export interface Observation extends ReadTarget {
  readonly token: Uint8Array;
  /** Content format of its notifications. */
  readonly format: number;
  /** What holds in place of all attached attributes. */
  readonly parameters: SetAttributes | undefined;
  /** What the server was told last, and when, ms. */
  payload: Uint8Array;
  records: readonly ResourceRecord[];
  toldAt: number;
  /** When it was last looked whether the server is to be told, ms. */
  evaluatedAt: number;
  /** What there was when it was last looked. */
  seen: readonly ResourceRecord[];
  /** Something at the path may have changed since. */
  touched: boolean;
  /** A confirmable notification waits for its ACK; the next one waits for that. */
  underway: boolean;
  /** What would have been told while the device slept, oldest first, each with its time (hqmax). */
  kept: (readonly ResourceRecord[])[];
  /** When the server last proved that it wants the notifications, ms, and how many went unconfirmed since. */
  confirmedAt: number;
  unconfirmed: number;
}

/** A day: longer than that no observer goes without proof that it is there (RFC 7641 §4.5). */
const LONGEST_UNCONFIRMED_MS = 24 * 3_600_000;

/** The observations of a client's server, and when each is due (OMA Core §6.4, §5.1.2). */
export class Observations {
  readonly #byToken = new Map<string, Observation>();
  readonly #attributes: AttributeTable;
  readonly #settings: ServerSettings;

  /** @param settings have the periods that hold where no attribute is attached */
  constructor(attributes: AttributeTable, settings: ServerSettings) {
    this.#attributes = attributes;
    this.#settings = settings;
  }

  get size(): number {
    return this.#byToken.size;
  }

  get(token: Uint8Array): Observation | undefined {
    return this.#byToken.get(keyOf(token));
  }

  /** Adds an observation whose first value goes out now; one with the same token gives way. */
  add(
    facts: Pick<Observation, 'token' | 'path' | 'paths' | 'format' | 'payload' | 'records' | 'parameters'>,
    now: number,
  ): Observation {
    // The token is a view of a datagram.
    const token = Uint8Array.from(facts.token);
    const times = { toldAt: now, evaluatedAt: now, confirmedAt: now };
    const observation: Observation = {
      ...facts,
      ...times,
      token,
      seen: facts.records,
      touched: false,
      underway: false,
      unconfirmed: 0,
      kept: [],
    };
    this.#byToken.set(keyOf(token), observation);
    return observation;
  }

  remove(token: Uint8Array): Observation | undefined {
    const found = this.get(token);
    this.#byToken.delete(keyOf(token));
    return found;
  }

  clear(): void {
    this.#byToken.clear();
  }

  /** What lies at or below a path, or holds it, may have changed. */
  touch(path: LwM2mPath): void {
    for (const observation of this.#byToken.values()) {
      const concerns = (one: LwM2mPath): boolean => isPrefixOf(one, path) || isPrefixOf(path, one);
      if (observation.paths.some(concerns)) observation.touched = true;
    }
  }

  /** What has changed so far need not be told. */
  forgetChanges(): void {
    for (const observation of this.#byToken.values()) Object.assign(observation, { touched: false, kept: [] });
  }

  /** Observations of which something was kept. */
  kept(): Observation[] {
    return [...this.#byToken.values()].filter(({ kept }) => kept.length > 0);
  }

  /** How many notifications are to be kept while the device is offline (hqmax). */
  keeps(observation: Observation): number {
    return Math.min(this.#attribute(observation, 'hqmax', Math.max) ?? 0, LIMITS.keptNotifications);
  }

  /** Observations that are to be looked at now. */
  due(now: number): Observation[] {
    const due: Observation[] = [];
    for (const observation of this.#byToken.values()) if (this.#dueAt(observation) <= now) due.push(observation);
    return due;
  }

  /** When the next one is due, ms; of all, or of those alone that are kept while the device is offline. */
  nextAt(which: 'all' | 'kept'): number | undefined {
    let next = Number.POSITIVE_INFINITY;
    for (const observation of this.#byToken.values()) {
      if (which === 'all' || this.keeps(observation) > 0) next = Math.min(next, this.#dueAt(observation));
    }
    return next === Number.POSITIVE_INFINITY ? undefined : next;
  }

  /**
   * Whether the server is to be told: what it was told differs, and the change is what the attributes of a path ask
   * for; or the maximum period is over.
   */
  wants(observation: Observation, payload: Uint8Array, records: readonly ResourceRecord[], now: number): boolean {
    const { paths, parameters, records: told, seen } = observation;
    observation.seen = records;
    const pmax = this.#maximumMs(observation);
    if (pmax !== undefined && now >= observation.toldAt + pmax) return true;
    const differs = Buffer.compare(payload, observation.payload) !== 0;
    return paths.some((path) => {
      const attributes = parameters ?? this.#attributes.at(path);
      const at = (all: readonly ResourceRecord[]) => all.filter((record) => isPrefixOf(path, record.path));
      if (attributes.edge !== undefined) return turns(attributes.edge, at(seen)[0], at(records)[0]);
      return differs && !isSame(at(told), at(records)) && isAskedFor(attributes, at(told), at(records));
    });
  }

  /** Whether its next notification must be confirmable. */
  needsConfirmation(observation: Observation, every: number, now: number): boolean {
    const { unconfirmed, confirmedAt } = observation;
    if (unconfirmed + 1 >= every || now >= confirmedAt + LONGEST_UNCONFIRMED_MS) return true;
    return this.#attribute(observation, 'con', Math.max) === 1;
  }

  #dueAt(observation: Observation): number {
    if (observation.underway) return Number.POSITIVE_INFINITY;
    const { toldAt, evaluatedAt, touched } = observation;
    const allowedAt = toldAt + this.#minimum(observation) * 1000;
    if (touched) return allowedAt;
    const epmax = this.#attribute(observation, 'epmax', Math.min);
    const evaluateAt = epmax ? Math.max(allowedAt, evaluatedAt + epmax * 1000) : Number.POSITIVE_INFINITY;
    return Math.min(evaluateAt, toldAt + (this.#maximumMs(observation) ?? Number.POSITIVE_INFINITY));
  }

  /** The maximum period; one of 0, or below the minimum period, counts as none. */
  #maximumMs(observation: Observation): number | undefined {
    const pmax = this.#attribute(observation, 'pmax', Math.min) ?? this.#settings.maximumPeriod;
    return pmax > 0 && pmax >= this.#minimum(observation) ? pmax * 1000 : undefined;
  }

  #minimum(observation: Observation): number {
    return this.#attribute(observation, 'pmin', Math.max) ?? this.#settings.minimumPeriod;
  }

  /** Of the paths of a composite, each with attributes of its own, the strictest counts. */
  #attribute(
    { paths, parameters }: Observation,
    name: Inherited,
    strictest: (...values: number[]) => number,
  ): number | undefined {
    if (parameters !== undefined) return parameters[name];
    const values = paths.flatMap((path) => this.#attributes.holding(path, name) ?? []);
    return values.length === 0 ? undefined : strictest(...values);
  }
}

function keyOf(token: Uint8Array): string {
  return Buffer.from(token.buffer, token.byteOffset, token.byteLength).toString('latin1');
}

function isSame(before: readonly ResourceRecord[], after: readonly ResourceRecord[]): boolean {
  return (
    before.length === after.length &&
    before.every((record, index) => {
      const other = after[index];
      return other?.path === record.path && equalValues(record.value, other.value);
    })
  );
}

/** Whether a boolean turns as edge has it: 1 from false to true, 0 from true to false (OMA Core §5.1.2). */
function turns(edge: number, before: ResourceRecord | undefined, after: ResourceRecord | undefined): boolean {
  return before?.value.value !== after?.value.value && after?.value.value === (edge === 1);
}

/**
 * gt and lt are crossed in either direction, or st is reached (OMA Core §5.1.2). Without any of them, and for what is not
 * a single value, each change counts.
 */
function isAskedFor(
  { gt, lt, st }: SetAttributes,
  [before, ...othersBefore]: readonly ResourceRecord[],
  [after, ...othersAfter]: readonly ResourceRecord[],
): boolean {
  if (othersBefore.length > 0 || othersAfter.length > 0) return true;
  const [old, young] = [numberIn(before?.value), numberIn(after?.value)];
  if (old === undefined || young === undefined) return true;
  if (gt === undefined && lt === undefined && st === undefined) return true;
  return (
    (gt !== undefined && old > gt !== young > gt) ||
    (lt !== undefined && old < lt !== young < lt) ||
    (st !== undefined && Math.abs(young - old) >= st)
  );
}

function numberIn(value: Value | undefined): number | undefined {
  return typeof value?.value === 'number' || typeof value?.value === 'bigint' ? Number(value.value) : undefined;
}

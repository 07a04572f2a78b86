import { isPrefixOf, type LwM2mPath, type ResourceRecord } from '@reeve/lwm2m';
import type { AttributeTable, SetAttributes } from './attributes.ts';
import type { ServerSettings } from './objects/server.ts';

/** A server's observation of one path. */
export interface Observation {
  readonly token: Uint8Array;
  readonly path: LwM2mPath;
  /** Content format of its notifications. */
  readonly format: number;
  /** What the server was told last, and when, ms. */
  payload: Uint8Array;
  records: readonly ResourceRecord[];
  toldAt: number;
  /** Something at the path may have changed since. */
  touched: boolean;
  /** A confirmable notification waits for its ACK; the next one waits for that. */
  underway: boolean;
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
  add(facts: Pick<Observation, 'token' | 'path' | 'format' | 'payload' | 'records'>, now: number): Observation {
    // The token is a view of a datagram.
    const token = Uint8Array.from(facts.token);
    const fresh = { touched: false, underway: false, toldAt: now, confirmedAt: now, unconfirmed: 0 };
    const observation: Observation = { ...facts, token, ...fresh };
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
      if (isPrefixOf(observation.path, path) || isPrefixOf(path, observation.path)) observation.touched = true;
    }
  }

  /** Observations that are to be looked at now. */
  due(now: number): Observation[] {
    const due: Observation[] = [];
    for (const observation of this.#byToken.values()) if (this.#dueAt(observation) <= now) due.push(observation);
    return due;
  }

  /** When the next one is due, ms. */
  nextAt(): number | undefined {
    let next = Number.POSITIVE_INFINITY;
    for (const observation of this.#byToken.values()) next = Math.min(next, this.#dueAt(observation));
    return next === Number.POSITIVE_INFINITY ? undefined : next;
  }

  /**
   * Whether the server is to be told: what it was told differs, and the change is what the attributes of the path ask
   * for; or the maximum period is over.
   */
  wants(observation: Observation, payload: Uint8Array, records: readonly ResourceRecord[], now: number): boolean {
    const pmax = this.#maximumMs(observation);
    if (pmax !== undefined && now >= observation.toldAt + pmax) return true;
    if (Buffer.compare(payload, observation.payload) === 0) return false;
    return meetsThresholds(this.#attributes.at(observation.path), numberIn(observation.records), numberIn(records));
  }

  /** Whether its next notification must be confirmable. */
  needsConfirmation({ unconfirmed, confirmedAt }: Observation, every: number, now: number): boolean {
    return unconfirmed + 1 >= every || now >= confirmedAt + LONGEST_UNCONFIRMED_MS;
  }

  #dueAt(observation: Observation): number {
    if (observation.underway) return Number.POSITIVE_INFINITY;
    const { toldAt, touched, path } = observation;
    return toldAt + (touched ? this.#minimum(path) * 1000 : (this.#maximumMs(observation) ?? Number.POSITIVE_INFINITY));
  }

  /** The maximum period; one of 0, or below the minimum period, counts as none. */
  #maximumMs({ path }: Observation): number | undefined {
    const pmax = this.#attributes.period(path, 'pmax') ?? this.#settings.maximumPeriod;
    return pmax > 0 && pmax >= this.#minimum(path) ? pmax * 1000 : undefined;
  }

  #minimum(path: LwM2mPath): number {
    return this.#attributes.period(path, 'pmin') ?? this.#settings.minimumPeriod;
  }
}

function keyOf(token: Uint8Array): string {
  return Buffer.from(token.buffer, token.byteOffset, token.byteLength).toString('latin1');
}

/** The number that an observation of a single resource tells. */
function numberIn(records: readonly ResourceRecord[]): number | undefined {
  const value = records.length === 1 ? records[0]?.value.value : undefined;
  return typeof value === 'number' || typeof value === 'bigint' ? Number(value) : undefined;
}

/** gt and lt are crossed in either direction, or st is reached (OMA Core §5.1.2); without any, each change counts. */
function meetsThresholds(
  { gt, lt, st }: SetAttributes,
  before: number | undefined,
  after: number | undefined,
): boolean {
  if (before === undefined || after === undefined) return true;
  if (gt === undefined && lt === undefined && st === undefined) return true;
  return (
    (gt !== undefined && before > gt !== after > gt) ||
    (lt !== undefined && before < lt !== after < lt) ||
    (st !== undefined && Math.abs(after - before) >= st)
  );
}

/** Established sessions, and the order in which they give way. */
import type { Sleeper } from './deadlines.ts';
import type { AddressKey, SessionKey } from './effects.ts';
import type { FlightItem } from './flight.ts';
import type { RecordLayer } from './record-layer.ts';
import type { State } from './states.ts';

/** The flight that ended the handshake, for a peer that did not get it. */
export interface LastFlight {
  readonly items: readonly FlightItem[];
  /** Tells a late copy of the ClientHello that led here from a new one. */
  readonly clientRandom: Uint8Array;
}

/** No more than it takes to go on. */
export interface Session extends Sleeper {
  readonly kind: 'session';
  readonly key: SessionKey;
  readonly address: AddressKey;
  readonly state: Extract<State, `${string}-established`>;
  readonly layer: RecordLayer;
  lastFlight: LastFlight | undefined;
  /** When the session last moved to the end of the order of eviction, in ms. */
  orderedAt: number;
}

/** A place in the order of eviction is not more exact than this, in ms, so that most records don't touch it. */
const EVICTION_GRAIN_MS = 60_000;

/** Sessions by key and by address; the one silent longest comes first. */
export class SessionTable {
  readonly #byKey = new Map<SessionKey, Session>();
  readonly #byAddress = new Map<AddressKey, Session>();

  get size(): number {
    return this.#byKey.size;
  }

  get(key: SessionKey): Session | undefined {
    return this.#byKey.get(key);
  }

  at(address: AddressKey): Session | undefined {
    return this.#byAddress.get(address);
  }

  add(session: Session): void {
    this.#byKey.set(session.key, session);
    this.#byAddress.set(session.address, session);
  }

  remove(session: Session): void {
    this.#byKey.delete(session.key);
    this.#byAddress.delete(session.address);
  }

  /** Notes that an authentic record came. */
  touch(session: Session, now: number): void {
    if (now - session.orderedAt < EVICTION_GRAIN_MS) return;
    session.orderedAt = now;
    this.#byKey.delete(session.key);
    this.#byKey.set(session.key, session);
  }

  /** The session that has been silent longest. */
  oldest(): Session | undefined {
    return this.#byKey.values().next().value;
  }
}

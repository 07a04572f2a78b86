/**
 * Which sessions there are, and which are awake: a session that is silent for a while is put to sleep as a few hundred
 * octets in the table, without objects and without native keys, until its next record or send wakes it.
 */
import type { Sleeper } from './deadlines.ts';
import type { AddressKey, SessionKey } from './effects.ts';
import type { FlightItem } from './flight.ts';
import type { DtlsLimits } from './limits.ts';
import { RecordLayer } from './record-layer.ts';
import type { Reservation } from './reservation.ts';
import { SessionTable } from './session-table.ts';
import { SilenceOrder, type Silent } from './silence.ts';
import type { Slot } from './slabs.ts';
import { type Candidate, copyOf, encodeSession, type SessionState } from './snapshot.ts';
import type { State } from './states.ts';

/** The flight that ended the handshake, for a peer that did not get it. */
export interface LastFlight {
  readonly items: readonly FlightItem[];
  /** Tells a late copy of the ClientHello that led here from a new one. */
  readonly clientRandom: Uint8Array;
}

/** A session that is awake: no more than it takes to go on. */
export interface Session extends Sleeper, Silent<Session> {
  readonly kind: 'session';
  slot: Slot;
  readonly key: SessionKey;
  /** Where the peer proved to receive. */
  address: AddressKey;
  readonly state: Extract<State, `${string}-established`>;
  readonly layer: RecordLayer;
  /** Where it may have moved to, and what the table says of that. */
  candidate: Candidate | undefined;
  recorded: Candidate | undefined;
  lastFlight: LastFlight | undefined;
  reservation: Reservation | undefined;
  /** Application data that waits for sequence numbers. */
  waiting: Uint8Array[] | undefined;
  /** When it was last used, in ms, to a grain. */
  activeAt: number;
  /** Whether it is; the object of a session that sleeps may be looked at. */
  awake: boolean;
}

/** A place in the order of silence is not more exact than this, in ms, so that most records don't touch it. */
const GRAIN_MS = 1_000;

export class Dormitory {
  readonly table: SessionTable;
  readonly #limits: DtlsLimits;
  readonly #onSleep: (session: Session) => void;
  /** Those that are awake. */
  readonly #awake = new Map<Slot, Session>();
  /** The same by their keys, and those without a Connection ID by their addresses: the table's way takes 1 µs each. */
  readonly #byKey = new Map<SessionKey, Session>();
  readonly #byAddress = new Map<AddressKey, Session>();
  readonly #order = new SilenceOrder<Session>();

  /**
   * @param seed secret, for the hashes of names
   * @param onSleep lets go of what a session cannot take with it
   */
  constructor(seed: number, limits: DtlsLimits, onSleep: (session: Session) => void) {
    this.table = new SessionTable(seed);
    this.#limits = limits;
    this.#onSleep = onSleep;
  }

  /** Sessions that are awake. */
  get awake(): number {
    return this.#awake.size;
  }

  /** Takes in a new session, awake. */
  add(state: SessionState, layer: RecordLayer, lastFlight: LastFlight | undefined, now: number): Session {
    layer.connectionIds = { ours: copyOf(state.connectionId), peers: copyOf(state.peerConnectionId) };
    const session = newSession(this.table.add(state), state, layer, lastFlight);
    this.#enter(session, now);
    return session;
  }

  /** A session's object, as `load` has it. */
  byKey(key: SessionKey): Session | undefined {
    return this.#byKey.get(key) ?? this.#loaded(this.table.byKey(key));
  }

  /** The session of a record, as `load` has it: by our Connection ID in it, otherwise by where it came from. */
  bySource(from: AddressKey, connectionId: Uint8Array | undefined): Session | undefined {
    const awake = connectionId === undefined ? this.#byAddress.get(from) : undefined;
    return awake ?? this.#loaded(this.slotOf(from, connectionId));
  }

  /** Where the session of a record lies. */
  slotOf(from: AddressKey, connectionId: Uint8Array | undefined): Slot | undefined {
    return connectionId === undefined ? this.table.byAddress(from) : this.table.byConnectionId(connectionId);
  }

  /** The session if it is awake. */
  peek(slot: Slot): Session | undefined {
    return this.#awake.get(slot);
  }

  /** A session's object; one made for a session that is asleep leaves it so until `use`. */
  load(slot: Slot): Session {
    const awake = this.#awake.get(slot);
    if (awake !== undefined) return awake;
    const state = this.table.state(slot);
    const layer = new RecordLayer(0, this.table.counters(slot));
    layer.protect(state.keys);
    layer.connectionIds = { ours: state.connectionId, peers: state.peerConnectionId };
    layer.sendBytes = state.sendBytes;
    layer.receiveBytes = state.receiveBytes;
    return newSession(slot, state, layer, undefined);
  }

  /** A session is used: it wakes if it is asleep. */
  use(session: Session, now: number): void {
    if (!session.awake) {
      this.table.wake(session.slot);
      this.#enter(session, now);
    } else if (now - session.activeAt >= GRAIN_MS) {
      this.#touch(session, now);
    }
  }

  remove(session: Session): void {
    if (session.awake) this.#leave(session);
    this.table.remove(session.slot);
  }

  /** Writes down where the peer of a session that is awake is now. */
  move(session: Session, address: AddressKey): void {
    session.address = address;
    session.candidate = undefined;
    session.recorded = undefined;
    this.#awake.delete(session.slot);
    session.slot = this.table.replace(session.slot, this.stateOf(session));
    this.#awake.set(session.slot, session);
  }

  /** All of a session but its counters, as it is now. */
  stateOf({ slot, address, candidate }: Session): SessionState {
    return { ...this.table.state(slot), address, candidate };
  }

  /** `stateOf` in octets; they count until the next change of the table. */
  octetsOf(session: Session): Uint8Array {
    const { candidate, recorded, slot } = session;
    return candidate === recorded ? this.table.octets(slot) : encodeSession(this.stateOf(session));
  }

  /** The one of some sessions that is silent longest. */
  silentLongest(slots: readonly Slot[]): Slot | undefined {
    const since = (slot: Slot): number => this.#awake.get(slot)?.activeAt ?? this.table.asleepSince(slot);
    return slots.toSorted((a, b) => since(a) - since(b))[0];
  }

  /** The one of all sessions that is silent longest. */
  silentLongestOfAll(): Slot | undefined {
    return this.table.longestAsleep() ?? this.#order.quietest?.slot;
  }

  /** Puts to sleep what has been silent long enough; a session that keeps its last flight stays awake. */
  tick(now: number): void {
    for (let session = this.#order.quietest; session !== undefined; session = this.#order.quietest) {
      if (now - session.activeAt < this.#limits.hibernateMs) return;
      if (session.lastFlight === undefined) this.#sleep(session);
      else this.#touch(session, now);
    }
  }

  /** When `tick` is due next, in ms. */
  nextSleepAt(): number | undefined {
    const first = this.#order.quietest;
    return first && first.activeAt + this.#limits.hibernateMs;
  }

  #loaded(slot: Slot | undefined): Session | undefined {
    return slot === undefined ? undefined : this.load(slot);
  }

  #enter(session: Session, now: number): void {
    const first = this.#order.quietest;
    if (first !== undefined && this.#awake.size >= this.#limits.activeSessions) this.#sleep(first);
    session.awake = true;
    session.activeAt = now;
    this.#order.add(session);
    this.#awake.set(session.slot, session);
    this.#byKey.set(session.key, session);
    if (!this.table.hasConnectionId(session.slot)) this.#byAddress.set(session.address, session);
  }

  #touch(session: Session, now: number): void {
    session.activeAt = now;
    this.#order.remove(session);
    this.#order.add(session);
  }

  #leave(session: Session): void {
    session.awake = false;
    this.#order.remove(session);
    this.#awake.delete(session.slot);
    this.#byKey.delete(session.key);
    if (this.#byAddress.get(session.address) === session) this.#byAddress.delete(session.address);
  }

  #sleep(session: Session): void {
    this.#onSleep(session);
    this.#leave(session);
    if (session.candidate !== session.recorded) {
      session.slot = this.table.replace(session.slot, this.stateOf(session));
    }
    this.table.sleep(session.slot, session.layer.counters, session.activeAt);
  }
}

function newSession(
  slot: Slot,
  { key, address, role, candidate }: SessionState,
  layer: RecordLayer,
  lastFlight: LastFlight | undefined,
): Session {
  return {
    kind: 'session',
    wakeAt: 0,
    queueIndex: -1,
    quieter: undefined,
    livelier: undefined,
    slot,
    key,
    address,
    state: `${role}-established`,
    layer,
    candidate,
    recorded: candidate,
    lastFlight,
    reservation: undefined,
    waiting: undefined,
    activeAt: 0,
    awake: false,
  };
}

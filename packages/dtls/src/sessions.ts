/** Established sessions: records both ways, where they go, and how sessions end. */
import { alertName, decodeAlert } from './alert.ts';
import type { Deadlines, Sleeper } from './deadlines.ts';
import { Dormitory, type LastFlight, type Session } from './dormitory.ts';
import type { AddressKey, ClosedReason, SessionKey } from './effects.ts';
import { readFragments } from './fragments.ts';
import type { IdentityLabel } from './identity.ts';
import { handshakeKind } from './messages.ts';
import { exportSession, type ImportPosition, type ImportResult, importSession, type SessionHost } from './moves.ts';
import type { Outlet } from './outlet.ts';
import { candidateAfter } from './paths.ts';
import type { Opened } from './protection.ts';
import { ContentType, type DtlsRecord } from './record.ts';
import type { RecordLayer, Unopened } from './record-layer.ts';
import { grant } from './reservation.ts';
import { SessionSender } from './session-sender.ts';
import type { Slot } from './slabs.ts';
import type { SessionState } from './snapshot.ts';
import { TRANSITIONS } from './states.ts';

/**
 * How a call of `send` ended. `waiting`: it goes once sequence numbers are reserved; `queue-full`: too much waits for
 * that already, and this was dropped.
 */
export type SendResult = 'sent' | 'waiting' | 'queue-full' | 'unknown-session' | 'too-long';

/** How a session is, for people. */
export interface SessionStatus {
  /** Where the peer proved to receive. */
  readonly address: AddressKey;
  /** Where its newest record came from, if that is not proven yet. */
  readonly candidate?: AddressKey;
  readonly asleep: boolean;
  /** Records in the session's name that did not open. */
  readonly badRecords: number;
}

export class Sessions {
  readonly #out: Outlet;
  readonly #deadlines: Deadlines<Sleeper>;
  readonly #host: SessionHost;
  readonly #dormitory: Dormitory;
  readonly #sender: SessionSender;
  #lastFlights = 0;
  /** The latest time that anybody told. */
  #now = 0;

  /**
   * @param deadlines where the end of each kept last flight is queued
   * @param seed secret, for the hashes of names
   */
  constructor(out: Outlet, deadlines: Deadlines<Sleeper>, seed: number, host: SessionHost) {
    this.#out = out;
    this.#deadlines = deadlines;
    this.#host = host;
    this.#sender = new SessionSender(out, host);
    this.#dormitory = new Dormitory(seed, host.limits, (session) => this.#letGo(session));
  }

  get size(): number {
    return this.#dormitory.table.size;
  }

  /** Sessions that are awake. */
  get active(): number {
    return this.#dormitory.awake;
  }

  /** Sessions of the identity that has most. */
  get mostPerIdentity(): number {
    return this.#dormitory.table.mostPerIdentity;
  }

  /** Sessions that keep their last flight. */
  get lastFlights(): number {
    return this.#lastFlights;
  }

  /** A live session of an address. */
  at(address: AddressKey): SessionKey | undefined {
    const { table } = this.#dormitory;
    const [slot] = table.allAt(address);
    return slot === undefined ? undefined : table.key(slot);
  }

  /** The sessions of an identity. */
  allOf(identity: IdentityLabel): SessionKey[] {
    const { table } = this.#dormitory;
    return table.allOf(identity).map((slot) => table.key(slot));
  }

  /** The sessions of an address that are awake. */
  awakeAt(address: AddressKey): Session[] {
    return this.#dormitory.table.allAt(address).flatMap((slot) => this.#dormitory.peek(slot) ?? []);
  }

  status(key: SessionKey): SessionStatus | undefined {
    const slot = this.#dormitory.table.byKey(key);
    if (slot === undefined) return undefined;
    const { address, candidate } = this.#dormitory.load(slot);
    return {
      address,
      ...(candidate && { candidate: candidate.address }),
      asleep: this.#dormitory.peek(slot) === undefined,
      badRecords: this.#dormitory.table.badRecords(slot),
    };
  }

  /** Reserves the first block of sequence numbers of a new session. @returns its end */
  reserveFirst(layer: RecordLayer): number | undefined {
    return this.#sender.reserveFirst(layer);
  }

  /**
   * The sessions at its address that a new one takes the place of: those that only the address tells, and its own
   * peer's. Of others with a Connection ID the address may have changed hands in an address translator.
   */
  replacedBy({ address, identity }: SessionState): SessionKey[] {
    const { table } = this.#dormitory;
    return table
      .allAt(address)
      .flatMap((slot) => (table.hasConnectionId(slot) && table.identity(slot) !== identity ? [] : [table.key(slot)]));
  }

  /** Takes in a new session; those that it replaces, and one too many of its identity or in all, end. */
  add(state: SessionState, layer: RecordLayer, lastFlight: LastFlight | undefined, now: number): void {
    this.#now = now;
    for (const key of this.replacedBy(state)) this.#endOf(key, 'replaced');
    const { table } = this.#dormitory;
    const siblings = table.allOf(state.identity);
    if (siblings.length >= this.#host.limits.sessionsPerIdentity) this.#evict(this.#dormitory.silentLongest(siblings));
    if (table.size >= this.#host.limits.sessions) this.#evict(this.#dormitory.silentLongestOfAll());
    const session = this.#dormitory.add(state, layer, lastFlight, now);
    if (lastFlight === undefined) return;
    this.#lastFlights++;
    this.#deadlines.arm(session, now + this.#host.limits.lastFlightMs);
  }

  send(key: SessionKey, data: Uint8Array): SendResult {
    const session = this.#use(key);
    if (session === undefined) return 'unknown-session';
    if (data.length > Math.min(this.#host.limits.applicationBytes, session.layer.sendBytes)) return 'too-long';
    return this.#send(session, data);
  }

  close(key: SessionKey): void {
    const session = this.#dormitory.byKey(key);
    if (session === undefined) return;
    this.#sender.warn(session, 'close_notify');
    this.#end(session, 'local');
  }

  /** Forgets a session without a word to the peer. */
  abandon(key: SessionKey): void {
    this.#endOf(key, 'abandoned');
  }

  export(key: SessionKey): Uint8Array | undefined {
    return exportSession(this.#dormitory, key, this.#host.reservations !== undefined);
  }

  import(snapshot: Uint8Array, position: ImportPosition, now: number): ImportResult {
    return importSession(this.#dormitory, snapshot, position, this.#host, now);
  }

  /** The store has reserved sequence numbers. */
  reserved(key: SessionKey, limit: number, now: number): void {
    this.#now = now;
    const session = this.#dormitory.byKey(key);
    if (session === undefined) return;
    grant(session.layer.counters, limit);
    if (this.#dormitory.peek(session.slot) === undefined) {
      this.#dormitory.table.setCounters(session.slot, session.layer.counters);
      return;
    }
    for (const data of this.#sender.takeWaiting(session)) {
      if (this.#send(session, data) === 'unknown-session') return;
    }
  }

  /** The peer has proved that it receives at an address, which its newest record came from. */
  addressProven(key: SessionKey, address: AddressKey, now: number): void {
    this.#now = now;
    if (this.#dormitory.byKey(key)?.candidate?.address !== address) return;
    const session = this.#use(key);
    if (session === undefined) return;
    const from = session.address;
    this.#dormitory.move(session, address);
    this.#out.emit({ kind: 'addressMoved', session: key, address, from });
  }

  /** A record of epoch 1. @returns whether a session took it, or why not; a session that sleeps then sleeps on */
  receive(from: AddressKey, record: DtlsRecord, now: number): 'taken' | Unopened | 'no-session' {
    const session = this.#dormitory.bySource(from, record.connectionId);
    if (session === undefined) return 'no-session';
    const { highest } = session.layer.counters;
    const opened = session.layer.open(record);
    if (opened === 'not-authentic' || opened === 'replayed') return opened;
    this.#now = now;
    this.#wake(session);
    this.#noteAddress(session, from, record, highest);
    if (opened === 'too-long') return opened;
    this.#onContent(session, opened, record.sequence, from);
    return 'taken';
  }

  /** Counts a record that nothing opened, if it names a session. */
  countBadRecord(from: AddressKey, record: DtlsRecord): void {
    const slot = this.#dormitory.slotOf(from, record.connectionId);
    if (slot !== undefined) this.#dormitory.table.countBadRecord(slot);
  }

  /** The peer has it, or has had time enough. */
  dropLastFlight(session: Session): void {
    if (session.lastFlight === undefined) return;
    session.lastFlight = undefined;
    this.#lastFlights--;
    this.#deadlines.cancel(session);
  }

  /** Puts to sleep who has been silent long enough. */
  tick(now: number): void {
    this.#now = now;
    this.#dormitory.tick(now);
  }

  /** When `tick` is due next, in ms. */
  nextTickAt(): number | undefined {
    return this.#dormitory.nextSleepAt();
  }

  #use(key: SessionKey): Session | undefined {
    const session = this.#dormitory.byKey(key);
    if (session !== undefined) this.#wake(session);
    return session;
  }

  /** A session is used. One that wakes asks for sequence numbers while its request is still being worked on. */
  #wake(session: Session): void {
    this.#dormitory.use(session, this.#now);
    this.#sender.askForNumbers(session);
  }

  #noteAddress(session: Session, from: AddressKey, { bytes, sequence }: DtlsRecord, highest: number): void {
    const before = session.candidate;
    const arrival = { from, length: bytes.length, newest: sequence > highest };
    session.candidate = candidateAfter(session.address, before, arrival);
    const address = session.candidate?.address;
    if (address === undefined || address === before?.address) return;
    this.#out.emit({ kind: 'addressCandidate', session: session.key, address });
  }

  /** What an authentic record held. */
  #onContent(session: Session, { type, content }: Opened, record: number, address: AddressKey): void {
    const cells = TRANSITIONS[session.state];
    if (type === ContentType.APPLICATION_DATA && cells['application-data'] === 'deliver') {
      // The peer would not send data if it lacked our last flight.
      this.dropLastFlight(session);
      this.#out.emit({ kind: 'received', session: session.key, address, data: content, record });
    } else if (type === ContentType.ALERT && cells.alert === 'heed') {
      this.#onAlert(session, content);
    } else if (type === ContentType.HANDSHAKE) {
      this.#onHandshake(session, content);
    } else {
      this.#out.drops.unexpected++;
    }
  }

  #onHandshake(session: Session, content: Uint8Array): void {
    const first = readFragments(content)?.[0];
    const cell = first === undefined ? 'drop' : TRANSITIONS[session.state][handshakeKind(first.type)];
    if (cell === 'refuse-renegotiation') this.#sender.warn(session, 'no_renegotiation');
    else if (cell !== 'resend' || !this.#sender.repeatLastFlight(session)) this.#out.drops.unexpected++;
  }

  #onAlert(session: Session, bytes: Uint8Array): void {
    const alert = decodeAlert(bytes);
    if (alert === undefined) {
      this.#out.drops.malformed++;
    } else if (alertName(alert.description) === 'close_notify') {
      this.#sender.warn(session, 'close_notify');
      this.#end(session, 'peer');
    } else if (alert.fatal) {
      this.#out.emit({ kind: 'closed', session: session.key, reason: 'alert', alert });
      this.#forget(session);
    }
  }

  /** A session that can never send again ends. */
  #send(session: Session, data: Uint8Array): SendResult {
    const sending = this.#sender.send(session, data);
    if (sending !== 'exhausted') return sending;
    this.#end(session, 'exhausted');
    return 'unknown-session';
  }

  #evict(slot: Slot | undefined): void {
    if (slot === undefined) return;
    const session = this.#dormitory.load(slot);
    this.#sender.warn(session, 'close_notify');
    this.#end(session, 'evicted');
  }

  #endOf(key: SessionKey, reason: Exclude<ClosedReason, 'alert'>): void {
    const session = this.#dormitory.byKey(key);
    if (session !== undefined) this.#end(session, reason);
  }

  #end(session: Session, reason: Exclude<ClosedReason, 'alert'>): void {
    this.#out.emit({ kind: 'closed', session: session.key, reason });
    this.#forget(session);
  }

  #forget(session: Session): void {
    this.#letGo(session);
    this.#dormitory.remove(session);
  }

  /** What ends with the session's wakefulness. */
  #letGo(session: Session): void {
    this.dropLastFlight(session);
    this.#out.drops.overLimit += this.#sender.takeWaiting(session).length;
  }
}

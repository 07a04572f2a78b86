/** Established sessions: application data both ways, alerts, and how they end. */
import { AlertLevel, alertName, decodeAlert, encodeAlert } from './alert.ts';
import type { Deadlines, Sleeper } from './deadlines.ts';
import type { AddressKey, ClosedReason, SessionKey } from './effects.ts';
import type { FlightItem } from './flight.ts';
import { readFragments } from './fragments.ts';
import type { IdentityLabel } from './identity.ts';
import type { DtlsLimits } from './limits.ts';
import { handshakeKind } from './messages.ts';
import type { Outlet } from './outlet.ts';
import { ContentType, type DtlsRecord, MAX_PLAINTEXT } from './record.ts';
import type { RecordLayer } from './record-layer.ts';
import { type State, TRANSITIONS } from './states.ts';

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
  /** Whom the session is with. */
  readonly identity: IdentityLabel;
  readonly state: Extract<State, `${string}-established`>;
  readonly layer: RecordLayer;
  lastFlight: LastFlight | undefined;
  /** When the session last moved to the end of the order of eviction, in ms. */
  orderedAt: number;
}

/** How a call of `send` ended. */
export type SendResult = 'sent' | 'unknown-session' | 'too-long';

/** A place in the order of eviction is not more exact than this, in ms, so that most records don't touch it. */
const EVICTION_GRAIN_MS = 60_000;

export class Sessions {
  readonly #out: Outlet;
  readonly #deadlines: Deadlines<Sleeper>;
  readonly #limits: DtlsLimits;
  /** The one silent longest comes first. */
  readonly #byKey = new Map<SessionKey, Session>();
  readonly #byAddress = new Map<AddressKey, Session>();
  /** In the order in which they began; an array, since nearly all have one. */
  readonly #byIdentity = new Map<IdentityLabel, Session[]>();
  #lastFlights = 0;

  /** @param deadlines where the end of each kept last flight is queued */
  constructor(out: Outlet, deadlines: Deadlines<Sleeper>, limits: DtlsLimits) {
    this.#out = out;
    this.#deadlines = deadlines;
    this.#limits = limits;
  }

  get size(): number {
    return this.#byKey.size;
  }

  /** Sessions of the identity that has most. */
  get mostPerIdentity(): number {
    let most = 0;
    for (const { length } of this.#byIdentity.values()) most = Math.max(most, length);
    return most;
  }

  /** Sessions that keep their last flight. */
  get lastFlights(): number {
    return this.#lastFlights;
  }

  at(address: AddressKey): Session | undefined {
    return this.#byAddress.get(address);
  }

  /** Takes in a session; one of the same address, or one too many of its identity or in all, ends. */
  add(session: Session, now: number): void {
    const replaced = this.#byAddress.get(session.address);
    if (replaced !== undefined) this.#end(replaced, 'replaced');
    const siblings = this.#byIdentity.get(session.identity) ?? [];
    if (siblings.length >= this.#limits.sessionsPerIdentity) this.#evict(silentLongest(siblings));
    if (this.#byKey.size >= this.#limits.sessions) this.#evict(this.#byKey.values().next().value);
    this.#byKey.set(session.key, session);
    this.#byAddress.set(session.address, session);
    this.#byIdentity.set(session.identity, [...(this.#byIdentity.get(session.identity) ?? []), session]);
    if (session.lastFlight === undefined) return;
    this.#lastFlights++;
    this.#deadlines.arm(session, now + this.#limits.lastFlightMs);
  }

  send(key: SessionKey, data: Uint8Array): SendResult {
    const session = this.#byKey.get(key);
    if (session === undefined) return 'unknown-session';
    if (data.length > Math.min(this.#limits.applicationBytes, MAX_PLAINTEXT)) return 'too-long';
    return this.#sendProtected(session, ContentType.APPLICATION_DATA, data) ? 'sent' : 'unknown-session';
  }

  close(key: SessionKey): void {
    const session = this.#byKey.get(key);
    if (session === undefined) return;
    this.#sendCloseNotify(session);
    this.#end(session, 'local');
  }

  /** The plaintext of an authentic record. */
  onRecord(session: Session, { type, sequence }: DtlsRecord, plaintext: Uint8Array, now: number): void {
    this.#noteActivity(session, now);
    const cells = TRANSITIONS[session.state];
    if (type === ContentType.APPLICATION_DATA && cells['application-data'] === 'deliver') {
      // The peer would not send data if it lacked our last flight.
      this.dropLastFlight(session);
      const { key, address } = session;
      this.#out.emit({ kind: 'received', session: key, address, data: plaintext, record: sequence });
    } else if (type === ContentType.ALERT && cells.alert === 'heed') {
      this.#onAlert(session, plaintext);
    } else if (type === ContentType.HANDSHAKE) {
      this.#onHandshake(session, plaintext);
    } else {
      this.#out.drops.unexpected++;
    }
  }

  /** The peer has it, or has had time enough. */
  dropLastFlight(session: Session): void {
    if (session.lastFlight === undefined) return;
    session.lastFlight = undefined;
    this.#lastFlights--;
    this.#deadlines.cancel(session);
  }

  #onHandshake(session: Session, plaintext: Uint8Array): void {
    const first = readFragments(plaintext)?.[0];
    const cell = first === undefined ? 'drop' : TRANSITIONS[session.state][handshakeKind(first.type)];
    if (cell === 'resend' && session.lastFlight !== undefined && !session.layer.exhausted) {
      this.#out.sendFlight(session.address, session.lastFlight.items, session.layer);
    } else if (cell === 'refuse-renegotiation') {
      this.#sendProtected(session, ContentType.ALERT, encodeAlert(AlertLevel.WARNING, 'no_renegotiation'));
    } else {
      this.#out.drops.unexpected++;
    }
  }

  #onAlert(session: Session, bytes: Uint8Array): void {
    const alert = decodeAlert(bytes);
    if (alert === undefined) {
      this.#out.drops.malformed++;
    } else if (alertName(alert.description) === 'close_notify') {
      this.#sendCloseNotify(session);
      this.#end(session, 'peer');
    } else if (alert.fatal) {
      this.#out.emit({ kind: 'closed', session: session.key, reason: 'alert', alert });
      this.#forget(session);
    }
  }

  #noteActivity(session: Session, now: number): void {
    if (now - session.orderedAt < EVICTION_GRAIN_MS) return;
    session.orderedAt = now;
    this.#byKey.delete(session.key);
    this.#byKey.set(session.key, session);
  }

  #evict(oldest: Session | undefined): void {
    if (oldest === undefined) return;
    this.#sendCloseNotify(oldest);
    this.#end(oldest, 'evicted');
  }

  /** @returns false when the session has ended instead, since no sequence number is left */
  #sendProtected(session: Session, type: number, plaintext: Uint8Array): boolean {
    if (session.layer.exhausted) {
      this.#end(session, 'exhausted');
      return false;
    }
    this.#out.send(session.address, session.layer.seal(1, type, plaintext));
    return true;
  }

  #sendCloseNotify(session: Session): void {
    if (session.layer.exhausted) return;
    this.#out.send(
      session.address,
      session.layer.seal(1, ContentType.ALERT, encodeAlert(AlertLevel.WARNING, 'close_notify')),
    );
  }

  #end(session: Session, reason: Exclude<ClosedReason, 'alert'>): void {
    this.#out.emit({ kind: 'closed', session: session.key, reason });
    this.#forget(session);
  }

  #forget(session: Session): void {
    this.dropLastFlight(session);
    this.#byKey.delete(session.key);
    this.#byAddress.delete(session.address);
    const siblings = this.#byIdentity.get(session.identity)?.filter((sibling) => sibling !== session) ?? [];
    if (siblings.length > 0) this.#byIdentity.set(session.identity, siblings);
    else this.#byIdentity.delete(session.identity);
  }
}

/** The first of several that are silent equally long. */
function silentLongest(sessions: readonly Session[]): Session | undefined {
  return sessions.toSorted((a, b) => a.orderedAt - b.orderedAt)[0];
}

/** What both roles share: records in, handshake messages in order and through the table, flights, timers. */
import { AlertLevel, type AlertName, alertName, decodeAlert, encodeAlert } from './alert.ts';
import { Deadlines } from './deadlines.ts';
import { type AddressKey, type DtlsEffect, type RefusalCheck, type SessionKey, sessionKey } from './effects.ts';
import type { FlightItem } from './flight.ts';
import { type Fragment, readFragments } from './fragments.ts';
import type { Handshake } from './handshake.ts';
import { identityLabel, type PresentedIdentity } from './identity.ts';
import { DEFAULT_LIMITS, type DtlsLimits, type DtlsSizes } from './limits.ts';
import { decodeBody, type HandshakeMessage, handshakeKind } from './messages.ts';
import {
  DEFAULT_MTU,
  DEFAULT_RETRANSMIT,
  type EndpointOptions,
  type RetransmitParameters,
  SMALLEST_MTU,
} from './options.ts';
import { type DropCounters, Outlet } from './outlet.ts';
import { ContentType, type DtlsRecord, readRecord } from './record.ts';
import { type LastFlight, type SendResult, type Session, Sessions } from './sessions.ts';
import { TRANSITIONS } from './states.ts';
import { DEFAULT_SUITES, type Suite, suitesNamed } from './suites.ts';
import { TIMEOUT_DETAILS } from './timeouts.ts';

const NOBODY: PresentedIdentity = { kind: 'psk', identity: new Uint8Array(0) };

export abstract class Endpoint {
  protected readonly random: (n: number) => Uint8Array;
  protected readonly limits: DtlsLimits;
  protected readonly suites: readonly Suite[];
  protected readonly out: Outlet;
  protected readonly handshakes = new Map<AddressKey, Handshake>();
  protected readonly sessions: Sessions;
  readonly #retransmit: RetransmitParameters;
  readonly #deadlines = new Deadlines<Handshake | Session>();

  constructor(options: EndpointOptions) {
    this.random = options.random;
    this.limits = { ...DEFAULT_LIMITS, ...options.limits };
    this.suites = options.suites
      ? suitesNamed(options.suites)
      : DEFAULT_SUITES.filter(({ keyExchange }) => keyExchange === 'psk');
    this.out = new Outlet(Math.max(SMALLEST_MTU, options.mtu ?? DEFAULT_MTU));
    this.sessions = new Sessions(this.out, this.#deadlines, this.limits);
    this.#retransmit = { ...DEFAULT_RETRANSMIT, ...options.retransmit };
  }

  /** A datagram has come. */
  receive(address: AddressKey, datagram: Uint8Array, now: number): void {
    let offset = 0;
    do {
      const record = readRecord(datagram, offset);
      if (record === undefined) {
        this.out.drops.notRecord++;
        return;
      }
      offset += record.bytes.length;
      if (record.epoch === 0) this.#onPlaintextRecord(address, record, now);
      else if (record.epoch === 1) this.#onProtectedRecord(address, record, now);
      else this.out.drops.unexpected++;
    } while (offset < datagram.length);
  }

  /** Sends application data, at most `limits.applicationBytes` octets, as one record in one datagram. */
  send(session: SessionKey, data: Uint8Array): SendResult {
    return this.sessions.send(session, data);
  }

  /** Ends a session with close_notify; an unknown one is ignored. */
  close(session: SessionKey): void {
    this.sessions.close(session);
  }

  /** Does what has become due. */
  tick(now: number): void {
    for (let sleeper = this.#deadlines.pop(now); sleeper !== undefined; sleeper = this.#deadlines.pop(now)) {
      if (sleeper.kind === 'session') this.sessions.dropLastFlight(sleeper);
      else this.#onTimer(sleeper, now);
    }
  }

  /** When `tick` is due next, in ms of the caller's clock. */
  nextWakeAt(): number | undefined {
    return this.#deadlines.next();
  }

  /** The effects since the last call, in order. */
  drain(): DtlsEffect[] {
    return this.out.drain();
  }

  /** What was dropped silently since the start. */
  dropped(): Readonly<DropCounters> {
    return { ...this.out.drops };
  }

  abstract sizes(): DtlsSizes;

  /** The parts of `sizes` that both roles have. */
  protected commonSizes(): Omit<DtlsSizes, 'halfOpenPerPrefix' | 'lookups'> {
    let reassemblyBytes = 0;
    let heldBytes = 0;
    for (const handshake of this.handshakes.values()) {
      reassemblyBytes += handshake.reassembly.bytes;
      heldBytes += handshake.heldBytes;
    }
    return {
      halfOpen: this.handshakes.size,
      reassemblyBytes,
      heldBytes,
      sessions: this.sessions.size,
      sessionsPerIdentity: this.sessions.mostPerIdentity,
      lastFlights: this.sessions.lastFlights,
      deadlines: this.#deadlines.size,
    };
  }

  /** A handshake message that the table accepts; `handshake.state` is the new one already. */
  protected abstract accept(handshake: Handshake, message: HandshakeMessage, now: number): void;

  /** A fatal alert that nothing proves to be the peer's. */
  protected abstract onHandshakeAlert(handshake: Handshake, detail: string): void;

  /** The first protected handshake record can't be opened. */
  protected abstract onUnopened(handshake: Handshake): void;

  /** A ClientHello outside of any session; only servers listen for it. @returns whether that is dealt with */
  protected abstract onClientHello(address: AddressKey, record: DtlsRecord, fragment: Fragment, now: number): boolean;

  protected begin(handshake: Handshake): void {
    this.handshakes.set(handshake.address, handshake);
  }

  /** Forgets a handshake. */
  protected end(handshake: Handshake): void {
    handshake.ended = true;
    handshake.wipe();
    this.#deadlines.cancel(handshake);
    this.handshakes.delete(handshake.address);
  }

  /** Sends a flight and sends it again until `stopFlight`. */
  protected startFlight(handshake: Handshake, items: readonly FlightItem[], now: number): void {
    const { initialMs } = this.#retransmit;
    handshake.flight = { items, retransmissions: 0, intervalMs: initialMs, retransmitAt: now + initialMs };
    this.out.sendFlight(handshake.address, items, handshake.layer);
    this.#schedule(handshake);
  }

  /** The peer's next flight has begun to arrive; from here on its timer drives the handshake. */
  protected stopFlight(handshake: Handshake): void {
    handshake.flight = undefined;
    this.#schedule(handshake);
  }

  /** Tells the caller once why a handshake is refused; the handshake itself stays. */
  protected report(handshake: Handshake, check: RefusalCheck, detail: string): void {
    if (handshake.refused) return;
    handshake.refused = true;
    const { address, presented } = handshake;
    this.out.emit({ kind: 'refused', address, check, detail, ...(presented && { identity: presented }) });
  }

  /** Ends a handshake, with a fatal alert if one is named. */
  protected fail(handshake: Handshake, check: RefusalCheck, detail: string, alert?: AlertName): void {
    if (alert !== undefined) {
      const datagram = handshake.layer.seal(0, ContentType.ALERT, encodeAlert(AlertLevel.FATAL, alert));
      this.out.send(handshake.address, datagram);
    }
    this.report(handshake, check, detail);
    this.end(handshake);
  }

  /** Makes a session of a handshake whose Finished has been verified; only now a session before it ends. */
  protected establish(handshake: Handshake, suite: Suite, lastFlight: LastFlight | undefined, now: number): void {
    this.end(handshake);
    const { address, layer, held } = handshake;
    const replaced = this.sessions.at(address);
    const identity = identityLabel(handshake.presented ?? NOBODY);
    const session: Session = {
      kind: 'session',
      wakeAt: 0,
      queueIndex: -1,
      key: sessionKey(Buffer.from(this.random(12)).toString('base64url')),
      address,
      identity,
      state: `${handshake.role}-established`,
      layer,
      lastFlight,
      orderedAt: now,
    };
    this.out.emit({
      kind: 'established',
      session: session.key,
      address,
      identity,
      credential: handshake.credential,
      suite: suite.name,
      extendedMasterSecret: handshake.extendedMasterSecret,
      resumed: false,
      ...(replaced && { replaced: replaced.key }),
    });
    this.sessions.add(session, now);
    for (const record of held) this.#onProtectedRecord(address, record, now);
  }

  /** A ChangeCipherSpec, or one that was held and whose turn has come. */
  protected onChangeCipherSpec(handshake: Handshake, now: number): void {
    const cell = TRANSITIONS[handshake.state]['change-cipher-spec'];
    if (cell === 'hold') {
      handshake.changeCipherSpecHeld = true;
      return;
    }
    if (typeof cell === 'string') {
      this.out.drops.unexpected++;
      return;
    }
    handshake.state = cell.next;
    handshake.receiveEpoch = 1;
    handshake.reassembly.clear();
    const { held } = handshake;
    handshake.held = [];
    for (const record of held) this.#onProtectedRecord(handshake.address, record, now);
  }

  #onPlaintextRecord(address: AddressKey, record: DtlsRecord, now: number): void {
    const handshake = this.handshakes.get(address);
    if (record.type === ContentType.HANDSHAKE) {
      const fragments = readFragments(record.fragment);
      const first = fragments?.[0];
      if (fragments === undefined || first === undefined) this.out.drops.malformed++;
      else if (handshakeKind(first.type) === 'client-hello' && this.onClientHello(address, record, first, now)) return;
      else if (handshake?.receiveEpoch === 0) this.#onFragments(handshake, fragments, now);
      else this.out.drops.unexpected++;
    } else if (handshake === undefined) {
      this.out.drops.unexpected++;
    } else if (record.type === ContentType.CHANGE_CIPHER_SPEC) {
      if (record.fragment.length === 1 && record.fragment[0] === 1) this.onChangeCipherSpec(handshake, now);
      else this.out.drops.malformed++;
    } else if (record.type === ContentType.ALERT) {
      this.#onAlertInHandshake(handshake, record.fragment);
    } else {
      this.out.drops.unexpected++;
    }
  }

  /**
   * A record of epoch 1: of the session if its keys open it, otherwise of the handshake under way,
   * so that a handshake from the address of a live session leaves that session as it is.
   */
  #onProtectedRecord(address: AddressKey, record: DtlsRecord, now: number): void {
    const session = this.sessions.at(address);
    const opened = session?.layer.open(record);
    if (session !== undefined && opened instanceof Uint8Array) {
      this.sessions.onRecord(session, record, opened, now);
      return;
    }
    const handshake = this.handshakes.get(address);
    if (handshake !== undefined) this.#onProtectedInHandshake(handshake, record, now);
    else if (opened === 'replayed') this.out.drops.replayed++;
    else this.out.drops.notAuthentic++;
  }

  #onProtectedInHandshake(handshake: Handshake, record: DtlsRecord, now: number): void {
    const cells = TRANSITIONS[handshake.state];
    const early = handshake.receiveEpoch === 0;
    if (early || record.type === ContentType.APPLICATION_DATA) {
      if ((early ? cells['next-epoch-record'] : cells['application-data']) === 'hold') this.#hold(handshake, record);
      else this.out.drops.unexpected++;
      return;
    }
    const plaintext = handshake.layer.open(record);
    if (plaintext === 'replayed') {
      this.out.drops.replayed++;
    } else if (plaintext === 'not-authentic') {
      this.out.drops.notAuthentic++;
      if (record.type === ContentType.HANDSHAKE) this.onUnopened(handshake);
    } else if (record.type === ContentType.ALERT) {
      this.#onAlertInHandshake(handshake, plaintext);
    } else if (record.type === ContentType.HANDSHAKE) {
      const fragments = readFragments(plaintext);
      if (fragments === undefined) this.out.drops.malformed++;
      else this.#onFragments(handshake, fragments, now);
    }
  }

  /** Keeps a copy: the datagram is the caller's. */
  #hold(handshake: Handshake, record: DtlsRecord): void {
    if (handshake.heldBytes + record.bytes.length > this.limits.heldBytes) {
      this.out.drops.overLimit++;
      return;
    }
    const copy = readRecord(Uint8Array.from(record.bytes), 0);
    if (copy !== undefined) handshake.held.push(copy);
  }

  #onFragments(handshake: Handshake, fragments: readonly Fragment[], now: number): void {
    for (const fragment of fragments) {
      handshake.reassembly.add(fragment);
      this.#takeMessages(handshake, now);
      if (handshake.ended) return;
    }
  }

  /** Takes the messages that are whole and in order through the table. */
  #takeMessages(handshake: Handshake, now: number): void {
    for (let whole = handshake.reassembly.peek(); whole !== undefined; whole = handshake.reassembly.peek()) {
      const kind = handshakeKind(whole.type);
      const cell = TRANSITIONS[handshake.state][kind];
      if (cell === 'fatal') {
        const detail = `the peer sent ${kind} (type ${whole.type}) where it has no place`;
        this.fail(handshake, 'unexpected-message', detail, 'unexpected_message');
        return;
      }
      if (typeof cell === 'string' || kind === 'unknown-handshake') {
        this.out.drops.unexpected++;
        handshake.reassembly.forget();
        return;
      }
      const decoded = decodeBody(kind, whole.body);
      if (!decoded.ok) {
        const { error } = decoded;
        const detail = `${kind} is malformed: ${error.kind} in ${error.field} at octet ${error.offset}`;
        this.fail(handshake, 'malformed', detail, 'decode_error');
        return;
      }
      if (decoded.message.kind === 'finished' && !handshake.verifyFinished(decoded.message.body.verifyData)) {
        this.fail(handshake, 'bad-finished', 'both sides hold the key, but saw different handshakes');
        return;
      }
      handshake.reassembly.advance();
      handshake.received(whole);
      handshake.state = cell.next;
      this.accept(handshake, decoded.message, now);
      if (handshake.ended) return;
    }
  }

  #onAlertInHandshake(handshake: Handshake, bytes: Uint8Array): void {
    const alert = decodeAlert(bytes);
    if (alert === undefined) this.out.drops.malformed++;
    else if (!alert.fatal || TRANSITIONS[handshake.state].alert !== 'heed') this.out.drops.unexpected++;
    else this.onHandshakeAlert(handshake, `the peer sent the alert ${alertName(alert.description)}`);
  }

  #onTimer(handshake: Handshake, now: number): void {
    const { flight } = handshake;
    const { attempts, maxMs } = this.#retransmit;
    if (now >= handshake.expiresAt || (flight && flight.retransmissions >= attempts)) {
      this.fail(handshake, 'timeout', TIMEOUT_DETAILS[handshake.state]);
      return;
    }
    if (flight !== undefined && now >= flight.retransmitAt) {
      flight.retransmissions++;
      flight.intervalMs = Math.min(flight.intervalMs * 2, maxMs);
      flight.retransmitAt = now + flight.intervalMs;
      this.out.sendFlight(handshake.address, flight.items, handshake.layer);
    }
    this.#schedule(handshake);
  }

  #schedule(handshake: Handshake): void {
    const retransmitAt = handshake.flight?.retransmitAt ?? Number.POSITIVE_INFINITY;
    this.#deadlines.arm(handshake, Math.min(handshake.expiresAt, retransmitAt));
  }
}

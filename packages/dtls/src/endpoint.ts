/** What both roles share: records in, to the session or the handshake that they belong to; sessions; timers. */
import type { LastFlight } from './dormitory.ts';
import { type AddressKey, type DtlsEffect, type SessionKey, sessionKey } from './effects.ts';
import { type Fragment, readFragments } from './fragments.ts';
import type { Handshake } from './handshake.ts';
import { Handshaking } from './handshaking.ts';
import { type IdentityLabel, identityLabel } from './identity.ts';
import type { DtlsSizes } from './limits.ts';
import { handshakeKind } from './messages.ts';
import type { ImportPosition, ImportResult } from './moves.ts';
import type { EndpointOptions } from './options.ts';
import type { DropCounters } from './outlet.ts';
import { ContentType, type DtlsRecord, readRecord } from './record.ts';
import { type SendResult, type SessionStatus, Sessions } from './sessions.ts';
import type { SessionState } from './snapshot.ts';
import { SourceLimit } from './source-limit.ts';
import { TRANSITIONS } from './states.ts';

export abstract class Endpoint extends Handshaking {
  protected readonly sessions: Sessions;
  readonly #connectionIdLength: number;
  readonly #failures: SourceLimit;

  /** @param connectionIdLength octets of each Connection ID of ours; 0 for none */
  constructor(options: EndpointOptions, connectionIdLength: number) {
    super(options);
    const seed = Buffer.from(options.random(4)).readUInt32BE();
    this.#connectionIdLength = connectionIdLength;
    this.#failures = new SourceLimit(seed, this.limits.failedRecordsPerSource);
    const { limits } = this;
    const host = { limits, connectionIdLength, reservations: options.reservations, suites: this.suites };
    this.sessions = new Sessions(this.out, this.deadlines, seed, host);
  }

  /** A datagram has come. */
  receive(address: AddressKey, datagram: Uint8Array, now: number): void {
    let offset = 0;
    do {
      const record = readRecord(datagram, offset, this.#connectionIdLength);
      if (record === undefined) {
        this.out.drops.notRecord++;
        return;
      }
      offset += record.bytes.length;
      if (record.epoch === 0) this.#onPlaintextRecord(address, record, now);
      else if (record.epoch === 1) this.onProtectedRecord(address, record, now);
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

  /** Ends all that an identity has here: its sessions with close_notify, and its handshakes under way. */
  closeIdentity(identity: IdentityLabel): void {
    this.abandon(identity);
    for (const session of this.sessions.allOf(identity)) this.close(session);
  }

  /** Forgets a session without a word to the peer, as when another process has it now. */
  abandonSession(session: SessionKey): void {
    this.sessions.abandon(session);
  }

  /** A snapshot of a session, from which `import` makes it again; nothing if there is no such session. Holds its keys. */
  export(session: SessionKey): Uint8Array | undefined {
    return this.sessions.export(session);
  }

  /** Takes in a session from a snapshot. */
  import(snapshot: Uint8Array, position: ImportPosition, now: number): ImportResult {
    return this.sessions.import(snapshot, position, now);
  }

  /** Answers a `reserve` effect: the store has reserved the sequence numbers below `upTo`. */
  reserved(session: SessionKey, upTo: number, now: number): void {
    this.sessions.reserved(session, upTo, now);
  }

  /** The peer of a session has proved that it receives at an address, by completing an exchange over it, say. */
  addressProven(session: SessionKey, address: AddressKey, now: number): void {
    this.sessions.addressProven(session, address, now);
  }

  /** How a session is. */
  status(session: SessionKey): SessionStatus | undefined {
    return this.sessions.status(session);
  }

  /** Does what has become due. */
  tick(now: number): void {
    for (let sleeper = this.deadlines.pop(now); sleeper !== undefined; sleeper = this.deadlines.pop(now)) {
      if (sleeper.kind === 'session') this.sessions.dropLastFlight(sleeper);
      else this.onTimer(sleeper, now);
    }
    this.sessions.tick(now);
  }

  /** When `tick` is due next, in ms of the caller's clock. */
  nextWakeAt(): number | undefined {
    const deadline = this.deadlines.next();
    const sleep = this.sessions.nextTickAt();
    return deadline === undefined || sleep === undefined ? (deadline ?? sleep) : Math.min(deadline, sleep);
  }

  /** The effects since the last call, in order. */
  drain(): readonly DtlsEffect[] {
    return this.out.drain();
  }

  /** What was dropped silently since the start. */
  dropped(): Readonly<DropCounters> {
    return { ...this.out.drops };
  }

  /** What is held right now. */
  sizes(): DtlsSizes {
    let reassemblyBytes = 0;
    let heldBytes = 0;
    for (const handshake of this.handshakes.values()) {
      reassemblyBytes += handshake.reassembly.bytes;
      heldBytes += handshake.heldBytes;
    }
    return {
      halfOpen: this.handshakes.size,
      halfOpenPerPrefix: this.mostPerPrefix(),
      lookups: this.lookups,
      jobs: this.jobs,
      reassemblyBytes,
      heldBytes,
      sessions: this.sessions.size,
      activeSessions: this.sessions.active,
      sessionsPerIdentity: this.sessions.mostPerIdentity,
      lastFlights: this.sessions.lastFlights,
      deadlines: this.deadlines.size,
    };
  }

  /** Handshakes of the prefix that has most. */
  protected abstract mostPerPrefix(): number;

  /** The first protected handshake record can't be opened. */
  protected abstract onUnopened(handshake: Handshake): void;

  /** A ClientHello outside of any session; only servers listen for it. @returns whether that is dealt with */
  protected abstract onClientHello(address: AddressKey, record: DtlsRecord, fragment: Fragment, now: number): boolean;

  protected override liveAt(address: AddressKey): SessionKey | undefined {
    return this.sessions.at(address);
  }

  /** Makes a session of a handshake whose Finished has been verified; only now a session before it ends. */
  protected establish(handshake: Handshake, lastFlight: LastFlight | undefined, now: number): void {
    this.end(handshake);
    const { address, layer, held, role, credential, suite } = handshake;
    const { keys } = layer;
    if (keys === undefined || suite === undefined) return;
    const { ours, peers } = layer.connectionIds;
    const state: SessionState = {
      key: sessionKey(Buffer.from(this.random(12)).toString('base64url')),
      address,
      connectionId: ours,
      identity: identityOf(handshake),
      credential,
      peerConnectionId: peers,
      role,
      keys,
      sendBytes: layer.sendBytes,
      receiveBytes: layer.receiveBytes,
      candidate: undefined,
    };
    const [replaced] = this.sessions.replacedBy(state);
    const reserved = this.sessions.reserveFirst(layer);
    this.out.emit({
      kind: 'established',
      session: state.key,
      address,
      identity: state.identity,
      credential,
      suite: suite.name,
      extendedMasterSecret: handshake.extendedMasterSecret,
      resumed: handshake.path === 'resumed',
      ...(ours.length > 0 && { connectionId: ours }),
      ...(reserved !== undefined && { reserved }),
      ...(replaced && { replaced }),
    });
    this.sessions.add(state, layer, lastFlight, now);
    for (const record of held) this.onProtectedRecord(address, record, now);
  }

  /**
   * A record of epoch 1: of the session if its keys open it, otherwise of the handshake under way if it carries the
   * Connection ID of that, so that a handshake from the address of a live session leaves that session as it is.
   */
  protected override onProtectedRecord(address: AddressKey, record: DtlsRecord, now: number): void {
    if (this.#failures.exceeded(address, now)) {
      this.out.drops.rateLimited++;
      return;
    }
    const taken = this.sessions.receive(address, record, now);
    if (taken === 'taken') return;
    const handshake = this.handshakes.get(address);
    if (handshake?.layer.isNamed(record)) {
      this.#onProtectedInHandshake(handshake, record, now);
    } else if (taken === 'replayed') {
      this.out.drops.replayed++;
    } else if (taken === 'too-long') {
      this.out.drops.overLimit++;
    } else {
      this.out.drops.notAuthentic++;
      this.sessions.countBadRecord(address, record);
      this.#failures.failed(address, now);
    }
  }

  #onPlaintextRecord(address: AddressKey, record: DtlsRecord, now: number): void {
    const handshake = this.handshakes.get(address);
    if (record.type === ContentType.HANDSHAKE) {
      const fragments = readFragments(record.fragment);
      const first = fragments?.[0];
      if (fragments === undefined || first === undefined) this.out.drops.malformed++;
      else if (handshakeKind(first.type) === 'client-hello' && this.onClientHello(address, record, first, now)) return;
      else if (handshake?.receiveEpoch === 0) this.onFragments(handshake, fragments, now);
      else this.out.drops.unexpected++;
    } else if (handshake === undefined) {
      this.out.drops.unexpected++;
    } else if (record.type === ContentType.CHANGE_CIPHER_SPEC) {
      if (record.fragment.length === 1 && record.fragment[0] === 1) this.onChangeCipherSpec(handshake, now);
      else this.out.drops.malformed++;
    } else if (record.type === ContentType.ALERT) {
      this.onAlertInHandshake(handshake, record.fragment);
    } else {
      this.out.drops.unexpected++;
    }
  }

  #onProtectedInHandshake(handshake: Handshake, record: DtlsRecord, now: number): void {
    const cells = TRANSITIONS[handshake.state];
    const early = handshake.receiveEpoch === 0;
    if (early || record.type === ContentType.APPLICATION_DATA) {
      if ((early ? cells['next-epoch-record'] : cells['application-data']) === 'hold') this.#hold(handshake, record);
      else this.out.drops.unexpected++;
      return;
    }
    const opened = handshake.layer.open(record);
    if (opened === 'replayed') {
      this.out.drops.replayed++;
    } else if (opened === 'not-authentic') {
      this.out.drops.notAuthentic++;
      this.#failures.failed(handshake.address, now);
      if (record.type !== ContentType.ALERT) this.onUnopened(handshake);
    } else if (opened === 'too-long') {
      this.out.drops.overLimit++;
    } else if (opened.type === ContentType.ALERT) {
      this.onAlertInHandshake(handshake, opened.content);
    } else if (opened.type === ContentType.HANDSHAKE) {
      const fragments = readFragments(opened.content);
      if (fragments === undefined) this.out.drops.malformed++;
      else this.onFragments(handshake, fragments, now);
    } else {
      // Data that was hidden behind a Connection ID and overtook the Finished: to be sent again.
      this.out.drops.unexpected++;
    }
  }

  /** Keeps a copy: the datagram is the caller's. */
  #hold(handshake: Handshake, record: DtlsRecord): void {
    if (handshake.heldBytes + record.bytes.length > this.limits.heldBytes) {
      this.out.drops.overLimit++;
      return;
    }
    const copy = readRecord(Uint8Array.from(record.bytes), 0, this.#connectionIdLength);
    if (copy !== undefined) handshake.held.push(copy);
  }
}

/** Whom a handshake has proved to be with. */
function identityOf({ presented, resuming }: Handshake): IdentityLabel {
  if (presented !== undefined) return identityLabel(presented);
  return resuming?.identity ?? ('' as IdentityLabel);
}

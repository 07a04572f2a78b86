/** Handshakes of both roles: messages in order and through the table, questions to the caller, flights, timers. */
import { AlertLevel, alertName, decodeAlert, encodeAlert } from './alert.ts';
import { GROUP_NAMES, type GroupName } from './algorithms.ts';
import type { CryptoResult, CryptoTask, JobId } from './compute.ts';
import { Deadlines } from './deadlines.ts';
import type { Session } from './dormitory.ts';
import type { AddressKey, DtlsEffect, LookupId, PeerFound, SessionKey } from './effects.ts';
import type { Fragment } from './fragments.ts';
import type { Handshake } from './handshake.ts';
import { type IdentityLabel, identityLabel } from './identity.ts';
import { DEFAULT_LIMITS, type DtlsLimits } from './limits.ts';
import { decodeBody, type HandshakeMessage, handshakeKind } from './messages.ts';
import { notWellFormed, type Objection } from './objection.ts';
import { DEFAULT_MTU, type EndpointOptions, SMALLEST_MTU } from './options.ts';
import { Outlet } from './outlet.ts';
import { Questions } from './questions.ts';
import { ContentType, type DtlsRecord } from './record.ts';
import { Retransmission } from './retransmission.ts';
import { type Event, nextState, TRANSITIONS } from './states.ts';
import { DEFAULT_SUITES, type Suite, suitesNamed } from './suites.ts';
import { takeResult } from './tasks.ts';
import { onTimeout } from './timeouts.ts';

export abstract class Handshaking {
  protected readonly random: (n: number) => Uint8Array;
  protected readonly limits: DtlsLimits;
  protected readonly suites: readonly Suite[];
  protected readonly groups: readonly GroupName[];
  protected readonly keyLog: ((line: string) => void) | undefined;
  protected readonly out: Outlet;
  protected readonly handshakes = new Map<AddressKey, Handshake>();
  protected readonly deadlines = new Deadlines<Handshake | Session>();
  protected readonly flights: Retransmission;
  readonly #questions: Questions;

  constructor(options: EndpointOptions) {
    this.random = options.random;
    this.limits = { ...DEFAULT_LIMITS, ...options.limits };
    this.suites = options.suites ? suitesNamed(options.suites) : DEFAULT_SUITES;
    this.groups = options.groups ?? GROUP_NAMES;
    this.keyLog = options.keyLog;
    this.out = new Outlet(Math.max(SMALLEST_MTU, options.mtu ?? DEFAULT_MTU));
    this.flights = new Retransmission(this.out, this.deadlines, options.retransmit);
    this.#questions = new Questions(this.limits);
  }

  /** Answers a `findPeer` effect; an answer that comes too late is ignored. */
  peerFound(lookup: LookupId, found: PeerFound, now: number): void {
    const handshake = this.takeLookup(lookup);
    if (handshake === undefined) return;
    if (!found.ok) {
      this.refuse(handshake, { check: found.check, detail: found.detail, alert: found.alert });
    } else if (handshake.suite && found.suites && !found.suites.includes(handshake.suite.name)) {
      const detail = `the credential does not allow the suite ${handshake.suite.name}`;
      this.refuse(handshake, {
        check: 'no-common-suite',
        detail,
        alert: 'insufficient_security',
        wanted: found.suites,
      });
    } else {
      handshake.credential = found.credential;
      this.advance(handshake, 'peer', now);
    }
  }

  /** Answers a `compute` effect; an answer that comes too late is ignored. */
  computed(job: JobId, result: CryptoResult, now: number): void {
    const handshake = this.#questions.takeJob(job);
    if (handshake === undefined) return;
    const taken = takeResult(handshake, result);
    if (typeof taken === 'string') this.advance(handshake, taken, now);
    else this.refuse(handshake, taken);
  }

  /** Gives up the handshakes under way of an identity. */
  protected abandon(identity: IdentityLabel): void {
    for (const handshake of this.handshakes.values()) {
      const { presented, resuming } = handshake;
      if ((presented ? identityLabel(presented) : resuming?.identity) === identity) this.end(handshake);
    }
  }

  /** Answers to lookups outstanding. */
  protected get lookups(): number {
    return this.#questions.lookups;
  }

  /** Results of jobs outstanding. */
  protected get jobs(): number {
    return this.#questions.jobs;
  }

  /** Takes in what a message says that the table accepts, unless something is wrong with it. */
  protected abstract judge(handshake: Handshake, message: HandshakeMessage, now: number): Objection | undefined;

  /** Does what the state is there for that the handshake has come to. */
  protected abstract enter(handshake: Handshake, now: number): void;

  /** A fatal alert that nothing proves to be the peer's. */
  protected abstract onHandshakeAlert(handshake: Handshake, objection: Objection): void;

  /** A live session of an address. */
  protected abstract liveAt(address: AddressKey): SessionKey | undefined;

  /** A record whose keys count now. */
  protected abstract onProtectedRecord(address: AddressKey, record: DtlsRecord, now: number): void;

  protected begin(handshake: Handshake): void {
    this.handshakes.set(handshake.address, handshake);
    this.flights.schedule(handshake);
  }

  /** Forgets a handshake. */
  protected end(handshake: Handshake): void {
    handshake.ended = true;
    handshake.wipe();
    this.deadlines.cancel(handshake);
    this.handshakes.delete(handshake.address);
    this.#questions.forget(handshake);
  }

  /** Takes a step of the table, and does what the new state is there for. */
  protected advance(handshake: Handshake, event: Event, now: number): void {
    const next = nextState(handshake.state, event, handshake.path);
    if (next === undefined) {
      this.out.drops.unexpected++;
      return;
    }
    handshake.state = next;
    this.enter(handshake, now);
  }

  /** Asks the caller a question; the handshake goes on when it is answered. */
  protected lookUp(handshake: Handshake, question: (lookup: LookupId) => DtlsEffect): void {
    const lookup = this.#questions.lookUp(handshake);
    if (lookup !== undefined) {
      this.out.emit(question(lookup));
      return;
    }
    this.out.drops.overLimit++;
    const detail = `${this.limits.lookups} identities are being looked up: the limit lookups`;
    this.refuse(handshake, { check: 'limit', detail });
  }

  /** The handshake that an answer is for. */
  protected takeLookup(lookup: LookupId): Handshake | undefined {
    return this.#questions.takeLookup(lookup);
  }

  /** Has a task done; the handshake goes on when it is. */
  protected compute(handshake: Handshake, task: CryptoTask | undefined): void {
    if (task !== undefined) this.out.emit({ kind: 'compute', job: this.#questions.compute(handshake), task });
  }

  /** Tells the caller once why a handshake is refused; the handshake itself stays. */
  protected report(handshake: Handshake, objection: Objection): void {
    if (handshake.refused) return;
    handshake.refused = true;
    const { presented, serverName, suite } = handshake;
    this.tell(handshake.address, objection, {
      ...(presented && { identity: presented }),
      ...(serverName !== undefined && { serverName }),
      ...(suite && { suite: suite.name }),
    });
  }

  protected tell(address: AddressKey, objection: Objection, more: object): void {
    const live = this.liveAt(address);
    const { received, alert = received, ...rest } = objection;
    this.out.emit({
      kind: 'refused',
      address,
      ...rest,
      ...(alert !== undefined && { alert }),
      ...more,
      ...(live && { sessionHint: live }),
    });
  }

  /** Ends a handshake, with a fatal alert if one is named. */
  protected refuse(handshake: Handshake, objection: Objection): void {
    if (objection.alert !== undefined) {
      const alert = encodeAlert(AlertLevel.FATAL, objection.alert);
      this.out.send(handshake.address, handshake.layer.seal(0, ContentType.ALERT, alert));
    }
    this.report(handshake, objection);
    this.end(handshake);
  }

  /** A ChangeCipherSpec, or one that was held and whose turn has come. */
  protected onChangeCipherSpec(handshake: Handshake, now: number): void {
    if (TRANSITIONS[handshake.state]['change-cipher-spec'] === 'hold') {
      handshake.changeCipherSpecHeld = true;
      return;
    }
    if (nextState(handshake.state, 'change-cipher-spec', handshake.path) === undefined) {
      this.out.drops.unexpected++;
      return;
    }
    handshake.receiveEpoch = 1;
    handshake.reassembly.clear();
    this.advance(handshake, 'change-cipher-spec', now);
    const { held } = handshake;
    handshake.held = [];
    for (const record of held) this.onProtectedRecord(handshake.address, record, now);
  }

  protected onFragments(handshake: Handshake, fragments: readonly Fragment[], now: number): void {
    for (const fragment of fragments) {
      if (fragment.messageSequence < handshake.reassembly.next && fragment.offset === 0) handshake.repeats++;
      if (fragment.length > this.limits.handshakeMessageBytes) this.#tellOfLength(handshake, fragment);
      handshake.reassembly.add(fragment);
      this.#takeMessages(handshake, now);
      if (handshake.ended) return;
    }
  }

  protected onAlertInHandshake(handshake: Handshake, bytes: Uint8Array): void {
    const alert = decodeAlert(bytes);
    if (alert === undefined) {
      this.out.drops.malformed++;
    } else if (!alert.fatal || TRANSITIONS[handshake.state].alert !== 'heed') {
      this.out.drops.unexpected++;
    } else {
      const name = alertName(alert.description);
      this.onHandshakeAlert(handshake, { check: 'alert', detail: `the peer sent the alert ${name}`, received: name });
    }
  }

  protected onTimer(handshake: Handshake, now: number): void {
    if (!this.flights.wake(handshake, now)) this.refuse(handshake, onTimeout(handshake));
  }

  /** Nothing of it is taken; the handshake stays, since anybody could have sent it. */
  #tellOfLength(handshake: Handshake, { type, length }: Fragment): void {
    const limit = this.limits.handshakeMessageBytes;
    const detail = `the ${handshakeKind(type)} of the peer has ${length} octets: the limit handshakeMessageBytes is ${limit}`;
    this.report(handshake, { check: 'limit', detail });
  }

  /** Takes the messages that are whole and in order through the table. */
  #takeMessages(handshake: Handshake, now: number): void {
    for (let whole = handshake.reassembly.peek(); whole !== undefined; whole = handshake.reassembly.peek()) {
      const kind = handshakeKind(whole.type);
      const cell = TRANSITIONS[handshake.state][kind];
      if (typeof cell === 'string' && cell !== 'fatal') {
        this.out.drops.unexpected++;
        handshake.reassembly.forget();
        return;
      }
      if (kind === 'unknown-handshake' || nextState(handshake.state, kind, handshake.path) === undefined) {
        const detail = `the peer sent ${kind} (type ${whole.type}) where it has no place: in ${handshake.state}`;
        this.refuse(handshake, { check: 'unexpected-message', detail, alert: 'unexpected_message' });
        return;
      }
      const decoded = decodeBody(kind, whole.body);
      const objection = decoded.ok ? this.judge(handshake, decoded.message, now) : notWellFormed(kind, decoded.error);
      if (objection !== undefined) {
        this.refuse(handshake, objection);
        return;
      }
      handshake.reassembly.advance();
      handshake.received(whole);
      this.advance(handshake, kind, now);
      if (handshake.ended) return;
    }
  }
}

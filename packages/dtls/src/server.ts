/** The server's side of DTLS 1.2. */
import { AlertLevel, encodeAlert } from './alert.ts';
import { CookieJar } from './cookie.ts';
import type { AddressKey, LookupId, PskFound } from './effects.ts';
import { Endpoint } from './endpoint.ts';
import type { FlightItem } from './flight.ts';
import type { Fragment } from './fragments.ts';
import { Handshake } from './handshake.ts';
import { type Greeting, Listener } from './listener.ts';
import type { HandshakeMessage } from './messages.ts';
import { type Negotiated, negotiate } from './negotiation.ts';
import { BAD_FINISHED, type Objection, UNOPENED } from './objection.ts';
import type { ServerIdentity, ServerOptions } from './options.ts';
import { usableKey } from './pre-shared-key.ts';
import { Prefixes } from './prefixes.ts';
import { ContentType, type DtlsRecord, plaintextRecord } from './record.ts';
import { objectToResumption, Resumption, resumableOf } from './resumption.ts';
import { serverFlight, serverHello, signParametersTask } from './server-flight.ts';
import { judgeClient } from './server-judge.ts';
import { policyOf, type ServerPolicy, withIdentities } from './server-policy.ts';
import { adopt, beginInFull, beginResumption } from './server-start.ts';
import { agreeTask, generateTask, verifyTask } from './tasks.ts';

const DEFAULT_COOKIE_SECRET_LIFETIME_MS = 60_000;
/** Length of the key that takes the place of an unknown one; any length that real keys have will do. */
const DUMMY_KEY_LENGTH = 16;

/** Many peers; sans-I/O. Each peer proves that it receives at its address before anything is kept for it. */
export class DtlsServer extends Endpoint {
  readonly #options: ServerOptions;
  readonly #listener: Listener;
  readonly #prefixOf: (address: AddressKey) => string;
  readonly #prefixes = new Prefixes();
  readonly #resumption: Resumption | undefined;
  readonly #dummyKey: Uint8Array;
  #policy: ServerPolicy;

  constructor(options: ServerOptions) {
    super(options, options.connectionIds?.length ?? 0);
    const { random, resumption } = options;
    this.#options = options;
    const cookies = new CookieJar(random, options.cookieSecretLifetimeMs ?? DEFAULT_COOKIE_SECRET_LIFETIME_MS);
    this.#listener = new Listener(this.out, cookies, this.limits, (address, count) => {
      const detail = `${count} ClientHellos with wrong cookies: somebody sends from forged addresses`;
      this.tell(address, { check: 'bad-cookie-flood', detail }, {});
    });
    this.#prefixOf = options.prefixOf ?? ((address) => address);
    this.#resumption = resumption && new Resumption(resumption, random);
    this.#dummyKey = random(DUMMY_KEY_LENGTH);
    this.#policy = policyOf(options, this.suites, this.groups);
  }

  /** Replaces all identities; handshakes under way go on with the one that they have. */
  setIdentities(identities: readonly ServerIdentity[]): void {
    this.#policy = withIdentities(this.#policy, identities);
  }

  /**
   * Answers a `findPsk` effect; an answer that comes too late is ignored.
   * An unknown identity goes on with a key that nobody holds: the peer can't tell it from a wrong key.
   *
   * @param found the pre-shared key, or nothing when the identity is unknown (a key that is empty or too long counts as nothing)
   */
  pskFound(lookup: LookupId, found: PskFound | undefined, now: number): void {
    const handshake = this.takeLookup(lookup);
    if (handshake?.suite === undefined) return;
    const psk = usableKey(found?.key);
    if (psk === undefined) handshake.hopeless = 'unknown-identity';
    else if (found?.suites && !found.suites.includes(handshake.suite.name)) handshake.hopeless = 'no-common-suite';
    handshake.psk = psk === undefined || handshake.hopeless !== undefined ? Uint8Array.from(this.#dummyKey) : psk;
    handshake.credential = found?.credential ?? '';
    this.advance(handshake, 'credential', now);
  }

  /** Answers a `findResumed` effect: whether the session may be resumed. If not, a full handshake follows. */
  resumedFound(lookup: LookupId, admitted: boolean, now: number): void {
    const handshake = this.takeLookup(lookup);
    const negotiated = handshake?.negotiated;
    if (handshake === undefined || negotiated === undefined) return;
    if (!admitted) beginInFull(handshake, negotiated, this.#resumption, this.random);
    this.advance(handshake, 'resumable', now);
  }

  protected override mostPerPrefix(): number {
    return this.#prefixes.most;
  }

  protected override onClientHello(address: AddressKey, record: DtlsRecord, fragment: Fragment, now: number): boolean {
    const greeting = this.#listener.hear(address, record, fragment, now);
    if (greeting !== undefined) this.#admit(greeting, now);
    return true;
  }

  protected override judge(handshake: Handshake, message: HandshakeMessage): Objection | undefined {
    if (message.kind === 'finished' && !handshake.verifyFinished(message.body.verifyData)) return BAD_FINISHED;
    return judgeClient(handshake, message, this.limits);
  }

  protected override enter(handshake: Handshake, now: number): void {
    const { state, negotiated } = handshake;
    if (negotiated === undefined) return;
    switch (state) {
      case 'server-await-resumable':
        this.#askWhetherResumable(handshake);
        break;
      case 'server-await-key-pair':
        this.compute(handshake, generateTask(handshake));
        break;
      case 'server-await-signature':
        this.compute(handshake, signParametersTask(handshake, negotiated));
        break;
      case 'server-await-certificate':
        this.flights.start(
          handshake,
          serverFlight(handshake, negotiated, this.#options.certificateAuthorities ?? []),
          now,
        );
        break;
      case 'server-await-client-key-exchange':
        if (handshake.flight === undefined) this.flights.start(handshake, serverFlight(handshake, negotiated, []), now);
        break;
      case 'server-await-verification':
        this.flights.stop(handshake);
        this.compute(handshake, verifyTask(handshake));
        break;
      case 'server-await-peer':
      case 'server-await-credential':
        this.flights.stop(handshake);
        this.#askForCredential(handshake);
        break;
      case 'server-await-key-agreement':
        this.compute(handshake, agreeTask(handshake));
        break;
      case 'server-await-change-cipher-spec':
        if (handshake.path === 'resumed') this.#resume(handshake, negotiated, now);
        else this.#deriveKeys(handshake);
        if (handshake.changeCipherSpecHeld) this.onChangeCipherSpec(handshake, now);
        break;
      case 'server-established':
        this.#finish(handshake, now);
        break;
      default:
        break;
    }
  }

  /**
   * Told, but not heeded: without keys anybody could have sent it, and a handshake that the peer has given up
   * ends by itself.
   */
  protected override onHandshakeAlert(handshake: Handshake, objection: Objection): void {
    this.report(handshake, objection);
  }

  /** Silence for the peer; the handshake stays, since a forged record may have come before the true one. */
  protected override onUnopened(handshake: Handshake): void {
    this.report(handshake, UNOPENED[handshake.hopeless ?? 'wrong-key']);
  }

  protected override end(handshake: Handshake): void {
    super.end(handshake);
    this.#prefixes.delete(handshake);
  }

  /** A ClientHello whose sender receives at its address. */
  #admit({ address, hello, message, sequence }: Greeting, now: number): void {
    const earlier = this.handshakes.get(address);
    if (earlier !== undefined && sameBytes(earlier.clientRandom, hello.random)) {
      this.flights.repeat(earlier);
      return;
    }
    const live = this.sessions.awakeAt(address);
    if (live.some(({ lastFlight }) => lastFlight && sameBytes(lastFlight.clientRandom, hello.random))) {
      this.out.drops.unexpected++;
      return;
    }
    const result = negotiate(hello, this.#policy);
    if (!result.ok) {
      this.#turnAway(address, sequence, result.objection);
      return;
    }
    const negotiated = result.value;
    const resuming = this.#resumption?.find(hello, negotiated, this.suites, now);
    const objection = resuming && objectToResumption(negotiated);
    if (objection !== undefined) {
      this.#turnAway(address, sequence, objection);
      return;
    }
    if (earlier !== undefined) this.end(earlier);
    const prefix = this.#prefixOf(address);
    this.#makeRoom('halfOpenPerPrefix', this.#prefixes.of(prefix));
    this.#makeRoom('halfOpen', this.handshakes);
    const handshake = new Handshake({
      role: 'server',
      state: 'server-listening',
      path: 'resumed',
      address,
      prefix,
      clientRandom: Uint8Array.from(hello.random),
      limits: this.limits,
      firstRecord: sequence,
      firstMessage: message.messageSequence,
      expectMessage: message.messageSequence + 1,
      expiresAt: now + this.limits.handshakeMs,
    });
    this.#prefixes.add(handshake);
    this.begin(handshake);
    handshake.received(message);
    adopt(handshake, negotiated, this.#options.connectionIds, this.random);
    if (resuming === undefined) beginInFull(handshake, negotiated, this.#resumption, this.random);
    else beginResumption(handshake, resuming, hello.sessionId);
    this.advance(handshake, 'client-hello', now);
  }

  /** Tells the peer and the operator why no handshake begins. */
  #turnAway(address: AddressKey, sequence: number, objection: Objection): void {
    const alert = encodeAlert(AlertLevel.FATAL, objection.alert ?? 'handshake_failure');
    this.out.send(address, plaintextRecord(ContentType.ALERT, sequence, alert));
    this.tell(address, objection, {});
  }

  /**
   * At a limit the handshake that has been under way longest gives way: honest ones last for a round trip or two, so
   * that only who outruns them all keeps them out, and not who begins handshakes and lets them lie.
   */
  #makeRoom(
    limit: 'halfOpen' | 'halfOpenPerPrefix',
    handshakes?: Pick<ReadonlySet<Handshake>, 'size' | 'values'>,
  ): void {
    if (handshakes === undefined || handshakes.size < this.limits[limit]) return;
    for (const oldest of handshakes.values()) {
      this.out.drops.overLimit++;
      const detail = `it gave way to newer ones: ${handshakes.size} are under way, the limit ${limit}`;
      this.refuse(oldest, { check: 'limit', detail });
      return;
    }
  }

  #askWhetherResumable(handshake: Handshake): void {
    const { resuming } = handshake;
    if (resuming === undefined) return;
    const { identity, credential } = resuming;
    this.lookUp(handshake, (lookup) => ({ kind: 'findResumed', lookup, identity, credential }));
  }

  #askForCredential(handshake: Handshake): void {
    const { presented, serverName } = handshake;
    if (presented === undefined) return;
    const named = serverName === undefined ? {} : { serverName };
    this.lookUp(handshake, (lookup) =>
      presented.kind === 'psk'
        ? { kind: 'findPsk', lookup, identity: presented.identity, ...named }
        : { kind: 'findPeer', lookup, presented, ...named },
    );
  }

  #deriveKeys(handshake: Handshake): void {
    handshake.agree();
    handshake.protect(this.keyLog);
  }

  /** ServerHello, ChangeCipherSpec, Finished: with a session that is resumed the server ends first (RFC 5246 §7.3). */
  #resume(handshake: Handshake, negotiated: Negotiated, now: number): void {
    if (handshake.resuming === undefined) return;
    const hello = serverHello(handshake, negotiated);
    handshake.resume(handshake.resuming);
    handshake.protect(this.keyLog);
    const finished = handshake.compose('finished', { verifyData: handshake.finishedOf('server') }, 1);
    this.flights.start(handshake, [hello, { kind: 'change-cipher-spec' }, finished], now);
  }

  /** The client has ended the handshake; so does the server, unless it has already. */
  #finish(handshake: Handshake, now: number): void {
    const { clientRandom, address, layer } = handshake;
    const items: FlightItem[] = handshake.path === 'resumed' ? [] : this.#lastFlight(handshake, now);
    if (items.length > 0) this.out.sendFlight(address, items, layer);
    this.establish(handshake, { items, clientRandom }, now);
  }

  #lastFlight(handshake: Handshake, now: number): FlightItem[] {
    const items: FlightItem[] = [];
    const session = this.#resumption && resumableOf(handshake, now + this.#resumption.lifetimeMs);
    if (session !== undefined && handshake.ticketPromised) {
      const ticket = this.#resumption?.seal(session, now) ?? new Uint8Array(0);
      const lifetimeSeconds = Math.floor((session.expiresAt - now) / 1_000);
      items.push(handshake.compose('new-session-ticket', { lifetimeSeconds, ticket }));
    } else if (session !== undefined && handshake.sessionId.length > 0) {
      this.#resumption?.remember(handshake.sessionId, session);
    }
    const finished = handshake.compose('finished', { verifyData: handshake.finishedOf('server') }, 1);
    return [...items, { kind: 'change-cipher-spec' }, finished];
  }
}

/** Whether two public values are equal. */
function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0;
}

/** The server's side of DTLS 1.2 with pre-shared keys. */
import { createSecretKey, KeyObject } from 'node:crypto';
import { AlertLevel, type AlertName, encodeAlert } from './alert.ts';
import { CookieJar } from './cookie.ts';
import type { AddressKey, LookupId, PskFound, RefusalCheck } from './effects.ts';
import { Endpoint } from './endpoint.ts';
import type { FlightItem } from './flight.ts';
import { type Fragment, unfragmented, type WholeMessage } from './fragments.ts';
import { Handshake } from './handshake.ts';
import { type IdentityLabel, identityLabel } from './identity.ts';
import type { DtlsSizes } from './limits.ts';
import {
  type ClientHello,
  decodeBody,
  type Extension,
  ExtensionType,
  encodeBody,
  findExtension,
  HANDSHAKE_MESSAGES,
  type HandshakeMessage,
  NULL_COMPRESSION,
  RANDOM_LENGTH,
  Version,
} from './messages.ts';
import type { ServerOptions } from './options.ts';
import { ContentType, type DtlsRecord, plaintextRecord } from './record.ts';
import { type State, TRANSITIONS } from './states.ts';
import { EMPTY_RENEGOTIATION_INFO_SCSV, type Suite, suiteLabel } from './suites.ts';

/** Our numbers go on from those of the ClientHello: no honest one is so high that they could run out. */
const MAX_HELLO_RECORD = 2 ** 32;
const MAX_HELLO_MESSAGE = 2 ** 8;

const DEFAULT_COOKIE_SECRET_LIFETIME_MS = 60_000;
/** Length of the key that takes the place of an unknown one; any length that real keys have will do. */
const DUMMY_KEY_LENGTH = 16;
/** The whole of an initial renegotiation_info: an empty list of verify data (RFC 5746 §3.2). */
const INITIAL_RENEGOTIATION_INFO = Uint8Array.of(0);

/** A ClientHello as it came. */
interface Greeting {
  readonly address: AddressKey;
  readonly hello: ClientHello;
  readonly message: WholeMessage;
  /** Sequence number of its record. */
  readonly sequence: number;
}

/** Many peers; sans-I/O. Each peer proves that it receives at its address before anything is kept for it. */
export class DtlsServer extends Endpoint {
  readonly #cookies: CookieJar;
  readonly #prefixOf: (address: AddressKey) => string;
  /** Handshakes under way by prefix, the one that began first comes first. */
  readonly #prefixes = new Map<string, Set<Handshake>>();
  readonly #lookups = new Map<LookupId, Handshake>();
  readonly #dummyKey: KeyObject;
  #lastLookup = 0;
  #badCookies = 0;

  constructor(options: ServerOptions) {
    super(options);
    this.#cookies = new CookieJar(options.random, options.cookieSecretLifetimeMs ?? DEFAULT_COOKIE_SECRET_LIFETIME_MS);
    this.#prefixOf = options.prefixOf ?? ((address) => address);
    this.#dummyKey = createSecretKey(options.random(DUMMY_KEY_LENGTH));
  }

  /**
   * Answers a `findPsk` effect; an answer that comes too late is ignored.
   * An unknown identity goes on with a key that nobody holds: the peer can't tell it from a wrong key.
   *
   * @param found the pre-shared key, or nothing when the identity is unknown (an empty key counts as nothing)
   */
  pskFound(lookup: LookupId, found: PskFound | undefined, now: number): void {
    const handshake = this.#lookups.get(lookup);
    if (handshake?.suite === undefined) return;
    this.#lookups.delete(lookup);
    const cell = TRANSITIONS[handshake.state].credential;
    if (typeof cell === 'string') return;
    const psk = usableKey(found?.key);
    handshake.credential = found?.credential ?? '';
    handshake.state = cell.next;
    handshake.identityKnown = psk !== undefined;
    handshake.deriveKeys(psk ?? this.#dummyKey, handshake.suite);
    if (handshake.changeCipherSpecHeld) this.onChangeCipherSpec(handshake, now);
  }

  /** Gives up the handshakes under way of an identity: the key that they were given is not good any more. */
  abandon(identity: IdentityLabel): void {
    for (const handshake of this.handshakes.values()) {
      if (handshake.presented !== undefined && identityLabel(handshake.presented) === identity) this.end(handshake);
    }
  }

  override sizes(): DtlsSizes {
    let halfOpenPerPrefix = 0;
    for (const { size } of this.#prefixes.values()) halfOpenPerPrefix = Math.max(halfOpenPerPrefix, size);
    return { ...this.commonSizes(), halfOpenPerPrefix, lookups: this.#lookups.size };
  }

  /** Stateless until the cookie is right (RFC 6347 §4.2.1). */
  protected override onClientHello(address: AddressKey, record: DtlsRecord, fragment: Fragment, now: number): boolean {
    const cell = TRANSITIONS['server-listening']['client-hello'];
    if (typeof cell === 'string') return false;
    const body = fragment.bytes;
    const decoded = fragment.length === body.length ? decodeBody('client-hello', body) : undefined;
    const numbered = record.sequence <= MAX_HELLO_RECORD && fragment.messageSequence <= MAX_HELLO_MESSAGE;
    if (decoded?.ok !== true || decoded.message.kind !== 'client-hello' || !numbered) {
      this.out.drops.malformed++;
      return true;
    }
    if (this.#cookies.rotate(now)) this.#badCookies = 0;
    const hello = decoded.message.body;
    if (this.#cookies.check(address, hello, body)) {
      const { type, messageSequence } = fragment;
      const message = { type, messageSequence, body };
      this.#admit({ address, hello, message, sequence: record.sequence }, cell.next, now);
      return true;
    }
    if (hello.cookie.length > 0) this.#onBadCookie(address);
    this.#requestVerification(address, this.#cookies.make(address, hello, body), record.sequence);
    return true;
  }

  protected override accept(handshake: Handshake, message: HandshakeMessage, now: number): void {
    if (message.kind === 'client-key-exchange') this.#onIdentity(handshake, message.body.identity);
    else if (message.kind === 'finished') this.#finish(handshake, now);
  }

  /**
   * Told, but not heeded: without keys anybody could have sent it, and a handshake that the peer has given up
   * ends by itself.
   */
  protected override onHandshakeAlert(handshake: Handshake, detail: string): void {
    this.report(handshake, 'alert', detail);
  }

  /** Silence for the peer; the handshake stays, since a forged record may have come before the true one. */
  protected override onUnopened(handshake: Handshake): void {
    if (handshake.identityKnown) this.report(handshake, 'wrong-key', 'the peer holds another key for this identity');
    else this.report(handshake, 'unknown-identity', 'no key is known for this identity');
  }

  protected override end(handshake: Handshake): void {
    super.end(handshake);
    if (handshake.lookup !== undefined) this.#lookups.delete(handshake.lookup);
    const neighbours = this.#prefixes.get(handshake.prefix);
    neighbours?.delete(handshake);
    if (neighbours?.size === 0) this.#prefixes.delete(handshake.prefix);
  }

  #onBadCookie(address: AddressKey): void {
    this.out.drops.badCookie++;
    this.#badCookies++;
    if (this.#badCookies !== this.limits.badCookies) return;
    const detail = `${this.#badCookies} ClientHellos with wrong cookies: somebody sends from forged addresses`;
    this.out.emit({ kind: 'refused', address, check: 'bad-cookie-flood', detail });
  }

  /** The record carries the sequence number of the ClientHello, since nothing is known of earlier ones. */
  #requestVerification(address: AddressKey, cookie: Uint8Array, sequence: number): void {
    const type = HANDSHAKE_MESSAGES['hello-verify-request'].type;
    // Always DTLS 1.0: the version is not negotiated here (RFC 6347 §4.2.1).
    const body = encodeBody('hello-verify-request', { version: Version.DTLS_1_0, cookie });
    const message = unfragmented({ type, messageSequence: 0, body });
    const datagram = plaintextRecord(ContentType.HANDSHAKE, sequence, message, Version.DTLS_1_0);
    this.out.send(address, datagram);
  }

  /** A ClientHello whose sender receives at its address. */
  #admit({ address, hello, message, sequence }: Greeting, state: State, now: number): void {
    const earlier = this.handshakes.get(address);
    if (earlier !== undefined && sameBytes(earlier.clientRandom, hello.random)) {
      if (earlier.flight !== undefined) this.out.sendFlight(address, earlier.flight.items, earlier.layer);
      return;
    }
    const live = this.sessions.at(address);
    if (live?.lastFlight !== undefined && sameBytes(live.lastFlight.clientRandom, hello.random)) {
      this.out.drops.unexpected++;
      return;
    }
    const suite = this.#negotiate(address, hello, sequence);
    if (suite === undefined) return;
    if (earlier !== undefined) this.end(earlier);
    const prefix = this.#prefixOf(address);
    this.#makeRoom('halfOpenPerPrefix', this.#prefixes.get(prefix));
    this.#makeRoom('halfOpen', this.handshakes);
    const handshake = new Handshake({
      role: 'server',
      state,
      address,
      prefix,
      clientRandom: Uint8Array.from(hello.random),
      limits: this.limits,
      firstRecord: sequence,
      firstMessage: message.messageSequence,
      expectMessage: message.messageSequence + 1,
      expiresAt: now + this.limits.handshakeMs,
    });
    this.#prefixes.set(prefix, (this.#prefixes.get(prefix) ?? new Set()).add(handshake));
    this.begin(handshake);
    handshake.received(message);
    handshake.suite = suite;
    this.startFlight(handshake, this.#helloFlight(handshake, suite, hello), now);
  }

  /**
   * At a limit the handshake that has been under way longest gives way: honest ones last for a round trip or two, so
   * that only who outruns them all keeps them out, and not who begins handshakes and lets them lie.
   */
  #makeRoom(limit: 'halfOpen' | 'halfOpenPerPrefix', handshakes?: Pick<Set<Handshake>, 'size' | 'values'>): void {
    if (handshakes === undefined || handshakes.size < this.limits[limit]) return;
    for (const oldest of handshakes.values()) {
      this.out.drops.overLimit++;
      this.fail(oldest, 'limit', `it gave way to newer ones: ${handshakes.size} are under way, the limit ${limit}`);
      return;
    }
  }

  /** The preferred common suite; without one, the peer and the operator are told why. */
  #negotiate(address: AddressKey, hello: ClientHello, sequence: number): Suite | undefined {
    const refuse = (check: RefusalCheck, alert: AlertName, detail: string, offered?: readonly string[]): undefined => {
      const datagram = plaintextRecord(ContentType.ALERT, sequence, encodeAlert(AlertLevel.FATAL, alert));
      this.out.send(address, datagram);
      this.#refuse(address, check, detail, offered);
    };
    if (hello.version > Version.DTLS_1_2 || hello.version >> 8 !== 0xfe) {
      const offered = [`0x${hello.version.toString(16)}`];
      return refuse('unsupported-version', 'protocol_version', 'the peer does not speak DTLS 1.2', offered);
    }
    if (!hello.compressionMethods.includes(NULL_COMPRESSION)) {
      return refuse('malformed', 'illegal_parameter', 'the peer insists on compression');
    }
    const renegotiation = findExtension(hello.extensions, ExtensionType.RENEGOTIATION_INFO);
    if (renegotiation !== undefined && !sameBytes(renegotiation, INITIAL_RENEGOTIATION_INFO)) {
      return refuse('malformed', 'handshake_failure', 'the peer wants to renegotiate a session that is not here');
    }
    const suite = this.suites.find(({ id }) => hello.cipherSuites.includes(id));
    if (suite !== undefined) return suite;
    const detail = `none of the peer's cipher suites is allowed here: ${this.suites.map(({ name }) => name).join(', ')}`;
    return refuse('no-common-suite', 'handshake_failure', detail, hello.cipherSuites.map(suiteLabel));
  }

  #refuse(address: AddressKey, check: RefusalCheck, detail: string, offered?: readonly string[]): void {
    this.out.emit({ kind: 'refused', address, check, detail, ...(offered && { offered }) });
  }

  /** ServerHello and ServerHelloDone; without an identity hint there is no ServerKeyExchange (RFC 4279 §2). */
  #helloFlight(handshake: Handshake, suite: Suite, hello: ClientHello): FlightItem[] {
    const extensions: Extension[] = [];
    const { EXTENDED_MASTER_SECRET, RENEGOTIATION_INFO } = ExtensionType;
    if (findExtension(hello.extensions, EXTENDED_MASTER_SECRET) !== undefined) {
      handshake.extendedMasterSecret = true;
      extensions.push({ type: EXTENDED_MASTER_SECRET, data: new Uint8Array(0) });
    }
    const knowsRenegotiationInfo =
      hello.cipherSuites.includes(EMPTY_RENEGOTIATION_INFO_SCSV) ||
      findExtension(hello.extensions, RENEGOTIATION_INFO) !== undefined;
    if (knowsRenegotiationInfo) extensions.push({ type: RENEGOTIATION_INFO, data: INITIAL_RENEGOTIATION_INFO });
    handshake.serverRandom = this.random(RANDOM_LENGTH);
    const serverHello = handshake.compose('server-hello', {
      version: Version.DTLS_1_2,
      random: handshake.serverRandom,
      sessionId: new Uint8Array(0),
      cipherSuite: suite.id,
      compressionMethod: NULL_COMPRESSION,
      extensions,
    });
    return [serverHello, handshake.compose('server-hello-done', {})];
  }

  #onIdentity(handshake: Handshake, identity: Uint8Array): void {
    const { identityBytes, lookups } = this.limits;
    if (identity.length > identityBytes) {
      const detail = `an identity of ${identity.length} octets: the limit identityBytes is ${identityBytes}`;
      this.fail(handshake, 'limit', detail);
      return;
    }
    const copy = Uint8Array.from(identity);
    handshake.presented = { kind: 'psk', identity: copy };
    if (this.#lookups.size >= lookups) {
      this.out.drops.overLimit++;
      this.fail(handshake, 'limit', `${lookups} identities are being looked up: the limit lookups`);
      return;
    }
    this.stopFlight(handshake);
    const lookup = ++this.#lastLookup as LookupId;
    handshake.lookup = lookup;
    this.#lookups.set(lookup, handshake);
    this.out.emit({ kind: 'findPsk', lookup, identity: copy });
  }

  #finish(handshake: Handshake, now: number): void {
    const { suite, clientRandom, address } = handshake;
    if (suite === undefined) return;
    const finished = handshake.compose('finished', { verifyData: handshake.finishedOf('server') }, 1);
    const items: FlightItem[] = [{ kind: 'change-cipher-spec' }, finished];
    this.out.sendFlight(address, items, handshake.layer);
    this.establish(handshake, suite, { items, clientRandom }, now);
  }
}

/** A key that can serve; an empty one, or none, can't. */
function usableKey(key: KeyObject | Uint8Array | undefined): KeyObject | undefined {
  if (key instanceof KeyObject) return key.type === 'secret' && key.symmetricKeySize ? key : undefined;
  return key !== undefined && key.length > 0 ? createSecretKey(key) : undefined;
}

/** Whether two public values are equal. */
function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0;
}

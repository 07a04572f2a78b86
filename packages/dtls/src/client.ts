/** The client's side of DTLS 1.2. */
import { SIGNATURE_SCHEMES, schemeOfKey } from './algorithms.ts';
import { encodeCertificate } from './certificates.ts';
import { judgeServer } from './client-judge.ts';
import { makeOffer, type Offer } from './client-offer.ts';
import type { CryptoTask } from './compute.ts';
import { Endpoint } from './endpoint.ts';
import type { FlightItem } from './flight.ts';
import { Handshake } from './handshake.ts';
import { encodeClientKeyExchange } from './key-exchange.ts';
import { type HandshakeMessage, NULL_COMPRESSION, RANDOM_LENGTH, Version } from './messages.ts';
import { BAD_FINISHED, type Objection } from './objection.ts';
import { type ClientIdentity, type ClientOptions, DEFAULT_RESUMPTION_LIFETIME_MS } from './options.ts';
import { usableKey } from './pre-shared-key.ts';
import { type Resumable, type ResumptionState, resumableOf, SESSION_ID_LENGTH } from './resumption.ts';
import { EMPTY_RENEGOTIATION_INFO_SCSV, type Suite } from './suites.ts';
import { agreeTask, generateTask, verifyTask } from './tasks.ts';

/** What says nothing of the session that was to be resumed. */
const NETWORK_CHECKS: readonly Objection['check'][] = ['timeout', 'fragment-lost', 'mtu'];

/** One server; sans-I/O. `established` and `refused` say how a `connect` ended. */
export class DtlsClient extends Endpoint {
  readonly #options: ClientOptions;
  readonly #suites: readonly Suite[];
  #offer: Offer;
  #cookie: Uint8Array = new Uint8Array(0);
  /** The first messages of our second flight, when a signature is still to come. */
  #items: FlightItem[] = [];
  #session: ResumptionState | undefined;

  /** @throws RangeError when the identity can't serve */
  constructor(options: ClientOptions) {
    super(options, options.connectionId instanceof Uint8Array ? options.connectionId.length : 0);
    this.#options = options;
    checkIdentity(options.identity, this.limits.identityBytes);
    const ecdsa = options.identity.kind !== 'psk';
    this.#suites = this.suites.filter(({ keyExchange }) => (keyExchange === 'ecdhe-ecdsa') === ecdsa);
    if (this.#suites.length === 0) throw new RangeError('none of the suites is for such an identity');
    this.#session = options.resumption?.state;
    this.#offer = this.#newOffer(undefined);
  }

  /** Starts a handshake unless one is under way. A live session stays until the new one is established. */
  connect(now: number): void {
    if (this.handshakes.size > 0) return;
    const handshake = new Handshake({
      role: 'client',
      state: 'client-await-hello',
      path: 'psk',
      address: this.#options.address,
      prefix: '',
      clientRandom: this.random(RANDOM_LENGTH),
      limits: this.limits,
      firstRecord: 0,
      firstMessage: 0,
      expectMessage: 0,
      // The last retransmission ends it.
      expiresAt: Number.POSITIVE_INFINITY,
    });
    const { identity } = this.#options;
    if (identity.kind === 'psk') handshake.presented = { kind: 'psk', identity: identity.identity };
    handshake.serverName = this.#options.serverName;
    const session = this.#session;
    this.#offer = this.#newOffer(session && session.expiresAt > now ? session : undefined);
    this.#cookie = new Uint8Array(0);
    this.#items = [];
    this.begin(handshake);
    this.flights.start(handshake, [this.#clientHello(handshake)], now);
  }

  /** What resumes the last session, to be kept for another client. Holds its master secret. */
  get resumable(): ResumptionState | undefined {
    return this.#session;
  }

  protected override mostPerPrefix(): number {
    return this.handshakes.size;
  }

  /** A client does not listen: the state table has the last word. */
  protected override onClientHello(): boolean {
    return false;
  }

  protected override judge(handshake: Handshake, message: HandshakeMessage): Objection | undefined {
    if (message.kind === 'hello-verify-request') {
      this.#cookie = Uint8Array.from(message.body.cookie);
      return undefined;
    }
    if (message.kind === 'finished')
      return handshake.verifyFinished(message.body.verifyData) ? undefined : BAD_FINISHED;
    const { identity, requireExtendedMasterSecret = false } = this.#options;
    return judgeServer(handshake, message, this.#offer, { identity, requireExtendedMasterSecret });
  }

  protected override enter(handshake: Handshake, now: number): void {
    switch (handshake.state) {
      case 'client-await-server-hello':
        handshake.restartTranscript();
        this.flights.start(handshake, [this.#clientHello(handshake)], now);
        break;
      case 'client-await-verification':
        this.#pause(handshake, now);
        this.compute(handshake, verifyTask(handshake));
        break;
      case 'client-await-peer':
        this.#judgePeer(handshake, now);
        break;
      case 'client-await-key-pair':
        this.#pause(handshake, now);
        this.compute(handshake, generateTask(handshake));
        break;
      case 'client-await-key-agreement':
        this.compute(handshake, agreeTask(handshake));
        break;
      case 'client-await-signature':
        this.#items = this.#keyExchange(handshake);
        this.compute(handshake, this.#signTask(handshake));
        break;
      case 'client-await-session-ticket':
        if (handshake.resuming) this.#resume(handshake, handshake.resuming);
        else this.#sendFinished(handshake, now);
        if (!handshake.ticketPromised) this.advance(handshake, 'no-ticket', now);
        break;
      case 'client-await-change-cipher-spec':
        if (handshake.changeCipherSpecHeld) this.onChangeCipherSpec(handshake, now);
        break;
      case 'client-established':
        this.#finish(handshake, now);
        break;
      default:
        break;
    }
  }

  /** Heeded although nothing proves it: a client can connect again at once. */
  protected override onHandshakeAlert(handshake: Handshake, objection: Objection): void {
    this.refuse(handshake, objection);
  }

  /** A forged record; a server that holds another key says nothing. */
  protected override onUnopened(): void {}

  /** A session whose resumption fails, unless for want of a network, is not offered again. */
  protected override refuse(handshake: Handshake, objection: Objection): void {
    if (!NETWORK_CHECKS.includes(objection.check)) this.#session = undefined;
    super.refuse(handshake, objection);
  }

  #newOffer(session: ResumptionState | undefined): Offer {
    return makeOffer(this.#options, this.#suites, this.groups, session);
  }

  #clientHello(handshake: Handshake): FlightItem {
    const { suites, extensions, session } = this.#offer;
    return handshake.compose('client-hello', {
      version: Version.DTLS_1_2,
      random: handshake.clientRandom,
      sessionId: session?.sessionId ?? new Uint8Array(0),
      cookie: this.#cookie,
      cipherSuites: [...suites.map(({ id }) => id), EMPTY_RENEGOTIATION_INFO_SCSV],
      compressionMethods: [NULL_COMPRESSION],
      extensions,
    });
  }

  /** The server's flight is here, and ours takes a while. */
  #pause(handshake: Handshake, now: number): void {
    handshake.expiresAt = now + this.limits.handshakeMs;
    this.flights.stop(handshake);
  }

  /** A raw key has been compared with the one that was expected; what to think of a certificate the caller says. */
  #judgePeer(handshake: Handshake, now: number): void {
    const { presented, serverName } = handshake;
    if (presented?.kind !== 'certificate') {
      this.advance(handshake, 'peer', now);
      return;
    }
    const named = serverName === undefined ? {} : { serverName };
    this.lookUp(handshake, (lookup) => ({ kind: 'findPeer', lookup, presented, ...named }));
  }

  /** Certificate and ClientKeyExchange, and with them the master secret. */
  #keyExchange(handshake: Handshake): FlightItem[] {
    const { identity } = this.#options;
    const { keyPair, keyExchange } = handshake;
    const items: FlightItem[] = [];
    if (identity.kind !== 'psk') {
      items.push(handshake.compose('certificate', { content: encodeCertificate(identity) }));
    } else {
      handshake.psk = usableKey(identity.key);
    }
    const content = encodeClientKeyExchange(keyExchange, {
      ...(identity.kind === 'psk' && { identity: identity.identity }),
      ...(keyPair && { publicKey: keyPair.publicKey }),
    });
    items.push(handshake.compose('client-key-exchange', { content }));
    handshake.agree();
    return items;
  }

  #signTask(handshake: Handshake): CryptoTask | undefined {
    const { identity } = this.#options;
    if (identity.kind === 'psk') return undefined;
    const { privateKey } = identity;
    const { signatureScheme: scheme } = handshake;
    return scheme && { kind: 'sign', scheme, privateKey, data: handshake.transcript() };
  }

  /** The flight that ends with our Finished. */
  #sendFinished(handshake: Handshake, now: number): void {
    const { signature } = handshake;
    const items = signature
      ? [...this.#items, this.#certificateVerify(handshake, signature)]
      : this.#keyExchange(handshake);
    this.#items = [];
    handshake.protect(this.keyLog);
    const finished = handshake.compose('finished', { verifyData: handshake.finishedOf('client') }, 1);
    handshake.expiresAt = Number.POSITIVE_INFINITY;
    this.flights.start(handshake, [...items, { kind: 'change-cipher-spec' }, finished], now);
  }

  #certificateVerify(handshake: Handshake, signature: Uint8Array): FlightItem {
    const { signatureScheme: scheme } = handshake;
    return handshake.compose('certificate-verify', { scheme: scheme ? SIGNATURE_SCHEMES[scheme].id : 0, signature });
  }

  /** The server resumes: its Finished comes next. */
  #resume(handshake: Handshake, session: Resumable): void {
    handshake.resume(session);
    handshake.protect(this.keyLog);
  }

  /** The server has ended the handshake; so does the client, if the session is resumed. */
  #finish(handshake: Handshake, now: number): void {
    this.#keep(handshake, now);
    const { address, clientRandom, layer } = handshake;
    if (handshake.path !== 'resumed') {
      this.establish(handshake, undefined, now);
      return;
    }
    const finished = handshake.compose('finished', { verifyData: handshake.finishedOf('client') }, 1);
    const items: FlightItem[] = [{ kind: 'change-cipher-spec' }, finished];
    this.out.sendFlight(address, items, layer);
    this.establish(handshake, { items, clientRandom }, now);
  }

  /** Keeps what resumes the session: by the server's ticket, or by the id that it has given. */
  #keep(handshake: Handshake, now: number): void {
    const { ticket, sessionId, resuming, path } = handshake;
    if (this.#options.resumption === undefined || (path === 'resumed' && ticket === undefined)) return;
    const told = (ticket?.lifetimeSeconds ?? 0) * 1_000;
    const lifetimeMs = told > 0 ? told : DEFAULT_RESUMPTION_LIFETIME_MS;
    const expiresAt = now + lifetimeMs;
    const session = resuming ? { ...resuming, expiresAt } : resumableOf(handshake, expiresAt);
    if (session === undefined || (ticket === undefined && sessionId.length === 0)) this.#session = undefined;
    // With a ticket the id is of our choice: the server repeats it if it resumes (RFC 5077 §3.4).
    else if (ticket) this.#session = { ...session, ticket: ticket.ticket, sessionId: this.random(SESSION_ID_LENGTH) };
    else this.#session = { ...session, sessionId };
  }
}

function checkIdentity(identity: ClientIdentity, identityBytes: number): void {
  if (identity.kind !== 'psk') {
    if (schemeOfKey(identity.privateKey) === undefined)
      throw new RangeError('the private key is not on P-256 or P-384');
    return;
  }
  if (usableKey(identity.key) === undefined) throw new RangeError('the pre-shared key is empty or too long');
  if (identity.identity.length > identityBytes) throw new RangeError('the identity exceeds limits.identityBytes');
}

import { type CoapEffect, CoapEndpoint, decodeMessage, ExchangeId, ObservationScope, type PeerKey } from '@reeve/coap';
import type { CryptoResult, CryptoTask } from '@reeve/dtls';
import type { Millis, RegistrationId } from '../ids.ts';
import { shownRandom } from '../randomness.ts';
import type { PeerAddress } from './address.ts';
import { AddressProofs } from './address-proofs.ts';
import { Arrivals } from './arrivals.ts';
import { BootstrapOperations } from './bootstrap-operations.ts';
import { HandshakeCensus } from './census.ts';
import { Connections, type StreamSide } from './connections.ts';
import { Decoder } from './decoder.ts';
import { answerOf } from './encoder.ts';
import { Operations } from './operations.ts';
import { OscoreSessions } from './oscore.ts';
import type { LinkConfig, LinkDown, LinkUp, Listener, SessionId } from './port.ts';
import { refusalOfCoap } from './refusals.ts';
import { SecureSessions } from './secure-sessions.ts';
import { type Session, SessionTable } from './sessions.ts';
import type { TlsSecrets } from './tls-secrets.ts';
import { traceLine } from './trace.ts';
import { isFetch, partOf } from './transfers.ts';

interface OwnerOptions {
  readonly random: (length: number) => Uint8Array;
  readonly wallClock: () => Millis;
  readonly send: (ingress: number, host: string, port: number, datagram: Uint8Array) => void;
  /** The sockets under connections. */
  readonly streams: StreamSide;
  /** What TLS proves itself with, and whom it believes. */
  readonly secrets: TlsSecrets;
  readonly deliver: (message: LinkUp) => void;
  /** Slot of the Connection IDs that are given out. */
  readonly connectionIdSlot: number;
  /** The sockets, by their index. */
  readonly listen: readonly Listener[];
  /** Does asymmetric cryptography, here or on another thread; `done` is called once, whenever that is. */
  readonly compute: (task: CryptoTask, done: (result: CryptoResult, now: number) => void) => void;
  readonly transmission?: LinkConfig['transmission'];
  /** Gets the keys of every session, a line of NSS's key log format for each. */
  readonly keyLog?: (line: string) => void;
}

/** What is observed over one session: for a gateway, on all the devices behind it. */
const OBSERVATIONS_PER_SESSION = 4096;

/**
 * The session owner: DTLS, CoAP and LwM2M encoding joined, sans-I/O. Datagrams and capability messages come in;
 * datagrams and typed messages go out. It owns all protocol state and decides nothing about devices.
 */
export class SessionOwner {
  readonly #o: OwnerOptions;
  readonly #coap: CoapEndpoint;
  readonly #sessions: SessionTable;
  readonly #decoder = new Decoder();
  readonly #census = new HandshakeCensus();
  readonly #dtls: SecureSessions;
  readonly #operations: Operations;
  readonly #bootstrap: BootstrapOperations;
  readonly #arrivals: Arrivals;
  readonly #oscore: OscoreSessions;
  /** Sessions that are connections: what comes from their sockets goes there. */
  readonly connections: Connections;

  constructor(options: OwnerOptions) {
    this.#o = options;
    // While it was heard lately a bound peer is not given up by CoAP itself, which has to have room for those with DTLS.
    this.#sessions = new SessionTable(({ peer }, now) => this.#coap.forgetPeer(peer, now));
    const proofs = new AddressProofs({ ...options, sessions: this.#sessions });
    this.#coap = new CoapEndpoint({
      random: shownRandom(options.random),
      limits: { observationsPerScope: OBSERVATIONS_PER_SESSION },
      parameters: { ...options.transmission },
      challenge: (peer, request, now) => proofs.challenge(peer, request, now),
      inParts: isFetch,
      scopeOf: (peer) => {
        const registered = this.#sessions.get(peer)?.registered;
        return registered && ObservationScope(registered.registrationId);
      },
      intercept: (peer, datagram, now) => this.#intercept(peer, datagram, now),
    });
    const joined = { coap: this.#coap, sessions: this.#sessions, decoder: this.#decoder };
    const { listen, wallClock, deliver } = options;
    this.#operations = new Operations({ ...joined, wallClock, deliver });
    this.#bootstrap = new BootstrapOperations({ ...joined, wallClock, deliver });
    this.#arrivals = new Arrivals({ ...joined, listen, wallClock, deliver });
    this.connections = new Connections({
      ...joined,
      census: this.#census,
      side: options.streams,
      random: options.random,
      wallClock,
      deliver,
      gone: (sessionId) => this.#oscore.left(sessionId),
      settle: (now) => this.#drainCoap(now),
    });
    const shared = {
      ...options,
      ...joined,
      census: this.#census,
      connections: this.connections,
      trace: (session: Session, direction: 'in' | 'out', datagram: Uint8Array) =>
        this.#trace(session, direction, datagram),
      settle: (now: number) => this.#drainCoap(now),
    };
    this.#oscore = new OscoreSessions(shared);
    this.#dtls = new SecureSessions(shared);
  }

  receive(ingress: number, host: string, port: number, datagram: Uint8Array, now: number): void {
    // Whoever has no port can have no answer (RFC 768).
    if (port === 0) return;
    const from = { ingress, host, port };
    if (!this.#dtls.receive(from, datagram, now)) this.#receivePlain(from, datagram, now);
    this.#drainCoap(now);
  }

  /** A datagram of a socket without DTLS. */
  #receivePlain(from: PeerAddress, datagram: Uint8Array, now: number): void {
    const decoded = decodeMessage(datagram);
    if (this.#oscore.receive(from, datagram, decoded, now)) return;
    const session = this.#sessions.plain(from, now);
    if (session.traced) this.#trace(session, 'in', datagram);
    this.#coap.receive(session.peer, datagram, now, decoded);
  }

  tick(now: number): void {
    this.#dtls.tick(now);
    this.#coap.tick(now);
    this.connections.tick(now);
    this.#drainCoap(now);
  }

  nextWakeAt(): number | undefined {
    const never = Number.POSITIVE_INFINITY;
    // Asked after every datagram: an array for it showed in profiles.
    const next = Math.min(
      this.#dtls.nextWakeAt(),
      this.#coap.nextWakeAt() ?? never,
      this.connections.nextWakeAt() ?? never,
    );
    return next === never ? undefined : next;
  }

  handle(message: LinkDown, now: number): void {
    switch (message.kind) {
      case 'psk':
      case 'peer':
      case 'resumed':
        if (message.kind === 'peer' && this.connections.answer(message)) break;
        this.#dtls.answer(message, now);
        break;
      case 'identities':
        this.#dtls.setIdentities(message.identities);
        this.#o.secrets.setIdentities(message.identities);
        break;
      case 'tls-keys':
        this.#o.secrets.change(message);
        break;
      case 'definitions':
        this.#decoder.learn(message);
        break;
      case 'census':
        this.#o.deliver({ kind: 'census', ...this.#census.view(this.#dtls.servers(), this.connections.size) });
        break;
      case 'answer':
        this.#coap.respond(ExchangeId(message.exchange), answerOf(message), now);
        break;
      case 'part':
        this.#coap.respond(ExchangeId(message.exchange), partOf(message), now);
        break;
      case 'accept':
        this.#coap.accept(ExchangeId(message.exchange), now);
        break;
      case 'reject':
        this.#coap.reject(ExchangeId(message.exchange), now);
        break;
      case 'bind':
        this.#bind(message, now);
        break;
      case 'unbind':
        this.#unbind(message.registrationId);
        break;
      case 'restore':
        this.#decoder.register(message);
        for (const observation of message.observations) {
          const token = Buffer.from(observation.token, 'hex');
          const over = message.through ?? message.registrationId;
          this.#decoder.observe(message.registrationId, observation, over);
          this.#coap.restoreObservation({ scope: ObservationScope(over), token }, now);
        }
        break;
      case 'perform':
        this.#operations.perform(message, now);
        break;
      case 'bootstrap':
        this.#bootstrap.perform(message, now);
        break;
      case 'pack':
        this.#bootstrap.pack(message, now);
        break;
      case 'oscore':
      case 'oscore-reserved':
        this.#oscore.handle(message, now);
        break;
      case 'restore-session':
      case 'reserved':
      case 'drop-session':
        this.#dtls.handle(message, now);
        break;
      case 'close-session':
        this.#closeSession(message.sessionId, now);
        break;
      case 'close-identity':
        this.#dtls.closeIdentity(message.identity, now);
        this.connections.closeIdentity(message.identity, now);
        this.#oscore.closeIdentity(message.identity, now);
        break;
      case 'trace': {
        const session = this.#sessions.get(message.sessionId);
        if (session) session.traced = message.on;
        break;
      }
    }
    this.#drainCoap(now);
  }

  /** What is remembered of peers and requests; for limits and their tests. */
  sizes(): { sessions: number; plainSessions: number; pending: number } {
    return { ...this.#sessions.sizes(), pending: this.#operations.size + this.#bootstrap.size };
  }

  #intercept(peer: PeerKey, datagram: Uint8Array, now: number): boolean {
    const session = this.#sessions.get(peer);
    return session !== undefined && this.#oscore.intercept(session, datagram, now);
  }

  #closeSession(sessionId: SessionId, now: number): void {
    if (this.connections.close(sessionId, 'the server ended it', now)) return;
    if (this.#oscore.close(sessionId, now)) return;
    const plain = this.#sessions.forgetPlain(sessionId);
    if (plain) this.#coap.forgetPeer(plain.peer, now);
    else this.#dtls.close(sessionId, now);
  }

  #unbind(registrationId: RegistrationId): void {
    this.#decoder.forget(registrationId);
    this.#coap.forgetScope(ObservationScope(registrationId));
  }

  #bind(message: Extract<LinkDown, { kind: 'bind' }>, now: number): void {
    if (message.replaces !== undefined) this.#unbind(message.replaces);
    const session = this.#sessions.get(message.sessionId);
    const registered = this.#decoder.register(message);
    if (!session) return;
    session.registered = registered;
    this.#coap.bindScope(session.peer, ObservationScope(message.registrationId), now);
  }

  #drainCoap(now: number): void {
    for (let effect = this.#coap.next(); effect !== undefined; effect = this.#coap.next()) this.#onCoap(effect, now);
  }

  #onCoap(effect: CoapEffect, now: number): void {
    switch (effect.kind) {
      case 'send': {
        const session = this.#sessions.get(effect.peer);
        if (!session || this.#oscore.send(session, effect.datagram, now)) break;
        if (this.connections.send(session, effect.datagram)) break;
        if (session.traced) this.#trace(session, 'out', effect.datagram);
        if (!this.#dtls.send(session, effect.datagram, now) && session.address) {
          const { ingress, host, port } = session.address;
          this.#o.send(ingress, host, port, effect.datagram);
        }
        break;
      }
      case 'disconnect':
        this.connections.disconnect(effect);
        break;
      case 'request':
        this.#arrivals.request(effect, now);
        break;
      case 'notification':
        this.#arrivals.notification(effect, now);
        break;
      case 'outcome':
        if (this.#dtls.answered(effect, now)) break;
        if (!this.#bootstrap.ended(effect)) this.#operations.ended(effect, now);
        break;
      case 'observationEnded':
        this.#decoder.unobserve(effect.scope as string as RegistrationId, Buffer.from(effect.token).toString('hex'));
        break;
      case 'unknownNotification':
        this.#refused({ ...effect, reason: 'unexpected-response', detail: 'a notification of nothing observed' });
        break;
      case 'refused':
        this.#refused(effect);
        break;
      case 'acknowledged':
      case 'notifyOutcome':
      case 'undelivered':
        break;
    }
  }

  #refused({ peer, ...what }: Pick<Extract<CoapEffect, { kind: 'refused' }>, 'peer' | 'reason' | 'detail'>): void {
    const session = this.#sessions.get(peer);
    const refusal = session && refusalOfCoap(what, session, this.#o.wallClock());
    if (refusal) this.#o.deliver(refusal);
  }

  #trace(session: Session, direction: 'in' | 'out', datagram: Uint8Array): void {
    const { sessionId } = session.info;
    const at = this.#o.wallClock();
    const text = traceLine(datagram, this.#decoder.models, direction);
    this.#o.deliver({ kind: 'trace', at, sessionId, direction, text, bytes: datagram.length });
  }
}

import type { CoapEffect, CoapEndpoint } from '@reeve/coap';
import {
  type CryptoResult,
  type CryptoTask,
  type DtlsEffect,
  type DtlsServer,
  type IdentityLabel,
  sessionKey,
} from '@reeve/dtls';
import type { Millis } from '../ids.ts';
import { addressOfKey, keyOfAddress, type PeerAddress, prefixOf } from './address.ts';
import type { HandshakeCensus } from './census.ts';
import { CONNECTION_ID_BYTES, connectionIds } from './connection-ids.ts';
import { Continuity } from './continuity.ts';
import { DtlsListeners } from './listeners.ts';
import type { LinkDown, LinkIdentity, LinkUp, Listener, SessionId } from './port.ts';
import { refusalOfDtls } from './refusals.ts';
import type { Session, SessionTable } from './sessions.ts';

interface Options {
  readonly coap: CoapEndpoint;
  readonly sessions: SessionTable;
  readonly census: HandshakeCensus;
  readonly random: (length: number) => Uint8Array;
  readonly wallClock: () => Millis;
  readonly connectionIdSlot: number;
  readonly listen: readonly Listener[];
  readonly send: (ingress: number, host: string, port: number, datagram: Uint8Array) => void;
  readonly deliver: (message: LinkUp) => void;
  readonly compute: (task: CryptoTask, done: (result: CryptoResult, now: number) => void) => void;
  readonly keyLog?: (line: string) => void;
  readonly trace: (session: Session, direction: 'in' | 'out', datagram: Uint8Array) => void;
  /** Carries out what CoAP wants; due after every message that came. */
  readonly settle: (now: number) => void;
}

type Answer = Parameters<DtlsListeners['answer']>[0];
type Moved = Extract<LinkDown, { kind: 'restore-session' | 'reserved' | 'drop-session' }>;

/** Numbers to send with that a new session has at first; stored with it. */
const FIRST_BLOCK = 1024;

/** Sessions of DTLS: handshakes, records, and how sessions go on after a restart and from another address. */
export class SecureSessions {
  readonly #o: Options;
  readonly #dtls: DtlsListeners;
  readonly #continuity: Continuity;

  constructor(options: Options) {
    this.#o = options;
    const { random, connectionIdSlot, listen, keyLog } = options;
    this.#dtls = new DtlsListeners(listen, {
      random,
      prefixOf,
      connectionIds: { length: CONNECTION_ID_BYTES, make: connectionIds(connectionIdSlot, random) },
      reservations: { block: FIRST_BLOCK },
      ...(keyLog ? { keyLog } : {}),
    });
    this.#continuity = new Continuity({ ...options, dtls: (ingress) => this.#dtls.at(ingress) });
  }

  /** @returns false if the socket is one without DTLS */
  receive({ ingress, host, port }: PeerAddress, datagram: Uint8Array, now: number): boolean {
    const dtls = this.#dtls.at(ingress);
    dtls?.receive(keyOfAddress(ingress, host, port), datagram, now);
    if (dtls) this.#drain(dtls, now);
    return dtls !== undefined;
  }

  /** Sends a message over a session. @returns false if that is none of DTLS */
  send({ info }: Session, message: Uint8Array, now: number): boolean {
    if (info.transport !== 'coaps') return false;
    const dtls = this.#dtls.at(info.ingress);
    dtls?.send(sessionKey(info.sessionId), message);
    if (dtls) this.#drain(dtls, now);
    return true;
  }

  tick(now: number): void {
    for (const dtls of this.#dtls.all()) dtls.tick(now);
    this.#drainAll(now);
  }

  nextWakeAt(): number {
    let next = Number.POSITIVE_INFINITY;
    for (const dtls of this.#dtls.all()) next = Math.min(next, dtls.nextWakeAt() ?? next);
    return next;
  }

  /** What was asked about a peer is answered. */
  answer(message: Answer, now: number): void {
    this.#dtls.answer(message, now);
    this.#drainAll(now);
  }

  setIdentities(identities: readonly LinkIdentity[]): void {
    this.#dtls.setIdentities(identities);
  }

  servers(): readonly DtlsServer[] {
    return this.#dtls.all();
  }

  /** What a restart has to do with sessions. */
  handle(message: Moved, now: number): void {
    if (message.kind === 'restore-session') {
      this.#continuity.restore(message, now);
      return;
    }
    const dtls = this.#ofSession(message.sessionId);
    if (message.kind === 'reserved') dtls?.reserved(sessionKey(message.sessionId), message.upTo, now);
    else dtls?.abandonSession(sessionKey(message.sessionId));
    this.#drainAll(now);
  }

  close(sessionId: SessionId, now: number): void {
    this.#ofSession(sessionId)?.close(sessionKey(sessionId));
    this.#drainAll(now);
  }

  closeIdentity(identity: string, now: number): void {
    for (const dtls of this.#dtls.all()) dtls.closeIdentity(identity as IdentityLabel);
    this.#drainAll(now);
  }

  /** @returns whether the outcome was that of a ping to a new address */
  answered(effect: Extract<CoapEffect, { kind: 'outcome' }>, now: number): boolean {
    const ours = this.#continuity.answered(effect, now);
    this.#drainAll(now);
    return ours;
  }

  /** Carries out what every server wants. */
  #drainAll(now: number): void {
    for (const dtls of this.#dtls.all()) this.#drain(dtls, now);
  }

  /** The server that a session belongs to. */
  #ofSession(sessionId: SessionId): DtlsServer | undefined {
    const session = this.#o.sessions.get(sessionId);
    return session && this.#dtls.at(session.info.ingress);
  }

  #drain(dtls: DtlsServer, now: number): void {
    for (let effects = dtls.drain(); effects.length > 0; effects = dtls.drain()) {
      for (const effect of effects) this.#on(dtls, effect, now);
    }
  }

  #on(dtls: DtlsServer, effect: DtlsEffect, now: number): void {
    const { census, coap, sessions, send, deliver, compute, trace, settle, wallClock } = this.#o;
    switch (effect.kind) {
      case 'send': {
        const { ingress, host, port } = addressOfKey(effect.address);
        send(ingress, host, port, effect.datagram);
        break;
      }
      case 'received': {
        const session = sessions.get(effect.session);
        if (!session) break;
        if (session.traced) trace(session, 'in', effect.data);
        session.record = effect.record;
        this.#continuity.heardFrom(session, effect.address, now);
        coap.receive(session.peer, effect.data, now);
        // At once, so that what comes out is known to be of this record.
        settle(now);
        break;
      }
      case 'reserve':
        deliver({ kind: 'reserve', sessionId: effect.session as string as SessionId, upTo: effect.upTo });
        break;
      case 'addressCandidate': {
        const session = sessions.get(effect.session);
        if (session) session.move = { ...session.move, candidate: effect.address };
        break;
      }
      case 'addressMoved':
        this.#continuity.moved(effect);
        break;
      case 'findPsk':
      case 'findPeer':
      case 'findResumed':
        deliver(this.#dtls.ask(dtls, effect));
        break;
      case 'compute':
        compute(effect.task, (result, at) => {
          dtls.computed(effect.job, result, at);
          this.#drain(dtls, at);
          settle(at);
        });
        break;
      case 'established': {
        census.count(effect);
        const { session: key, address, identity, credential } = effect;
        const { info } = sessions.open(key, addressOfKey(address), identity, credential);
        const snapshot = this.#continuity.snapshotOf(effect);
        deliver({
          kind: 'session-opened',
          at: wallClock(),
          session: info,
          ...(snapshot ? { snapshot } : {}),
          ...(effect.replaced === undefined ? {} : { replaced: effect.replaced as string as SessionId }),
        });
        break;
      }
      case 'closed': {
        const session = sessions.close(effect.session);
        if (!session) break;
        coap.forgetPeer(session.peer, now);
        const { sessionId } = session.info;
        deliver({ kind: 'session-closed', at: wallClock(), sessionId, reason: effect.reason });
        break;
      }
      case 'refused':
        deliver(refusalOfDtls(effect, wallClock()));
        break;
    }
  }
}

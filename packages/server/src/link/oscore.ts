import {
  type CoapEndpoint,
  type CoapMessage,
  codeKind,
  type DecodeResult,
  decodeMessage,
  encodeMessage,
  frameOf,
  isProtected,
  MessageType,
  type OscoreEffect,
  oscoreValueOf,
  readFrame,
} from '@reeve/coap';
import type { Millis } from '../ids.ts';
import type { PeerAddress } from './address.ts';
import { type OscorePeer, OscorePeers } from './oscore-peers.ts';
import type { OscoreDown } from './oscore-port.ts';
import { OscoreQuestions } from './oscore-questions.ts';
import { OscoreRefusals } from './oscore-refusals.ts';
import { keyOf, placeOf, type Way } from './oscore-way.ts';
import type { LinkUp, Listener, SessionId } from './port.ts';
import type { Session, SessionTable } from './sessions.ts';

interface Options {
  readonly coap: CoapEndpoint;
  readonly sessions: SessionTable;
  /** The sockets, by their index. */
  readonly listen: readonly Listener[];
  readonly random: (length: number) => Uint8Array;
  readonly wallClock: () => Millis;
  readonly send: (ingress: number, host: string, port: number, datagram: Uint8Array) => void;
  /** The connections, whose sessions become those of a device here. */
  readonly connections: {
    write(sessionId: SessionId, bytes: Uint8Array): void;
    close(sessionId: SessionId, reason: string, now: number): boolean;
  };
  readonly deliver: (message: LinkUp) => void;
  readonly trace: (session: Session, direction: 'in' | 'out', datagram: Uint8Array) => void;
  /** Carries out what CoAP wants; due after every input. */
  readonly settle: (now: number) => void;
}

type Received = Extract<OscoreEffect, { kind: 'received' }>;

const EMPTY = new Uint8Array(0);

/**
 * Sessions that are protected by OSCORE, on the sockets without DTLS or TLS. Each belongs to a credential: wherever
 * datagrams come from, or the connection that the device came over last.
 */
export class OscoreSessions {
  readonly #o: Options;
  readonly #peers: OscorePeers;
  readonly #bySession = new Map<string, OscorePeer>();
  readonly #questions: OscoreQuestions;
  readonly #refusals: OscoreRefusals;

  constructor(options: Options) {
    this.#o = options;
    this.#peers = new OscorePeers(options.random);
    this.#questions = new OscoreQuestions(options.deliver);
    this.#refusals = new OscoreRefusals({ ...options, emit: (way, datagram) => this.#emit(way, datagram) });
  }

  /** @returns whether a datagram is dealt with here; if not, it is one without any protection */
  receive(address: PeerAddress, datagram: Uint8Array, decoded: DecodeResult, now: number): boolean {
    const secureOnly = this.#isSecureOnly(address.ingress);
    if (!decoded.ok) return secureOnly;
    const { message } = decoded;
    const kind = codeKind(message.code);
    if (kind === 'request') {
      if (!isProtected(message)) return secureOnly;
      this.#request({ kind: 'address', address }, datagram, message, now);
      return true;
    }
    // Where nobody has OSCORE, no datagram should cost more than this.
    const peer = this.#peers.isNowhere() ? undefined : this.#peerAt(address, message);
    if (!peer) return secureOnly || isProtected(message);
    this.#hand(peer, { kind: 'address', address }, datagram, message, now);
    return true;
  }

  /** Whom something is for that came from an address, without saying whose it is. */
  #peerAt(address: PeerAddress, { code, token }: CoapMessage): OscorePeer | undefined {
    const isEmpty = codeKind(code) === 'empty';
    return this.#peers.at({ kind: 'address', address }, ({ association }) => isEmpty || association.expects(token));
  }

  /** @returns whether a message of a connection is dealt with here; if not, it is one without any protection */
  intercept(session: Session, datagram: Uint8Array, now: number): boolean {
    if (session.info.transport !== 'coap+tcp') return false;
    const decoded = decodeMessage(datagram);
    if (!decoded.ok) return false;
    const { message } = decoded;
    const from: Way = { kind: 'connection', session };
    const peer = this.#bySession.get(session.info.sessionId);
    const unprotected = !isProtected(message);
    if (codeKind(message.code) === 'request') {
      // Who has protected what it said says nothing without that.
      if (unprotected) return peer !== undefined || this.#isSecureOnly(session.info.ingress);
      this.#request(from, datagram, message, now);
      return true;
    }
    if (peer?.association.expects(message.token)) this.#hand(peer, from, datagram, message, now);
    return peer !== undefined || !unprotected || this.#isSecureOnly(session.info.ingress);
  }

  /** @returns whether the session is one of these; if it is, what CoAP has for it is sent */
  send({ info, traced }: Session, bytes: Uint8Array, now: number): boolean {
    const peer = this.#bySession.get(info.sessionId);
    if (!peer) return false;
    const plain = info.transport === 'coap+tcp' ? this.#unframe(info.sessionId, bytes) : bytes;
    const way = plain && peer.where.wayOf(plain);
    if (!plain || !way) return true;
    if (traced && peer.session) this.#o.trace(peer.session, 'out', plain);
    peer.association.send(plain);
    this.#drain(peer, way, now);
    return true;
  }

  handle(message: OscoreDown, now: number): void {
    if (message.kind === 'oscore') this.#answered(message, now);
    else this.#reserved(message, now);
  }

  /** @returns whether the session was one of these; it is over, and the keys stay for the next one */
  close(sessionId: SessionId, now: number): boolean {
    const peer = this.#bySession.get(sessionId);
    if (!peer) return false;
    this.#end(peer, now);
    return true;
  }

  /** A connection is gone, and the session with it. */
  left(sessionId: SessionId): void {
    const peer = this.#bySession.get(sessionId);
    this.#bySession.delete(sessionId);
    if (peer?.session?.info.sessionId === sessionId) peer.session = undefined;
  }

  /** Forgets the keys of an identity: they are no good any more, or not ours. */
  closeIdentity(identity: string, now: number): void {
    const peer = this.#peers.withIdentity(identity);
    if (!peer) return;
    this.#end(peer, now, 'its credential is not good any more');
    this.#peers.remove(peer);
  }

  #isSecureOnly(ingress: number): boolean {
    return this.#o.listen[ingress]?.noSec === false;
  }

  /** Signals are not protected (RFC 8613 §4.2, RFC 8323 §5): they go as they are. */
  #unframe(sessionId: SessionId, bytes: Uint8Array): Uint8Array | undefined {
    const frame = readFrame(bytes, bytes.length);
    if (frame.kind !== 'message') return undefined;
    if (codeKind(frame.datagram[1] ?? 0) !== 'reserved') return frame.datagram;
    this.#o.connections.write(sessionId, bytes);
    return undefined;
  }

  #request(from: Way, datagram: Uint8Array, message: CoapMessage, now: number): void {
    const value = oscoreValueOf(message);
    if (!value?.kid) {
      this.#refusals.refuse(from, message, 'undecodable');
      return;
    }
    const kid = hexOf(value.kid);
    const kidContext = value.kidContext && hexOf(value.kidContext);
    const ids = { kid, ...(kidContext === undefined ? {} : { kidContext }) };
    const peer = this.#peers.withIds(ids);
    if (peer && isTaken(from, peer)) this.#refusals.refuse(from, message, 'no-context');
    else if (peer) this.#hand(peer, from, datagram, message, now);
    else this.#questions.ask(from, datagram, ids);
  }

  #answered({ lookup, found }: Extract<OscoreDown, { kind: 'oscore' }>, now: number): void {
    const waiting = this.#questions.answered(lookup);
    if (waiting.length === 0) return;
    const peer = found && this.#peers.open(found);
    for (const { from, datagram } of waiting) {
      const decoded = decodeMessage(datagram);
      if (!decoded.ok) continue;
      if (peer && !isTaken(from, peer)) this.#hand(peer, from, datagram, decoded.message, now);
      else this.#refusals.refuse(from, decoded.message, 'no-context');
    }
  }

  #reserved({ credential, upTo, derived }: Extract<OscoreDown, { kind: 'oscore-reserved' }>, now: number): void {
    const peer = this.#peers.withCredential(credential);
    if (!peer) return;
    const renewed = peer.renewal?.derived === derived ? peer.renewal : undefined;
    if (renewed) {
      peer.renewal = undefined;
      // Nothing that was observed or asked under the old keys goes on under the new ones.
      this.#end(peer, now, 'the device derived new keys');
    }
    peer.association.reserved(upTo, derived === undefined ? undefined : bytesOf(derived));
    const way = renewed?.from ?? peer.where.proved;
    if (way) this.#drain(peer, way, now);
  }

  #hand(peer: OscorePeer, from: Way, datagram: Uint8Array, message: CoapMessage, now: number): void {
    peer.association.receive(datagram, message, keyOf(from));
    this.#drain(peer, from, now);
  }

  /** @param way where what it wants sent goes: to whom it answers, or who it is for */
  #drain(peer: OscorePeer, way: Way, now: number): void {
    for (const effect of peer.association.drain()) this.#on(peer, effect, way, now);
  }

  #on(peer: OscorePeer, effect: OscoreEffect, way: Way, now: number): void {
    switch (effect.kind) {
      case 'send':
        this.#emit(way, effect.datagram);
        break;
      case 'received':
        this.#received(peer, effect, way, now);
        break;
      case 'reserve': {
        const { upTo, idContext, renews } = effect;
        const derived = idContext && hexOf(idContext);
        if (renews && derived !== undefined) peer.renewal = { derived, from: way };
        const keys = derived === undefined ? {} : { derived };
        this.#o.deliver({ kind: 'reserve-oscore', credential: peer.credential, upTo, ...keys });
        break;
      }
      case 'refused':
        this.#refusals.report(way, effect.fault, effect.detail, peer.identity);
        break;
    }
  }

  #emit(way: Way, datagram: Uint8Array): void {
    if (way.kind === 'connection') {
      this.#o.connections.write(way.session.info.sessionId, frameOf(datagram));
      return;
    }
    const { ingress, host, port } = way.address;
    this.#o.send(ingress, host, port, datagram);
  }

  #received(peer: OscorePeer, effect: Received, from: Way, now: number): void {
    const { datagram, newest, proved } = effect;
    // Its connection may have gone while the keys were looked for.
    if (from.kind === 'connection' && this.#o.sessions.get(keyOf(from)) !== from.session) return;
    if (!peer.where.isProved(from)) {
      const decoded = decodeMessage(datagram);
      if (!decoded.ok) return;
      const { message } = decoded;
      if (proved || from.kind === 'connection') {
        this.#settle(peer, from);
      } else if (codeKind(message.code) === 'response') {
        this.#answeredElsewhere(peer, from, message);
        return;
      } else if (codeKind(message.code) === 'request') {
        peer.where.stray(message, from);
        if (newest) this.#probe(peer, from, now);
      }
    }
    if (newest) this.#heard(peer, from, now);
    const { session } = peer;
    if (!session) return;
    if (session.traced) this.#o.trace(session, 'in', datagram);
    if (from.kind === 'connection') this.#o.coap.deliver(session.peer, datagram, now);
    else this.#o.coap.receive(session.peer, datagram, now);
    this.#o.settle(now);
  }

  /** A response from where the device is not known to be counts only as what it was asked there for. */
  #answeredElsewhere(peer: OscorePeer, from: Way, message: CoapMessage): void {
    if (!peer.where.answersProbe(message, from)) return;
    const { type, messageId } = message;
    if (type === MessageType.Confirmable) {
      const ack = { type: MessageType.Acknowledgement, code: 0, messageId, token: EMPTY, options: [], payload: EMPTY };
      this.#emit(from, encodeMessage(ack));
    }
    this.#settle(peer, from);
  }

  #probe(peer: OscorePeer, from: Way, now: number): void {
    peer.association.send(this.#peers.probe(peer, from));
    this.#drain(peer, from, now);
  }

  /** The device receives there. */
  #settle(peer: OscorePeer, way: Way): void {
    this.#peers.settle(peer, way);
    if (way.kind === 'address' && peer.session) peer.session.info = { ...peer.session.info, ...placeOf(way) };
  }

  /** The newest message of a device came some way: it has a session there, or still has its own. */
  #heard(peer: OscorePeer, from: Way, now: number): void {
    const { credential, identity } = peer;
    const { ingress } = placeOf(from);
    if (peer.session && isSameKind(peer.session, from)) {
      // The socket says what the message is for, wherever the device is.
      if (peer.session.info.ingress !== ingress) peer.session.info = { ...peer.session.info, ingress };
      return;
    }
    this.#end(peer, now, 'the device came another way');
    if (from.kind === 'connection') {
      from.session.info = { ...from.session.info, identity, credential };
      from.session.sealed = true;
      peer.session = from.session;
    } else {
      const sessionId = `oscore|${credential}|${hexOf(this.#o.random(6))}` as SessionId;
      const info = { sessionId, transport: 'coap', ...placeOf(from), identity, credential } as const;
      peer.session = this.#o.sessions.add(info);
    }
    this.#bySession.set(peer.session.info.sessionId, peer);
    this.#o.deliver({ kind: 'session-opened', at: this.#o.wallClock(), session: peer.session.info });
  }

  /** @param reason told to the capabilities, unless they ended it themselves */
  #end(peer: OscorePeer, now: number, reason?: string): void {
    const { session } = peer;
    if (!session) return;
    peer.session = undefined;
    const { sessionId, transport } = session.info;
    this.#bySession.delete(sessionId);
    if (transport === 'coap+tcp') {
      this.#o.connections.close(sessionId, reason ?? 'the server ended it', now);
      return;
    }
    this.#o.sessions.close(sessionId);
    this.#o.coap.forgetPeer(session.peer, now);
    if (reason === undefined) return;
    this.#o.deliver({ kind: 'session-closed', at: this.#o.wallClock(), sessionId, reason });
  }
}

/** Whether a connection belongs to somebody else already. */
function isTaken(from: Way, { session: own }: OscorePeer): boolean {
  if (from.kind === 'address' || from.session === own) return false;
  const { info, registered } = from.session;
  return info.identity !== undefined || registered !== undefined;
}

/** Whether a way leads to a session. */
function isSameKind(session: Session, way: Way): boolean {
  return way.kind === 'connection' ? way.session === session : session.info.transport === 'coap';
}

const hexOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
const bytesOf = (hex: string): Uint8Array => Buffer.from(hex, 'hex');

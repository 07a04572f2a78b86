import { createSecretKey } from 'node:crypto';
import {
  type CoapEndpoint,
  type CoapMessage,
  codeKind,
  decodeMessage,
  isProtected,
  OscoreAssociation,
  type OscoreEffect,
  type OscoreFault,
  oscoreValueOf,
  unprotectedError,
} from '@reeve/coap';
import type { CredentialId, Millis } from '../ids.ts';
import { type PeerAddress, showAddress } from './address.ts';
import type { Check } from './handshake-facts.ts';
import { type OscoreDown, type OscoreFound, oscoreLabel } from './oscore-port.ts';
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
  readonly deliver: (message: LinkUp) => void;
  readonly trace: (session: Session, direction: 'in' | 'out', datagram: Uint8Array) => void;
  /** Carries out what CoAP wants; due after every input. */
  readonly settle: (now: number) => void;
}

/** A device's keys, and the session that it has by them once it was heard. */
interface Peer {
  readonly credential: CredentialId;
  readonly identity: string;
  readonly association: OscoreAssociation;
  address: PeerAddress;
  session: Session | undefined;
  /** New keys that are to be stored, and where the request came from that is held until they are. */
  renewal: { readonly derived: string; readonly from: PeerAddress } | undefined;
}

/** A question about keys, and the datagrams that wait for the answer. */
interface Question {
  readonly key: string;
  readonly waiting: { readonly from: PeerAddress; readonly datagram: Uint8Array }[];
}

const limits = {
  /** Numbers that are reserved at a time. */
  block: 1024,
  /** Questions about keys under way; more are dropped. */
  questions: 1000,
  /** Datagrams that wait for the answer to one. */
  waiting: 4,
} as const;

/** What a refused message is called there; the rest happens in the ordinary course. */
const CHECK: Readonly<Partial<Record<OscoreFault, Check>>> = {
  undecodable: 'malformed',
  'no-context': 'unknown-identity',
  'not-decrypted': 'wrong-key',
  replay: 'replayed',
  exhausted: 'limit',
};

/** Sessions that are protected by OSCORE, on the sockets without DTLS; each belongs to a credential, wherever it comes from. */
export class OscoreSessions {
  readonly #o: Options;
  /** By the identity that a request's ids make. */
  readonly #peers = new Map<string, Peer>();
  readonly #byCredential = new Map<CredentialId, Peer>();
  readonly #bySession = new Map<string, Peer>();
  /** Who is at an address: responses and empty messages name nobody. */
  readonly #byAddress = new Map<string, Peer>();
  readonly #questions = new Map<number, Question>();
  readonly #asked = new Map<string, Question>();
  #lastQuestion = 0;

  constructor(options: Options) {
    this.#o = options;
  }

  /** @returns whether a datagram is dealt with here; if not, it is one without any protection */
  receive(from: PeerAddress, datagram: Uint8Array, now: number): boolean {
    const secureOnly = this.#o.listen[from.ingress]?.noSec === false;
    const decoded = decodeMessage(datagram);
    if (!decoded.ok) return secureOnly;
    const { message } = decoded;
    if (codeKind(message.code) === 'request') {
      if (!isProtected(message)) return secureOnly;
      this.#request(from, datagram, message, now);
      return true;
    }
    const peer = this.#byAddress.get(keyOf(from));
    const theirs = peer && (codeKind(message.code) === 'empty' || peer.association.expects(message.token));
    if (!theirs) return secureOnly || isProtected(message);
    peer.association.receive(datagram, message);
    this.#drain(peer, from, now);
    return true;
  }

  /** @returns whether the session is one of these; if it is, the datagram is sent */
  send({ info }: Session, datagram: Uint8Array, now: number): boolean {
    const peer = this.#bySession.get(info.sessionId);
    if (!peer) return false;
    if (peer.session?.traced) this.#o.trace(peer.session, 'out', datagram);
    peer.association.send(datagram);
    this.#drain(peer, peer.address, now);
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

  /** Forgets the keys of an identity: they are no good any more, or not ours. */
  closeIdentity(identity: string, now: number): void {
    const peer = this.#peers.get(identity);
    if (!peer) return;
    this.#end(peer, now, 'its credential is not good any more');
    this.#peers.delete(identity);
    this.#byCredential.delete(peer.credential);
    if (this.#byAddress.get(keyOf(peer.address)) === peer) this.#byAddress.delete(keyOf(peer.address));
  }

  #request(from: PeerAddress, datagram: Uint8Array, message: CoapMessage, now: number): void {
    const value = oscoreValueOf(message);
    if (!value?.kid) {
      this.#refuse(from, message, 'undecodable');
      return;
    }
    const kid = hexOf(value.kid);
    const kidContext = value.kidContext && hexOf(value.kidContext);
    const peer = this.#peers.get(oscoreLabel(kid, kidContext)) ?? this.#peers.get(oscoreLabel(kid));
    if (peer) {
      peer.association.receive(datagram, message);
      this.#drain(peer, from, now);
    } else {
      this.#ask(from, datagram, { kid, ...(kidContext === undefined ? {} : { kidContext }) });
    }
  }

  #ask(from: PeerAddress, datagram: Uint8Array, ids: { readonly kid: string; readonly kidContext?: string }): void {
    const { ingress } = from;
    const key = `${ingress} ${oscoreLabel(ids.kid, ids.kidContext)}`;
    const waiting = { from, datagram: Uint8Array.from(datagram) };
    const known = this.#asked.get(key);
    if (known) {
      if (known.waiting.length < limits.waiting) known.waiting.push(waiting);
      return;
    }
    if (this.#questions.size >= limits.questions) return;
    this.#lastQuestion += 1;
    const question: Question = { key, waiting: [waiting] };
    this.#questions.set(this.#lastQuestion, question);
    this.#asked.set(key, question);
    this.#o.deliver({ kind: 'find-oscore', lookup: this.#lastQuestion, ingress, ...ids });
  }

  #answered({ lookup, found }: Extract<OscoreDown, { kind: 'oscore' }>, now: number): void {
    const question = this.#questions.get(lookup);
    const [first] = question?.waiting ?? [];
    if (!question || !first) return;
    this.#questions.delete(lookup);
    this.#asked.delete(question.key);
    if (found && !this.#peers.has(found.identity)) this.#open(found, first.from);
    for (const { from, datagram } of question.waiting) {
      const decoded = decodeMessage(datagram);
      if (!decoded.ok) continue;
      const peer = found && this.#peers.get(found.identity);
      if (peer) {
        peer.association.receive(datagram, decoded.message);
        this.#drain(peer, from, now);
      } else {
        this.#refuse(from, decoded.message, 'no-context');
      }
    }
  }

  #open(found: OscoreFound, address: PeerAddress): void {
    const { credential, identity, aead, hkdf, idContext, derived, sendFrom, sendLimit } = found;
    const association = new OscoreAssociation({
      parameters: {
        masterSecret: createSecretKey(found.masterSecret),
        masterSalt: bytesOf(found.masterSalt),
        senderId: bytesOf(found.senderId),
        recipientId: bytesOf(found.recipientId),
        ...(idContext === undefined ? {} : { idContext: bytesOf(idContext) }),
        aead,
        hkdf,
      },
      ...(derived === undefined ? {} : { idContext: bytesOf(derived) }),
      numbers: { next: sendFrom, limit: sendLimit, block: limits.block },
      // What was received before this process is not known: the first request proves that it is fresh.
      received: 'unknown',
      random: this.#o.random,
    });
    const peer: Peer = { credential, identity, association, address, session: undefined, renewal: undefined };
    this.#peers.set(identity, peer);
    this.#byCredential.set(credential, peer);
  }

  #reserved({ credential, upTo, derived }: Extract<OscoreDown, { kind: 'oscore-reserved' }>, now: number): void {
    const peer = this.#byCredential.get(credential);
    if (!peer) return;
    const renewed = peer.renewal?.derived === derived ? peer.renewal : undefined;
    if (renewed) {
      peer.renewal = undefined;
      // Nothing that was observed or asked under the old keys goes on under the new ones.
      this.#end(peer, now, 'the device derived new keys');
    }
    peer.association.reserved(upTo, derived === undefined ? undefined : bytesOf(derived));
    this.#drain(peer, renewed?.from ?? peer.address, now);
  }

  /** @param from where the datagram came from that this is about; what answers it goes there */
  #drain(peer: Peer, from: PeerAddress, now: number): void {
    for (const effect of peer.association.drain()) this.#on(peer, effect, from, now);
  }

  #on(peer: Peer, effect: OscoreEffect, from: PeerAddress, now: number): void {
    switch (effect.kind) {
      case 'send': {
        const { ingress, host, port } = from;
        this.#o.send(ingress, host, port, effect.datagram);
        break;
      }
      case 'received': {
        if (effect.newest) this.#heard(peer, from);
        const { session } = peer;
        if (!session) break;
        if (session.traced) this.#o.trace(session, 'in', effect.datagram);
        this.#o.coap.receive(session.peer, effect.datagram, now);
        this.#o.settle(now);
        break;
      }
      case 'reserve': {
        const { upTo, idContext, renews } = effect;
        const derived = idContext && hexOf(idContext);
        if (renews && derived !== undefined) peer.renewal = { derived, from };
        const keys = derived === undefined ? {} : { derived };
        this.#o.deliver({ kind: 'reserve-oscore', credential: peer.credential, upTo, ...keys });
        break;
      }
      case 'refused':
        this.#report(from, effect.fault, effect.detail, peer.identity);
        break;
    }
  }

  /** The newest message of a device came from an address: it has a session, and is reached there from now on. */
  #heard(peer: Peer, from: PeerAddress): void {
    const key = keyOf(from);
    if (key !== keyOf(peer.address) && this.#byAddress.get(keyOf(peer.address)) === peer) {
      this.#byAddress.delete(keyOf(peer.address));
    }
    peer.address = from;
    this.#byAddress.set(key, peer);
    const place = { address: showAddress(from), ingress: from.ingress };
    if (peer.session) {
      const { address, ingress } = peer.session.info;
      if (address !== place.address || ingress !== place.ingress) {
        peer.session.info = { ...peer.session.info, ...place };
      }
      return;
    }
    const { credential, identity } = peer;
    const sessionId = `oscore|${credential}|${hexOf(this.#o.random(6))}` as SessionId;
    peer.session = this.#o.sessions.add({ sessionId, transport: 'coap', ...place, identity, credential });
    this.#bySession.set(sessionId, peer);
    this.#o.deliver({ kind: 'session-opened', at: this.#o.wallClock(), session: peer.session.info });
  }

  /** @param reason told to the capabilities, unless they ended it themselves */
  #end(peer: Peer, now: number, reason?: string): void {
    const { session } = peer;
    if (!session) return;
    peer.session = undefined;
    this.#bySession.delete(session.info.sessionId);
    this.#o.sessions.close(session.info.sessionId);
    this.#o.coap.forgetPeer(session.peer, now);
    if (reason === undefined) return;
    const { sessionId } = session.info;
    this.#o.deliver({ kind: 'session-closed', at: this.#o.wallClock(), sessionId, reason });
  }

  #refuse(from: PeerAddress, message: CoapMessage, fault: OscoreFault): void {
    const datagram = unprotectedError(message, fault);
    if (datagram) this.#o.send(from.ingress, from.host, from.port, datagram);
    const kid = oscoreValueOf(message)?.kid;
    this.#report(from, fault, 'a request', kid && oscoreLabel(hexOf(kid)));
  }

  #report(from: PeerAddress, fault: OscoreFault, what: string, identity: string | undefined): void {
    const check = CHECK[fault];
    if (!check) return;
    this.#o.deliver({
      kind: 'refused',
      at: this.#o.wallClock(),
      address: showAddress(from),
      ingress: from.ingress,
      check,
      detail: `OSCORE: ${what}, ${fault}`,
      ...(identity === undefined ? {} : { identity }),
    });
  }
}

const keyOf = ({ ingress, host, port }: PeerAddress): string => `${ingress}|${port}|${host}`;
const hexOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
const bytesOf = (hex: string): Uint8Array => Buffer.from(hex, 'hex');

import { PeerKey } from '@reeve/coap';
import type { AddressKey } from '@reeve/dtls';
import type { CredentialId } from '../ids.ts';
import { type PeerAddress, showAddress } from './address.ts';
import type { Registered } from './decoder.ts';
import type { SessionId, SessionInfo } from './port.ts';

/** One security association, one connection, or one NoSec address. */
export interface Session {
  info: SessionInfo;
  readonly peer: PeerKey;
  /** Of a NoSec peer; where the peer of a DTLS session is, DTLS knows. */
  readonly address?: PeerAddress;
  /** Sequence number of the DTLS record that is being read, or was last. */
  record: number | undefined;
  /** Where the peer of a DTLS session may have moved to. */
  move?: Move | undefined;
  /** A NoSec peer has proved that it receives at its address. */
  proved?: boolean;
  registered: Registered | undefined;
  /** What goes over its connection is protected by OSCORE, and traced there. */
  sealed?: boolean;
  traced: boolean;
  /** Heard since it was last looked at for eviction. */
  recent: boolean;
}

/** A new address of a peer that has not proved yet that it receives there. */
interface Move {
  candidate: AddressKey;
  /** Where the newest record came from. */
  heardFrom?: AddressKey;
  /** Where it is being asked whether it receives there. */
  probing?: AddressKey | undefined;
}

/** NoSec addresses remembered; one that was silent lately makes room. */
const MAX_PLAIN_SESSIONS = 100_000;

/** Every session of the link: they live as long as DTLS says or their connection is there; NoSec addresses as long as there is room. */
export class SessionTable {
  readonly #secure = new Map<string, Session>();
  readonly #plain = new Map<string, Session>();
  /** The same by host, then by socket and port: without a key that would have to be made for each datagram. */
  readonly #places = new Map<string, Map<number, Session>>();
  /** The one that was heard or asked for last: what comes of a message is mostly about who sent it. */
  #last: Session | undefined;
  readonly #evicted: (session: Session, now: number) => void;

  /** @param evicted told of a NoSec address that made room */
  constructor(evicted: (session: Session, now: number) => void) {
    this.#evicted = evicted;
  }

  get(key: string): Session | undefined {
    if (key === this.#last?.peer) return this.#last;
    const session = this.#secure.get(key) ?? this.#plain.get(key);
    this.#last = session;
    return session;
  }

  sizes(): { sessions: number; plainSessions: number } {
    return { sessions: this.#secure.size, plainSessions: this.#plain.size };
  }

  /** A DTLS session begins. */
  open(key: string, address: PeerAddress, identity: string, credential: string): Session {
    return this.add({
      sessionId: key as SessionId,
      transport: 'coaps',
      address: showAddress(address),
      ingress: address.ingress,
      identity,
      credential: credential as CredentialId,
    });
  }

  /** A session that has an end of its own: of DTLS, or a connection. */
  add(info: SessionInfo): Session {
    const session = sessionOf(info);
    this.#secure.set(info.sessionId, session);
    this.#last = session;
    return session;
  }

  /** The peer of a DTLS session is reached elsewhere from now on. */
  move(key: string, address: PeerAddress): Session | undefined {
    const session = this.#secure.get(key);
    if (!session) return undefined;
    session.info = { ...session.info, address: showAddress(address), ingress: address.ingress };
    session.move = undefined;
    return session;
  }

  /** Such a session ends. */
  close(key: string): Session | undefined {
    const session = this.#secure.get(key);
    this.#secure.delete(key);
    this.#last = undefined;
    return session;
  }

  /** A NoSec address is done with; it may come back as a new one. */
  forgetPlain(key: string): Session | undefined {
    const session = this.#plain.get(key);
    this.#plain.delete(key);
    if (session) this.#leave(session);
    return session;
  }

  /** The session of a NoSec address. */
  plain(address: PeerAddress, now: number): Session {
    const { ingress, host, port } = address;
    const known = this.#places.get(host)?.get(placeOf(ingress, port));
    if (known) {
      known.recent = true;
      this.#last = known;
      return known;
    }
    const key = `coap|${ingress}|${port}|${host}`;
    if (this.#plain.size >= MAX_PLAIN_SESSIONS) this.#evictPlain(now);
    const info: SessionInfo = {
      sessionId: key as SessionId,
      transport: 'coap',
      address: showAddress(address),
      ingress,
    };
    const session = { ...sessionOf(info), address };
    this.#plain.set(key, session);
    const here = this.#places.get(host) ?? new Map<number, Session>();
    here.set(placeOf(ingress, port), session);
    this.#places.set(host, here);
    return session;
  }

  #leave({ address }: Session): void {
    this.#last = undefined;
    if (!address) return;
    const { ingress, host, port } = address;
    const here = this.#places.get(host);
    here?.delete(placeOf(ingress, port));
    if (here?.size === 0) this.#places.delete(host);
  }

  /** Second chance: one heard since it was last looked at goes to the queue's end, so that hearing it costs nothing. */
  #evictPlain(now: number): void {
    for (const [key, session] of this.#plain) {
      this.#plain.delete(key);
      if (!session.recent) {
        this.#leave(session);
        this.#evicted(session, now);
        return;
      }
      session.recent = false;
      this.#plain.set(key, session);
    }
  }
}

/** With room for what every session has sooner or later: what is added later takes more. */
function sessionOf(info: SessionInfo): Session {
  return {
    info,
    peer: PeerKey(info.sessionId),
    record: undefined,
    registered: undefined,
    traced: false,
    recent: false,
  };
}

/** A socket and a port of its peers as one number. */
function placeOf(ingress: number, port: number): number {
  return ingress * 65_536 + port;
}

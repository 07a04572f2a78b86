import { type CoapEffect, type CoapEndpoint, type Leave, PeerKey, readFrame } from '@reeve/coap';
import type { CredentialId, Millis, RegistrationId } from '../ids.ts';
import { type PeerAddress, showAddress } from './address.ts';
import type { HandshakeCensus } from './census.ts';
import type { Decoder } from './decoder.ts';
import type { Check } from './handshake-facts.ts';
import type { LinkDown, LinkUp, PeerVerdict, Presented, SessionId, SessionInfo } from './port.ts';
import type { Session, SessionTable } from './sessions.ts';
import { streamLimits } from './stream-limits.ts';
import { traceLine } from './trace.ts';

/** The sockets under the connections. */
export interface StreamSide {
  write(sessionId: SessionId, bytes: Uint8Array): void;
  /** Closes a connection once all is written. */
  end(sessionId: SessionId): void;
}

interface Options {
  readonly coap: CoapEndpoint;
  readonly sessions: SessionTable;
  readonly decoder: Decoder;
  readonly census: HandshakeCensus;
  readonly side: StreamSide;
  readonly random: (length: number) => Uint8Array;
  readonly wallClock: () => Millis;
  readonly deliver: (message: LinkUp) => void;
  /** A connection is gone, and its session with it. */
  readonly gone: (sessionId: SessionId) => void;
  /** Carries out what CoAP wants; due after every input. */
  readonly settle: (now: number) => void;
}

/** A connection whose peer is admitted, or need not be. */
export interface Arrival extends PeerAddress {
  readonly transport: 'coaps+tcp' | 'coap+tcp';
  /** Who it is, by which credential and cipher suite; absent for NoSec. */
  readonly proved?: { readonly identity: string; readonly credential: CredentialId; readonly suite: string };
}

type Disconnect = Extract<CoapEffect, { kind: 'disconnect' }>;

/** What the operator is told of connections that were at fault. */
const CHECKS: Readonly<Partial<Record<Disconnect['reason'], Check>>> = {
  format: 'malformed',
  'critical-option': 'malformed',
  slow: 'timeout',
};

interface Connection {
  readonly session: Session;
  heardAt: number;
}

/** How often silent connections are looked for, ms. */
const SWEEP_MS = 30_000;

/** Sessions that are connections (RFC 8323): they begin and end with them. */
export class Connections {
  readonly #o: Options;
  readonly #connections = new Map<SessionId, Connection>();
  /** Who waits for the verdict on a peer, by number of the question: below zero, so that none is one of DTLS's. */
  readonly #asked = new Map<number, (verdict: PeerVerdict) => void>();
  #questions = 0;
  #sweepAt: number | undefined;

  constructor(options: Options) {
    this.#o = options;
  }

  get size(): number {
    return this.#connections.size;
  }

  /** Asks whether a peer that proved what it presented is a device. */
  ask(presented: Presented, ingress: number, decide: (verdict: PeerVerdict) => void): void {
    this.#questions -= 1;
    this.#asked.set(this.#questions, decide);
    this.#o.deliver({ kind: 'find-peer', lookup: this.#questions, ingress, presented });
  }

  /** @returns whether the question was one about a connection */
  answer({ lookup, verdict }: Extract<LinkDown, { kind: 'peer' }>): boolean {
    const decide = this.#asked.get(lookup);
    this.#asked.delete(lookup);
    decide?.(verdict);
    return lookup < 0;
  }

  /** A handshake failed, or a peer was not admitted. */
  refused(refused: Omit<Extract<LinkUp, { kind: 'refused' }>, 'kind' | 'at'>): void {
    this.#o.deliver({ kind: 'refused', at: this.#o.wallClock(), ...refused });
  }

  /**
   * There is a connection.
   *
   * @param attach told its session before anything is written to it
   * @returns its session; undefined when there is no room for it
   */
  open({ transport, proved, ...address }: Arrival, attach: (sessionId: SessionId) => void, now: number) {
    const { census, coap, sessions, random, wallClock, deliver } = this.#o;
    const sessionId = `${transport}|${Buffer.from(random(12)).toString('hex')}` as SessionId;
    const info: SessionInfo = {
      sessionId,
      transport,
      address: showAddress(address),
      ingress: address.ingress,
      ...(proved && { identity: proved.identity, credential: proved.credential }),
    };
    if (!coap.connected(PeerKey(sessionId), now)) return undefined;
    attach(sessionId);
    this.#connections.set(sessionId, { session: sessions.add(info), heardAt: now });
    this.#sweepAt ??= now + SWEEP_MS;
    if (proved) {
      census.count({ ...proved, resumed: false });
      deliver({ kind: 'session-opened', at: wallClock(), session: info });
    }
    this.#o.settle(now);
    return sessionId;
  }

  /** The next bytes of a connection came. */
  receive(sessionId: SessionId, bytes: Uint8Array, now: number): void {
    const connection = this.#connections.get(sessionId);
    if (!connection) return;
    connection.heardAt = now;
    if (connection.session.traced && !connection.session.sealed) this.#trace(sessionId, 'in', bytes);
    this.#o.coap.receive(connection.session.peer, bytes, now);
    this.#o.settle(now);
  }

  /** Bytes of a session as they are. */
  write(sessionId: SessionId, bytes: Uint8Array): void {
    this.#o.side.write(sessionId, bytes);
  }

  /** What CoAP has for the peer of a session; false if the session is no connection. */
  send({ info: { sessionId }, traced }: Session, bytes: Uint8Array): boolean {
    if (!this.#connections.has(sessionId)) return false;
    if (traced) this.#trace(sessionId, 'out', bytes);
    this.#o.side.write(sessionId, bytes);
    return true;
  }

  /** CoAP is done with a connection. */
  disconnect({ peer, reason, detail }: Disconnect): void {
    const sessionId = peer as string as SessionId;
    const info = this.#connections.get(sessionId)?.session.info;
    const check = CHECKS[reason];
    if (info && check) {
      const { address, ingress, identity } = info;
      this.refused({ address, ingress, check, detail, ...(identity === undefined ? {} : { identity }) });
    }
    this.#o.side.end(sessionId);
    this.#forget(sessionId, detail);
  }

  /** The connection is gone, or is to be. @returns false if the session is no connection */
  close(sessionId: SessionId, reason: string, now: number, leave?: Leave): boolean {
    const connection = this.#connections.get(sessionId);
    if (!connection) return false;
    this.#o.coap.release(connection.session.peer, now, leave);
    this.#o.settle(now);
    this.#o.side.end(sessionId);
    this.#o.coap.forgetPeer(connection.session.peer, now);
    this.#forget(sessionId, reason);
    this.#o.settle(now);
    return true;
  }

  /** Ends all connections of an identity, whose credential is not good any more. */
  closeIdentity(identity: string, now: number): void {
    for (const [sessionId, { session }] of [...this.#connections]) {
      if (session.info.identity === identity) this.close(sessionId, 'its credential is not good any more', now);
    }
  }

  /** Closes every connection, and tells the peers when to come back: one after the other, as many a second as is well. */
  closeAll(now: number): void {
    const each = Math.max(streamLimits.returnsPerSecond, this.#connections.size / streamLimits.longestHoldOff);
    for (const [place, sessionId] of [...this.#connections.keys()].entries()) {
      this.close(sessionId, 'the server stops', now, { holdOff: Math.floor(place / each) });
    }
  }

  /**
   * Closes what is silent, but for the connection over which a registered device was heard last: that one lives as long
   * as its registration. One that a device lost without a word is not told from any other silent one.
   */
  tick(now: number): void {
    if (this.#sweepAt === undefined || now < this.#sweepAt) return;
    this.#sweepAt = this.#connections.size > 0 ? now + SWEEP_MS : undefined;
    const heard = this.#lastHeard();
    for (const [sessionId, { session, heardAt }] of [...this.#connections]) {
      if (now - heardAt < streamLimits.idleMs) continue;
      const { registrationId } = session.registered ?? {};
      const last = registrationId && heard.get(registrationId);
      if (last === undefined) this.close(sessionId, 'it was silent, without a registration', now);
      else if (heardAt < last) this.close(sessionId, 'it was silent, and the device came over another one', now);
    }
  }

  /** When the device of each registration was heard last over a connection. */
  #lastHeard(): ReadonlyMap<RegistrationId, number> {
    const heard = new Map<RegistrationId, number>();
    for (const { session, heardAt } of this.#connections.values()) {
      const { registrationId } = session.registered ?? {};
      if (registrationId === undefined || !this.#o.decoder.get(registrationId)) continue;
      heard.set(registrationId, Math.max(heardAt, heard.get(registrationId) ?? 0));
    }
    return heard;
  }

  nextWakeAt(): number | undefined {
    return this.#sweepAt;
  }

  #forget(sessionId: SessionId, reason: string): void {
    if (!this.#connections.delete(sessionId)) return;
    this.#o.sessions.close(sessionId);
    this.#o.gone(sessionId);
    this.#o.deliver({ kind: 'session-closed', at: this.#o.wallClock(), sessionId, reason });
  }

  /** One line for each message that is whole: what comes in pieces is told in parts. */
  #trace(sessionId: SessionId, direction: 'in' | 'out', bytes: Uint8Array): void {
    const at = this.#o.wallClock();
    // Over a connection there is neither type nor message id.
    const lineOf = (datagram: Uint8Array) =>
      traceLine(datagram, this.#o.decoder.models, direction).replace('NON mid=0 ', '');
    for (let offset = 0; offset < bytes.length; ) {
      const frame = readFrame(bytes.subarray(offset), bytes.length);
      const length = frame.kind === 'message' ? frame.length : bytes.length - offset;
      const text = frame.kind === 'message' ? lineOf(frame.datagram) : 'a part of a message';
      this.#o.deliver({ kind: 'trace', at, sessionId, direction, text, bytes: length });
      offset += length;
    }
  }
}

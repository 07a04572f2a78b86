import type { CoapEffect, CoapEndpoint, RequestId } from '@reeve/coap';
import { type AddressKey, type DtlsEffect, type DtlsServer, type SessionKey, sessionKey } from '@reeve/dtls';
import type { Millis } from '../ids.ts';
import { addressOfKey } from './address.ts';
import type { LinkDown, LinkUp, SessionSnapshot } from './port.ts';
import type { Session, SessionTable } from './sessions.ts';

type Established = Extract<DtlsEffect, { kind: 'established' }>;
type Moved = Extract<DtlsEffect, { kind: 'addressMoved' }>;

interface Options {
  /** The DTLS side of a socket. */
  readonly dtls: (ingress: number) => DtlsServer | undefined;
  readonly coap: CoapEndpoint;
  readonly sessions: SessionTable;
  readonly wallClock: () => Millis;
  readonly deliver: (message: LinkUp) => void;
}

/** What a ping asks: whether the peer of a session receives at an address. */
interface Probe {
  readonly session: Session;
  readonly address: AddressKey;
}

/** Carries sessions over restarts of the process, and from one address of their peer to the next. */
export class Continuity {
  readonly #o: Options;
  readonly #probes = new Map<RequestId, Probe>();

  constructor(options: Options) {
    this.#o = options;
  }

  /** What the store is to keep of a new session. */
  snapshotOf({ session, address, reserved, connectionId }: Established): SessionSnapshot | undefined {
    const bytes = this.#export(session, addressOfKey(address).ingress);
    if (!bytes || reserved === undefined) return undefined;
    return {
      bytes,
      sendLimit: reserved,
      ...(connectionId === undefined ? {} : { connectionId: Buffer.from(connectionId).toString('hex') }),
    };
  }

  /** Takes back in a session of before the restart. */
  restore(message: Extract<LinkDown, { kind: 'restore-session' }>, now: number): void {
    const { session, snapshot, sendFrom, sendLimit, received } = message;
    const position = { sendFrom, sendLimit, ...(received === undefined ? {} : { received }) };
    const result = this.#o.dtls(session.ingress)?.import(snapshot, position, now);
    if (result?.ok) {
      this.#o.sessions.add(session);
      return;
    }
    const reason = result?.detail ?? 'its socket is not there any more';
    this.#o.deliver({ kind: 'session-closed', at: this.#o.wallClock(), sessionId: session.sessionId, reason });
  }

  /** A record came from an address: one that the peer may have moved to is asked whether it receives there. */
  heardFrom(session: Session, address: AddressKey, now: number): void {
    const { move } = session;
    if (!move) return;
    move.heardFrom = address;
    if (move.candidate !== address || move.probing === address) return;
    move.probing = address;
    this.#probes.set(this.#o.coap.ping(session.peer, now), { session, address });
  }

  /** @returns whether the outcome was that of a ping of ours */
  answered({ request, outcome }: Extract<CoapEffect, { kind: 'outcome' }>, now: number): boolean {
    const probe = this.#probes.get(request);
    if (!probe) return false;
    const { session, address } = probe;
    this.#probes.delete(request);
    const { move } = session;
    if (move?.probing === address) move.probing = undefined;
    if (outcome.kind === 'pong' && move?.heardFrom === address) {
      const { sessionId, ingress } = session.info;
      this.#o.dtls(ingress)?.addressProven(sessionKey(sessionId), address, now);
    }
    return true;
  }

  /** The peer has proved that it receives at its new address. */
  moved({ session: key, address }: Moved): void {
    const session = this.#o.sessions.move(key, addressOfKey(address));
    const snapshot = session && this.#export(key, session.info.ingress);
    if (snapshot) this.#o.deliver({ kind: 'session-moved', at: this.#o.wallClock(), session: session.info, snapshot });
  }

  /** In bytes of its own: what crosses to another thread takes all of the memory along that it lies in. */
  #export(key: SessionKey, ingress: number): Uint8Array | undefined {
    const snapshot = this.#o.dtls(ingress)?.export(key);
    return snapshot && Uint8Array.from(snapshot);
  }
}

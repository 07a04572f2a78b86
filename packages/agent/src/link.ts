import type { Leave } from '@reeve/coap';
import {
  addressKey,
  type ClientIdentity,
  computeNow,
  DtlsClient,
  type DtlsEffect,
  type PeerFound,
  type RetransmitParameters,
  type SessionKey,
} from '@reeve/dtls';
import type { TlsProof } from './tls-proof.ts';

/** What a link wants done or has to say. */
export type LinkEffect =
  | { readonly kind: 'send'; readonly datagram: Uint8Array }
  /** Open a connection, with TLS if there is a proof; `opened` or `lost` follows. One from before is given up. */
  | {
      readonly kind: 'connect';
      readonly tls: TlsProof | undefined;
      /** Host and port in the place of the server's own. */
      readonly alternative?: string;
    }
  /** Close the connection once all is written. */
  | { readonly kind: 'disconnect' }
  /** Data can go; a new security association, if there is one, has begun. */
  | { readonly kind: 'up' }
  | { readonly kind: 'received'; readonly data: Uint8Array }
  /** What a message that `intercept` took says, as a datagram. */
  | { readonly kind: 'message'; readonly data: Uint8Array }
  /** No data can go until `up`. */
  | { readonly kind: 'down'; readonly detail: string };

/** The way to a server: datagrams, or the bytes of a connection, on one side, data on the other. Sans-I/O. */
export interface Link {
  /** Only with a link over a connection: hears what became of the one that it wanted. */
  readonly connection?: {
    opened(now: number): void;
    lost(detail: string, now: number): void;
    /** CoAP is done with it, and the server may have said when to come back; `close` follows. */
    ended(leave: Leave, now: number): void;
  };
  /** Sets the link up, anew if it is up already; `up` or `down` follows. */
  connect(now: number): void;
  /** Takes the link down; nothing follows. */
  close(): void;
  send(data: Uint8Array): void;
  receive(datagram: Uint8Array, now: number): void;
  /** Only where messages are protected by themselves: takes one that came over a connection. @returns true */
  intercept?(datagram: Uint8Array): boolean;
  tick(now: number): void;
  nextWakeAt(): number | undefined;
  drain(now: number): readonly LinkEffect[];
}

/** NoSec: data goes as it is. */
export class OpenLink implements Link {
  #effects: LinkEffect[] = [];
  #up = false;

  connect(): void {
    this.#up = true;
    this.#effects.push({ kind: 'up' });
  }

  close(): void {
    this.#up = false;
  }

  send(data: Uint8Array): void {
    if (this.#up) this.#effects.push({ kind: 'send', datagram: data });
  }

  receive(datagram: Uint8Array): void {
    if (this.#up) this.#effects.push({ kind: 'received', data: datagram });
  }

  tick(): void {}

  nextWakeAt(): undefined {
    return undefined;
  }

  drain(): readonly LinkEffect[] {
    if (this.#effects.length === 0) return this.#effects;
    const effects = this.#effects;
    this.#effects = [];
    return effects;
  }
}

const SERVER = addressKey('server');

/** What a DTLS link is made with. */
export interface DtlsLinkOptions {
  readonly identity: ClientIdentity;
  /** The name to ask for (RFC 6066 §3). */
  readonly serverName?: string;
  /** Whether the certificates that a server shows are those of our server; asked of no one without certificates. */
  readonly judge?: (chain: readonly Uint8Array[]) => PeerFound;
  readonly random: (n: number) => Uint8Array;
  readonly retransmit?: Partial<RetransmitParameters>;
}

const NO_JUDGE: PeerFound = {
  ok: false,
  check: 'wrong-server',
  detail: 'nothing is known of the server by certificate',
  alert: 'certificate_unknown',
};

/**
 * DTLS. The server may give us a Connection ID, so that it knows us when our address changes, and a ticket, so that a
 * later handshake is a short one.
 */
export class DtlsLink implements Link {
  readonly #dtls: DtlsClient;
  readonly #judge: DtlsLinkOptions['judge'];
  #effects: LinkEffect[] = [];
  #session: SessionKey | undefined;
  #wanted = false;

  /** @throws RangeError when the identity can't serve */
  constructor({ identity, serverName, judge, random, retransmit = {} }: DtlsLinkOptions) {
    this.#judge = judge;
    this.#dtls = new DtlsClient({
      ...{ identity, random, retransmit, address: SERVER },
      ...{ connectionId: 'zero-length', resumption: { tickets: true } },
      ...(serverName === undefined ? {} : { serverName }),
    });
  }

  connect(now: number): void {
    this.#wanted = true;
    this.#dtls.connect(now);
  }

  close(): void {
    this.#wanted = false;
    const session = this.#session;
    this.#session = undefined;
    if (session !== undefined) this.#dtls.close(session);
  }

  send(data: Uint8Array): void {
    if (this.#session !== undefined) this.#dtls.send(this.#session, data);
  }

  receive(datagram: Uint8Array, now: number): void {
    this.#dtls.receive(SERVER, datagram, now);
  }

  tick(now: number): void {
    this.#dtls.tick(now);
  }

  nextWakeAt(): number | undefined {
    return this.#dtls.nextWakeAt();
  }

  drain(now: number): readonly LinkEffect[] {
    for (let effects = this.#dtls.drain(); effects.length > 0; effects = this.#dtls.drain()) {
      for (const effect of effects) this.#take(effect, now);
    }
    if (this.#effects.length === 0) return this.#effects;
    const effects = this.#effects;
    this.#effects = [];
    return effects;
  }

  #take(effect: DtlsEffect, now: number): void {
    switch (effect.kind) {
      case 'send':
        this.#effects.push({ kind: 'send', datagram: effect.datagram });
        break;
      case 'received':
        if (effect.session === this.#session) this.#effects.push({ kind: 'received', data: effect.data });
        break;
      case 'established':
        this.#session = effect.session;
        if (this.#wanted) this.#effects.push({ kind: 'up' });
        else this.close();
        break;
      case 'closed':
        if (effect.session !== this.#session) break;
        this.#session = undefined;
        this.#effects.push({ kind: 'down', detail: `the DTLS session ended: ${effect.reason}` });
        break;
      case 'refused':
        if (this.#wanted) this.#effects.push({ kind: 'down', detail: effect.detail });
        break;
      case 'compute':
        this.#dtls.computed(effect.job, computeNow(effect.task), now);
        break;
      case 'findPeer': {
        const { presented } = effect;
        const found = presented.kind === 'certificate' ? this.#judge?.(presented.chain) : undefined;
        this.#dtls.peerFound(effect.lookup, found ?? NO_JUDGE, now);
        break;
      }
      default:
        // The other questions are a server's.
        break;
    }
  }
}

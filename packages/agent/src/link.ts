import { addressKey, DtlsClient, type DtlsEffect, type RetransmitParameters, type SessionKey } from '@reeve/dtls';

/** What a link wants done or has to say. */
export type LinkEffect =
  | { readonly kind: 'send'; readonly datagram: Uint8Array }
  /** Data can go; a new security association, if there is one, has begun. */
  | { readonly kind: 'up' }
  | { readonly kind: 'received'; readonly data: Uint8Array }
  /** No data can go until `up`. */
  | { readonly kind: 'down'; readonly detail: string };

/** The way to a server: datagrams on one side, data on the other. Sans-I/O. */
export interface Link {
  /** Sets the link up, anew if it is up already; `up` or `down` follows. */
  connect(now: number): void;
  /** Takes the link down; nothing follows. */
  close(): void;
  send(data: Uint8Array): void;
  receive(datagram: Uint8Array, now: number): void;
  tick(now: number): void;
  nextWakeAt(): number | undefined;
  drain(): readonly LinkEffect[];
}

/** How a pre-shared key client proves itself. */
export interface PskCredential {
  readonly identity: Uint8Array;
  readonly key: Uint8Array;
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

/** DTLS with a pre-shared key. */
export class PskLink implements Link {
  readonly #dtls: DtlsClient;
  #effects: LinkEffect[] = [];
  #session: SessionKey | undefined;
  #wanted = false;

  /** @throws RangeError when identity or key can't serve */
  constructor(
    credential: PskCredential,
    random: (n: number) => Uint8Array,
    retransmit: Partial<RetransmitParameters> = {},
  ) {
    const identity = { kind: 'psk', ...credential } as const;
    this.#dtls = new DtlsClient({ identity, random, retransmit, address: SERVER });
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

  drain(): readonly LinkEffect[] {
    for (const effect of this.#dtls.drain()) this.#take(effect);
    if (this.#effects.length === 0) return this.#effects;
    const effects = this.#effects;
    this.#effects = [];
    return effects;
  }

  #take(effect: DtlsEffect): void {
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
      default:
        // A client with a pre-shared key has no questions.
        break;
    }
  }
}

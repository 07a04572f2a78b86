/** The stateless listener: each peer proves that it receives at its address before anything is kept for it (RFC 6347 §4.2.1). */
import type { CookieJar } from './cookie.ts';
import type { AddressKey } from './effects.ts';
import { type Fragment, unfragmented, type WholeMessage } from './fragments.ts';
import type { DtlsLimits } from './limits.ts';
import { type ClientHello, decodeBody, encodeBody, HANDSHAKE_MESSAGES, Version } from './messages.ts';
import type { Outlet } from './outlet.ts';
import { ContentType, type DtlsRecord, plaintextRecord } from './record.ts';

/** A ClientHello whose sender receives at its address. */
export interface Greeting {
  readonly address: AddressKey;
  readonly hello: ClientHello;
  readonly message: WholeMessage;
  /** Sequence number of its record. */
  readonly sequence: number;
}

/** Our numbers go on from those of the ClientHello: no honest one is so high that they could run out. */
const MAX_HELLO_RECORD = 2 ** 32;
const MAX_HELLO_MESSAGE = 2 ** 8;

export class Listener {
  readonly #out: Outlet;
  readonly #cookies: CookieJar;
  readonly #onFlood: (address: AddressKey, badCookies: number) => void;
  readonly #limits: DtlsLimits;
  #badCookies = 0;

  /** @param onFlood is told once of `limits.badCookies` wrong cookies within one life of a secret */
  constructor(
    out: Outlet,
    cookies: CookieJar,
    limits: DtlsLimits,
    onFlood: (address: AddressKey, badCookies: number) => void,
  ) {
    this.#out = out;
    this.#cookies = cookies;
    this.#limits = limits;
    this.#onFlood = onFlood;
  }

  /** Answers a ClientHello without a good cookie, and lets others pass. */
  hear(address: AddressKey, record: DtlsRecord, fragment: Fragment, now: number): Greeting | undefined {
    const body = fragment.bytes;
    if (fragment.length > this.#limits.handshakeMessageBytes) {
      this.#out.drops.overLimit++;
      return undefined;
    }
    const decoded = fragment.length === body.length ? decodeBody('client-hello', body) : undefined;
    const numbered = record.sequence <= MAX_HELLO_RECORD && fragment.messageSequence <= MAX_HELLO_MESSAGE;
    if (decoded?.ok !== true || decoded.message.kind !== 'client-hello' || !numbered) {
      this.#out.drops.malformed++;
      return undefined;
    }
    if (this.#cookies.rotate(now)) this.#badCookies = 0;
    const hello = decoded.message.body;
    if (this.#cookies.check(address, hello, body)) {
      const { type, messageSequence } = fragment;
      return { address, hello, message: { type, messageSequence, body }, sequence: record.sequence };
    }
    if (hello.cookie.length > 0) this.#onBadCookie(address);
    this.#requestVerification(address, this.#cookies.make(address, hello, body), record.sequence);
    return undefined;
  }

  #onBadCookie(address: AddressKey): void {
    this.#out.drops.badCookie++;
    this.#badCookies++;
    if (this.#badCookies === this.#limits.badCookies) this.#onFlood(address, this.#badCookies);
  }

  /** The record carries the sequence number of the ClientHello, since nothing is known of earlier ones. */
  #requestVerification(address: AddressKey, cookie: Uint8Array, sequence: number): void {
    const type = HANDSHAKE_MESSAGES['hello-verify-request'].type;
    // Always DTLS 1.0: the version is not negotiated here (RFC 6347 §4.2.1).
    const body = encodeBody('hello-verify-request', { version: Version.DTLS_1_0, cookie });
    const message = unfragmented({ type, messageSequence: 0, body });
    this.#out.send(address, plaintextRecord(ContentType.HANDSHAKE, sequence, message, Version.DTLS_1_0));
  }
}

/** Stateless cookies of HelloVerifyRequest (RFC 6347 §4.2.1). */
import { timingSafeEqual } from 'node:crypto';
import type { AddressKey } from './effects.ts';
import { Hmac } from './hmac.ts';
import { type ClientHello, RANDOM_LENGTH } from './messages.ts';

/** Octets of a cookie; DTLS 1.0 allowed no more than 32. */
const COOKIE_LENGTH = 32;

/** Makes and checks cookies with two rotating secrets; holds nothing for any peer. */
export class CookieJar {
  readonly #random: (length: number) => Uint8Array;
  readonly #lifetimeMs: number;
  #current: Hmac;
  #previous: Hmac;
  #rotatedAt: number | undefined;

  /**
   * @param random cryptographic randomness
   * @param lifetimeMs how long a secret makes cookies; it checks them for as long again
   */
  constructor(random: (length: number) => Uint8Array, lifetimeMs: number) {
    this.#random = random;
    this.#lifetimeMs = lifetimeMs;
    this.#current = this.#secret();
    this.#previous = this.#secret();
  }

  /** Changes the secrets when it is time. @returns whether it did */
  rotate(now: number): boolean {
    this.#rotatedAt ??= now;
    const age = now - this.#rotatedAt;
    if (age < this.#lifetimeMs) return false;
    this.#previous = age < 2 * this.#lifetimeMs ? this.#current : this.#secret();
    this.#current = this.#secret();
    this.#rotatedAt = now;
    return true;
  }

  /** The cookie that proves that the sender of this ClientHello receives what is sent to its address. */
  make(address: AddressKey, hello: ClientHello, body: Uint8Array): Uint8Array {
    return this.#mac(this.#current, address, hello, body);
  }

  /**
   * Whether the ClientHello carries a cookie that was made for the same address and the same parameters.
   *
   * @param body the message that `hello` was decoded from
   */
  check(address: AddressKey, hello: ClientHello, body: Uint8Array): boolean {
    if (hello.cookie.length !== COOKIE_LENGTH) return false;
    return (
      timingSafeEqual(hello.cookie, this.#mac(this.#current, address, hello, body)) ||
      timingSafeEqual(hello.cookie, this.#mac(this.#previous, address, hello, body))
    );
  }

  /** Over the address and all of the ClientHello but the cookie itself. */
  #mac(secret: Hmac, address: AddressKey, hello: ClientHello, body: Uint8Array): Buffer {
    const cookieAt = 2 + RANDOM_LENGTH + 1 + hello.sessionId.length;
    return secret.digest(
      Buffer.from(`${address.length}:${address}`),
      body.subarray(0, cookieAt),
      body.subarray(cookieAt + 1 + hello.cookie.length),
    );
  }

  #secret(): Hmac {
    return new Hmac('sha256', this.#random(32));
  }
}

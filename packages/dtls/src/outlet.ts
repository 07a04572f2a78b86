/** The one way out of an endpoint: effects in order, and the count of what was dropped. */
import type { AddressKey, DtlsEffect } from './effects.ts';
import { type FlightItem, packFlight, type Sealer } from './flight.ts';

/** What was dropped without a word (RFC 6347 §4.1.2.7), counted since the start. */
export interface DropCounters {
  /** Not a DTLS record. */
  notRecord: number;
  /** Seen before, or older than the replay window. */
  replayed: number;
  /** A protected record that no key opens. */
  notAuthentic: number;
  /** A message that means nothing where its handshake or session stands. */
  unexpected: number;
  /** A record or ClientHello whose structure is wrong. */
  malformed: number;
  /** ClientHellos with a wrong cookie. */
  badCookie: number;
  /** Over a limit. */
  overLimit: number;
  /** Not looked at: too many records from that source did not open lately. */
  rateLimited: number;
}

/** Nothing was dropped yet. */
export const NO_DROPS: Readonly<DropCounters> = {
  notRecord: 0,
  replayed: 0,
  notAuthentic: 0,
  unexpected: 0,
  malformed: 0,
  badCookie: 0,
  overLimit: 0,
  rateLimited: 0,
};

const NO_EFFECTS: readonly DtlsEffect[] = [];

export class Outlet {
  readonly drops: DropCounters = { ...NO_DROPS };
  readonly #mtu: number;
  /** An array that begins with its first effect has room for no more: most hold one, and room for 17 is not free. */
  #effects: DtlsEffect[] | undefined;

  /** @param mtu largest datagram of a flight, in octets */
  constructor(mtu: number) {
    this.#mtu = mtu;
  }

  emit(effect: DtlsEffect): void {
    if (this.#effects === undefined) this.#effects = [effect];
    else this.#effects.push(effect);
  }

  send(address: AddressKey, datagram: Uint8Array): void {
    this.emit({ kind: 'send', address, datagram });
  }

  sendFlight(address: AddressKey, items: readonly FlightItem[], sealer: Sealer): void {
    for (const datagram of packFlight(items, this.#mtu, sealer)) this.send(address, datagram);
  }

  /** The effects since the last call, in order. */
  drain(): readonly DtlsEffect[] {
    const effects = this.#effects;
    this.#effects = undefined;
    return effects ?? NO_EFFECTS;
  }
}

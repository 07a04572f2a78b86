import { networkInterfaces } from 'node:os';
import type { Libc } from './libc.ts';
import type { NameLayout } from './messages.ts';

/** Addresses that are remembered at most: whoever is heard again is looked up again. */
const MAX_HOSTS = 8192;
/** Octets of an IPv6 address, which its scope follows. */
const IPV6_OCTETS = 16;
/** INET6_ADDRSTRLEN (inet_ntop(3)). */
const TEXT_ROOM = 46;

/** Addresses as the kernel has them and as text, of peers that were heard lately. */
export class Hosts {
  readonly #libc: Libc;
  readonly #layout: NameLayout;
  readonly #texts = new Map<string, string>();
  readonly #addresses = new Map<string, Uint8Array>();
  readonly #room = Buffer.alloc(TEXT_ROOM);

  constructor(libc: Libc, layout: NameLayout) {
    this.#libc = libc;
    this.#layout = layout;
  }

  /** The text of an address, whose octets are the characters of `address`. */
  text(address: string): string {
    return this.#texts.get(address) ?? this.#learn(address);
  }

  /** The octets of a text that was given out lately. */
  address(text: string): Uint8Array | undefined {
    return this.#addresses.get(text);
  }

  #learn(address: string): string {
    if (this.#texts.size === MAX_HOSTS) {
      this.#texts.clear();
      this.#addresses.clear();
    }
    const octets = Buffer.from(address, 'latin1');
    const plain = this.#libc.inet_ntop(this.#layout.family, octets, this.#room, TEXT_ROOM) ?? '';
    const scope = octets.length > IPV6_OCTETS ? octets.readUInt32LE(IPV6_OCTETS) : 0;
    const text = scope === 0 ? plain : `${plain}%${zoneOf(scope)}`;
    this.#texts.set(address, text);
    this.#addresses.set(text, octets);
    return text;
  }
}

/** The interface on whose network a link-local address is, by name as Node says it (RFC 4007 §11). */
function zoneOf(scope: number): string {
  const found = Object.entries(networkInterfaces()).find(([, addresses]) =>
    addresses?.some((address) => address.family === 'IPv6' && address.scopeid === scope),
  );
  return found?.[0] ?? String(scope);
}

import type { Libc } from './libc.ts';
import { Slabs } from './slabs.ts';

/** struct mmsghdr, which begins with a struct msghdr (recvmmsg(2), recvmsg(2)): places and size in octets. */
const HEADER = { name: 0, nameLength: 8, vectors: 16, vectorCount: 24, length: 56, size: 64 } as const;
/** struct iovec (readv(2)). */
const VECTOR = { base: 0, length: 8, size: 16 } as const;
/** struct sockaddr_in and sockaddr_in6 (ip(7), ipv6(7)). An IPv6 address is followed by its scope, and `end` is behind it. */
const NAMES = {
  ipv4: { family: 2, port: 2, address: 4, end: 8, length: 16 },
  ipv6: { family: 10, port: 2, address: 8, end: 28, length: 28 },
} as const;
const NAME_ROOM = 32;

/** How the names of sockets of IPv4 or of IPv6 are laid out. */
export type NameLayout = (typeof NAMES)[keyof typeof NAMES];

export function nameLayout(ipv6: boolean): NameLayout {
  return ipv6 ? NAMES.ipv6 : NAMES.ipv4;
}

/**
 * Datagrams with their peers, in memory that the kernel reads and writes. Each has a slot of its own, whose pointers are
 * written once.
 */
export class Messages {
  /** What the kernel is given: the headers, and behind them what they point to. */
  readonly memory: Buffer;
  /** The same, for what is not numbers: a view of a Buffer costs more. */
  readonly #bytes: Uint8Array;
  readonly #words: Uint32Array;
  readonly #slabs = new Slabs();
  readonly #layout: NameLayout;
  readonly #vectors: number;
  readonly #names: number;
  readonly #data: number;
  readonly #room: number;

  /** @param room octets for each datagram: of one that is longer, the kernel cuts off the rest */
  constructor(libc: Libc, layout: NameLayout, count: number, room: number) {
    const vectors = count * HEADER.size;
    this.#layout = layout;
    this.#room = room;
    this.#vectors = vectors;
    this.#names = vectors + count * VECTOR.size;
    this.#data = this.#names + count * NAME_ROOM;
    // Zeroes that were never written take no memory: a slot takes as much as its longest datagram did.
    const bytes = new ArrayBuffer(this.#data + count * room);
    this.memory = Buffer.from(bytes);
    this.#bytes = new Uint8Array(bytes);
    this.#words = new Uint32Array(bytes);
    const base = libc.addressOf(this.memory);
    const point = (at: number, to: number) => this.memory.writeBigUInt64LE(base + BigInt(to), at);
    for (let slot = 0; slot < count; slot++) {
      const header = slot * HEADER.size;
      const vector = vectors + slot * VECTOR.size;
      const name = this.#names + slot * NAME_ROOM;
      point(header + HEADER.name, name);
      // The kernel says how long a name is, which is the same for each of a family.
      this.memory.writeUInt32LE(layout.length, header + HEADER.nameLength);
      point(header + HEADER.vectors, vector);
      this.memory.writeUInt32LE(1, header + HEADER.vectorCount);
      point(vector + VECTOR.base, this.#data + slot * room);
      this.memory.writeUInt32LE(room, vector + VECTOR.length);
      this.memory.writeUInt16LE(layout.family, name);
    }
  }

  /** The address in a slot, octet by octet as the characters of a string: quick to look up by. */
  address(slot: number): string {
    const name = this.#names + slot * NAME_ROOM;
    return this.memory.toString('latin1', name + this.#layout.address, name + this.#layout.end);
  }

  port(slot: number): number {
    return this.memory.readUInt16BE(this.#names + slot * NAME_ROOM + this.#layout.port);
  }

  /** A copy of what was received into a slot. */
  received(slot: number): Uint8Array {
    return this.#copy(slot, this.#words[(slot * HEADER.size + HEADER.length) >> 2] ?? 0);
  }

  /** A copy of what was put into a slot. */
  written(slot: number): Uint8Array {
    return this.#copy(slot, this.#words[(this.#vectors + slot * VECTOR.size + VECTOR.length) >> 2] ?? 0);
  }

  /** Puts a datagram, not longer than the room for it, into a slot to be sent. */
  write(slot: number, address: Uint8Array, port: number, bytes: Uint8Array): void {
    const name = this.#names + slot * NAME_ROOM;
    this.memory.writeUInt16BE(port, name + this.#layout.port);
    this.#bytes.set(address, name + this.#layout.address);
    this.#bytes.set(bytes, this.#data + slot * this.#room);
    this.#words[(this.#vectors + slot * VECTOR.size + VECTOR.length) >> 2] = bytes.length;
  }

  #copy(slot: number, length: number): Uint8Array {
    const start = this.#data + slot * this.#room;
    const bytes = this.#slabs.take(length);
    bytes.set(this.#bytes.subarray(start, start + length));
    return bytes;
  }
}

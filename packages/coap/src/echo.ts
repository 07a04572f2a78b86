/** Bytes of the time in an Echo value, and of the code that proves that it is ours. */
const TIME_BYTES = 6;
const MAC_BYTES = 8;

interface Options {
  /** A keyed hash of at least 8 bytes that nobody else can make: HMAC-SHA256 with a key of this process. */
  readonly mac: (bytes: Uint8Array) => Uint8Array;
  /** How long a value proves that a peer receives where it says, ms. */
  readonly lifetimeMs?: number;
}

/**
 * Echo values (RFC 9175 §2, appendix A.2): a request that brings one back was made by who received it, not long ago.
 * Each is the time and a code over that and the peer's name, so that nothing is kept of who was asked.
 */
export class EchoValues {
  readonly #mac: Options['mac'];
  readonly #lifetimeMs: number;

  constructor({ mac, lifetimeMs = 60_000 }: Options) {
    this.#mac = mac;
    this.#lifetimeMs = lifetimeMs;
  }

  /** The value that a peer is to bring back. */
  make(peer: string, now: number): Uint8Array {
    const time = timeBytes(now);
    const value = new Uint8Array(TIME_BYTES + MAC_BYTES);
    value.set(time);
    value.set(this.#code(peer, time), TIME_BYTES);
    return value;
  }

  /** Whether a value was made for a peer, and lately. */
  isFresh(value: Uint8Array, peer: string, now: number): boolean {
    if (value.length !== TIME_BYTES + MAC_BYTES) return false;
    const time = value.subarray(0, TIME_BYTES);
    const age = Math.floor(now) - timeOf(time);
    return sameCode(value.subarray(TIME_BYTES), this.#code(peer, time)) && age >= 0 && age <= this.#lifetimeMs;
  }

  #code(peer: string, time: Uint8Array): Uint8Array {
    const name = new TextEncoder().encode(peer);
    const bytes = new Uint8Array(TIME_BYTES + name.length);
    bytes.set(time);
    bytes.set(name, TIME_BYTES);
    return this.#mac(bytes).subarray(0, MAC_BYTES);
  }
}

function timeBytes(now: number): Uint8Array {
  const bytes = new Uint8Array(TIME_BYTES);
  for (let i = TIME_BYTES - 1, rest = Math.floor(now); i >= 0; i--, rest = Math.floor(rest / 256))
    bytes[i] = rest % 256;
  return bytes;
}

function timeOf(bytes: Uint8Array): number {
  let time = 0;
  for (const byte of bytes) time = time * 256 + byte;
  return time;
}

/** Takes the same time wherever the two differ. */
function sameCode(a: Uint8Array, b: Uint8Array): boolean {
  let difference = 0;
  for (let i = 0; i < MAC_BYTES; i++) difference |= (a[i] ?? 0) ^ (b[i] ?? 0);
  return difference === 0;
}

const SLAB_BYTES = 8192;
/** Bytes of a longest piece that shares memory: whoever keeps one keeps a slab, which no sender should make large. */
const SHARED_BYTES = 512;

/** Memory for datagrams: one of its own costs a short datagram several times what else is done to receive it. */
export class Slabs {
  #slab = new Uint8Array(0);
  #end = 0;

  /** Zeroes that nobody else writes to. */
  take(length: number): Uint8Array {
    if (length > SHARED_BYTES) return new Uint8Array(length);
    if (this.#end + length > this.#slab.length) {
      this.#slab = new Uint8Array(SLAB_BYTES);
      this.#end = 0;
    }
    const start = this.#end;
    this.#end += length;
    return this.#slab.subarray(start, this.#end);
  }
}

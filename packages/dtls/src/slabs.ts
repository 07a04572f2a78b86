/**
 * Records of any length in a few large buffers, so that a million of them cost what they hold: as objects each would
 * cost several times as much, and the garbage collector would visit them all.
 */

/** Where a record lies; a small integer. */
export type Slot = number & { readonly __brand: 'Slot' };

/** Slots have a multiple of this many octets. */
const UNIT = 32;
/** Bits of a slot's number that tell its size. */
const CLASS_BITS = 7;
/** Octets of the largest slot. */
const LARGEST_SLOT = UNIT * 2 ** CLASS_BITS;
/** Slots of a whole slab, as a power of two. */
const SLAB_BITS = 10;
const SLAB_SLOTS = 2 ** SLAB_BITS;

/** All slots of one size. The first slab grows with its use, so that an endpoint of one session stays small. */
class SizeClass {
  readonly #slotBytes: number;
  readonly #slabs: Buffer[] = [];
  readonly #free: number[] = [];
  #used = 0;

  constructor(slotBytes: number) {
    this.#slotBytes = slotBytes;
  }

  allocate(): number {
    const free = this.#free.pop();
    if (free !== undefined) return free;
    const index = this.#used++;
    const slab = index >> SLAB_BITS;
    const current = this.#slabs[slab];
    if (slab > 0 && current === undefined) this.#slabs.push(Buffer.alloc(SLAB_SLOTS * this.#slotBytes));
    else if (slab === 0 && (current?.length ?? 0) < this.#used * this.#slotBytes) this.#growFirst(current);
    return index;
  }

  release(index: number): void {
    this.slot(index).fill(0);
    this.#free.push(index);
  }

  slot(index: number): Buffer {
    const slab = this.#slabs[index >> SLAB_BITS];
    const start = (index & (SLAB_SLOTS - 1)) * this.#slotBytes;
    if (slab === undefined || start >= slab.length) throw new RangeError('there is no such slot');
    return slab.subarray(start, start + this.#slotBytes);
  }

  #growFirst(current: Buffer | undefined): void {
    const grown = Buffer.alloc(Math.max(this.#slotBytes, 2 * (current?.length ?? 0)));
    if (current !== undefined) grown.set(current);
    this.#slabs[0] = grown;
  }
}

export class Slabs {
  readonly #classes: (SizeClass | undefined)[] = [];

  /** Room for `length` octets, at most 4096, all of them zero. */
  allocate(length: number): Slot {
    if (length > LARGEST_SLOT) throw new RangeError('no slot is that large');
    const size = Math.max(0, Math.ceil(length / UNIT) - 1);
    let sized = this.#classes[size];
    if (sized === undefined) {
      sized = new SizeClass(UNIT * (size + 1));
      this.#classes[size] = sized;
    }
    return ((sized.allocate() << CLASS_BITS) | size) as Slot;
  }

  /** Overwrites a slot and gives it back. */
  release(slot: Slot): void {
    this.#classOf(slot).release(slot >>> CLASS_BITS);
  }

  /** The octets of a slot, as a view that counts until the next `allocate`. */
  at(slot: Slot): Buffer {
    return this.#classOf(slot).slot(slot >>> CLASS_BITS);
  }

  #classOf(slot: Slot): SizeClass {
    const sized = this.#classes[slot & (2 ** CLASS_BITS - 1)];
    if (sized === undefined) throw new RangeError('there is no such slot');
    return sized;
  }
}

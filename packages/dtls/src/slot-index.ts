/** Finds slots by some part of what they hold, at 10 to 22 octets for each entry. */
import type { Slot } from './slabs.ts';

const FIRST_CAPACITY = 8;
/** Part of the places that may be taken. */
const FULL = 0.75;

/** A hash of some octets. The seed is secret, so that nobody can aim at the same place. */
export function hashOf(seed: number, bytes: Uint8Array): number {
  let hash = seed;
  for (const octet of bytes) hash = Math.imul(hash ^ octet, 0x01000193);
  // The low bits choose the place: mix the high ones in.
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

/** A hash table with open addressing and linear probing; entries of equal hash stay apart by their slot. */
export class SlotIndex {
  /** Two numbers for each place: the hash, and one more than the slot, or 0 where nothing is. */
  #places = new Uint32Array(2 * FIRST_CAPACITY);
  #size = 0;

  add(hash: number, slot: Slot): void {
    if ((this.#size + 1) * 2 > this.#places.length * FULL) this.#grow();
    this.#size++;
    this.#put(hash, slot + 1);
  }

  /** The first slot under this hash that is the right one. */
  find(hash: number, isRight: (slot: Slot) => boolean): Slot | undefined {
    const places = this.#places;
    const mask = places.length / 2 - 1;
    for (let at = hash & mask; places[2 * at + 1] !== 0; at = (at + 1) & mask) {
      const slot = ((places[2 * at + 1] ?? 0) - 1) as Slot;
      if (places[2 * at] === hash && isRight(slot)) return slot;
    }
    return undefined;
  }

  remove(hash: number, slot: Slot): void {
    const places = this.#places;
    const mask = places.length / 2 - 1;
    let gap = hash & mask;
    while (places[2 * gap + 1] !== slot + 1) {
      if (places[2 * gap + 1] === 0) return;
      gap = (gap + 1) & mask;
    }
    this.#size--;
    // Moves up what would not be found any more past the gap.
    for (let at = (gap + 1) & mask; places[2 * at + 1] !== 0; at = (at + 1) & mask) {
      const home = (places[2 * at] ?? 0) & mask;
      if (((at - home) & mask) < ((at - gap) & mask)) continue;
      places.copyWithin(2 * gap, 2 * at, 2 * at + 2);
      gap = at;
    }
    places[2 * gap + 1] = 0;
  }

  #grow(): void {
    const old = this.#places;
    this.#places = new Uint32Array(2 * old.length);
    for (let at = 0; at < old.length; at += 2) {
      const entry = old[at + 1] ?? 0;
      if (entry !== 0) this.#put(old[at] ?? 0, entry);
    }
  }

  #put(hash: number, entry: number): void {
    const places = this.#places;
    const mask = places.length / 2 - 1;
    let at = hash & mask;
    while (places[2 * at + 1] !== 0) at = (at + 1) & mask;
    places[2 * at] = hash;
    places[2 * at + 1] = entry;
  }
}

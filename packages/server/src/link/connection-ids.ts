/**
 * Connection IDs of ours: version (4 bits), slot of the process that owns the session (12 bits), random (48 bits). All
 * are equally long, so that a front end finds the slot, and whoever looks a session up its key, without looking further.
 */
const VERSION = 1;
const RANDOM_BYTES = 6;

/** Octets of each. */
export const CONNECTION_ID_BYTES = 2 + RANDOM_BYTES;

/** A maker of fresh Connection IDs of a slot (0–4095). */
export function connectionIds(slot: number, random: (length: number) => Uint8Array): () => Uint8Array {
  return () => Buffer.concat([Uint8Array.of((VERSION << 4) | (slot >> 8), slot & 0xff), random(RANDOM_BYTES)]);
}

/** Handshakes under way by the prefix of their address; the one that began first comes first. */
import type { Handshake } from './handshake.ts';

export class Prefixes {
  readonly #handshakes = new Map<string, Set<Handshake>>();

  /** Handshakes of the prefix that has most. */
  get most(): number {
    let most = 0;
    for (const { size } of this.#handshakes.values()) most = Math.max(most, size);
    return most;
  }

  of(prefix: string): ReadonlySet<Handshake> | undefined {
    return this.#handshakes.get(prefix);
  }

  add(handshake: Handshake): void {
    const neighbours = this.#handshakes.get(handshake.prefix);
    if (neighbours) neighbours.add(handshake);
    else this.#handshakes.set(handshake.prefix, new Set([handshake]));
  }

  delete(handshake: Handshake): void {
    const neighbours = this.#handshakes.get(handshake.prefix);
    neighbours?.delete(handshake);
    if (neighbours?.size === 0) this.#handshakes.delete(handshake.prefix);
  }
}

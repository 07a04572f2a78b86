import type { PeerKey } from '../ids.ts';
import type { BodyLimits } from '../limits.ts';
import type { ResponseSpec } from '../specs.ts';

/** Why a body is not taken in, or not any further. */
export type BodyLimit = keyof BodyLimits;

/** A body of which only a part is here, or was fetched. */
export interface Body {
  readonly peer: PeerKey;
  readonly key: string;
  readonly chunks: Uint8Array[];
  /** Bytes in all chunks. */
  length: number;
  /** What goes with each part of a body that is kept to be fetched. */
  answer: Pick<ResponseSpec, 'code' | 'options'> | undefined;
  /** When it was last added to or read from, ms. */
  touchedAt: number;
}

/** How long a body waits for its next part: longer than all retransmissions of it (EXCHANGE_LIFETIME), ms. */
const LIFETIME_MS = 247_000;

/** All bodies that come or go in parts, the one untouched longest first, within one set of limits. */
export class Bodies {
  readonly limits: BodyLimits;
  readonly #bodies = new Map<string, Body>();
  readonly #perPeer = new Map<PeerKey, number>();
  #bytes = 0;

  constructor(limits: BodyLimits) {
    this.limits = limits;
  }

  get(peer: PeerKey, key: string, now: number): Body | undefined {
    const body = this.#bodies.get(nameOf(peer, key));
    if (body === undefined) return undefined;
    if (body.touchedAt + LIFETIME_MS < now) {
      this.delete(body);
      return undefined;
    }
    this.#touch(body, now);
    return body;
  }

  /** Begins a body; one with the same key gives way. @returns the limit that leaves no room for it */
  open(peer: PeerKey, key: string, now: number): Body | BodyLimit {
    this.#expire(now);
    const earlier = this.#bodies.get(nameOf(peer, key));
    if (earlier !== undefined) this.delete(earlier);
    const count = this.#perPeer.get(peer) ?? 0;
    if (count >= this.limits.bodiesPerPeer) return 'bodiesPerPeer';
    if (this.#bodies.size >= this.limits.bodies) return 'bodies';
    const body: Body = { peer, key, chunks: [], length: 0, answer: undefined, touchedAt: now };
    this.#bodies.set(nameOf(peer, key), body);
    this.#perPeer.set(peer, count + 1);
    return body;
  }

  /** Adds a copy of the next part. @returns the limit that it would exceed */
  append(body: Body, part: Uint8Array, now: number): BodyLimit | undefined {
    if (body.length + part.length > this.limits.bodyBytes) return 'bodyBytes';
    if (this.#bytes + part.length > this.limits.allBodyBytes) return 'allBodyBytes';
    body.chunks.push(Uint8Array.from(part));
    body.length += part.length;
    this.#bytes += part.length;
    this.#touch(body, now);
    return undefined;
  }

  /** Empties a body that has to begin again. */
  restart(body: Body): void {
    this.#bytes -= body.length;
    body.chunks.length = 0;
    body.length = 0;
  }

  delete(body: Body): void {
    const name = nameOf(body.peer, body.key);
    if (this.#bodies.get(name) !== body) return;
    this.#bodies.delete(name);
    this.#bytes -= body.length;
    const count = (this.#perPeer.get(body.peer) ?? 1) - 1;
    if (count > 0) this.#perPeer.set(body.peer, count);
    else this.#perPeer.delete(body.peer);
  }

  /** Forgets all bodies of a peer. */
  forget(peer: PeerKey): void {
    if (!this.#perPeer.has(peer)) return;
    for (const body of this.#bodies.values()) if (body.peer === peer) this.delete(body);
  }

  sizes(): Record<keyof BodyLimits, number> {
    const sizes = { bodiesPerPeer: 0, bodies: this.#bodies.size, bodyBytes: 0, allBodyBytes: this.#bytes };
    for (const count of this.#perPeer.values()) sizes.bodiesPerPeer = Math.max(sizes.bodiesPerPeer, count);
    for (const { length } of this.#bodies.values()) sizes.bodyBytes = Math.max(sizes.bodyBytes, length);
    return sizes;
  }

  #touch(body: Body, now: number): void {
    body.touchedAt = now;
    const name = nameOf(body.peer, body.key);
    this.#bodies.delete(name);
    this.#bodies.set(name, body);
  }

  #expire(now: number): void {
    for (const body of this.#bodies.values()) {
      if (body.touchedAt + LIFETIME_MS >= now) return;
      this.delete(body);
    }
  }
}

/** The parts of a body as one. */
export function joined({ chunks, length }: Body): Uint8Array {
  const [only] = chunks;
  if (chunks.length === 1 && only !== undefined) return only;
  const all = new Uint8Array(length);
  let offset = 0;
  for (const chunk of chunks) {
    all.set(chunk, offset);
    offset += chunk.length;
  }
  return all;
}

function nameOf(peer: PeerKey, key: string): string {
  return `${peer}\n${key}`;
}

import type { CoapMessage } from '../message.ts';
import { tokenKey } from '../token.ts';
import type { RequestBinding, SecurityContext } from './context.ts';
import type { ReplayWindow } from './replay-window.ts';

/** Bounds of what is remembered of one peer. */
export const oscoreLimits = {
  /** Requests of ours that wait for an answer, and observations. */
  asked: 320,
  /** Requests of the peer that wait for their answer, and its observations. */
  served: 80,
  /** Messages of the peer whose duplicates get the same answer again. */
  recent: 8,
  /** Messages that wait for a number to be sent with. */
  waiting: 16,
  /** Messages of the peer that wait until its new keys are stored: as many as CoAP works on at a time. */
  held: 8,
  /** How often a request is made again because the peer wants other keys. */
  repetitions: 3,
} as const;

/** A request of ours. */
export interface Asked {
  readonly context: SecurityContext;
  readonly binding: RequestBinding;
  /** Numbers of the notifications that came. */
  readonly window: ReplayWindow;
  /** The request as it was handed down, and how often it was made again; until its first answer. */
  pending: { readonly message: CoapMessage; readonly plain: Uint8Array; readonly repetitions: number } | undefined;
  observing: boolean;
}

/** A request of the peer. */
export interface Served {
  readonly context: SecurityContext;
  readonly binding: RequestBinding;
  /** The request's own number can be used for one answer, and only for one. */
  nonceUsed: boolean;
  observing: boolean;
}

/** Requests by their token. At the limit one goes, of those that observe nothing if there is one. */
export class RequestTable<T extends { observing: boolean }> {
  readonly #entries = new Map<string, T>();
  readonly #limit: number;

  constructor(limit: number) {
    this.#limit = limit;
  }

  get size(): number {
    return this.#entries.size;
  }

  get(token: Uint8Array): T | undefined {
    return this.#entries.get(tokenKey(token));
  }

  set(token: Uint8Array, entry: T): void {
    const key = tokenKey(token);
    this.#entries.delete(key);
    if (this.#entries.size >= this.#limit) this.#evict();
    this.#entries.set(key, entry);
  }

  delete(token: Uint8Array): void {
    this.#entries.delete(tokenKey(token));
  }

  clear(): void {
    this.#entries.clear();
  }

  #evict(): void {
    for (const [key, { observing }] of this.#entries) {
      if (observing) continue;
      this.#entries.delete(key);
      return;
    }
    const [oldest] = this.#entries.keys();
    if (oldest !== undefined) this.#entries.delete(oldest);
  }
}

interface Recent {
  readonly datagram: Uint8Array;
  readonly messageId: number;
  answer: Uint8Array | undefined;
}

/**
 * The newest messages of the peer that were verified, with what was sent in their ACK. A number is good once, so a
 * duplicate never gets as far as the CoAP layer, which would answer it: it is answered from here.
 */
export class RecentMessages {
  #entries: Recent[] = [];

  find(datagram: Uint8Array): Recent | undefined {
    return this.#entries.find((entry) => Buffer.compare(entry.datagram, datagram) === 0);
  }

  add(datagram: Uint8Array, messageId: number): void {
    this.#entries.push({ datagram: Uint8Array.from(datagram), messageId, answer: undefined });
    if (this.#entries.length > oscoreLimits.recent) this.#entries.shift();
  }

  /** What goes out in the ACK, or as the RST, of a message. */
  answered(messageId: number, answer: Uint8Array): void {
    const entry = this.#entries.findLast((each) => each.messageId === messageId);
    if (entry) entry.answer = answer;
  }
}

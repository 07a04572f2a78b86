import type { JournalEntry } from '../journal/entries.ts';

export type Listener = (entries: readonly JournalEntry[]) => void;

/** Entries of the commits that became durable together, told to the listeners at once. */
export class Announcements {
  readonly #listeners = new Set<Listener>();
  #entries: JournalEntry[] = [];

  add(entry: JournalEntry): void {
    if (this.#listeners.size > 0) this.#entries.push(entry);
  }

  publish(): void {
    if (this.#entries.length === 0) return;
    const entries = this.#entries;
    this.#entries = [];
    for (const listener of [...this.#listeners]) listener(entries);
  }

  subscribe(listener: Listener): () => void {
    // A set holds a function once: each subscription is its own.
    const own: Listener = (entries) => listener(entries);
    this.#listeners.add(own);
    return () => this.#listeners.delete(own);
  }
}

import type { Change, Reading, Sample } from '../port.ts';
import { type RedoEntry, redoOf } from './redo.ts';
import { Forms, lengthOf, type RedoForm, redoReading, redoSamples } from './redo-samples.ts';

/** One row of the log: entries, and the forms that they name. */
export type RedoRow = readonly [forms: readonly RedoForm[], entries: readonly RedoEntry[]];

/** What a group adds to the log. */
export class RedoGroup {
  readonly #forms = new Forms();
  readonly #entries: RedoEntry[] = [];
  #size = 0;

  /** Characters of entries and forms, roughly. */
  get size(): number {
    return this.#size + this.#forms.size;
  }

  /** How many entries there are. */
  get length(): number {
    return this.#entries.length;
  }

  /** Whether the change is of a table that is written behind: it has become an entry. @throws StoreError `invalid` */
  change(change: Change): boolean {
    const entry = redoOf(change);
    if (entry) this.#add(entry);
    return entry !== undefined;
  }

  /** @throws StoreError `invalid` if one does not fit */
  samples(samples: readonly Sample[]): void {
    redoSamples(samples, this.#forms, (entry) => this.#add(entry));
  }

  /** @throws StoreError `invalid` if it does not fit */
  reading(reading: Reading): void {
    this.#add(redoReading(reading, this.#forms));
  }

  /** Takes back what came after the first `length` entries. */
  truncate(length: number): void {
    this.#entries.length = length;
  }

  /** The row of the log; empty if there are no entries. */
  text(): string {
    const row: RedoRow = [this.#forms.all, this.#entries];
    return this.#entries.length === 0 ? '' : JSON.stringify(row);
  }

  #add(entry: RedoEntry): void {
    this.#entries.push(entry);
    this.#size += lengthOf(entry);
  }
}

/** Reads a row of the log. */
export function readRow(text: string): RedoRow {
  return JSON.parse(text);
}

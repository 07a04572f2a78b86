import type { Seq } from '../../ids.ts';
import type { JournalEntry, JournalType } from '../../journal/entries.ts';
import { type Batch, type Store, StoreError } from '../../store/port.ts';
import type { ConsumerOptions } from '../port.ts';

/** Runs something once after some milliseconds, and gives back how to prevent it. */
export type After = (ms: number, run: () => void) => () => void;

/** What bounds a consumer, and how long it waits. */
const busLimits = {
  /** Entries that are read at a time. */
  page: 200,
  /** Entries that are remembered as announced; with more than these to do, a consumer reads them. */
  announced: 2_000,
  /** A cursor is saved at the latest after this many entries that were not for its consumer. */
  skippedBeforeSave: 1_000,
  /** Wait before the second attempt; doubles with each further one. */
  firstRetryMs: 100,
  longestRetryMs: 30_000,
} as const;

/** Wait before the attempt after `attempt`. */
const retryDelay = (attempt: number): number =>
  Math.min(busLimits.firstRetryMs * 2 ** Math.min(attempt - 1, 20), busLimits.longestRetryMs);

interface Waiter {
  readonly seq: Seq;
  readonly resolve: () => void;
  readonly reject: (error: StoreError) => void;
}

const start = 0 as Seq;
const newer = (a: Seq, b: Seq): Seq => (a > b ? a : b);

/** One durable follower of the journal: a loop that reads pages after its cursor and rests when there is no more. */
export class Consumer {
  readonly #store: Store;
  readonly #after: After;
  readonly #options: ConsumerOptions;
  readonly #types: ReadonlySet<JournalType>;
  readonly #waiters = new Set<Waiter>();
  /** Everything up to here was handled, or was not for this consumer. */
  #cursor = start;
  #savedCursor = start;
  /** Newest entry known to be committed. */
  #head = start;
  /** Entries for this consumer that were announced: all that there are after `#announcedAfter`. */
  #announced: JournalEntry[] = [];
  #announcedAfter = start;
  #resting = false;
  #stopped = false;
  #wake: () => void = () => {};
  #unsubscribe: () => void = () => {};
  #loop: Promise<void> = Promise.resolve();

  constructor(store: Store, after: After, options: ConsumerOptions) {
    this.#store = store;
    this.#after = after;
    this.#options = options;
    this.#types = new Set(options.types);
  }

  /** Finds the cursor (a new consumer's is saved at once, so that nothing after it is lost) and begins to follow. */
  async start(fromStart: boolean): Promise<void> {
    this.#unsubscribe = this.#store.subscribe((entries) => this.#listen(entries));
    try {
      const row = await this.#store.get('cursors', { consumer: this.#options.name });
      const [newest] = await this.#store.journal({ newestFirst: true, limit: 1 });
      const end = newest?.seq ?? start;
      this.#head = newer(this.#head, end);
      this.#cursor = row ? (row.seq as Seq) : fromStart ? start : end;
      this.#savedCursor = this.#cursor;
      if (!row) await this.#save(undefined, this.#cursor);
    } catch (error) {
      this.#unsubscribe();
      throw error;
    }
    // Whether what was announced meanwhile is all after the cursor is not known: it is read.
    this.#forgetAnnounced();
    this.#loop = this.#run();
  }

  caughtUp(seq: Seq): Promise<void> {
    if (this.#cursor >= seq) return Promise.resolve();
    if (this.#stopped) return Promise.reject(stoppedError());
    return new Promise((resolve, reject) => this.#waiters.add({ seq, resolve, reject }));
  }

  /** Lets the entry in hand finish, or gives up its retries, and saves the cursor. */
  async stop(): Promise<void> {
    if (!this.#stopped) {
      this.#stopped = true;
      this.#unsubscribe();
      this.#wake();
    }
    await this.#loop;
  }

  #listen(entries: readonly JournalEntry[]): void {
    const last = entries.at(-1);
    if (!last) return;
    this.#head = newer(this.#head, last.seq);
    for (const entry of entries) if (this.#types.has(entry.type)) this.#announced.push(entry);
    if (this.#announced.length > busLimits.announced) this.#forgetAnnounced();
    if (!this.#resting) return;
    // At rest everything before these entries is done: if none is for this consumer, there is nothing to do.
    const isConcerned = this.#announced.length > 0 || this.#cursor < this.#announcedAfter;
    if (isConcerned || this.#skipped(last.seq) >= busLimits.skippedBeforeSave) this.#wake();
    else this.#moveTo(last.seq);
  }

  #forgetAnnounced(): void {
    this.#announced = [];
    this.#announcedAfter = this.#head;
  }

  #skipped(until: Seq): number {
    return until - this.#savedCursor;
  }

  async #run(): Promise<void> {
    let failures = 0;
    while (!this.#stopped) {
      if (this.#cursor >= this.#head) {
        await this.#rest();
        continue;
      }
      try {
        await this.#handleNext();
        failures = 0;
      } catch {
        // The store can't be read now: its health says why.
        failures++;
        await this.#pause(retryDelay(failures));
      }
    }
    if (this.#cursor > this.#savedCursor) await this.#save(undefined, this.#cursor).catch(() => {});
    for (const { reject } of this.#waiters) reject(stoppedError());
    this.#waiters.clear();
  }

  async #handleNext(): Promise<void> {
    // Taken before the entries are: everything up to here is among them, unless the page is full.
    const head = this.#head;
    const isAnnounced = this.#cursor >= this.#announcedAfter;
    const entries = isAnnounced ? this.#takeAnnounced() : await this.#readPage();
    for (const entry of entries) {
      if (this.#stopped) return;
      // What was announced may have been read before.
      if (entry.seq <= this.#cursor) continue;
      if (this.#options.concerns?.(entry) === false) this.#moveTo(entry.seq);
      else if (!(await this.#handle(entry))) return;
    }
    if (isAnnounced || entries.length < busLimits.page) this.#moveTo(newer(this.#cursor, head));
    if (this.#skipped(this.#cursor) >= busLimits.skippedBeforeSave) await this.#save(undefined, this.#cursor);
  }

  #takeAnnounced(): readonly JournalEntry[] {
    const entries = this.#announced;
    this.#forgetAnnounced();
    return entries;
  }

  #readPage(): Promise<readonly JournalEntry[]> {
    return this.#store.journal({ after: this.#cursor, types: this.#options.types, limit: busLimits.page });
  }

  /**
   * Handles one entry until its batch and the cursor are committed; false if stopped before. Where nothing is to be
   * committed the cursor is saved later, as for entries of other types: the entry would ask for nothing again.
   */
  async #handle(entry: JournalEntry): Promise<boolean> {
    for (let attempt = 1; ; attempt++) {
      try {
        const batch = await this.#options.handle(entry);
        if (batch) await this.#save(batch, entry.seq);
        this.#moveTo(entry.seq);
        return true;
      } catch (error) {
        this.#options.failed?.(entry, error, attempt);
        if (!this.#stopped) await this.#pause(retryDelay(attempt));
        if (this.#stopped) return false;
      }
    }
  }

  async #save(batch: Batch | undefined, seq: Seq): Promise<void> {
    const cursor = { put: 'cursors', row: { consumer: this.#options.name, seq } } as const;
    await this.#store.commit({ ...batch, changes: [...(batch?.changes ?? []), cursor] });
    this.#savedCursor = seq;
  }

  #moveTo(seq: Seq): void {
    this.#cursor = seq;
    for (const waiter of this.#waiters) {
      if (waiter.seq > seq) continue;
      this.#waiters.delete(waiter);
      waiter.resolve();
    }
  }

  async #rest(): Promise<void> {
    this.#resting = true;
    await new Promise<void>((resolve) => {
      this.#wake = () => {
        this.#resting = false;
        resolve();
      };
    });
  }

  async #pause(ms: number): Promise<void> {
    await new Promise<void>((resolve) => {
      const cancel = this.#after(ms, resolve);
      this.#wake = () => {
        cancel();
        resolve();
      };
    });
  }
}

function stoppedError(): StoreError {
  return new StoreError('closed', 'the consumer was stopped');
}

import type { Seq } from '../ids.ts';
import type { JournalEntry, JournalType } from '../journal/entries.ts';
import type { Batch } from '../store/port.ts';

/**
 * Handles one journal entry: decides, and returns what is to be committed **together with the consumer's new cursor**.
 * At least once, in journal order; an entry is repeated only if that commit did not happen, so that effects inside the
 * batch happen exactly once. Without a batch there is no commit: such entries may come again after a restart. A throw is
 * retried with backoff and blocks only this consumer.
 */
type EntryHandler = (entry: JournalEntry) => Promise<Batch | undefined> | Batch | undefined;

export interface ConsumerOptions {
  /** Name under which the cursor is stored. */
  readonly name: string;
  /** Only these types are handed over; the cursor still moves over the rest. */
  readonly types: readonly JournalType[];
  /** Whether such an entry asks for anything at all, asked when all before it are handled; every one, if absent. */
  readonly concerns?: (entry: JournalEntry) => boolean;
  /** May run before the caller of the commit goes on: what it decides by has to be stored, or to be in the entry. */
  readonly handle: EntryHandler;
  /** Told of each failure; the entry is tried again. */
  readonly failed?: (entry: JournalEntry, error: unknown, attempt: number) => void;
}

export interface Subscription {
  /** Resolves when everything up to `seq` was handled. */
  caughtUp(seq: Seq): Promise<void>;
  stop(): Promise<void>;
}

/** The delivery port: how committed journal entries reach everything that reacts. */
export interface Bus {
  /** Starts a durable consumer from its stored cursor (a new one starts at the journal's end unless `fromStart`). */
  consume(options: ConsumerOptions & { readonly fromStart?: boolean }): Promise<Subscription>;
  /** Live entries after their commit, in order, without a cursor: for views that read the rest from the store. */
  watch(listener: (entries: readonly JournalEntry[]) => void): () => void;
  close(): Promise<void>;
}

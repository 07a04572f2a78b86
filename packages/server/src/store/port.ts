import type { DeviceId, Millis, Seq } from '../ids.ts';
import type { JournalDraft, JournalEntry, JournalType } from '../journal/entries.ts';
import type { HistogramFigures } from './histogram.ts';
import type { Key, Row, StoredValue, TableName } from './tables.ts';

/** What a column may be set to: `undefined` only if it is optional. */
type Settable<R, C extends keyof R> = Record<never, never> extends Pick<R, C> ? R[C] | undefined : R[C];

/** The columns that a `patch` sets: never the key; `undefined` removes an optional one. */
type Patch<T extends TableName> = {
  readonly [C in Exclude<keyof Row<T>, keyof Key<T>>]?: Settable<Row<T>, C>;
};

/**
 * One change of one row. `put` writes the whole row in place of the one with its key. `patch` sets the named columns of
 * a row that exists, else does nothing; with `when` it is a compare-and-set: a row that is not there, or holds other
 * values in those columns, has the whole batch refused as `conflict`. `delete` of a row that does not exist does nothing.
 */
export type Change = {
  [T in TableName]:
    | { readonly put: T; readonly row: Row<T> }
    | { readonly patch: T; readonly key: Key<T>; readonly set: Patch<T>; readonly when?: Partial<Row<T>> }
    | { readonly delete: T; readonly key: Key<T> };
}[TableName];

/** One measured value for the history. A series keeps one per `at` and `receivedAt`: a repeated one replaces it. */
export interface Sample {
  readonly deviceId: DeviceId;
  readonly path: string;
  readonly at: Millis;
  readonly receivedAt: Millis;
  readonly stored: StoredValue;
  /** Makes it the newest value of its resource: the row in `values`. */
  readonly current?: Pick<Row<'values'>, 'organisationId' | 'observedAt' | 'clock' | 'truncated'>;
}

/**
 * Values that a device told together, without saying when they were measured: each is a sample as of when it was received,
 * and the newest value of its resource. Columns, since most of what devices tell is of this kind, again and again.
 */
export interface Reading {
  readonly organisationId: Row<'values'>['organisationId'];
  readonly deviceId: DeviceId;
  readonly receivedAt: Millis;
  /** One object for all readings that are alike. */
  readonly form: ReadingForm;
  /** In the order of the form's paths. */
  readonly values: readonly StoredValue['value'][];
}

/** Of what the values of a reading are. */
export interface ReadingForm {
  /** None is there twice. */
  readonly paths: readonly string[];
  readonly types: readonly string[];
}

/** What is committed together or not at all: state, the journal entries that tell of it, and what devices told. */
export interface Batch {
  readonly changes?: readonly Change[];
  /** Not changed after the call: who follows the journal gets these payloads. */
  readonly journal?: readonly JournalDraft[];
  readonly samples?: readonly Sample[];
  /** Of other devices than the samples. */
  readonly readings?: readonly Reading[];
}

export interface Committed {
  /** Seqs of the batch's journal entries, in order; empty if it had none. */
  readonly seqs: readonly Seq[];
}

export interface ListQuery<T extends TableName> {
  /** Equality on columns; without an index on them the whole table is read. */
  readonly where?: Partial<Row<T>>;
  /** Columns, of text or numbers, that equal one of several values. */
  readonly whereIn?: { readonly [C in keyof Row<T>]?: readonly NonNullable<Row<T>[C]>[] };
  /** Order by key (default) or by one column that is never absent, then key. Text orders by its UTF-8 bytes. */
  readonly orderBy?: keyof Row<T> & string;
  readonly descending?: boolean;
  /** Last row of the page before (its key and `orderBy`): rows after it in the chosen order. */
  readonly after?: Partial<Row<T>>;
  /** At most this many rows; default and ceiling 10 000. */
  readonly limit?: number;
}

export interface JournalQuery {
  readonly after?: Seq;
  readonly before?: Seq;
  readonly deviceId?: DeviceId;
  readonly types?: readonly JournalType[];
  readonly newestFirst?: boolean;
  /** Default 500, ceiling 5000. */
  readonly limit?: number;
}

/** A stretch of one series as columns of equal length, oldest first. */
export interface ColumnBatch {
  readonly at: readonly Millis[];
  readonly receivedAt: readonly Millis[];
  readonly value: readonly StoredValue['value'][];
}

export interface StoreHealth {
  readonly state: 'ok' | 'full' | 'failing';
  readonly detail?: string;
}

/** Numbers for whoever watches the server. */
export interface StoreFigures {
  /** Of the newest journal entry; 0 if there is none. */
  readonly newestSeq: number;
  /** Commits that are not on the disk yet. */
  readonly waiting: number;
  /** How long groups of commits took to reach the disk. */
  readonly commits: HistogramFigures;
}

/**
 * `full`: no room on the disk. `failing`: the disk or file is faulty. `busy`: too much is waiting for the disk.
 * `conflict`: a unique list is taken, or a compare-and-set met another value. `invalid`: a value does not fit its column. `closed`: the store is closed.
 */
export type StoreErrorKind = 'full' | 'failing' | 'busy' | 'conflict' | 'invalid' | 'closed';

/** Why a commit or a read was refused. Nothing of a refused batch is stored. */
export class StoreError extends Error {
  readonly kind: StoreErrorKind;

  constructor(kind: StoreErrorKind, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'StoreError';
    this.kind = kind;
  }
}

/** Why a compare-and-set was refused. */
export function changedMeanwhile(table: string): string {
  return `${table}: the row is gone, or was changed by another owner`;
}

/**
 * The storage port. `commit` resolves only after the batch has reached the disk (fsync); batches become durable in the
 * order in which `commit` was called, and a refused one leaves nothing. Every method rejects with a `StoreError`. Reads see every commit that was called before them. No SQL, no transaction
 * callbacks: a capability decides on what it holds in memory, one batch at a time per device.
 */
export interface Store {
  commit(batch: Batch): Promise<Committed>;
  get<T extends TableName>(table: T, key: Key<T>): Promise<Row<T> | undefined>;
  list<T extends TableName>(table: T, query?: ListQuery<T>): Promise<Row<T>[]>;
  count<T extends TableName>(table: T, where?: Partial<Row<T>>): Promise<number>;
  journal(query: JournalQuery): Promise<JournalEntry[]>;
  /**
   * Newest `limit` (default and ceiling 10 000) samples of a series within [from, to], oldest first; fewer where their
   * texts are long.
   */
  scan(
    series: { readonly deviceId: DeviceId; readonly path: string },
    range: { readonly from?: Millis; readonly to?: Millis; readonly limit?: number },
  ): Promise<ColumnBatch>;
  /** Drops journal entries and samples older than their retention; returns how many. */
  prune(before: {
    readonly journal?: Millis;
    readonly samples?: Millis;
  }): Promise<{ journal: number; samples: number }>;
  /** Calls the listener after each commit that wrote journal entries, in seq order; returns how to stop. */
  subscribe(listener: (entries: readonly JournalEntry[]) => void): () => void;
  health(): StoreHealth;
  figures(): StoreFigures;
  close(): Promise<void>;
}

/** A store that lies on a disk. */
export interface DurableStore extends Store {
  /**
   * Writes everything, as it is at one moment, to a file that is there and empty, while commits go on.
   *
   * @throws StoreError `full` or `failing` if the file can't be written, `busy` if a backup is under way
   */
  backup(file: string): Promise<void>;
}

/** What a restored file is. */
export interface RestoredFile {
  /** Before it was brought up to date. */
  readonly schemaVersion: number;
  /** DTLS sessions that went. */
  readonly sessions: number;
}

/**
 * Makes the copy of a backup a file that a store may be opened with: whole, of this release's schema, and without DTLS
 * sessions, since the server that the backup is of went on to send with their numbers, and no nonce may be used twice.
 *
 * @param allow told the fingerprint of the sealing key before anything is changed; refuses by throwing
 * @throws StoreError `failing` for a file that is broken or of a newer release, `invalid` for one that is no backup
 */
export type RestoreFile = (file: string, allow: (fingerprint: string) => Promise<void>) => Promise<RestoredFile>;

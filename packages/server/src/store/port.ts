import type { DeviceId, Millis, Seq } from '../ids.ts';
import type { JournalDraft, JournalEntry, JournalType } from '../journal/entries.ts';
import type { Key, Row, StoredValue, TableName } from './tables.ts';

/** One change of one row. `patch` sets the named columns (undefined = remove) of a row that exists, else does nothing. */
export type Change = {
  [T in TableName]:
    | { readonly put: T; readonly row: Row<T> }
    | {
        readonly patch: T;
        readonly key: Key<T>;
        readonly set: { readonly [C in keyof Row<T>]?: Row<T>[C] | undefined };
      }
    | { readonly delete: T; readonly key: Key<T> };
}[TableName];

/** One measured value for the history. */
export interface Sample {
  readonly deviceId: DeviceId;
  readonly path: string;
  readonly at: Millis;
  readonly receivedAt: Millis;
  readonly stored: StoredValue;
}

/** What is committed together or not at all: state, the journal entries that tell of it, and samples. */
export interface Batch {
  readonly changes?: readonly Change[];
  readonly journal?: readonly JournalDraft[];
  readonly samples?: readonly Sample[];
}

export interface Committed {
  /** Seqs of the batch's journal entries, in order; empty if it had none. */
  readonly seqs: readonly Seq[];
}

export interface ListQuery<T extends TableName> {
  /** Equality on columns of the key, a unique list or an index of the table. */
  readonly where?: Partial<Row<T>>;
  /** Order by key (default) or by one indexed column, then key. */
  readonly orderBy?: keyof Row<T> & string;
  readonly descending?: boolean;
  /** Last row of the page before: rows after it in the chosen order. */
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

/** Why a commit or a read was refused. Nothing of a refused batch is stored. */
export class StoreError extends Error {
  /** `full`: no room on the disk; `conflict`: a unique list is taken; `closed`; `failing`: the disk or file is faulty. */
  readonly kind: 'full' | 'conflict' | 'closed' | 'failing';

  constructor(kind: StoreError['kind'], message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'StoreError';
    this.kind = kind;
  }
}

/**
 * The storage port. `commit` resolves only after the batch has reached the disk (fsync); batches become durable in the
 * order in which `commit` was called. Reads see every commit that was called before them. No SQL, no transaction
 * callbacks: a capability decides on what it holds in memory, one batch at a time per device.
 */
export interface Store {
  commit(batch: Batch): Promise<Committed>;
  get<T extends TableName>(table: T, key: Key<T>): Promise<Row<T> | undefined>;
  list<T extends TableName>(table: T, query?: ListQuery<T>): Promise<Row<T>[]>;
  count<T extends TableName>(table: T, where?: Partial<Row<T>>): Promise<number>;
  journal(query: JournalQuery): Promise<JournalEntry[]>;
  /** Newest `limit` samples of a series within [from, to]. */
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
  close(): Promise<void>;
}

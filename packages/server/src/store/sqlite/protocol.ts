import type { Cell } from '../codec.ts';
import type { JournalQuery, StoreErrorKind } from '../port.ts';
import type { Wanted } from './series.ts';

/** What the store's thread is started with. */
export interface WorkerSettings {
  readonly file: string;
  readonly synchronous: 'FULL' | 'NORMAL';
  readonly gate?: SharedArrayBuffer;
}

export interface StatementText {
  readonly sql: string;
  readonly parameters: number;
  /** What to do if it has changed nothing: run another with its first parameters and try again, or refuse the batch. */
  readonly ifNothing?: { readonly statement: number; readonly parameters: number } | Refusal;
}

/** A statement by its number; the samples of a series that are in no chunk yet; or lines of the journal with their seqs. */
export type Query =
  | { readonly statement: number; readonly cells: readonly Cell[] }
  | { readonly unwritten: Wanted }
  | { readonly journal: JournalQuery };

/** A group: what gathered while the one before was on its way to the disk. */
export interface GroupRequest {
  /** Texts of the statements that are new, in the order of their numbers. */
  readonly texts: readonly StatementText[];
  /** For each batch its count of statements, then their numbers. */
  readonly script: readonly number[];
  /** The parameters of all statements of the script, in order. */
  readonly cells: readonly Cell[];
  /** What goes to the log (see redo-group.ts); empty if there is nothing. */
  readonly redo: string;
  /** What is appended to the journal: lines of history.ts. */
  readonly journal: readonly string[];
  /** Batches of which statements may be refused, and what else they have. */
  readonly mixed: readonly MixedBatch[];
  /** Whether the queries are of tables that are written behind: all of it is written first. */
  readonly settle: boolean;
  /** Asked after the commit. */
  readonly queries: readonly Query[];
}

/** From the first to before the last. */
export type Range = readonly [first: number, end: number];

/** What goes with a batch if it is refused: its entries of the log and its lines of the journal. */
export interface MixedBatch {
  readonly batch: number;
  readonly redo: Range;
  readonly journal: Range;
}

export interface Refusal {
  readonly kind: StoreErrorKind;
  readonly message: string;
}

export interface GroupReply {
  /** Why the whole group was refused. */
  readonly failure?: Refusal;
  /** Batches (by their place in the group, ascending) that were refused alone. */
  readonly refused: readonly (Refusal & { readonly batch: number })[];
  /** The journal's newest seq after the commit. */
  readonly lastSeq: number;
  /** Rows of each query, or why it was refused. */
  readonly answers: readonly (Cell[][] | Refusal)[];
}

interface BackupRequest {
  /** The file that everything is copied to. */
  readonly backup: string;
}

export interface BackupReply {
  /** Whether the copy is whole, or why not. */
  readonly backedUp: true | Refusal;
}

/** To the thread: a group, a file for a copy of everything, or the wish to close. */
export type ToWorker = GroupRequest | BackupRequest | 'close';
/** From the thread: first whether the file is open, then one reply to each group and to each backup. */
export type FromWorker = 'open' | Refusal | GroupReply | BackupReply;

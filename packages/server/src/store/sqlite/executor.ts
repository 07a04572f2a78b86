import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { Cell } from '../codec.ts';
import { StoreError } from '../port.ts';
import { WriteBehind } from './behind.ts';
import { JournalLog } from './journal.ts';
import type { GroupReply, GroupRequest, Query, Refusal, StatementText } from './protocol.ts';

/** SQLite's primary result codes that say something about one statement, not about the file. */
const STATEMENT_CODES: ReadonlySet<number> = new Set([
  1, // ERROR
  18, // TOOBIG
  19, // CONSTRAINT
  20, // MISMATCH
  25, // RANGE
]);
/** Extended codes of a taken primary key or unique list. */
const CONFLICT_CODES: ReadonlySet<number> = new Set([1555, 2067]);
const FULL = 13;

function resultCode(error: unknown): number | undefined {
  return error instanceof Error && 'errcode' in error && typeof error.errcode === 'number' ? error.errcode : undefined;
}

/** What an error of SQLite means for the caller. */
function refusalOf(error: unknown): Refusal {
  if (error instanceof StoreError) return { kind: error.kind, message: error.message };
  const message = error instanceof Error ? error.message : String(error);
  const code = resultCode(error);
  // What is not SQLite's own is a parameter that it cannot hold.
  if (code === undefined) return { kind: 'invalid', message };
  if (CONFLICT_CODES.has(code)) return { kind: 'conflict', message };
  if (STATEMENT_CODES.has(code & 0xff)) return { kind: 'invalid', message };
  return { kind: (code & 0xff) === FULL ? 'full' : 'failing', message };
}

const concernsFile = ({ kind }: Refusal): boolean => kind === 'full' || kind === 'failing';

/** What an error means for the whole file. */
export function fileRefusal(error: unknown): Refusal {
  const { kind, message } = refusalOf(error);
  return { kind: kind === 'full' ? 'full' : 'failing', message };
}

/** Runs groups against the file: one transaction for all batches. Batches that are refused leave nothing of themselves. */
export class Executor {
  readonly #db: DatabaseSync;
  readonly #beforeCommit: () => void;
  readonly #texts: StatementText[] = [];
  readonly #prepared: StatementSync[] = [];
  readonly #begin: StatementSync;
  readonly #commit: StatementSync;
  readonly #rollback: StatementSync;
  readonly #savepoint: StatementSync;
  readonly #undo: StatementSync;
  readonly #release: StatementSync;
  readonly #journal: JournalLog;
  readonly #behind: WriteBehind;

  constructor(db: DatabaseSync, beforeCommit: () => void) {
    this.#db = db;
    this.#beforeCommit = beforeCommit;
    this.#begin = db.prepare('BEGIN IMMEDIATE');
    this.#commit = db.prepare('COMMIT');
    this.#rollback = db.prepare('ROLLBACK');
    this.#savepoint = db.prepare('SAVEPOINT batch');
    this.#undo = db.prepare('ROLLBACK TO batch');
    this.#release = db.prepare('RELEASE batch');
    this.#journal = new JournalLog(db);
    this.#behind = new WriteBehind(db, this.#journal);
  }

  /** Commits the group's batches, then answers its queries. */
  run(request: GroupRequest): GroupReply {
    this.#texts.push(...request.texts);
    let refused: GroupReply['refused'] = [];
    let failure: Refusal | undefined;
    if (request.script.length > 0) {
      try {
        refused = this.#runBatches(request);
        this.#behind.add(request, new Set(refused.map(({ batch }) => batch)));
        this.#beforeCommit();
        this.#commit.run();
        this.#behind.committed();
      } catch (error) {
        failure = fileRefusal(error);
        this.#recover(failure);
      }
    }
    const unsettled = request.settle ? this.settle() : undefined;
    const answers = request.queries.map((query) => unsettled ?? this.#answer(query));
    const lastSeq = this.#journal.newest;
    return failure ? { failure, refused, lastSeq, answers } : { refused, lastSeq, answers };
  }

  /** Brings the tables to what was committed. @returns why that cannot be */
  settle(): Refusal | undefined {
    try {
      this.#behind.settle();
      return undefined;
    } catch (error) {
      return fileRefusal(error);
    }
  }

  /** Savepoints cost as much as the statements between them, and refusals are rare: they come on the second try. */
  #runBatches(request: GroupRequest): GroupReply['refused'] {
    this.#begin.run();
    const refused = this.#tryBatches(request, false);
    if (refused) return refused;
    this.#rollback.run();
    this.#begin.run();
    return this.#tryBatches(request, true) ?? [];
  }

  /** @returns which batches were refused; undefined if a batch would have to be undone and there are no savepoints */
  #tryBatches({ script, cells }: GroupRequest, savepoints: boolean): GroupReply['refused'] | undefined {
    const refused: (Refusal & { batch: number })[] = [];
    let cell = 0;
    for (let step = 0, batch = 0; step < script.length; batch++) {
      const count = script[step] ?? 0;
      const first = step + 1;
      const end = first + count;
      let refusal: Refusal | undefined;
      if (savepoints) this.#savepoint.run();
      for (step++; step < end; step++) {
        const number = script[step] ?? -1;
        const next = cell + (this.#texts[number]?.parameters ?? 0);
        if (!refusal) {
          refusal = this.#runStatement(number, cells.slice(cell, next));
          if (refusal && step > first && !savepoints) return undefined;
        }
        cell = next;
      }
      if (savepoints) {
        if (refusal) this.#undo.run();
        this.#release.run();
      }
      if (refusal) refused.push({ batch, ...refusal });
    }
    return refused;
  }

  /** Why the statement was refused; what concerns the whole file is thrown. */
  #runStatement(number: number, cells: readonly Cell[]): Refusal | undefined {
    try {
      const statement = this.#statement(number);
      const { changes } = statement.run(...cells);
      const missing = changes === 0 ? this.#texts[number]?.ifNothing : undefined;
      if (!missing) return undefined;
      if ('kind' in missing) return missing;
      this.#statement(missing.statement).run(...cells.slice(0, missing.parameters));
      statement.run(...cells);
      return undefined;
    } catch (error) {
      const refusal = refusalOf(error);
      if (concernsFile(refusal)) throw error;
      return refusal;
    }
  }

  #answer(query: Query): Cell[][] | Refusal {
    if ('unwritten' in query) return this.#behind.unwritten(query.unwritten);
    try {
      if ('journal' in query) {
        const { deviceId } = query.journal;
        return this.#journal.read(query.journal, deviceId === undefined ? [] : this.#behind.unindexed(deviceId));
      }
      // Rows come as arrays: `setReturnArrays` was called on every statement.
      return this.#statement(query.statement).all(...query.cells) as unknown as Cell[][];
    } catch (error) {
      return refusalOf(error);
    }
  }

  #statement(number: number): StatementSync {
    let statement = this.#prepared[number];
    if (!statement) {
      statement = this.#db.prepare(this.#texts[number]?.sql ?? '');
      statement.setReturnArrays(true);
      this.#prepared[number] = statement;
    }
    return statement;
  }

  /** Undoes the group. On a full disk the write-ahead log is given back, so that there may be room for the next one. */
  #recover(failure: Refusal): void {
    this.#behind.undone();
    try {
      if (this.#db.isTransaction) this.#db.exec('ROLLBACK');
      if (failure.kind === 'full') this.#db.exec('PRAGMA wal_checkpoint(TRUNCATE)');
    } catch {
      // The group is refused in any case, and the next one meets the same fault.
    }
  }
}

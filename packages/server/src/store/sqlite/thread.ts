import { Worker } from 'node:worker_threads';
import type { Cell } from '../codec.ts';
import { Histogram } from '../histogram.ts';
import { storeLimits } from '../limits.ts';
import { StoreError, type StoreFigures, type StoreHealth } from '../port.ts';
import type {
  BackupReply,
  FromWorker,
  GroupReply,
  GroupRequest,
  MixedBatch,
  Query,
  Refusal,
  ToWorker,
  WorkerSettings,
} from './protocol.ts';
import { RedoGroup } from './redo-group.ts';
import type { Encoded } from './statements.ts';

/** What becomes of a batch. */
export interface PendingCommit {
  /** How many journal entries the batch has. */
  readonly entries: number;
  /** Called in the order of the commits with the seq of the batch's first entry. */
  readonly done: (firstSeq: number) => void;
  readonly refused: (error: StoreError) => void;
}

interface PendingQuery {
  readonly done: (rows: Cell[][]) => void;
  readonly refused: (error: StoreError) => void;
}

/** What gathers while the group before is on its way to the disk. */
interface Group extends Encoded {
  readonly mixed: MixedBatch[];
  /** Whether a query is of a table that is written behind. */
  settle: boolean;
  readonly queries: Query[];
  readonly commits: PendingCommit[];
  readonly pending: PendingQuery[];
  /** Length of `cells` whose size was counted, and that size. */
  counted: number;
  size: number;
}

const emptyGroup = (): Group => ({
  script: [],
  cells: [],
  redo: new RedoGroup(),
  journal: [],
  mixed: [],
  settle: false,
  queries: [],
  commits: [],
  pending: [],
  counted: 0,
  size: 0,
});

const errorOf = ({ kind, message }: Refusal): StoreError => new StoreError(kind, message);
const isRefusal = (answer: Cell[][] | Refusal): answer is Refusal => !Array.isArray(answer);

function sizeOf(cell: Cell): number {
  return typeof cell === 'string' || cell instanceof Uint8Array ? cell.length : 8;
}

/**
 * The near side of the store's thread: one group is on its way to the disk while the next one gathers, so that groups
 * grow with the load and with the slowness of the disk.
 */
export class StoreThread {
  readonly #worker: Worker;
  readonly #takeTexts: () => GroupRequest['texts'];
  readonly #settled: () => void;
  readonly #exited: Promise<void>;
  #gathering = emptyGroup();
  #underWay: Group | undefined;
  #backup: PromiseWithResolvers<void> | undefined;
  #scheduled = false;
  #state: 'open' | 'closing' | 'dead' = 'open';
  #health: StoreHealth = { state: 'ok' };
  readonly #commitTimes = new Histogram();
  /** When the group that is under way was sent. */
  #sentAt = 0;
  #newestSeq = 0;

  private constructor(worker: Worker, takeTexts: () => GroupRequest['texts'], settled: () => void) {
    this.#worker = worker;
    this.#takeTexts = takeTexts;
    this.#settled = settled;
    worker.on('message', (reply: GroupReply | BackupReply) => {
      if ('backedUp' in reply) this.#backedUp(reply);
      else this.#answered(reply);
    });
    worker.on('error', (error) => this.#died(error.message));
    this.#exited = new Promise((resolve) => {
      worker.once('exit', () => {
        this.#died('the store thread ended');
        resolve();
      });
    });
  }

  /**
   * Starts the thread and opens the file.
   *
   * @param takeTexts gives the texts of statements numbered since the last call
   * @param settled called after the outcome of each group was told
   * @throws StoreError if the file can't be opened
   */
  static async start(
    settings: WorkerSettings,
    takeTexts: () => GroupRequest['texts'],
    settled: () => void,
  ): Promise<StoreThread> {
    const worker = new Worker(new URL('./worker.ts', import.meta.url), { workerData: settings });
    const first = await new Promise<FromWorker>((resolve, reject) => {
      worker.once('message', resolve);
      worker.once('error', (cause) => reject(new StoreError('failing', 'the store thread failed', { cause })));
    });
    if (typeof first === 'object' && 'kind' in first) {
      throw new StoreError(first.kind, `cannot open ${settings.file}: ${first.message}`);
    }
    return new StoreThread(worker, takeTexts, settled);
  }

  /** Adds a batch to the group that gathers; `encode` appends it to the arrays, or throws and leaves them as they were. */
  commit(encode: (group: Encoded) => void, pending: PendingCommit): void {
    const group = this.#gathering;
    this.#admit(group.commits.length);
    if (group.size + group.redo.size >= storeLimits.waitingSize) throw busy();
    const { script, cells, redo, journal } = group;
    const start = script.length;
    const first = redo.length;
    const firstLine = journal.length;
    encode(group);
    if ((redo.length > first || journal.length > firstLine) && script.length > start + 1) {
      const batch = group.commits.length;
      group.mixed.push({ batch, redo: [first, redo.length], journal: [firstLine, journal.length] });
    }
    group.commits.push(pending);
    for (; group.counted < cells.length; group.counted++) group.size += sizeOf(cells[group.counted] ?? null);
    for (let line = firstLine; line < journal.length; line++) group.size += journal[line]?.length ?? 0;
    this.#schedule();
  }

  /** @param settle whether it is of a table that is written behind */
  query(query: Query, settle = false): Promise<Cell[][]> {
    const group = this.#gathering;
    this.#admit(group.pending.length);
    group.settle ||= settle;
    return new Promise((done, refused) => {
      group.queries.push(query);
      group.pending.push({ done, refused });
      this.#schedule();
    });
  }

  /** Copies everything to a file that is there and empty. */
  backup(file: string): Promise<void> {
    this.#admit(0);
    if (this.#backup) throw new StoreError('busy', 'a backup is under way');
    this.#backup = Promise.withResolvers<void>();
    this.#post({ backup: file });
    return this.#backup.promise;
  }

  #backedUp({ backedUp }: BackupReply): void {
    const backup = this.#backup;
    this.#backup = undefined;
    if (backedUp === true) backup?.resolve();
    else backup?.reject(errorOf(backedUp));
  }

  health(): StoreHealth {
    return this.#health;
  }

  figures(): StoreFigures {
    const waiting = this.#gathering.commits.length + (this.#underWay?.commits.length ?? 0);
    return { newestSeq: this.#newestSeq, waiting, commits: this.#commitTimes.figures() };
  }

  /** Takes nothing more, finishes what waits, closes the file. */
  async close(): Promise<void> {
    if (this.#state === 'open') {
      this.#state = 'closing';
      this.#schedule();
    }
    await this.#exited;
  }

  #admit(waiting: number): void {
    if (this.#state === 'closing') throw new StoreError('closed', 'the store is closed');
    if (this.#state === 'dead') throw new StoreError('failing', this.#health.detail ?? 'the store thread ended');
    if (waiting >= storeLimits.waiting) throw busy();
  }

  /** Sends after this turn of the event loop, so that everything it received goes into one group. */
  #schedule(): void {
    if (this.#scheduled || this.#underWay || this.#state === 'dead') return;
    this.#scheduled = true;
    setImmediate(() => this.#send());
  }

  #send(): void {
    this.#scheduled = false;
    if (this.#state === 'dead') return;
    const group = this.#gathering;
    if (group.commits.length > 0 || group.pending.length > 0) {
      this.#gathering = emptyGroup();
      this.#underWay = group;
      this.#sentAt = performance.now();
      const { script, cells, redo, journal, mixed, settle, queries } = group;
      this.#post({ texts: this.#takeTexts(), script, cells, redo: redo.text(), journal, mixed, settle, queries });
    } else if (this.#state === 'closing') {
      this.#post('close');
    }
  }

  #post(message: ToWorker): void {
    this.#worker.postMessage(message);
  }

  #answered(reply: GroupReply): void {
    const group = this.#underWay;
    if (!group) return;
    this.#underWay = undefined;
    this.#newestSeq = reply.lastSeq;
    if (group.commits.length > 0) {
      this.#commitTimes.add((performance.now() - this.#sentAt) / 1000);
      this.#settleCommits(group, reply);
    }
    group.pending.forEach(({ done, refused }, index) => {
      const answer = reply.answers[index] ?? [];
      if (isRefusal(answer)) refused(errorOf(answer));
      else done(answer);
    });
    if (this.#gathering.commits.length > 0 || this.#gathering.pending.length > 0 || this.#state === 'closing') {
      this.#schedule();
    }
    this.#settled();
  }

  #settleCommits({ commits }: Group, { failure, refused, lastSeq }: GroupReply): void {
    if (failure) {
      this.#health = { state: failure.kind === 'full' ? 'full' : 'failing', detail: failure.message };
      for (const commit of commits) commit.refused(errorOf(failure));
      return;
    }
    this.#health = { state: 'ok' };
    // A refused batch gave its seqs back, so those of the others are without gaps.
    let seq = lastSeq + 1;
    for (const { entries } of commits) seq -= entries;
    for (const { batch } of refused) seq += commits[batch]?.entries ?? 0;
    let next = 0;
    commits.forEach((commit, index) => {
      const refusal = refused[next];
      if (refusal?.batch === index) {
        next++;
        commit.refused(errorOf(refusal));
      } else {
        commit.done(seq);
        seq += commit.entries;
      }
    });
  }

  /** The thread is gone: nobody is left waiting. */
  #died(detail: string): void {
    if (this.#state === 'dead') return;
    const closed = this.#state === 'closing' && !this.#underWay;
    const error = closed ? new StoreError('closed', 'the store is closed') : new StoreError('failing', detail);
    if (!closed) this.#health = { state: 'failing', detail };
    for (const group of [this.#underWay, this.#gathering]) {
      for (const { refused } of group?.commits ?? []) refused(error);
      for (const { refused } of group?.pending ?? []) refused(error);
    }
    this.#backup?.reject(error);
    this.#backup = undefined;
    this.#underWay = undefined;
    this.#gathering = emptyGroup();
    this.#state = closed ? 'closing' : 'dead';
  }
}

function busy(): StoreError {
  return new StoreError('busy', 'too much is waiting for the disk');
}

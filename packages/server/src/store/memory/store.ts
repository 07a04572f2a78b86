import type { DeviceId, Millis, Seq } from '../../ids.ts';
import type { JournalDraft, JournalEntry } from '../../journal/entries.ts';
import { Announcements, type Listener } from '../announcements.ts';
import { decodeRow, encodeKey, tableShape } from '../codec.ts';
import { Histogram } from '../histogram.ts';
import {
  byTime,
  checkSample,
  columnsOf,
  committedEntry,
  decodeEntry,
  encodeDraft,
  newestOf,
  type SeriesSample,
  samplesOf,
} from '../history.ts';
import { boundedLimit, storeLimits } from '../limits.ts';
import {
  type Batch,
  type Change,
  type ColumnBatch,
  type Committed,
  type JournalQuery,
  type ListQuery,
  type Sample,
  type Store,
  StoreError,
  type StoreFigures,
  type StoreHealth,
} from '../port.ts';
import type { Key, Row, TableName } from '../tables.ts';
import { MemoryTable, type Undo } from './table.ts';

/** Opens a store that keeps everything in memory and nothing after it: for tests of what stands on the port. */
export function openMemoryStore(): Store {
  return new MemoryStore();
}

interface StoredSample {
  readonly series: string;
  readonly sample: SeriesSample;
}

const seriesOf = (deviceId: string, path: string): string => JSON.stringify([deviceId, path]);

class MemoryStore implements Store {
  readonly #tables = new Map<TableName, MemoryTable>();
  readonly #announcements = new Announcements();
  /** As lines, so that nobody shares a payload with the store. */
  #journal: { readonly seq: Seq; readonly at: Millis; readonly line: string }[] = [];
  #samples = new Map<string, StoredSample>();
  readonly #commits = new Histogram();
  #lastSeq = 0;
  #closed = false;

  async commit(batch: Batch): Promise<Committed> {
    this.#admit();
    const drafts = batch.journal ?? [];
    const encoded = drafts.map(encodeDraft);
    const samples = [...(batch.samples ?? []), ...(batch.readings ?? []).flatMap(samplesOf)];
    samples.forEach(checkSample);
    const current = samples.flatMap(currentRow);
    this.#apply({ ...batch, changes: [...(batch.changes ?? []), ...current] });
    const entries = drafts.map((draft, index) => this.#append(draft, encoded[index] ?? ''));
    for (const { deviceId, path, at, receivedAt, stored } of samples) {
      const series = seriesOf(deviceId, path);
      this.#samples.set(JSON.stringify([series, at, receivedAt]), {
        series,
        sample: [at, receivedAt, stored.value],
      });
    }
    this.#commits.add(0);
    for (const entry of entries) this.#announcements.add(entry);
    await Promise.resolve();
    this.#announcements.publish();
    return { seqs: entries.map(({ seq }) => seq) };
  }

  /** All changes or none. */
  #apply(batch: Batch): void {
    const undo: Undo[] = [];
    try {
      for (const change of batch.changes ?? []) {
        if ('put' in change) undo.push(this.#table(change.put).put(change.row));
        else if ('patch' in change) undo.push(this.#table(change.patch).patch(change.key, change.set, change.when));
        else undo.push(this.#table(change.delete).delete(change.key));
      }
    } catch (error) {
      for (const step of undo.reverse()) step();
      throw error;
    }
  }

  #append(draft: JournalDraft, line: string): JournalEntry {
    this.#lastSeq++;
    const seq = this.#lastSeq as Seq;
    this.#journal.push({ seq, at: draft.at, line });
    return committedEntry(draft, seq);
  }

  async get<T extends TableName>(table: T, key: Key<T>): Promise<Row<T> | undefined> {
    this.#admit();
    const cells = this.#table(table).get(encodeKey(table, key));
    return cells && decodeRow(table, cells);
  }

  async list<T extends TableName>(table: T, query: ListQuery<T> = {}): Promise<Row<T>[]> {
    this.#admit();
    return this.#table(table)
      .select(query)
      .slice(0, boundedLimit(query.limit, storeLimits.listRows, storeLimits.listRows))
      .map((cells) => decodeRow(table, cells));
  }

  async count<T extends TableName>(table: T, where: Partial<Row<T>> = {}): Promise<number> {
    this.#admit();
    return this.#table(table).select({ where }).length;
  }

  async journal(query: JournalQuery): Promise<JournalEntry[]> {
    this.#admit();
    const { after = 0, before = Number.POSITIVE_INFINITY, deviceId, types } = query;
    const found = this.#journal
      .filter(({ seq }) => seq > after && seq < before)
      .map(({ seq, line }) => decodeEntry(seq, line))
      .filter((entry) => deviceId === undefined || entry.deviceId === deviceId)
      .filter((entry) => types === undefined || types.includes(entry.type));
    if (query.newestFirst) found.reverse();
    return found.slice(0, boundedLimit(query.limit, storeLimits.journalDefault, storeLimits.journalRows));
  }

  async scan(
    series: { readonly deviceId: DeviceId; readonly path: string },
    range: { readonly from?: Millis; readonly to?: Millis; readonly limit?: number },
  ): Promise<ColumnBatch> {
    this.#admit();
    const { from = Number.NEGATIVE_INFINITY, to = Number.POSITIVE_INFINITY } = range;
    const wanted = seriesOf(series.deviceId, series.path);
    const found = [...this.#samples.values()]
      .filter(({ series, sample: [at] }) => series === wanted && at >= from && at <= to)
      .map(({ sample }) => sample)
      .sort(byTime);
    const limit = boundedLimit(range.limit, storeLimits.scanSamples, storeLimits.scanSamples);
    return columnsOf(newestOf(found, limit));
  }

  async prune(before: { readonly journal?: Millis; readonly samples?: Millis }) {
    this.#admit();
    const { journal = Number.NEGATIVE_INFINITY, samples = Number.NEGATIVE_INFINITY } = before;
    const kept = this.#journal.findIndex(({ at }) => at >= journal);
    const entries = this.#journal.splice(0, kept < 0 ? this.#journal.length : kept).length;
    const stale = [...this.#samples].filter(
      ([
        ,
        {
          sample: [at],
        },
      ]) => at < samples,
    );
    for (const [id] of stale) this.#samples.delete(id);
    return { journal: entries, samples: stale.length };
  }

  subscribe(listener: Listener): () => void {
    return this.#announcements.subscribe(listener);
  }

  health(): StoreHealth {
    return { state: 'ok' };
  }

  figures(): StoreFigures {
    return { newestSeq: this.#lastSeq, waiting: 0, commits: this.#commits.figures() };
  }

  async close(): Promise<void> {
    this.#closed = true;
  }

  #table(name: TableName): MemoryTable {
    let table = this.#tables.get(name);
    if (!table) {
      table = new MemoryTable(tableShape(name));
      this.#tables.set(name, table);
    }
    return table;
  }

  #admit(): void {
    if (this.#closed) throw new StoreError('closed', 'the store is closed');
  }
}

/** The newest value that a sample makes. */
function currentRow({ current, deviceId, path, stored, receivedAt }: Sample): Change[] {
  return current ? [{ put: 'values', row: { ...current, deviceId, path, stored, receivedAt } }] : [];
}

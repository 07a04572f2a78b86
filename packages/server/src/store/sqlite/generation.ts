import type { SeriesSample } from '../history.ts';
import { StoreError } from '../port.ts';
import { behindShapes, type RedoEntry, RedoKind, valuesNumber } from './redo.ts';
import type { RedoRow } from './redo-group.ts';
import { namesOf, type RedoForm } from './redo-samples.ts';
import {
  keyCell,
  type MayJoin,
  merged,
  type Pending,
  pendingRow,
  samplesOf,
  type TakenForm,
  unfold,
} from './unfold.ts';

/** What is to become of what is stored of a device. */
interface PendingDevice {
  readonly deviceId: string;
  /** For each of its rows the entry that says what is to become of it: of most devices one or two. */
  readonly rows: RedoEntry[];
  /** Samples, and changes of its rows in `values`, in their order. */
  readonly told: RedoEntry[];
  /** Its entries of the journal. */
  readonly seqs: number[];
}

/**
 * Entries of the log up to one of its rows, by device. What devices tell is kept as it stands in the log and unfolded
 * when it is written: to sort each value of each report into its series at once took as long as all else for a group.
 */
export class Generation {
  readonly #devices = new Map<string, PendingDevice>();
  readonly #forms: TakenForm[] = [];
  readonly #formNumbers = new Map<string, number>();
  /** Cells of all entries: what they take in memory. */
  cells = 0;
  /** Characters of the log. */
  length = 0;
  /** Newest row of the log; 0 if there is none. */
  last = 0;
  /** Newest entry of the journal; 0 if there is none. */
  lastSeq = 0;

  /** Takes a row of the log. */
  take([forms, entries]: RedoRow, id: number, length: number): void {
    const numbers = forms.map((form) => this.#number(form));
    for (const entry of entries) {
      this.cells += entry.length;
      if (entry[0] === RedoKind.plain) this.#use(entry, numbers);
      this.#add(entry);
    }
    this.last = id;
    this.length += length;
  }

  /** Takes an entry of the journal, a line of so many characters, which a start would have to read. */
  note(deviceId: string | undefined, seq: number, length: number): void {
    this.cells++;
    this.length += length;
    this.lastSeq = seq;
    if (deviceId !== undefined) this.#of(deviceId).seqs.push(seq);
  }

  /** Entries of the journal that are of a device. */
  seqsOf(deviceId: string): readonly number[] {
    return this.#devices.get(deviceId)?.seqs ?? [];
  }

  /** Devices. */
  get size(): number {
    return this.#devices.size;
  }

  /** The samples of a series, in the order in which they were told. */
  samplesOf(deviceId: string, path: string): SeriesSample[] {
    const entries = this.#devices.get(deviceId)?.told ?? [];
    return samplesOf(path, { entries, forms: this.#forms });
  }

  /** All that is to be written, of one device after the other. */
  *contents(mayJoin: MayJoin): Generator<readonly Pending[]> {
    for (const { deviceId, rows, told, seqs } of this.#devices.values()) {
      const journal = seqs.length > 0 ? [{ deviceId, seqs }] : [];
      yield [...rows.map(pendingRow), ...unfold(deviceId, { entries: told, forms: this.#forms }, mayJoin), ...journal];
    }
  }

  #use(entry: RedoEntry, numbers: readonly number[]): void {
    const number = numbers[Number(entry[3])] ?? 0;
    entry[3] = number;
    const form = this.#forms[number];
    if (form) form.uses++;
  }

  /** The number of a form in this generation. */
  #number(form: RedoForm): number {
    const text = JSON.stringify(form);
    const known = this.#formNumbers.get(text);
    if (known !== undefined) return known;
    this.#formNumbers.set(text, this.#forms.length);
    return this.#forms.push({ form, ...namesOf(form), uses: 0 }) - 1;
  }

  #add(entry: RedoEntry): void {
    const [kind, second] = entry;
    if (kind === RedoKind.samples || kind === RedoKind.plain) {
      const { deviceId, told } = this.#of(String(second));
      // All share one text of the name.
      entry[1] = deviceId;
      told.push(entry);
      return;
    }
    const table = Number(second);
    if (!behindShapes[table]) throw new StoreError('failing', `the log speaks of a table ${second}`);
    const { rows, told } = this.#of(String(keyCell(entry, 0)));
    if (table === valuesNumber) {
      told.push(entry);
      return;
    }
    const path = keyCell(entry, 1);
    let index = 0;
    for (; index < rows.length; index++) {
      const row = rows[index];
      if (row && row[1] === table && keyCell(row, 1) === path) break;
    }
    rows[index] = merged(rows[index], entry);
  }

  #of(deviceId: string): PendingDevice {
    let pending = this.#devices.get(deviceId);
    if (!pending) {
      pending = { deviceId, rows: [], told: [], seqs: [] };
      this.#devices.set(deviceId, pending);
    }
    return pending;
  }
}

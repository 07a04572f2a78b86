import type { Seq } from '../ids.ts';
import { type JournalDraft, type JournalEntry, journalVersions } from '../journal/entries.ts';
import { type Cell, decodeCells, encodeCell, encodeCells, shapeOf } from './codec.ts';
import type { ColumnBatch, Sample } from './port.ts';
import { integer, json, optional, real, table, text } from './schema.ts';

/** The journal's columns. `seq` is given by the store. */
export const journalShape = shapeOf(
  'journal',
  table(
    {
      seq: integer(),
      at: integer(),
      organisationId: text(),
      deviceId: optional(text()),
      actor: json(),
      cause: optional(integer()),
      type: text(),
      version: integer(),
      payload: json(),
    },
    ['seq'],
  ),
);

/** The columns that a draft fills in: all but the seq. */
export const draftColumns = journalShape.columns.slice(1);

export function encodeDraft(draft: JournalDraft): Cell[] {
  const version = journalVersions[draft.type];
  return encodeCells(draftColumns, { ...draft, version });
}

/** The committed form of a draft. */
export function committedEntry(draft: JournalDraft, seq: Seq): JournalEntry {
  return { ...draft, seq, version: journalVersions[draft.type] };
}

/** Decodes an entry from the cells of `journalShape`. */
export function decodeEntry(cells: readonly Cell[]): JournalEntry {
  // Only `encodeDraft` writes the journal, and each type's payload is its own.
  return decodeCells(journalShape.columns, cells) as unknown as JournalEntry;
}

const sampleColumns = shapeOf(
  'samples',
  table({ deviceId: text(), path: text(), at: integer(), receivedAt: integer(), type: text() }, ['deviceId', 'path']),
).columns;
const numberColumn = shapeOf('samples', table({ value: real() }, ['value'])).column('value');

/** Cells of a sample: device, path, at, receivedAt, type, value. */
export function encodeSample(sample: Sample): Cell[] {
  const { type, value } = sample.stored;
  return [...encodeCells(sampleColumns, { ...sample, type }), encodeSampleValue(value)];
}

/** Storage has no booleans: they are a single byte, which no other value is. */
function encodeSampleValue(value: Sample['stored']['value']): Cell {
  if (typeof value === 'boolean') return Uint8Array.of(value ? 1 : 0);
  return typeof value === 'number' ? encodeCell(numberColumn, value) : value;
}

/** Decodes rows of (at, receivedAt, value), newest first, into columns, oldest first. */
export function decodeSamples(rows: readonly (readonly Cell[])[]): ColumnBatch {
  const at: number[] = [];
  const receivedAt: number[] = [];
  const value: ColumnBatch['value'][number][] = [];
  for (const [observed, received, cell = null] of rows.toReversed()) {
    at.push(Number(observed));
    receivedAt.push(Number(received));
    value.push(cell instanceof Uint8Array ? cell[0] === 1 : cell);
  }
  return { at, receivedAt, value };
}

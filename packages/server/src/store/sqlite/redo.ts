import { type Cell, encodeCell, encodeCells, type NamedColumn, type TableShape, tableShape } from '../codec.ts';
import { encodeSample, type SeriesSample } from '../history.ts';
import { type Change, type Sample, StoreError } from '../port.ts';
import type { TableName } from '../tables.ts';

/**
 * Tables of which messages of devices change rows all the time, and which are read at the start only. What happens to
 * them goes to a log first, where a group of changes is one row, and in bulk to the tables. Nothing in them may be unique
 * but the key, since what is acknowledged can be refused no longer. Their numbers stand in files: new ones come at the
 * end.
 */
const BEHIND: readonly TableName[] = ['contacts', 'values', 'registrations', 'observations'];

/** Their shapes, by number. */
export const behindShapes: readonly TableShape[] = BEHIND.map(tableShape);
const numbers = new Map<string, number>(BEHIND.map((name, index) => [name, index]));
/** Of the table of current values. */
export const valuesNumber = BEHIND.indexOf('values');

/** What stands first in each entry of the log. Kept in files. */
export const RedoKind = { put: 0, patch: 1, delete: 2, samples: 3 } as const;

type RedoCell = string | number | boolean | null;
/**
 * One entry as JSON: kind, number of the table, then for a put the cells of all columns, for a patch those of the key and
 * then pairs of a column's index and its cell, for a delete those of the key.
 *
 * Samples that a device sent together are one entry: kind, device, receivedAt, organisation, whether it was truncated, then
 * of each sample path, type, value, at, the clock of a current value or null, and when it was observed or null.
 */
export type RedoEntry = RedoCell[];

/** Whether changes of a table go to the log; reads of it have to wait until they are in the table. */
export function isBehind(name: TableName): boolean {
  return numbers.has(name);
}

/** The change as an entry; undefined if it is not of a table that is written behind. @throws StoreError `invalid` */
export function redoOf(change: Change): RedoEntry | undefined {
  if ('put' in change) {
    const number = numbers.get(change.put);
    return number === undefined ? undefined : withCells([RedoKind.put, number], shapeOf(number).columns, change.row);
  }
  if ('patch' in change) {
    const number = numbers.get(change.patch);
    if (number === undefined) return undefined;
    const { key, set, when } = change;
    if (when) throw new StoreError('invalid', `${change.patch} is written behind: nothing in it can be compared`);
    return withPatch(withCells([RedoKind.patch, number], shapeOf(number).key, key), shapeOf(number), set);
  }
  const number = numbers.get(change.delete);
  return number === undefined ? undefined : withCells([RedoKind.delete, number], shapeOf(number).key, change.key);
}

/** Cells of an entry of samples before the first one, and of each. */
const HEAD = 5;
const EACH = 6;

/** Adds the entries of samples: those that follow each other and were sent together are one. @throws StoreError `invalid` */
export function redoSamples(samples: readonly Sample[], redo: RedoEntry[]): void {
  let entry: RedoEntry | undefined;
  for (const sample of samples) {
    const [deviceId = null, path = null, type = null, at = null, receivedAt = null, value = null] =
      encodeSample(sample);
    const { organisationId = null, truncated = 0 } = sample.current ?? {};
    const same = entry?.[1] === deviceId && entry[2] === receivedAt && entry[3] === organisationId;
    if (!entry || !same || entry[4] !== truncated) {
      entry = [RedoKind.samples, deviceId, receivedAt, organisationId, truncated];
      redo.push(entry);
    }
    entry.push(path, type, value, at, sample.current?.clock ?? null, sample.current?.observedAt ?? null);
  }
}

/** Tells each sample of an entry, whether it is the current value, and where it stands. */
export function readSamples(
  entry: RedoEntry,
  told: (deviceId: string, path: string, type: string, sample: SeriesSample, current: boolean, index: number) => void,
): void {
  const deviceId = String(entry[1]);
  const receivedAt = Number(entry[2]);
  for (let index = HEAD; index < entry.length; index += EACH) {
    const sample: SeriesSample = [Number(entry[index + 3]), receivedAt, entry[index + 2] ?? null];
    told(deviceId, String(entry[index]), String(entry[index + 1]), sample, entry[index + 4] !== null, index);
  }
}

/** The row of `values` that a current sample makes, in the order of its columns. */
export function valuesRow(entry: RedoEntry, index: number): Cell[] {
  const [, deviceId, receivedAt, organisationId, truncated] = entry;
  const [path, type, value, , clock, observedAt] = entry.slice(index, index + EACH);
  const row: Readonly<Record<string, unknown>> = {
    organisationId,
    deviceId,
    path,
    stored: { type, value },
    observedAt: observedAt ?? undefined,
    receivedAt,
    clock,
    truncated,
  };
  return encodeCells(shapeOf(valuesNumber).columns, row);
}

function shapeOf(number: number): TableShape {
  const shape = behindShapes[number];
  if (!shape) throw new StoreError('failing', `the log speaks of a table ${number}`);
  return shape;
}

function withCells(
  entry: RedoEntry,
  columns: readonly NamedColumn[],
  row: Readonly<Record<string, unknown>>,
): RedoEntry {
  for (const column of columns) entry.push(jsonCell(encodeCell(column, row[column.name])));
  return entry;
}

function withPatch(entry: RedoEntry, { columns }: TableShape, set: Readonly<Record<string, unknown>>): RedoEntry {
  const named = Object.keys(set).length;
  const start = entry.length;
  for (let index = 0; index < columns.length; index++) {
    const column = columns[index];
    if (column && column.name in set) entry.push(index, jsonCell(encodeCell(column, set[column.name])));
  }
  if (entry.length - start !== named * 2) throw new StoreError('invalid', 'a patch of a column that is not there');
  return entry;
}

/** None of these tables holds bytes. */
function jsonCell(cell: Cell): RedoCell {
  if (cell instanceof Uint8Array) throw new StoreError('invalid', 'bytes cannot be written behind');
  return cell;
}

import { type Cell, encodeCell, type NamedColumn, type TableShape, tableShape } from '../codec.ts';
import { type Change, StoreError } from '../port.ts';
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
/** Where their columns stand, by name. */
const places = behindShapes.map(({ columns }) => new Map(columns.map(({ name }, place) => [name, place])));
const numbers = new Map<string, number>(BEHIND.map((name, index) => [name, index]));
/** Of the table of current values. */
export const valuesNumber = BEHIND.indexOf('values');

/** What stands first in each entry of the log. Kept in files. */
export const RedoKind = { put: 0, patch: 1, delete: 2, samples: 3, plain: 4 } as const;

export type RedoCell = string | number | boolean | null;
/**
 * One entry as JSON: kind, number of the table, then for a put the cells of all columns, for a patch those of the key and
 * then pairs of a column's index and its cell, for a delete those of the key. Samples: see redo-samples.ts.
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
    return withPatch(withCells([RedoKind.patch, number], shapeOf(number).key, key), number, set);
  }
  const number = numbers.get(change.delete);
  return number === undefined ? undefined : withCells([RedoKind.delete, number], shapeOf(number).key, change.key);
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

function withPatch(entry: RedoEntry, number: number, set: Readonly<Record<string, unknown>>): RedoEntry {
  const { columns } = shapeOf(number);
  for (const name of Object.keys(set)) {
    const place = places[number]?.get(name) ?? -1;
    const column = columns[place];
    if (!column) throw new StoreError('invalid', 'a patch of a column that is not there');
    entry.push(place, jsonCell(encodeCell(column, set[name])));
  }
  return entry;
}

/** None of these tables holds bytes. */
function jsonCell(cell: Cell): RedoCell {
  if (cell instanceof Uint8Array) throw new StoreError('invalid', 'bytes cannot be written behind');
  return cell;
}

import { StoreError } from './port.ts';
import type { ColumnKind, Columns, Table } from './schema.ts';
import { type Key, type Row, type TableName, tables } from './tables.ts';

/** What a column holds in storage: what every adapter can keep and what crosses its thread. */
export type Cell = string | number | Uint8Array | null;

export interface NamedColumn {
  readonly table: string;
  readonly name: string;
  readonly kind: ColumnKind;
  readonly optional: boolean;
}

/** A declared table with its columns in order, as encoders and SQL need it. */
export interface TableShape {
  readonly name: string;
  readonly columns: readonly NamedColumn[];
  readonly key: readonly NamedColumn[];
  readonly unique: readonly (readonly NamedColumn[])[];
  readonly indexes: readonly (readonly NamedColumn[])[];
  /** The column of that name; throws `invalid` if there is none. */
  column(name: string): NamedColumn;
}

export function shapeOf(name: string, declared: Table<Columns, string>): TableShape {
  const columns = Object.entries(declared.columns).map(
    ([column, { kind, optional }]): NamedColumn => ({ table: name, name: column, kind, optional }),
  );
  const byName = new Map(columns.map((each) => [each.name, each]));
  const column = (wanted: string): NamedColumn => {
    const found = byName.get(wanted);
    if (!found) throw new StoreError('invalid', `${name} has no column ${wanted}`);
    return found;
  };
  const lists = (of: readonly (readonly string[])[]) => of.map((list) => list.map(column));
  return {
    name,
    columns,
    key: declared.key.map(column),
    unique: lists(declared.unique),
    indexes: lists(declared.indexes),
    column,
  };
}

const shapes = new Map<string, TableShape>(
  Object.entries(tables).map(([name, declared]) => [name, shapeOf(name, declared)]),
);

/** The shape of a declared table. */
export function tableShape(name: TableName): TableShape {
  const shape = shapes.get(name);
  if (!shape) throw new StoreError('invalid', `there is no table ${name}`);
  return shape;
}

/** Every declared table, in the order of declaration. */
export const tableShapes: readonly TableShape[] = [...shapes.values()];

/** The columns that a list is ordered by: the chosen one, then the key. */
export function orderColumns(shape: TableShape, orderBy: string | undefined): readonly NamedColumn[] {
  if (orderBy === undefined) return shape.key;
  const first = shape.column(orderBy);
  if (first.optional)
    throw new StoreError('invalid', `${shape.name} cannot be ordered by ${orderBy}: it may be absent`);
  return [first, ...shape.key.filter((column) => column !== first)];
}

/**
 * A value as its column stores it. Bytes are copied, so that the caller may reuse its buffer.
 *
 * @throws StoreError `invalid` if the value is not of the column's kind, or is absent where it must not be
 */
export function encodeCell(column: NamedColumn, value: unknown): Cell {
  if (value === undefined) {
    if (column.optional) return null;
    throw unfit(column, 'is missing');
  }
  switch (column.kind) {
    case 'text':
      if (typeof value === 'string') return value;
      throw unfit(column, 'must be text');
    case 'integer':
      if (typeof value === 'number' && Number.isSafeInteger(value)) return value;
      throw unfit(column, 'must be an integer within 2^53');
    case 'real':
      if (typeof value === 'number' && Number.isFinite(value)) return value;
      throw unfit(column, 'must be a finite number');
    case 'bytes':
      if (value instanceof Uint8Array) return Uint8Array.from(value);
      throw unfit(column, 'must be bytes');
    case 'json': {
      const json = stringify(column, value);
      if (json !== undefined) return json;
      throw unfit(column, 'has no JSON form');
    }
  }
}

function stringify(column: NamedColumn, value: unknown): string | undefined {
  try {
    return JSON.stringify(value);
  } catch (cause) {
    throw unfit(column, 'has no JSON form', cause);
  }
}

function unfit(column: NamedColumn, why: string, cause?: unknown): StoreError {
  return new StoreError('invalid', `${column.table}.${column.name} ${why}`, { cause });
}

/** The value of a cell that `encodeCell` made. */
function decodeCell(column: NamedColumn, cell: Cell): unknown {
  if (typeof cell !== 'string') return cell;
  return column.kind === 'json' ? JSON.parse(cell) : shared(column, cell);
}

/** Texts of a column that are held once however many rows have them. */
const SHARED_TEXTS = 32;
const sharedTexts = new WeakMap<NamedColumn, Map<string, string>>();

/** The same text: of a column with few different ones, such as the organisation, memory holds each once. */
function shared(column: NamedColumn, text: string): string {
  const texts = sharedTexts.get(column) ?? new Map<string, string>();
  const known = texts.get(text);
  if (known !== undefined || texts.size >= SHARED_TEXTS) return known ?? text;
  sharedTexts.set(column, texts.set(text, text));
  return text;
}

/** A row as the cells of the columns, in their order. */
export function encodeCells(columns: readonly NamedColumn[], row: Readonly<Record<string, unknown>>): Cell[] {
  return columns.map((column) => encodeCell(column, row[column.name]));
}

/** Decodes a row of a declared table, whose cells are in the order of its columns; absent ones are left out. */
export function decodeRow<T extends TableName>(table: T, cells: readonly Cell[]): Row<T> {
  const row: Record<string, unknown> = {};
  tableShape(table).columns.forEach((column, index) => {
    const cell = cells[index];
    if (cell !== undefined && cell !== null) row[column.name] = decodeCell(column, cell);
  });
  // The table's declaration is both the static type and the codec, so that they cannot differ.
  return row as Row<T>;
}

/** The cells of a primary key. */
export function encodeKey<T extends TableName>(table: T, key: Key<T>): Cell[] {
  const values: Readonly<Record<string, unknown>> = { ...key };
  return encodeCells(tableShape(table).key, values);
}

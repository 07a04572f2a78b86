import { type Cell, encodeCell, encodeCells, type NamedColumn, orderColumns, type TableShape } from '../codec.ts';
import { changedMeanwhile, StoreError } from '../port.ts';

/** Takes a change back. */
export type Undo = () => void;

type Values = Readonly<Record<string, unknown>>;

/** Which rows, and in which order; see `ListQuery`. */
interface Selection {
  readonly where?: Values;
  readonly whereIn?: Readonly<Record<string, readonly unknown[] | undefined>>;
  readonly orderBy?: string | undefined;
  readonly descending?: boolean | undefined;
  readonly after?: Values | undefined;
}

const idOf = (cells: readonly Cell[]): string => JSON.stringify(cells);

/** Rows of one table as cells, by their key. */
export class MemoryTable {
  readonly #shape: TableShape;
  readonly #rows = new Map<string, readonly Cell[]>();

  constructor(shape: TableShape) {
    this.#shape = shape;
  }

  get(key: readonly Cell[]): readonly Cell[] | undefined {
    return this.#rows.get(idOf(key));
  }

  put(row: Values): Undo {
    const cells = encodeCells(this.#shape.columns, row);
    return this.#replace(idOf(encodeCells(this.#shape.key, row)), cells);
  }

  /** @throws StoreError `conflict` unless the row is there and holds the values of `when` */
  patch(key: Values, set: Values, when?: Values): Undo {
    const changes = new Map(
      Object.entries(set).map(([name, value]) => {
        const column = this.#shape.column(name);
        return [column, encodeCell(column, value)] as const;
      }),
    );
    const id = idOf(encodeCells(this.#shape.key, key));
    const row = this.#rows.get(id);
    if (when && !(row && this.#holds(row, when))) throw new StoreError('conflict', changedMeanwhile(this.#shape.name));
    if (!row) return () => {};
    const patched = this.#shape.columns.map(
      (column, index) => changes.get(column) ?? (changes.has(column) ? null : (row[index] ?? null)),
    );
    return this.#replace(id, patched);
  }

  delete(key: Values): Undo {
    const id = idOf(encodeCells(this.#shape.key, key));
    const row = this.#rows.get(id);
    this.#rows.delete(id);
    return () => {
      if (row) this.#rows.set(id, row);
    };
  }

  /** Rows that match, in order, from the one after `after`. */
  select({ where = {}, whereIn = {}, orderBy, descending, after }: Selection) {
    const order = orderColumns(this.#shape, orderBy);
    const alternatives = [
      ...Object.entries(where).map(([name, value]) => [name, [value]] as const),
      ...Object.entries(whereIn),
    ];
    const conditions = alternatives.map(([name, values = []]) => {
      const column = this.#shape.column(name);
      return { column, cells: values.map((value) => encodeCell(column, value)) };
    });
    const sign = descending ? -1 : 1;
    const ordering = (row: readonly Cell[]) => order.map((column) => this.#cell(row, column));
    const bound = after && encodeCells(order, after);
    return [...this.#rows.values()]
      .filter((row) =>
        conditions.every(({ column, cells }) => cells.some((cell) => compare(this.#cell(row, column), cell) === 0)),
      )
      .filter((row) => !bound || sign * compareLists(ordering(row), bound) > 0)
      .sort((a, b) => sign * compareLists(ordering(a), ordering(b)));
  }

  #holds(row: readonly Cell[], values: Values): boolean {
    return Object.entries(values).every(([name, value]) => {
      const column = this.#shape.column(name);
      return compare(this.#cell(row, column), encodeCell(column, value)) === 0;
    });
  }

  #replace(id: string, cells: readonly Cell[]): Undo {
    this.#refuseConflict(id, cells);
    const before = this.#rows.get(id);
    this.#rows.set(id, cells);
    return () => {
      if (before) this.#rows.set(id, before);
      else this.#rows.delete(id);
    };
  }

  /** Lists with an absent column never conflict, as in SQL. */
  #refuseConflict(id: string, cells: readonly Cell[]): void {
    for (const unique of this.#shape.unique) {
      const wanted = unique.map((column) => this.#cell(cells, column));
      if (wanted.includes(null)) continue;
      for (const [otherId, other] of this.#rows) {
        const taken = unique.map((column) => this.#cell(other, column));
        if (otherId !== id && compareLists(taken, wanted) === 0) {
          const names = unique.map(({ name }) => name).join(', ');
          throw new StoreError('conflict', `${this.#shape.name}: ${names} are taken`);
        }
      }
    }
  }

  #cell(row: readonly Cell[], column: NamedColumn): Cell {
    return row[this.#shape.columns.indexOf(column)] ?? null;
  }
}

const bytesOf = (cell: Cell): Buffer =>
  typeof cell === 'string' ? Buffer.from(cell) : Buffer.from(cell instanceof Uint8Array ? cell : []);

/** Order of two cells of one column: numbers by value, text by its UTF-8 bytes; absent equals nothing but itself. */
function compare(a: Cell, b: Cell): number {
  if (typeof a === 'number' && typeof b === 'number') return a - b;
  if (a === null || b === null) return Number(b === null) - Number(a === null);
  return Buffer.compare(bytesOf(a), bytesOf(b));
}

function compareLists(a: readonly Cell[], b: readonly Cell[]): number {
  for (const [index, cell] of a.entries()) {
    const order = compare(cell, b[index] ?? null);
    if (order !== 0) return order;
  }
  return 0;
}

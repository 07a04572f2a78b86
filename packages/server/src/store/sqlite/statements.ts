import { type Cell, encodeCell, type NamedColumn, type TableShape, tableShape } from '../codec.ts';
import { encodeDraft } from '../history.ts';
import { type Batch, type Change, changedMeanwhile, StoreError } from '../port.ts';
import type { TableName } from '../tables.ts';
import { listed, quoted } from './ddl.ts';
import type { StatementText } from './protocol.ts';
import type { RedoGroup } from './redo-group.ts';

const marks = (count: number): string => Array.from({ length: count }, () => '?').join(', ');
const assigned = (columns: readonly NamedColumn[], separator: string): string =>
  columns.map(({ name }) => `${quoted(name)} = ?`).join(separator);

export function putSql(table: TableShape): string {
  const others = table.columns.filter((column) => !table.key.includes(column));
  const update = others.map(({ name }) => `${quoted(name)} = excluded.${quoted(name)}`).join(', ');
  return `INSERT INTO ${quoted(table.name)} (${listed(table.columns)}) VALUES (${marks(table.columns.length)})
    ON CONFLICT (${listed(table.key)}) DO ${update ? `UPDATE SET ${update}` : 'NOTHING'}`;
}

/** @param where the key, and whatever else must hold */
export const patchSql = (table: TableShape, columns: readonly NamedColumn[], where: readonly NamedColumn[]): string =>
  `UPDATE ${quoted(table.name)} SET ${assigned(columns, ', ')} WHERE ${assigned(where, ' AND ')}`;

export const deleteSql = (table: TableShape): string =>
  `DELETE FROM ${quoted(table.name)} WHERE ${assigned(table.key, ' AND ')}`;

/** What batches are encoded to. */
export interface Encoded {
  readonly script: number[];
  readonly cells: Cell[];
  readonly redo: RedoGroup;
  /** Lines of the journal; see history.ts. */
  readonly journal: string[];
}

/** A statement that writes rows of some columns. */
interface Shape {
  readonly statement: number;
  readonly columns: readonly NamedColumn[];
}

/** A statement that sets columns of a row whose other columns fulfil conditions. */
interface Patch extends Shape {
  readonly conditions: readonly NamedColumn[];
}

/** The three ways to write a table; patches by the columns that they set and look at. */
interface TableStatements {
  readonly shape: TableShape;
  readonly patches: Map<string, Patch>;
  put?: Shape;
  delete?: Shape;
}

/**
 * Compiles changes to statement numbers and cells, so that what crosses to the store's thread are flat arrays. The texts
 * behind new numbers go along once. Their count is bounded by the shapes of changes and queries that the program has.
 */
export class Statements {
  readonly #numbers = new Map<string, number>();
  readonly #tables = new Map<TableName, TableStatements>();
  #fresh: StatementText[] = [];

  /** The number of a statement, which is one of its text and of what is done if it changes nothing. */
  number(sql: string, parameters: number, ifNothing?: StatementText['ifNothing']): number {
    const id = ifNothing ? `${sql}; else` : sql;
    let number = this.#numbers.get(id);
    if (number === undefined) {
      number = this.#numbers.size;
      this.#numbers.set(id, number);
      this.#fresh.push({ sql, parameters, ...(ifNothing && { ifNothing }) });
    }
    return number;
  }

  /** Texts numbered since the last call, in the order of their numbers. */
  takeFresh(): StatementText[] {
    const fresh = this.#fresh;
    this.#fresh = [];
    return fresh;
  }

  /**
   * Appends a batch: to `script` its count of statements, then their numbers; to `cells` their parameters; to `redo` the
   * entries of what is written behind; to `journal` its lines.
   *
   * @throws StoreError `invalid` if a value does not fit; the arrays are then as before
   */
  encode(batch: Batch, { script, cells, redo, journal }: Encoded): void {
    const starts = [script.length, cells.length, journal.length, redo.length] as const;
    script.push(0);
    try {
      for (const change of batch.changes ?? []) {
        if (!redo.change(change)) this.#encodeChange(change, script, cells);
      }
      for (const draft of batch.journal ?? []) journal.push(encodeDraft(draft));
      redo.samples(batch.samples ?? []);
      for (const reading of batch.readings ?? []) redo.reading(reading);
    } catch (error) {
      [script.length, cells.length, journal.length] = starts;
      redo.truncate(starts[3]);
      throw error;
    }
    script[starts[0]] = script.length - starts[0] - 1;
  }

  #encodeChange(change: Change, script: number[], cells: Cell[]): void {
    if ('put' in change) {
      const shape = this.#put(change.put);
      script.push(shape.statement);
      append(cells, shape.columns, change.row);
    } else if ('patch' in change) {
      const { patch, key, set, when } = change;
      const shape = this.#patch(patch, set, when);
      if (shape.columns.length === 0) return;
      script.push(shape.statement);
      append(cells, shape.columns, set);
      append(cells, this.#table(patch).shape.key, key);
      if (when) append(cells, shape.conditions, when);
    } else {
      const shape = this.#delete(change.delete);
      script.push(shape.statement);
      append(cells, shape.columns, change.key);
    }
  }

  #table(name: TableName): TableStatements {
    let table = this.#tables.get(name);
    if (!table) {
      table = { shape: tableShape(name), patches: new Map() };
      this.#tables.set(name, table);
    }
    return table;
  }

  #put(name: TableName): Shape {
    const table = this.#table(name);
    table.put ??= {
      statement: this.number(putSql(table.shape), table.shape.columns.length),
      columns: table.shape.columns,
    };
    return table.put;
  }

  #delete(name: TableName): Shape {
    const table = this.#table(name);
    table.delete ??= {
      statement: this.number(deleteSql(table.shape), table.shape.key.length),
      columns: table.shape.key,
    };
    return table.delete;
  }

  #patch(name: TableName, set: object, when: object | undefined): Patch {
    const table = this.#table(name);
    const names = Object.keys(set);
    const id = when ? `${names.join()}|${Object.keys(when).join()}` : names.join();
    let patch = table.patches.get(id);
    if (!patch) {
      patch = this.#newPatch(table.shape, names, when && Object.keys(when));
      table.patches.set(id, patch);
    }
    return patch;
  }

  #newPatch(shape: TableShape, names: readonly string[], guarded: readonly string[] | undefined): Patch {
    const columns = names.map((column) => shape.column(column));
    const conditions = (guarded ?? []).map((column) => shape.column(column));
    if (columns.length === 0) {
      if (guarded) throw new StoreError('invalid', `${shape.name}: a compare-and-set sets at least one column`);
      return { statement: -1, columns, conditions };
    }
    const where = [...shape.key, ...conditions];
    const refusal = guarded && ({ kind: 'conflict', message: changedMeanwhile(shape.name) } as const);
    const statement = this.number(patchSql(shape, columns, where), columns.length + where.length, refusal);
    return { statement, columns, conditions };
  }
}

function append(cells: Cell[], columns: readonly NamedColumn[], row: Readonly<Record<string, unknown>>): void {
  for (const column of columns) cells.push(encodeCell(column, row[column.name]));
}

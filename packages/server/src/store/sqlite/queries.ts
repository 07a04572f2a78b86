import { type Cell, encodeCell, orderColumns, type TableShape, tableShape } from '../codec.ts';
import { boundedLimit, storeLimits } from '../limits.ts';
import type { ListQuery } from '../port.ts';
import type { Row, TableName } from '../tables.ts';
import { listed, quoted } from './ddl.ts';

/** SQL with its parameters. */
export interface Sql {
  readonly sql: string;
  readonly cells: readonly Cell[];
}

type Values = Readonly<Record<string, unknown>>;
type Lists = Readonly<Record<string, readonly unknown[] | undefined>>;

/** Collects conditions and their parameters. */
class Where {
  readonly #conditions: string[] = [];
  readonly cells: Cell[] = [];

  add(condition: string, ...cells: Cell[]): void {
    this.#conditions.push(condition);
    this.cells.push(...cells);
  }

  equal(shape: TableShape, values: Values): void {
    for (const [name, value] of Object.entries(values)) {
      this.add(`${quoted(name)} = ?`, encodeCell(shape.column(name), value));
    }
  }

  oneOf(column: string, values: readonly Cell[]): void {
    // One text whatever the number of values, so that the prepared statements stay few.
    this.add(`${quoted(column)} IN (SELECT "value" FROM json_each(?))`, JSON.stringify(values));
  }

  get sql(): string {
    return this.#conditions.length > 0 ? ` WHERE ${this.#conditions.join(' AND ')}` : '';
  }
}

export function listSql<T extends TableName>(table: T, query: ListQuery<T>): Sql {
  const shape = tableShape(table);
  const order = orderColumns(shape, query.orderBy);
  const where = new Where();
  where.equal(shape, query.where ?? {});
  const lists: Lists = query.whereIn ?? {};
  for (const [name, values = []] of Object.entries(lists)) {
    const column = shape.column(name);
    where.oneOf(
      name,
      values.map((value) => encodeCell(column, value)),
    );
  }
  if (query.after) {
    const after: Values = query.after;
    const cells = order.map((column) => encodeCell(column, after[column.name]));
    where.add(`(${listed(order)}) ${query.descending ? '<' : '>'} (${cells.map(() => '?').join(', ')})`, ...cells);
  }
  const direction = query.descending ? ' DESC' : '';
  const ordering = order.map(({ name }) => `${quoted(name)}${direction}`).join(', ');
  return {
    sql: `SELECT ${listed(shape.columns)} FROM ${quoted(table)}${where.sql} ORDER BY ${ordering} LIMIT ?`,
    cells: [...where.cells, boundedLimit(query.limit, storeLimits.listRows, storeLimits.listRows)],
  };
}

export function getSql(table: TableName, key: readonly Cell[]): Sql {
  const shape = tableShape(table);
  const where = shape.key.map(({ name }) => `${quoted(name)} = ?`).join(' AND ');
  return { sql: `SELECT ${listed(shape.columns)} FROM ${quoted(table)} WHERE ${where}`, cells: key };
}

export function countSql<T extends TableName>(table: T, values: Partial<Row<T>>): Sql {
  const where = new Where();
  where.equal(tableShape(table), values);
  return { sql: `SELECT count(*) FROM ${quoted(table)}${where.sql}`, cells: where.cells };
}

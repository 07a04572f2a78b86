import { DatabaseSync } from 'node:sqlite';
import { type NamedColumn, type TableShape, tableShapes } from '../codec.ts';
import type { ColumnKind } from '../schema.ts';

const sqlType: Readonly<Record<ColumnKind, string>> = {
  text: 'TEXT',
  integer: 'INTEGER',
  real: 'REAL',
  json: 'TEXT',
  bytes: 'BLOB',
};

/** A name as SQL writes it. */
export const quoted = (name: string): string => `"${name}"`;
/** Columns as a comma list. */
export const listed = (columns: readonly NamedColumn[]): string => columns.map(({ name }) => quoted(name)).join(', ');

const declared = ({ name, kind, optional }: NamedColumn): string =>
  `${quoted(name)} ${sqlType[kind]}${optional ? '' : ' NOT NULL'}`;

/** Rows lie in their key's own tree: a change by key is one search. */
function createTable(table: TableShape): string[] {
  const parts = [
    ...table.columns.map(declared),
    `PRIMARY KEY (${listed(table.key)})`,
    ...table.unique.map((columns) => `UNIQUE (${listed(columns)})`),
  ];
  return [
    `CREATE TABLE ${quoted(table.name)} (${parts.join(', ')}) STRICT, WITHOUT ROWID`,
    ...table.indexes.map(
      (columns) =>
        `CREATE INDEX ${quoted([table.name, ...columns.map(({ name }) => name)].join('_'))} ON ${quoted(table.name)} (${listed(columns)})`,
    ),
  ];
}

/**
 * What was written of a series together, as JSON: rows of at, receivedAt and a value of each of its paths, oldest first,
 * with the times of the first and the last one. `chunk` is a number, larger for what was written later. A series has one
 * path, or several between spaces, which the device tells together; so have types.
 */
const chunksTable = `CREATE TABLE "chunks" ("series" INTEGER NOT NULL, "last" INTEGER NOT NULL,
  "chunk" INTEGER NOT NULL, "type" TEXT NOT NULL, "first" INTEGER NOT NULL, "samples" TEXT NOT NULL,
  PRIMARY KEY ("series", "last", "chunk")) STRICT, WITHOUT ROWID`;

/** The log of what is committed and not in its table yet, a group's entries in each row; see redo.ts. */
const redoTable = 'CREATE TABLE "redo" ("id" INTEGER PRIMARY KEY AUTOINCREMENT, "entries" TEXT NOT NULL) STRICT';

/**
 * Some entries of the journal in each row, as lines, up to the one with the seq `last`. AUTOINCREMENT never forgets the
 * newest seq, so that none is given twice, not even after the newest entries were pruned.
 */
const journalTable =
  'CREATE TABLE "journal" ("last" INTEGER PRIMARY KEY AUTOINCREMENT, "entries" TEXT NOT NULL) STRICT';

/** Which entries are of a device: a JSON list of ascending seqs, some in each row, up to `last`; see journal.ts. */
const deviceEntriesTable = `CREATE TABLE "deviceEntries" ("deviceId" TEXT NOT NULL, "last" INTEGER NOT NULL,
  "seqs" TEXT NOT NULL, PRIMARY KEY ("deviceId", "last")) STRICT, WITHOUT ROWID`;

const historyTables = [
  journalTable,
  deviceEntriesTable,
  'CREATE TABLE "series" ("series" INTEGER PRIMARY KEY, "deviceId" TEXT NOT NULL, "path" TEXT NOT NULL, UNIQUE ("deviceId", "path")) STRICT',
  chunksTable,
  'CREATE INDEX "chunks_first" ON "chunks" ("first")',
  redoTable,
];

/** The whole schema of a new file. */
export const schema: readonly string[] = [...tableShapes.flatMap(createTable), ...historyTables];

/** What of the tables and columns of a new file a file lacks or has too many of, as `table.column`; empty if all is well. */
export function schemaDifferences(db: DatabaseSync): string[] {
  const fresh = new DatabaseSync(':memory:');
  for (const statement of schema) fresh.exec(statement);
  const wanted = columnsOf(fresh);
  fresh.close();
  const present = columnsOf(db);
  const tables = new Set([...wanted].map(tableOf));
  const surplus = [...present].filter((column) => tables.has(tableOf(column)) && !wanted.has(column));
  return [...[...wanted].filter((column) => !present.has(column)), ...surplus];
}

function tableOf(column: string): string {
  return column.slice(0, column.indexOf('.'));
}

/** All columns as `table.column`, but of tables of SQLite's own. */
function columnsOf(db: DatabaseSync): Set<string> {
  const rows = db
    .prepare(
      `SELECT t.name AS "table", c.name AS "column" FROM pragma_table_list AS t, pragma_table_info(t.name) AS c
       WHERE t.schema = 'main' AND t.type = 'table' AND t.name NOT LIKE 'sqlite_%'`,
    )
    .all();
  return new Set(rows.map(({ table, column }) => `${table}.${column}`));
}

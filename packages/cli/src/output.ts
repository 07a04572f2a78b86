import type { Context } from './command.ts';
import { text, whole } from './options.ts';
import { clean, layOut } from './table.ts';
import type { Style } from './terminal.ts';

/** Writes the answer: the API's JSON for programs, else the lines for people. */
export function show(context: Context, answer: unknown, lines: () => readonly string[]): void {
  const { terminal, json } = context;
  if (json) terminal.out(JSON.stringify(answer, null, 2));
  else for (const line of lines()) terminal.out(line);
}

/** One page of a list of the API. */
interface Page<T> {
  readonly items: readonly T[];
  readonly next?: string;
}

/** A cell's text, with a style if it has one. */
type Cell = string | readonly [Style, string];

/** How a list is shown: a title and a cell for each column. */
export type Columns<T> = Readonly<Record<string, (item: T) => Cell>>;

/** Writes a list as a table, or says why it is empty. */
export function showList<T>(context: Context, page: Page<T>, columns: Columns<T>, whenEmpty: string): void {
  const { terminal } = context;
  show(context, page, () => (page.items.length === 0 ? [] : table(context, page.items, columns)));
  if (context.json) return;
  if (page.items.length === 0) terminal.note(whenEmpty);
  if (page.next !== undefined) terminal.note(`There are more: --after ${page.next}`);
}

/** Lines of a table, its titles first. A column in which nothing stands is left out. */
export function table<T>({ terminal }: Context, items: readonly T[], columns: Columns<T>): string[] {
  const filled = Object.entries(columns)
    .map(([title, cellOf]): Cell[] => [['dim', title.toUpperCase()], ...items.map(cellOf)])
    .filter(([, ...cells]) => cells.some((cell) => textOf(cell) !== ''));
  const rows = Array.from({ length: items.length + 1 }, (_, row) => filled.map((column) => column[row] ?? ''));
  return layOut(
    rows.map((row) => row.map((cell) => clean(textOf(cell)))),
    terminal.width,
  ).map((line, row) =>
    line
      .map((padded, column) => {
        const cell = rows[row]?.[column];
        return cell === undefined || typeof cell === 'string' ? padded : terminal.style(cell[0], padded);
      })
      .join('')
      .trimEnd(),
  );
}

function textOf(cell: Cell): string {
  return typeof cell === 'string' ? cell : cell[1];
}

/** Facts as lines, a term and its text each; those without text are left out. */
export function facts({ terminal }: Context, terms: Readonly<Record<string, string | undefined>>): string[] {
  const rows = Object.entries(terms).filter(([, value]) => value !== undefined && value !== '');
  const width = Math.max(0, ...rows.map(([term]) => term.length)) + 2;
  return rows.map(([term, value = '']) => terminal.style('dim', term.padEnd(width)) + clean(value));
}

/** Options of a list that comes in pages. */
export const paging = {
  limit: whole('N', 'how many at most', { min: 1, max: 500 }, 100),
  after: text('POSITION', 'where the page before ended'),
};

/** The query of a page. */
export function pageQuery(given: { readonly limit: number; readonly after: string | undefined }) {
  return { limit: given.limit, ...(given.after === undefined ? {} : { after: given.after }) };
}

import { fileURLToPath } from 'node:url';
import { cases, type Judged } from './cases.ts';

/** The page that shows what became of the cases. */
export const document = fileURLToPath(new URL('../docs/protocol-coverage.md', import.meta.url));
const MARKED = /(?<=<!-- conformance: begin -->\n).*(?=\n<!-- conformance: end -->)/s;

/** What the page shows of it; empty if it lacks the place. */
export function shownIn(page: string): string {
  return MARKED.exec(page)?.[0] ?? '';
}

/** How a test of a side ended; `skipped` if the peer that it needs is not there. */
export type Result = 'passed' | 'failed' | 'skipped';

/** Results by the name of a test up to its colon, e.g. `1.0-int-101 server`. */
export type Results = ReadonlyMap<string, readonly Result[]>;

/** The side's result over all its tests; undefined if it has none. */
function resultOf(results: Results, id: string, side: Judged): Result | undefined {
  const all = results.get(`${id} ${side}`) ?? [];
  return (['failed', 'skipped', 'passed'] as const).find((one) => all.includes(one));
}

/** The cells of a case: what became of either side, or why it was not played. */
function cellsOf(results: Results, { id, purpose, judges, why }: (typeof cases)[number]): readonly string[] {
  if (why !== undefined) return [id, purpose, `not played: ${why}`, ''];
  const side = (one: Judged) => (judges.includes(one) ? (resultOf(results, id, one) ?? 'no test') : '');
  return [id, purpose, side('server'), side('client')];
}

/** The table of every case as Markdown. */
function markdownTable(results: Results): string {
  const row = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  const head = [row(['case', 'what it is about', 'server', 'client']), '|---|---|---|---|'];
  return [...head, ...cases.map((one) => row(cellsOf(results, one)))].join('\n');
}

/** One line on all cases. */
function summary(results: Results): string {
  const sides = cases.flatMap(({ id, judges }) => judges.map((side) => resultOf(results, id, side) ?? 'no test'));
  const count = (wanted: string) => sides.filter((one) => one === wanted).length;
  const out = cases.filter(({ why }) => why !== undefined).length;
  const tests = `${count('passed')} passed, ${count('failed')} failed, ${count('skipped')} skipped, ${count('no test')} without a test`;
  return `${cases.length} cases, ${out} of them not played; sides judged: ${tests}`;
}

/** What became of all cases, as Markdown: a line on all, and the table. */
export function outcome(results: Results): string {
  return `${summary(results)}.\n\n${markdownTable(results)}`;
}

/** Space between columns. */
const GAP = 2;
/** A column is never cut below this. */
const NARROWEST = 8;

/**
 * Lays cells out in columns.
 *
 * @param rows cells without styles, which are added after
 * @param width characters that there are; the widest columns are cut to fit. Without it nothing is cut.
 * @returns the cells, each as wide as its column and the gap after it; the last of a row only as wide as its text
 */
export function layOut(rows: readonly (readonly string[])[], width?: number): string[][] {
  const columns = Math.max(0, ...rows.map((row) => row.length));
  const widths = Array.from({ length: columns }, (_, column) =>
    Math.max(...rows.map((row) => row[column]?.length ?? 0)),
  );
  if (width !== undefined) shrink(widths, width - GAP * (columns - 1));
  return rows.map((row) => {
    const last = row.findLastIndex((cell) => cell !== '');
    return row.slice(0, last + 1).map((cell, column) => {
      const room = widths[column] ?? 0;
      const shown = cell.length > room ? `${cell.slice(0, room - 1)}…` : cell;
      return column === last ? shown : shown.padEnd(room + GAP);
    });
  });
}

/** Takes from the widest column until all fit. */
function shrink(widths: number[], room: number): void {
  let excess = widths.reduce((sum, each) => sum + each, 0) - room;
  while (excess > 0) {
    const widest = Math.max(...widths);
    if (widest <= NARROWEST) return;
    widths[widths.indexOf(widest)] = widest - 1;
    excess -= 1;
  }
}

/** Text from outside without what would move the cursor, change colours or start a new line. */
export function clean(text: string): string {
  return text.replace(/\p{Cc}/gu, '\u{fffd}');
}

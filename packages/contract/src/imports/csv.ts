/** A record of a CSV file, and the line that it begins on. */
interface CsvRecord {
  readonly line: number;
  readonly fields: readonly string[];
}

/**
 * Reads CSV (RFC 4180): fields between commas, quoted ones with anything in them and quotes doubled. Empty lines are
 * left out, and so is a byte order mark.
 *
 * @returns the records, or where a quote is wrong
 */
export function readCsv(text: string): CsvRecord[] | { readonly line: number; readonly error: string } {
  const records: CsvRecord[] = [];
  const field = /"((?:[^"]|"")*)"|([^",\r\n]*)/y;
  let line = 1;
  let start = 1;
  let fields: string[] = [];
  for (let at = text.startsWith('\ufeff') ? 1 : 0; at < text.length; ) {
    field.lastIndex = at;
    const [whole = '', quoted, plain = ''] = field.exec(text) ?? [];
    fields.push(quoted === undefined ? plain : quoted.replaceAll('""', '"'));
    at += whole.length;
    line += whole.split('\n').length - 1;
    if (text[at] === ',') {
      at++;
      // The field after the last comma of the file is empty.
      if (at < text.length) continue;
      fields.push('');
    }
    const end = /\r?\n|$/y;
    end.lastIndex = at;
    const ending = end.exec(text)?.[0];
    if (ending === undefined) return { line, error: 'a quote is out of place, or not closed' };
    if (fields.length > 1 || fields[0] !== '') records.push({ line: start, fields });
    at += ending.length;
    line++;
    start = line;
    fields = [];
  }
  return records;
}

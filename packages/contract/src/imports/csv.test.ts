import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readCsv } from './csv.ts';

describe('CSV', () => {
  it('has quotes, line ends of both kinds, empty fields and lines, and a byte order mark', () => {
    expect(readCsv('\ufeffname,site\r\na,"x, ""y""\nz"\n\nb,\r\n,c')).toEqual([
      { line: 1, fields: ['name', 'site'] },
      { line: 2, fields: ['a', 'x, "y"\nz'] },
      { line: 5, fields: ['b', ''] },
      { line: 6, fields: ['', 'c'] },
    ]);
    expect(readCsv('a,')).toEqual([{ line: 1, fields: ['a', ''] }]);
    expect(readCsv('')).toEqual([]);
  });

  it.each([
    ['a\n"b', 2],
    ['a"b', 1],
    ['"a"b', 1],
    ['a\n\n"b""', 3],
    ['a\rb', 1],
  ])('says where a quote is wrong: %j', (text, line) => {
    expect(readCsv(text)).toMatchObject({ line, error: expect.any(String) });
  });

  it('is read as it was written, whatever the fields hold', () => {
    const field = fc.string({ unit: fc.constantFrom('a', ' ', '"', ',', '\n', '\r', 'ü', '\ufeff') });
    fc.assert(
      fc.property(fc.array(fc.array(field, { minLength: 2, maxLength: 4 }), { maxLength: 5 }), (rows) => {
        const text = rows.map((row) => row.map((each) => `"${each.replaceAll('"', '""')}"`).join(',')).join('\n');
        const read = readCsv(text);
        expect(Array.isArray(read) && read.map(({ fields }) => fields)).toEqual(rows);
      }),
    );
  });
});

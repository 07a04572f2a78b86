import { describe, expect, it } from 'vitest';
import { formatExecuteArgs, parseExecuteArgs } from './execute-args.ts';

const VECTORS = [
  ['', []],
  ['5', [{ digit: 5 }]],
  ["2='10.3'", [{ digit: 2, value: '10.3' }]],
  ["0='',1", [{ digit: 0, value: '' }, { digit: 1 }]],
  ['0,1,2,3,4', [{ digit: 0 }, { digit: 1 }, { digit: 2 }, { digit: 3 }, { digit: 4 }]],
  ["7,0='<https://www.omaspecworks.org>'", [{ digit: 7 }, { digit: 0, value: '<https://www.omaspecworks.org>' }]],
] as const;

describe('arguments of Execute', () => {
  it.each(VECTORS)('%j, both ways', (text, args) => {
    expect(parseExecuteArgs(text)).toEqual({ ok: true, args });
    expect(formatExecuteArgs(args)).toEqual({ ok: true, text });
  });

  it.each(VECTORS)('%j, cut anywhere, is an error or fewer arguments', (text) => {
    for (let length = 0; length < text.length; length++) {
      const cut = parseExecuteArgs(text.slice(0, length));
      if (cut.ok) expect(formatExecuteArgs(cut.args)).toEqual({ ok: true, text: text.slice(0, length) });
      else expect(cut.error.fault).toBe('peer');
    }
  });

  it.each([
    ['A-23: a space in a value', "7,0=' <https://www.omaspecworks.org>'"],
    ['a digit twice', '1,1'],
    ['two digits', '12'],
    ['a letter', 'a'],
    ['a comma at the end', '1,'],
    ['a comma at the start', ',1'],
    ['a value without quotes', '1=2'],
    ['a quote in a value', "1='a'b'"],
    ['a backslash', "1='\\'"],
  ])('DM-3: refuses %s', (_, text) => expect(parseExecuteArgs(text)).toMatchObject({ ok: false }));

  it('does not write what it would not read', () => {
    expect(formatExecuteArgs([{ digit: 1, value: 'a b' }])).toMatchObject({ error: { fault: 'caller' } });
    expect(formatExecuteArgs([{ digit: 10 }])).toMatchObject({ error: { fault: 'caller' } });
    expect(formatExecuteArgs([{ digit: 1 }, { digit: 1 }])).toMatchObject({ error: { fault: 'caller' } });
  });
});

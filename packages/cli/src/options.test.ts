import { describe, expect, it } from 'vitest';
import { choice, flag, pairs, path, required, text, whole } from './options.ts';

describe('options', () => {
  it('takes the last of what is given once', () => {
    expect(text('X', '').read(['a', 'b'])).toBe('b');
    expect(text('X', '', 'fallback').read([])).toBe('fallback');
    expect(choice(['on', 'off'], '').read(['on', 'off'])).toBe('off');
  });

  it('reads whole numbers within their range', () => {
    const port = whole('N', '', { min: 0, max: 65_535 }, 5684);
    expect([port.read([]), port.read(['0']), port.read(['65535'])]).toEqual([5684, 0, 65_535]);
    for (const word of ['65536', '-1', '1.5', '', ' 1', '0x10', '9'.repeat(30)]) {
      expect(() => port.read([word])).toThrow('whole number');
    }
  });

  it('reads pairs, whose values may be empty or hold equal signs', () => {
    expect(pairs('').read(['a=1', 'b=', 'c=x=y', 'a=2'])).toEqual({ a: '2', b: '', c: 'x=y' });
    expect(pairs('').read([])).toBeUndefined();
    expect(() => pairs('').read(['=x'])).toThrow('KEY=VALUE');
  });

  it('reads paths', () => {
    const { read } = path('PATH', '');
    for (const word of ['/', '/3', '/3/0', '/3/0/9', '/3/0/11/0']) expect(read([word])).toBe(word);
    for (const word of ['3/0/9', '/x', '/3/', '/3/0/9/0/0', '/123456']) expect(() => read([word])).toThrow('no path');
    expect(() => read([])).toThrow('PATH is missing');
  });

  it('tells flags and required words', () => {
    expect([flag('').read([]), flag('').read([''])]).toEqual([false, true]);
    expect(() => required('DEVICE', '').read([])).toThrow('DEVICE is missing');
  });
});

import { describe, expect, it } from 'vitest';
import { formatAttributes, parseAttributes } from './attributes.ts';
import { ResponseCode } from './codes.ts';
import { prefixes, utf8 } from './testing.ts';

const VECTORS = [
  ['pmin=1', { pmin: 1 }],
  ['pmin', { pmin: null }],
  ['lt=20&gt=85&st=10', { lt: 20, gt: 85, st: 10 }],
  ['pmin=10&pmax=60&gt=50&lt=42.2', { pmin: 10, pmax: 60, gt: 50, lt: 42.2 }],
] as const;

describe('notification attributes', () => {
  it.each(VECTORS)('%s, both ways', (query, attributes) => {
    expect(parseAttributes(query.split('&'))).toEqual({ ok: true, attributes });
    expect(formatAttributes(attributes).join('&')).toBe(query);
  });

  it.each(VECTORS)('%s, cut anywhere, is an error or says less', (query) => {
    for (const prefix of prefixes(utf8(query))) {
      const text = new TextDecoder().decode(prefix);
      const cut = parseAttributes(text.split('&'));
      if (cut.ok) expect(formatAttributes(cut.attributes).join('&')).toBe(text);
      else expect(cut.error.code).toBe(ResponseCode.badRequest);
    }
  });

  it('A-22: accepts signs and exponents in thresholds', () => {
    expect(parseAttributes(['gt=-1.5e2'])).toEqual({ ok: true, attributes: { gt: -150 } });
    expect(formatAttributes({ gt: 1e-7 })).toEqual(['gt=0.0000001']);
  });

  it('AT-1: does not mind pmax below pmin', () => {
    expect(parseAttributes(['pmin=10', 'pmax=5'])).toMatchObject({ ok: true });
  });

  it.each([
    'epmin2=1',
    'pmin=-1',
    'pmin=1.5',
    'pmin=',
    'gt=x',
    'gt=.',
    'st=0',
    'lt=5&gt=5',
    'lt=5&gt=10&st=2.5',
    'gt=1&gt=2',
    '',
    '__proto__=1',
  ])('refuses %j with 4.00', (query) =>
    expect(parseAttributes(query.split('&'))).toMatchObject({ error: { code: ResponseCode.badRequest } }),
  );
});

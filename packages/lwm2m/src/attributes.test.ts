import { describe, expect, it } from 'vitest';
import { attributeFault, formatAttributes, parseAttributes } from './attributes.ts';
import { ResponseCode } from './codes.ts';
import { path } from './path.ts';
import { prefixes, utf8 } from './testing.ts';

const VECTORS = [
  ['pmin=1', { pmin: 1 }],
  ['pmin', { pmin: null }],
  ['lt=20&gt=85&st=10', { lt: 20, gt: 85, st: 10 }],
  ['epmin=5&epmax=10', { epmin: 5, epmax: 10 }],
  ['edge=1&con=0&hqmax=20', { edge: 1, con: 0, hqmax: 20 }],
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
    'epmin=10&epmax=10',
    'edge=2',
    'con=true',
    'hqmax=-1',
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

  const battery = { path: path(3, 0, 9), type: 'integer' } as const;
  const boolean = { path: path(3, 0, 9), type: 'boolean' } as const;

  it.each([
    [{ pmin: 1 }, { path: path(3), enabler: '1.0' }, undefined],
    [{ epmin: 1 }, { path: path(3), enabler: '1.0' }, 'epmin needs LwM2M 1.1; the device has 1.0'],
    [{ epmin: 1, epmax: 2 }, { path: path(3), enabler: '1.1' }, undefined],
    [{ hqmax: null }, { path: path(3), enabler: '1.1' }, 'hqmax needs LwM2M 1.2; the device has 1.1'],
    [{ con: 1, hqmax: 3 }, { path: path(3), enabler: '1.2' }, undefined],
    [{ gt: 1 }, { path: path(3, 0), enabler: '1.2' }, 'gt belongs to a resource, not to /3/0'],
    [{ gt: 1 }, { ...battery, enabler: '1.0' }, undefined],
    [{ gt: 1 }, { ...boolean, enabler: '1.0' }, 'gt belongs to a number, and /3/0/9 is boolean'],
    [{ edge: 1 }, { ...boolean, enabler: '1.2' }, undefined],
    [{ edge: 1 }, { ...battery, enabler: '1.2' }, 'edge belongs to a boolean, and /3/0/9 is integer'],
    [{ st: 1 }, { path: path(9999, 0, 1), enabler: '1.0' }, undefined],
    [{ gt: 1, lt: 2 }, { ...battery, enabler: '1.0' }, 'lt must be below gt'],
  ] as const)('§4.3: %j at %j: %s', (attributes, target, fault) => {
    expect(attributeFault(attributes, target)).toBe(fault);
  });
});

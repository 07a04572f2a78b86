import { describe, expect, it } from 'vitest';
import { parseComposite } from './parseComposite.ts';
import type { ResourceRow } from './tree.ts';

const rowOf = (path: string): ResourceRow | undefined =>
  path === '/1/0/1'
    ? {
        path,
        name: 'Lifetime',
        operations: 'RW',
        type: 'integer',
        limits: '',
        value: undefined,
        observation: undefined,
      }
    : undefined;
const parse = (text: string, secret = false) => parseComposite(text, rowOf, secret);

describe('several resources at once', () => {
  it('are read if no line has a value, each once', () => {
    const operation = { kind: 'read-composite', paths: ['/3/0/9', '/6/0'] };
    expect(parse('/3/0/9\n\n /6/0 \n/3/0/9')).toEqual({ ok: true, operation });
    expect(parse(' \n')).toEqual({ ok: true, operation: undefined });
  });

  it('are written with the types of their definitions, and as text without one', () => {
    const values = [
      { path: '/1/0/1', value: 60 },
      { path: '/3/0/14', value: 'a=b' },
    ];
    expect(parse('/1/0/1 = 60\n/3/0/14=a=b')).toEqual({ ok: true, operation: { kind: 'write-composite', values } });
  });

  it('are secret if they are written, not if they are read or removed', () => {
    const values = [
      { path: '/3/0/14', value: 'hunter2', secret: true },
      { path: '/11/0/1/2', value: null },
    ];
    const operation = { kind: 'write-composite', values };
    expect(parse('/3/0/14 = hunter2\nremove /11/0/1/2', true)).toEqual({ ok: true, operation });
    expect(parse('/3/0/9', true)).toEqual({ ok: true, operation: { kind: 'read-composite', paths: ['/3/0/9'] } });
  });

  it.each([
    ['/3/0/9\nbattery', 'Line 2: "battery" is no path'],
    ['/1/0/1=60\n\n/3/0/9', 'Line 3: the others are written, this one is read'],
    ['/1/0/1=soon', 'Line 1: expected a whole number'],
  ])('are refused by line: %j', (text, error) => {
    expect(parse(text)).toEqual({ ok: false, error });
  });

  it('removes resource instances together with what it writes', () => {
    expect(parse('/1/0/1 = 60\nremove /11/0/1/2')).toMatchObject({
      ok: true,
      operation: {
        kind: 'write-composite',
        values: [{ path: '/1/0/1' }, { path: '/11/0/1/2', value: null }],
      },
    });
    expect(parse('remove x')).toEqual({ ok: false, error: 'Line 1: "x" is no path' });
  });
});

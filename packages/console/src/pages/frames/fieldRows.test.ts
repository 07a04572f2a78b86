import { expect, it } from 'vitest';
import { fieldRows } from './fieldRows.ts';

it('counts the bits of fields from the most significant on', () => {
  const fields = [
    { path: '/3435/0/1', bits: 16, scale: 0.01, offset: -40 },
    { bits: 7 },
    { path: '/3342/0/5500', bits: 1, encoding: 'boolean' },
  ] as const;
  expect(fieldRows(fields)).toEqual([
    { bits: '0 to 15', path: '/3435/0/1', value: 'unsigned × 0.01 − 40' },
    { bits: '16 to 22', path: undefined, value: '' },
    { bits: '23', path: '/3342/0/5500', value: 'boolean' },
  ]);
});

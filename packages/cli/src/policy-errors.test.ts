import { expect, it } from 'vitest';
import { policyErrorLines } from './policy-errors.ts';

it('points at the place in the document', () => {
  const source = 'apiVersion: reeve/v1\nrules:\n\t- {treshold: 1}\n';
  const errors = [{ at: 'line 3, column 5', message: 'line 3, column 5, rules[0].treshold: unknown key' }];
  expect(policyErrorLines(errors, source, 'x.yaml')).toEqual([
    'x.yaml:3:5: rules[0].treshold: unknown key',
    '  3 |  - {treshold: 1}',
    '          ^',
  ]);
});

it('tells an error without a key', () => {
  const errors = [{ at: 'line 1, column 1', message: 'line 1, column 1: no YAML' }];
  expect(policyErrorLines(errors, '[', 'x')[0]).toBe('x:1:1: no YAML');
});

it('tells an error without a place, or beyond the last line', () => {
  expect(policyErrorLines([{ at: 'document', message: 'empty' }], '', 'x')).toEqual(['x: empty']);
  expect(policyErrorLines([{ at: 'line 9, column 1', message: 'ends early' }], 'a', 'x')).toEqual([
    'x:9:1: ends early',
    '  9 | ',
    '      ^',
  ]);
});

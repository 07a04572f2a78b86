import { ApiError } from '@reeve/contract';
import { expect, it } from 'vitest';
import { policyErrors } from './policyErrors.ts';

const refusal = (errors: { at: string; message: string }[]) =>
  new ApiError({ type: 'x', title: 'No policy', status: 422, code: 'invalid-policy', errors });

it('tells what is wrong with a policy by its lines', () => {
  const source = 'kind: Policy\nrules:\n  - {treshold: 1}\n';
  const errors = [
    { at: 'line 3, column 6', message: 'line 3, column 6, rules[0].treshold: unknown key' },
    { at: 'line 9, column 1', message: 'line 9, column 1: ends early' },
    { at: 'document', message: 'empty' },
  ];
  expect(policyErrors(refusal(errors), source)).toEqual([
    'line 3, column 6: rules[0].treshold: unknown key (“- {treshold: 1}”)',
    'line 9, column 1: ends early',
    'document: empty',
  ]);
  expect(policyErrors(refusal([]), source)).toEqual(['No policy']);
});

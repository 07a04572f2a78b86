import { ApiError } from '@reeve/contract';
import { describe, expect, it } from 'vitest';
import { describeErrors } from './api.ts';
import { parseJson } from './parseJson.ts';

describe('what a person wrote', () => {
  it('is read as JSON, or says where it is none', () => {
    const document = { accounts: [{ shortServerId: 1 }] };
    expect(parseJson(JSON.stringify(document))).toEqual({ ok: true, document });
    expect(parseJson('{')).toEqual({ ok: false, error: expect.stringMatching(/^No JSON: /) });
  });

  it('is refused by place', () => {
    const problem = { type: 'x', title: 'No', status: 400, code: 'invalid-request', detail: 'No.' };
    const errors = [
      { at: 'body/accounts/0/uri', message: 'must match' },
      { at: 'body', message: 'must be an object' },
    ];
    expect(describeErrors(new ApiError({ ...problem, errors }))).toEqual([
      'accounts/0/uri: must match',
      'must be an object',
    ]);
    expect(describeErrors(new ApiError(problem))).toEqual(['No.']);
    expect(describeErrors(new Error('gone'))).toEqual(['The server cannot be reached.']);
  });
});

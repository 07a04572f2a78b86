import { ApiError } from '@reeve/contract';
import { describe, expect, it } from 'vitest';
import { parseTemplate, templateErrors } from './parseTemplate.ts';

describe('a template as somebody wrote it', () => {
  it('is read as JSON, or says where it is none', () => {
    const template = { accounts: [{ shortServerId: 1 }] };
    expect(parseTemplate(JSON.stringify(template))).toEqual({ ok: true, template });
    expect(parseTemplate('{')).toEqual({ ok: false, error: expect.stringMatching(/^No JSON: /) });
  });

  it('is refused by place', () => {
    const problem = { type: 'x', title: 'No', status: 400, code: 'invalid-request', detail: 'No.' };
    const errors = [
      { at: 'body/accounts/0/uri', message: 'must match' },
      { at: 'body', message: 'must be an object' },
    ];
    expect(templateErrors(new ApiError({ ...problem, errors }))).toEqual([
      'accounts/0/uri: must match',
      'the template: must be an object',
    ]);
    expect(templateErrors(new ApiError(problem))).toEqual(['No.']);
    expect(templateErrors(new Error('gone'))).toEqual(['The server cannot be reached.']);
  });
});

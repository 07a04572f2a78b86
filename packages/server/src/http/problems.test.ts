import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { type ErrorCode, errors, ReeveError } from '../errors.ts';
import { StoreError, type StoreErrorKind } from '../store/port.ts';
import { problemOf, toReeveError } from './problems.ts';

describe('docs/errors.md', () => {
  const docs = readFileSync(new URL('../../../../docs/errors.md', import.meta.url), 'utf8');
  const rows = docs
    .split('\n')
    .map((line) => /^\| `([a-z-]+)` \| (\d+) \| (.+?) \| (\w+) \| (.+) \|$/.exec(line))
    .filter((row) => row !== null)
    .map(([, code, status, title, fault]) => [code, { status: Number(status), title, fault }]);

  it('lists every error with its status, title and fault, and no other', () => {
    expect(Object.fromEntries(rows)).toEqual(errors);
    expect(rows.length).toBe(Object.keys(errors).length);
  });
});

describe('a problem', () => {
  it('carries code, status, words and places', () => {
    const error = new ReeveError('invalid-policy', 'two errors', [{ at: 'line 3', message: 'expected a number' }]);
    expect(problemOf(error)).toEqual({
      type: 'urn:reeve:error:invalid-policy',
      title: errors['invalid-policy'].title,
      status: 422,
      code: 'invalid-policy',
      detail: 'two errors',
      errors: [{ at: 'line 3', message: 'expected a number' }],
    });
  });

  it.each<[StoreErrorKind, ErrorCode]>([
    ['full', 'store-full'],
    ['failing', 'store-failing'],
    ['busy', 'store-failing'],
    ['closed', 'store-failing'],
    ['conflict', 'internal'],
    ['invalid', 'internal'],
  ])('for a store that says %s is %s, without its words', (kind, code) => {
    const error = toReeveError(new StoreError(kind, 'table secrets'), 'id-1');
    expect(error.code).toBe(code);
    expect(error.message).not.toContain('secrets');
  });

  it('for anything else names the line in the log, and nothing of the fault', () => {
    for (const thrown of [
      new Error('secret'),
      new TypeError('secret'),
      'secret',
      undefined,
      null,
      { code: 'secret' },
    ]) {
      const error = toReeveError(thrown, 'id-1');
      expect(error.code).toBe('internal');
      expect(error.message).toContain('id-1');
      expect(JSON.stringify(problemOf(error))).not.toContain('secret');
    }
  });
});

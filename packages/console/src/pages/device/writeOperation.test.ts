import { describe, expect, it } from 'vitest';
import { writeOperation } from './writeOperation.ts';

describe('the Write of what was typed', () => {
  const row = { path: '/33000/0/1', operations: 'unknown' } as const;
  const written = { kind: 'write', mode: 'replace', path: row.path };

  it('says whether it is secret, and of an unknown resource the type', () => {
    const value = { path: row.path, value: 'hunter2', type: 'string' };
    expect(writeOperation(row, 'string', 'hunter2', true)).toEqual({
      ...written,
      values: [{ ...value, secret: true }],
    });
    expect(writeOperation(row, 'string', 'hunter2', false)).toEqual({ ...written, values: [value] });
  });

  it('is none for what does not fit', () => {
    expect(writeOperation(row, 'integer', 'hunter2', true)).toBeUndefined();
    const known = { ...row, operations: 'RW', range: { least: 0, largest: 100 } } as const;
    expect(writeOperation(known, 'integer', '101', false)).toBeUndefined();
  });
});

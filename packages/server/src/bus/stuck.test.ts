import { describe, expect, it } from 'vitest';
import type { Seq } from '../ids.ts';
import { started } from '../store/contract-fixtures.ts';
import { sayWhenStuck } from './stuck.ts';

describe('a consumer that does not get over an entry', () => {
  it('is heard of after ten attempts and then after every ten, in one line', () => {
    const lines: string[] = [];
    const failed = sayWhenStuck('incidents', (line) => lines.push(line));
    const entry = { ...started('1.0.0'), seq: 7 as Seq, version: 1 };
    const error = new TypeError('no such thing:\na \u001b[2Jb');
    for (let attempt = 1; attempt < 10; attempt++) failed(entry, error, attempt);
    expect(lines).toEqual([]);
    for (let attempt = 10; attempt <= 30; attempt++) failed(entry, error, attempt);
    expect(lines).toHaveLength(3);
    expect(lines[0]).toBe(
      'incidents: journal entry 7 (server.started) failed 10 times, and all behind it waits: ' +
        '"TypeError: no such thing:\\na \\u001b[2Jb"',
    );
  });
});

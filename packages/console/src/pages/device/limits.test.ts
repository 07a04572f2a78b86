import { describe, expect, it } from 'vitest';
import { limitsOf } from './limits.ts';

describe('what a resource may hold', () => {
  it.each([
    [{ type: 'integer', range: { least: 0, largest: 100 }, units: '/100' }, '0 to 100 %'],
    [{ type: 'float', units: 'Cel' }, '°C'],
    [{ type: 'string', range: { least: 0, largest: 255 } }, '0 to 255 bytes'],
    [{ type: 'opaque', range: { least: 6, largest: 6 } }, '6 bytes'],
    [{ type: 'string' }, ''],
    [{ type: 'integer', range: { least: -1, largest: 1 } }, '-1 to 1'],
    [
      {
        type: 'integer',
        range: { least: 0, largest: 1 },
        values: [
          { value: 0, name: 'off' },
          { value: 1, name: 'on' },
        ],
      },
      '0 off, 1 on',
    ],
    [{}, ''],
  ])('%j is %j', (resource, text) => expect(limitsOf(resource)).toBe(text));
});

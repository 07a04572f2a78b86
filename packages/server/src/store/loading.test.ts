import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { shareTexts, sharing } from './loading.ts';
import { openMemoryStore } from './memory/store.ts';

describe('rows that are loaded', () => {
  it('say what they said, whether their texts are shared or not', () => {
    const few = fc.constantFrom('dev-1', 'dev-2', '', 'psk:01');
    const row = fc.record({
      deviceId: few,
      identity: few,
      at: fc.nat(),
      objects: fc.array(fc.nat()),
      key: fc.uint8Array(),
    });
    fc.assert(
      fc.property(fc.array(row), (rows) => {
        const store = openMemoryStore();
        const loaded = shareTexts(store);
        for (const each of rows) expect(sharing(store, { ...each })).toEqual(each);
        loaded();
        for (const each of rows) expect(sharing(store, each)).toBe(each);
      }),
    );
  });
});

import fc from 'fast-check';
import { expect, it } from 'vitest';
import { readUint, writeUint } from './octets.ts';

it('integers of any width come back, and stand as Buffer has them', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 6 }), fc.maxSafeNat(), fc.nat(8), (width, number, at) => {
      const value = number % 256 ** width;
      const expected = Buffer.alloc(16, 0xaa);
      expected.writeUIntBE(value, at, width);
      const bytes = new Uint8Array(16).fill(0xaa);
      writeUint(bytes, at, width, value);
      expect(Buffer.from(bytes)).toEqual(expected);
      expect(readUint(bytes, at, width)).toBe(value);
    }),
  );
});

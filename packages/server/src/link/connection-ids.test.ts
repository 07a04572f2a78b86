import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { CONNECTION_ID_BYTES, connectionIds } from './connection-ids.ts';

describe('Connection IDs', () => {
  it('are version, slot and random, eight octets in all', () => {
    const make = connectionIds(0xabc, () => Uint8Array.of(1, 2, 3, 4, 5, 6));
    expect(Buffer.from(make()).toString('hex')).toBe('1abc010203040506');
    expect(make()).toHaveLength(CONNECTION_ID_BYTES);
  });

  it('name any slot of 4096', () => {
    for (const slot of [0, 1, 255, 256, 4095]) {
      expect(Buffer.from(connectionIds(slot, randomBytes)()).readUInt16BE()).toBe(0x1000 + slot);
    }
  });
});

import { describe, expect, it } from 'vitest';
import { ContentType } from './record.ts';
import { RecordLayer } from './record-layer.ts';

describe('a record layer without keys', () => {
  it('sends nothing in plaintext that is to be protected', () => {
    const layer = new RecordLayer(3);
    expect(() => layer.seal(1, ContentType.APPLICATION_DATA, Buffer.from('secret'))).toThrow('before the keys');
    expect(Buffer.from(layer.seal(0, ContentType.ALERT, Uint8Array.of(2, 40))).toString('hex')).toBe(
      '15fefd000000000000000300020228',
    );
  });
});

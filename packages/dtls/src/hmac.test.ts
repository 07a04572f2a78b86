import { createHash, createHmac, createSecretKey } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { digest, Hmac } from './hmac.ts';

describe('HMAC', () => {
  // RFC 4231 §4.2, §4.3, §4.7.
  it.each([
    ['0b'.repeat(20), '4869205468657265', 'b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7'],
    [
      '4a656665',
      Buffer.from('what do ya want for nothing?').toString('hex'),
      '5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843',
    ],
    [
      'aa'.repeat(131),
      Buffer.from('Test Using Larger Than Block-Size Key - Hash Key First').toString('hex'),
      '60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54',
    ],
  ])('has the code of the specification for key %s', (key, data, code) => {
    expect(new Hmac('sha256', Buffer.from(key, 'hex')).digest(Buffer.from(data, 'hex')).toString('hex')).toBe(code);
  });

  it('agrees with node:crypto on any key and any parts', () => {
    const octets = fc.uint8Array({ maxLength: 200 });
    fc.assert(
      fc.property(octets, octets, octets, octets, (key, a, b, c) => {
        for (const hash of ['sha256', 'sha384'] as const) {
          const expected = createHmac(hash, createSecretKey(key)).update(a).update(b).update(c).digest();
          expect(new Hmac(hash, key).digest(a, b, c)).toEqual(expected);
          expect(digest(hash, a)).toEqual(createHash(hash).update(a).digest());
        }
      }),
    );
  });
});

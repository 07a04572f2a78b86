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

describe('the pseudorandom function', () => {
  // "TLS 1.2 PRF test vectors", IETF TLS mailing list, 2009.
  it.each([
    {
      hash: 'sha256',
      secret: '9bbe436ba940f017b17652849a71db35',
      seed: 'a0ba9f936cda311827a6f796ffd5198c',
      output: `e3f229ba727be17b8d122620557cd453c2aab21d07c3d495329b52d4e61edb5a6b301791e90d35c9c9a46b4e14baf9af
        0fa022f7077def17abfd3797c0564bab4fbc91666e9def9b97fce34f796789baa48082d122ee42c5a72e5a5110fff70187347b66`,
    },
    {
      hash: 'sha384',
      secret: 'b80b733d6ceefcdc71566ea48e5567df',
      seed: 'cd665cf6a8447dd6ff8b27555edb7465',
      output: `7b0c18e9ced410ed1804f2cfa34a336a1c14dffb4900bb5fd7942107e81c83cde9ca0faa60be9fe34f82b1233c9146a0e534cb40
        0fed2700884f9dc236f80edd8bfa961144c9e8d792eca722a7b32fc3d416d473ebc2c5fd4abfdad05d9184259b5bf8cd4d90fa0d31e2
        dec479e4f1a26066f2eea9a69236a3e52655c9e9aee691c8f3a26854308d5eaa3be85e0990703d73e56f`,
    },
  ] as const)('has the published vector of $hash, and any beginning of it', ({ hash, secret, seed, output }) => {
    const key = new Hmac(hash, Buffer.from(secret, 'hex'));
    const octets = Buffer.from(output.replaceAll(/\s/g, ''), 'hex');
    for (let length = 1; length <= octets.length; length++) {
      expect(key.expand('test label', Buffer.from(seed, 'hex'), length)).toEqual(octets.subarray(0, length));
    }
  });

  it('takes label and seed in any lengths and a seed in two parts', () => {
    const octets = fc.uint8Array({ maxLength: 400 });
    const label = fc.string({ unit: 'grapheme-ascii', maxLength: 40 });
    fc.assert(
      fc.property(octets, label, octets, octets, (key, text, a, b) => {
        const whole = Buffer.concat([Buffer.from(text, 'latin1'), a, b]);
        for (const hash of ['sha256', 'sha384'] as const) {
          const code = (...parts: readonly Uint8Array[]): Buffer =>
            createHmac(hash, createSecretKey(key)).update(Buffer.concat(parts)).digest();
          const first = code(whole);
          const second = code(first);
          const expected = Buffer.concat([code(first, whole), code(second, whole)]);
          const secret = new Hmac(hash, key);
          expect(secret.expand(text, a, expected.length, b)).toEqual(expected);
          expect(secret.expand('', whole, expected.length)).toEqual(expected);
          expect(secret.digest(whole)).toEqual(first);
        }
      }),
    );
  });

  it('gives something else once the key is wiped', () => {
    const secret = new Hmac('sha256', Buffer.alloc(32, 1));
    const before = secret.digest(Buffer.alloc(8));
    secret.wipe();
    expect(secret.digest(Buffer.alloc(8))).not.toEqual(before);
  });
});

import { createCipheriv, createSecretKey } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { AeadCipher } from './aead-cipher.ts';
import { LONGEST_ASSOCIATED_DATA } from './associated-data.ts';
import { cipherOf, evpCipherOf } from './ciphers.ts';
import { type Libcrypto, loadLibcrypto } from './libcrypto.ts';
import { nodeCipher } from './node-cipher.ts';
import { MAX_PLAINTEXT } from './record.ts';
import { RecordKeys } from './record-keys.ts';
import { SUITES, type Suite } from './suites.ts';

const library = loadLibcrypto();
if (!library && process.env.CI)
  throw new Error('CI must have the functions of OpenSSL, by the optional dependency koffi');

const AEADS: readonly Suite[] = [
  ...new Map(SUITES.filter(({ cipher }) => cipher.kind === 'aead').map((suite) => [suite.cipher, suite])).values(),
];

const hex = (text: string): Buffer => Buffer.from(text.replaceAll(/\s/g, ''), 'hex');
const counting = (from: number, to: number): Buffer =>
  Buffer.from(Array.from({ length: to - from }, (_, i) => from + i));

interface Message {
  readonly nonce: Uint8Array;
  readonly associated: Uint8Array;
  readonly plaintext: Uint8Array;
}

/** Keys whose own key is the peer's too, made of octets that differ from those of another `from`. */
function keysOf(suite: Suite, from: number): RecordKeys {
  const { keyLength, fixedIvLength } = suite.cipher;
  const key = counting(from, from + keyLength);
  return new RecordKeys({
    suite,
    encryptThenMac: false,
    material: Buffer.concat([key, key, Buffer.alloc(2 * fixedIvLength)]),
  });
}

/** Ciphertext and tag as `node:crypto` has them. */
function reference({ cipher }: Suite, from: number, { nonce, associated, plaintext }: Message): Buffer {
  const key = createSecretKey(counting(from, from + cipher.keyLength));
  const made = createCipheriv(cipher.algorithm as 'aes-128-gcm', key, nonce, { authTagLength: cipher.tagLength });
  made.setAAD(associated, { plaintextLength: plaintext.length });
  return Buffer.concat([made.update(plaintext), made.final(), made.getAuthTag()]);
}

function sealed(cipher: AeadCipher, keys: RecordKeys, { nonce, associated, plaintext }: Message): Buffer {
  const bytes = Buffer.alloc(plaintext.length + keys.suite.cipher.tagLength);
  bytes.set(plaintext);
  cipher.seal(keys, nonce, associated, bytes, 0, plaintext.length);
  return bytes;
}

function opened(cipher: AeadCipher, keys: RecordKeys, { nonce, associated }: Message, bytes: Uint8Array) {
  return cipher.open(keys, nonce, associated, bytes, 0, bytes.length - keys.suite.cipher.tagLength);
}

const octets = (minLength: number, maxLength: number) => fc.uint8Array({ minLength, maxLength, size: 'max' });
const messages = fc.record({
  nonce: octets(12, 12),
  associated: octets(1, LONGEST_ASSOCIATED_DATA),
  plaintext: fc.oneof(octets(0, 100), octets(0, 2000)),
});

const WAYS = AEADS.flatMap((suite) => {
  const title = `${suite.cipher.algorithm}, tag of ${suite.cipher.tagLength} octets`;
  const byNode = { title: `${title}, by node:crypto`, suite, cipher: nodeCipher(suite.cipher) };
  const evp = library && evpCipherOf(library, suite);
  return evp ? [byNode, { title: `${title}, by OpenSSL's functions`, suite, cipher: evp }] : [byNode];
});

it('reaches OpenSSL itself for each cipher', ({ skip }) => {
  if (!library) return skip('koffi is not installed');
  expect(WAYS).toHaveLength(2 * AEADS.length);
  for (const suite of AEADS) {
    const keys = keysOf(suite, 1);
    const message = { nonce: counting(0, 12), associated: counting(0, 13), plaintext: counting(0, 40) };
    // What node:crypto would need.
    keys.key = () => expect.fail('a key object was made');
    expect(sealed(cipherOf(suite), keys, message)).toEqual(reference(suite, 1, message));
  }
});

describe.each(WAYS)('$title', ({ suite, cipher }) => {
  it('agrees with node:crypto both ways, whatever went before', () => {
    const sessions = [1, 2].map((from) => ({ from, keys: keysOf(suite, from) }));
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.constantFrom(...sessions), messages), { maxLength: 5 }), (sequence) => {
        for (const [{ from, keys }, message] of sequence) {
          const bytes = sealed(cipher, keys, message);
          expect(bytes.equals(reference(suite, from, message))).toBe(true);
          expect(Buffer.from(message.plaintext).equals(opened(cipher, keys, message, bytes) ?? hex('00'))).toBe(true);
        }
      }),
      { numRuns: 100 },
    );
  });

  it.each([40, 0])(
    'takes no other octet of %i of ciphertext, tag, nonce or associated data, nor another key, and is none the worse for it',
    (length) => {
      const keys = keysOf(suite, 1);
      const message = { nonce: counting(0, 12), associated: counting(0, 13), plaintext: counting(0, length) };
      const bytes = reference(suite, 1, message);
      const flipped = (all: Uint8Array, at: number): Buffer =>
        Buffer.from(all.map((octet, i) => (i === at ? octet ^ 0x80 : octet)));
      for (let at = 0; at < bytes.length; at++) {
        expect(opened(cipher, keys, message, flipped(bytes, at))).toBeUndefined();
        expect(opened(cipher, keys, message, bytes)).toEqual(message.plaintext);
      }
      for (const part of ['nonce', 'associated'] as const) {
        for (let at = 0; at < message[part].length; at++) {
          expect(opened(cipher, keys, { ...message, [part]: flipped(message[part], at) }, bytes)).toBeUndefined();
        }
      }
      expect(opened(cipher, keysOf(suite, 2), message, bytes)).toBeUndefined();
      expect(sealed(cipher, keys, message)).toEqual(bytes);
    },
  );

  it('writes nothing but ciphertext and tag, wherever they stand', () => {
    const message = { nonce: counting(0, 12), associated: counting(0, 13), plaintext: counting(100, 150) };
    const record = Buffer.alloc(100, 0xee);
    record.set(message.plaintext, 20);
    cipher.seal(keysOf(suite, 1), message.nonce, message.associated, record, 20, 70);
    const end = 70 + suite.cipher.tagLength;
    expect(record.subarray(20, end)).toEqual(reference(suite, 1, message));
    expect([...record.subarray(0, 20), ...record.subarray(end)]).toEqual(Array(100 - (end - 20)).fill(0xee));
  });

  it('takes the longest record, and survives what is longer than any', () => {
    const keys = keysOf(suite, 1);
    const of = (length: number) => ({
      nonce: counting(0, 12),
      associated: counting(0, LONGEST_ASSOCIATED_DATA),
      plaintext: Buffer.alloc(length, 7),
    });
    const longest = of(MAX_PLAINTEXT + 1);
    expect(opened(cipher, keys, longest, sealed(cipher, keys, longest))).toEqual(longest.plaintext);
    const endless = of(65_000);
    expect(opened(cipher, keys, endless, Buffer.alloc(65_016))).toBeUndefined();
    expect(opened(cipher, keys, longest, sealed(cipher, keys, longest))).toEqual(longest.plaintext);
  });
});

it('has CCM with nonces of 12 octets as NIST SP 800-38C, example 3', () => {
  expect.hasAssertions();
  for (const { suite, cipher } of WAYS.filter(({ suite }) => suite.cipher.algorithm === 'aes-128-ccm')) {
    if (suite.cipher.tagLength !== 8) continue;
    const keys = keysOf(suite, 0x40);
    const message = { nonce: counting(0x10, 0x1c), associated: counting(0, 0x14), plaintext: counting(0x20, 0x38) };
    const ciphertext = hex('e3b201a9f5b71a7a9b1ceaeccd97e70b6176aad9a4428aa5 484392fbc1b09951');
    expect(sealed(cipher, keys, message)).toEqual(ciphertext);
    expect(opened(cipher, keys, message, ciphertext)).toEqual(message.plaintext);
  }
});

describe('a build of OpenSSL that is none of ours', () => {
  it('is not used if it lacks the cipher, fails, makes something else, or takes any tag, if only of nothing', ({
    skip,
  }) => {
    if (!library) return skip('koffi is not installed');
    const { EVP_CipherUpdate: update, EVP_CipherFinal_ex: final } = library;
    const others: Partial<Libcrypto>[] = [
      {
        EVP_CipherUpdate: (...given) => Math.max(1, update(...given)),
        EVP_CipherFinal_ex: (...given) => Math.max(1, final(...given)),
      },
      { EVP_get_cipherbyname: () => 0 },
      { EVP_CIPHER_CTX_ctrl: () => 0 },
      { EVP_CipherUpdate: () => 1 },
      { EVP_CipherInit_ex: () => -1 },
    ];
    // CCM is judged with the text.
    const noneOfNothing: Partial<Libcrypto> = {
      EVP_CipherUpdate: (...given) => (given[1] !== 0 && given[4] === 0 ? 1 : update(...given)),
    };
    for (const suite of AEADS) {
      const isCcm = suite.cipher.algorithm === 'aes-128-ccm';
      for (const other of isCcm ? [...others, noneOfNothing] : others)
        expect(evpCipherOf({ ...library, ...other }, suite)).toBeUndefined();
      expect(evpCipherOf(library, suite)).toBeDefined();
    }
  });
});

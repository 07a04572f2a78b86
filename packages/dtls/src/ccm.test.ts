import { createCipheriv, createDecipheriv, createSecretKey, type KeyObject } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LONGEST_ASSOCIATED_DATA } from './associated-data.ts';
import { Ccm, LONGEST_PLAINTEXT } from './ccm.ts';

const hex = (text: string): Buffer => Buffer.from(text.replaceAll(/\s/g, ''), 'hex');
const counting = (from: number, to: number): Buffer =>
  Buffer.from(Array.from({ length: to - from }, (_, i) => from + i));

interface Message {
  readonly nonce: Uint8Array;
  readonly associated: Uint8Array;
  readonly plaintext: Uint8Array;
}

/** Ciphertext and tag as `node:crypto` has them. */
function reference(key: KeyObject, { nonce, associated, plaintext }: Message, authTagLength: number): Buffer {
  const cipher = createCipheriv('aes-128-ccm', key, nonce, { authTagLength });
  cipher.setAAD(associated, { plaintextLength: plaintext.length });
  return Buffer.concat([cipher.update(plaintext), cipher.final(), cipher.getAuthTag()]);
}

function sealed(ccm: Ccm, { nonce, associated, plaintext }: Message, tagLength: number): Buffer {
  const bytes = Buffer.alloc(plaintext.length + tagLength);
  bytes.set(plaintext);
  ccm.seal(nonce, associated, bytes, 0, plaintext.length);
  return bytes;
}

function opened(ccm: Ccm, { nonce, associated }: Message, bytes: Uint8Array, tagLength: number): Buffer | undefined {
  return ccm.open(nonce, associated, bytes, 0, bytes.length - tagLength);
}

const octets = (minLength: number, maxLength: number) => fc.uint8Array({ minLength, maxLength, size: 'max' });
const messages = fc.record({
  nonce: octets(12, 12),
  associated: octets(1, LONGEST_ASSOCIATED_DATA),
  plaintext: octets(0, LONGEST_PLAINTEXT),
});

describe('AES-CCM with ciphers that are kept', () => {
  it('is that of NIST SP 800-38C, example 3, both ways and again', () => {
    const ccm = new Ccm(createSecretKey(counting(0x40, 0x50)), 8);
    const message = { nonce: counting(0x10, 0x1c), associated: counting(0, 0x14), plaintext: counting(0x20, 0x38) };
    const ciphertext = hex('e3b201a9f5b71a7a9b1ceaeccd97e70b6176aad9a4428aa5 484392fbc1b09951');
    for (let again = 0; again < 3; again++) {
      expect(sealed(ccm, message, 8)).toEqual(ciphertext);
      expect(opened(ccm, message, ciphertext, 8)).toEqual(message.plaintext);
    }
  });

  it.each([8, 16])('agrees with that of node:crypto with tags of %i octets, whatever went before', (tagLength) => {
    const keys = [createSecretKey(counting(0, 16)), createSecretKey(counting(16, 32))];
    const sessions = keys.map((key) => ({ key, ours: new Ccm(key, tagLength), theirs: new Ccm(key, tagLength) }));
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.constantFrom(...sessions), messages), { maxLength: 5 }), (sequence) => {
        for (const [{ key, ours, theirs }, message] of sequence) {
          const bytes = sealed(ours, message, tagLength);
          expect(bytes.equals(reference(key, message, tagLength))).toBe(true);
          expect(opened(theirs, message, bytes, tagLength)?.equals(message.plaintext)).toBe(true);
        }
      }),
      { numRuns: 100 },
    );
  });

  it('takes no other octet of ciphertext, tag, nonce or associated data, and is none the worse for it', () => {
    const key = createSecretKey(counting(0, 16));
    // The scratch that is shared must not carry one's longer tag into the other's check.
    const [long, short] = [new Ccm(key, 16), new Ccm(key, 8)];
    const message = { nonce: counting(0, 12), associated: counting(0, 13), plaintext: counting(0, 40) };
    const flipped = (bytes: Uint8Array, at: number): Buffer =>
      Buffer.from(bytes.map((octet, i) => (i === at ? octet ^ 0x80 : octet)));
    for (const [ccm, tagLength] of [
      [long, 16],
      [short, 8],
    ] as const) {
      const bytes = reference(key, message, tagLength);
      for (let at = 0; at < bytes.length; at++) {
        expect(opened(ccm, message, flipped(bytes, at), tagLength)).toBeUndefined();
        expect(opened(short, message, reference(key, message, 8), 8)).toEqual(message.plaintext);
      }
      for (const part of ['nonce', 'associated'] as const) {
        for (let at = 0; at < message[part].length; at++) {
          const other = { ...message, [part]: flipped(message[part], at) };
          expect(opened(ccm, other, bytes, tagLength)).toBeUndefined();
        }
      }
      expect(sealed(ccm, message, tagLength)).toEqual(bytes);
    }
  });

  it('writes nothing but ciphertext and tag, wherever they stand', () => {
    const key = createSecretKey(counting(0, 16));
    const message = { nonce: counting(0, 12), associated: counting(0, 13), plaintext: counting(100, 150) };
    const record = Buffer.alloc(100, 0xee);
    record.set(message.plaintext, 20);
    new Ccm(key, 8).seal(message.nonce, message.associated, record, 20, 70);
    expect(record.subarray(20, 78)).toEqual(reference(key, message, 8));
    expect([...record.subarray(0, 20), ...record.subarray(78)]).toEqual(Array(42).fill(0xee));
    const decipher = createDecipheriv('aes-128-ccm', key, message.nonce, { authTagLength: 8 });
    decipher.setAuthTag(record.subarray(70, 78)).setAAD(message.associated, { plaintextLength: 50 });
    expect(decipher.update(record.subarray(20, 70))).toEqual(message.plaintext);
  });
});

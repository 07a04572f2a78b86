import { createCipheriv, createSecretKey } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { openRecord, RecordKeys, sealRecord } from './protection.ts';
import { ContentType, readRecord } from './record.ts';
import { DEFAULT_SUITES, type Suite, suitesNamed } from './suites.ts';

const KEY = Buffer.from('c0c1c2c3c4c5c6c7c8c9cacbcccdcecf', 'hex');
const IV = Uint8Array.of(0xa0, 0xa1, 0xa2, 0xa3);
const PLAINTEXT = Buffer.from('a message of a device');

/** The same keys both ways, so that what is sealed can be opened. */
function keysOf(suite: Suite): RecordKeys {
  const key = Buffer.concat([KEY, KEY], suite.cipher.keyLength);
  return new RecordKeys({ suite, encryptThenMac: false, material: Buffer.concat([key, key, IV, IV]) });
}

function open(keys: RecordKeys, bytes: Uint8Array): Uint8Array | undefined {
  const record = readRecord(bytes, 0);
  return record && openRecord(keys, record);
}

/** AES-CCM written down from RFC 3610 §2 on single AES blocks: q = 3, since nonces have 12 octets. */
function ccm(nonce: Uint8Array, aad: Uint8Array, plaintext: Uint8Array, tagLength: number): Buffer {
  const block = (input: Uint8Array): Buffer => {
    const cipher = createCipheriv('aes-128-ecb', createSecretKey(KEY), null);
    return cipher.update(input);
  };
  const b0 = Buffer.concat([Uint8Array.of(64 + 8 * ((tagLength - 2) / 2) + 2), nonce, Buffer.alloc(3)]);
  b0.writeUIntBE(plaintext.length, 13, 3);
  const pad = (bytes: Buffer): Buffer => Buffer.concat([bytes, Buffer.alloc((16 - (bytes.length % 16)) % 16)]);
  const input = Buffer.concat([
    b0,
    pad(Buffer.concat([Uint8Array.of(0, aad.length), aad])),
    pad(Buffer.from(plaintext)),
  ]);
  let x: Buffer = Buffer.alloc(16);
  for (let i = 0; i < input.length; i += 16) x = block(x.map((octet, j) => octet ^ (input[i + j] ?? 0)));
  const keystream = (i: number): Buffer => block(Buffer.concat([Uint8Array.of(2), nonce, Uint8Array.of(0, 0, i)]));
  const encrypted = Buffer.from(plaintext).map((octet, i) => octet ^ (keystream(1 + (i >> 4))[i & 15] ?? 0));
  const tag = x.subarray(0, tagLength).map((octet, i) => octet ^ (keystream(0)[i] ?? 0));
  return Buffer.concat([encrypted, tag]);
}

describe.each(DEFAULT_SUITES)('records of $name', (suite) => {
  const keys = keysOf(suite);

  it('come back', () => {
    for (const length of [0, 1, 15, 16, 17, 64, 1200, 16_384]) {
      const plaintext = Buffer.alloc(length, 0x5a);
      const bytes = sealRecord(keys, ContentType.APPLICATION_DATA, 1, 2 ** 40 + length, plaintext);
      expect(bytes).toHaveLength(13 + 8 + length + suite.cipher.tagLength);
      expect(open(keys, bytes)).toEqual(plaintext);
    }
  });

  it('carry header and explicit nonce as the specification has them', () => {
    const bytes = sealRecord(keys, ContentType.APPLICATION_DATA, 1, 0x0102030405, PLAINTEXT);
    const length = (8 + PLAINTEXT.length + suite.cipher.tagLength).toString(16).padStart(4, '0');
    const header = `17fefd0001000102030405${length}`;
    expect(Buffer.from(bytes.subarray(0, 21)).toString('hex')).toBe(`${header}0001000102030405`);
  });

  it('do not open once any bit is flipped', () => {
    const bytes = sealRecord(keys, ContentType.APPLICATION_DATA, 1, 7, PLAINTEXT);
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      const flipped = Uint8Array.from(bytes);
      flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      expect(open(keys, flipped), `bit ${bit}`).toBeUndefined();
    }
  });

  it('do not open once they are cut anywhere', () => {
    const bytes = sealRecord(keys, ContentType.APPLICATION_DATA, 1, 7, PLAINTEXT);
    for (let length = 0; length < bytes.length; length++) {
      const cut = Buffer.from(bytes.subarray(0, length));
      if (length >= 13) cut.writeUInt16BE(length - 13, 11);
      expect(open(keys, cut), `${length} octets`).toBeUndefined();
    }
  });
});

it('CCM_8 records are what RFC 3610 makes of nonce, header and plaintext', () => {
  const [suite] = suitesNamed(['TLS_PSK_WITH_AES_128_CCM_8']);
  if (suite === undefined) throw new Error('the suite is missing');
  const bytes = sealRecord(keysOf(suite), ContentType.APPLICATION_DATA, 1, 5, PLAINTEXT);
  const nonce = Buffer.concat([IV, Buffer.from('0001000000000005', 'hex')]);
  const aad = Buffer.from(`000100000000000517fefd${PLAINTEXT.length.toString(16).padStart(4, '0')}`, 'hex');
  expect(Buffer.from(bytes.subarray(21))).toEqual(ccm(nonce, aad, PLAINTEXT, 8));
});

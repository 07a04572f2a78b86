import { createCipheriv, createDecipheriv, createHmac, createSecretKey } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { openRecord, sealRecord } from './protection.ts';
import { ContentType, readRecord } from './record.ts';
import { RecordKeys } from './record-keys.ts';
import { suitesNamed } from './suites.ts';

const hex = (text: string): Buffer => Buffer.from(text.replaceAll(/\s/g, ''), 'hex');
/** The two octets of a length. */
const length = (octets: number): string => octets.toString(16).padStart(4, '0');

const KEY = Buffer.alloc(16, 0x11);
const MAC_KEY = Buffer.alloc(32, 0x22);
const IV = hex('a0a1a2a3a4a5a6a7a8a9aaabacadaeaf');
const CONTENT = Buffer.from('a message of a device');
const SEQUENCE = 0x0102030405;
const NUMBER = '0001000102030405';
const CONNECTION_ID = 'c1d0c1d1c1d2';

const [SUITE] = suitesNamed(['TLS_PSK_WITH_AES_128_CBC_SHA256']);

/** The same keys both ways. */
function keysOf(encryptThenMac: boolean): RecordKeys {
  if (SUITE === undefined) throw new Error('the suite is missing');
  return new RecordKeys({ suite: SUITE, encryptThenMac, material: Buffer.concat([MAC_KEY, MAC_KEY, KEY, KEY]) });
}

function encrypt(plaintext: Uint8Array): Buffer {
  return createCipheriv('aes-128-cbc', createSecretKey(KEY), IV).setAutoPadding(false).update(plaintext);
}

function decrypt(iv: Uint8Array, ciphertext: Uint8Array): Buffer {
  return createDecipheriv('aes-128-cbc', createSecretKey(KEY), iv).setAutoPadding(false).update(ciphertext);
}

function mac(...parts: readonly Uint8Array[]): Buffer {
  return createHmac('sha256', createSecretKey(MAC_KEY)).update(Buffer.concat(parts)).digest();
}

/** The least padding after so many octets (RFC 5246 §6.2.3.2). */
function padding(after: number): Buffer {
  const count = 15 - (after % 16);
  return Buffer.alloc(count + 1, count);
}

/** The forms of a record: its header, what comes before the length in the input of the MAC, and what is protected. */
const FORMS = [
  {
    form: 'plain',
    connectionId: '',
    header: `17 fefd ${NUMBER}`,
    prefix: `${NUMBER} 17 fefd`,
    inner: CONTENT,
  },
  {
    form: 'with a Connection ID',
    connectionId: CONNECTION_ID,
    header: `19 fefd ${NUMBER} ${CONNECTION_ID}`,
    prefix: `ffffffffffffffff 19 06 19 fefd ${NUMBER} ${CONNECTION_ID}`,
    inner: Buffer.concat([CONTENT, hex('17')]),
  },
] as const;

describe.each(FORMS)('a CBC record, $form', ({ connectionId, header, prefix, inner }) => {
  const inside = keysOf(false);
  const outside = keysOf(true);
  const seal = (keys: RecordKeys): Buffer =>
    Buffer.from(sealRecord(keys, ContentType.APPLICATION_DATA, 1, SEQUENCE, CONTENT, hex(connectionId)));
  const open = (keys: RecordKeys, fragment: Uint8Array): Buffer | undefined => {
    const bytes = Buffer.concat([hex(`${header} ${length(fragment.length)}`), fragment]);
    const record = readRecord(bytes, 0, connectionId.length / 2);
    const opened = record && openRecord(keys, record);
    return opened && Buffer.from(opened.content);
  };
  /** A fragment with the MAC inside. */
  const withMacInside = (code: Uint8Array, padded: Uint8Array): Buffer =>
    Buffer.concat([IV, encrypt(Buffer.concat([inner, code, padded]))]);
  /** A fragment with the MAC outside. */
  const withMacOutside = (plaintext: Uint8Array): Buffer => {
    const encrypted = Buffer.concat([IV, encrypt(plaintext)]);
    return Buffer.concat([encrypted, mac(hex(`${prefix} ${length(encrypted.length)}`), encrypted)]);
  };
  const code = mac(hex(`${prefix} ${length(inner.length)}`), inner);

  it('with the MAC inside is content, MAC and padding, encrypted (RFC 5246 §6.2.3.2, RFC 9146 §5.1)', () => {
    const headerLength = 13 + connectionId.length / 2;
    const fragment = seal(inside).subarray(headerLength);
    const plaintext = decrypt(fragment.subarray(0, 16), fragment.subarray(16));
    expect(plaintext).toEqual(Buffer.concat([inner, code, padding(inner.length + 32)]));
    expect(seal(inside).subarray(0, headerLength)).toEqual(hex(`${header} ${length(fragment.length)}`));
  });

  it('with the MAC outside is content and padding, encrypted, and a MAC over that (RFC 7366 §3, RFC 9146 §5.2)', () => {
    const fragment = seal(outside).subarray(13 + connectionId.length / 2);
    const encrypted = fragment.subarray(0, -32);
    const plaintext = decrypt(encrypted.subarray(0, 16), encrypted.subarray(16));
    expect(plaintext).toEqual(Buffer.concat([inner, padding(inner.length)]));
    expect(fragment.subarray(-32)).toEqual(mac(hex(`${prefix} ${length(encrypted.length)}`), encrypted));
  });

  it('has an initialization vector that nobody can foretell: a block that only the key gives', () => {
    const numbered = Buffer.concat([hex(NUMBER), Buffer.alloc(8)]);
    const expected = createCipheriv('aes-128-ecb', createSecretKey(KEY), null).update(numbered);
    for (const keys of [inside, outside]) {
      expect(
        seal(keys)
          .subarray(13 + connectionId.length / 2)
          .subarray(0, 16),
      ).toEqual(expected);
    }
  });

  it('opens with any padding that is whole, up to the longest', () => {
    for (let blocks = 0; blocks < 16; blocks++) {
      const count = 15 - ((inner.length + 32) % 16) + 16 * blocks;
      if (count > 255) break;
      expect(open(inside, withMacInside(code, Buffer.alloc(count + 1, count)))).toEqual(CONTENT);
      const countOutside = 15 - (inner.length % 16) + 16 * blocks;
      const plaintext = Buffer.concat([inner, Buffer.alloc(countOutside + 1, countOutside)]);
      expect(open(outside, withMacOutside(plaintext))).toEqual(CONTENT);
    }
  });

  it('does not open when any octet of the padding is wrong', () => {
    const count = 15 - ((inner.length + 32) % 16) + 16 * 4;
    for (let wrong = 0; wrong < count; wrong++) {
      const padded = Buffer.alloc(count + 1, count);
      padded[wrong] = count ^ 0x80;
      expect(open(inside, withMacInside(code, padded)), `octet ${wrong}`).toBeUndefined();
    }
    const bad = padding(inner.length);
    bad[0] = 0xff;
    if (bad.length > 1) expect(open(outside, withMacOutside(Buffer.concat([inner, bad])))).toBeUndefined();
  });

  it('does not open when the padding claims more than there is', () => {
    const room = inner.length + 32 + padding(inner.length + 32).length;
    for (let count = room - 32; count < 256; count++) {
      const plaintext = Buffer.alloc(room, count);
      expect(open(inside, Buffer.concat([IV, encrypt(plaintext)])), `padding of ${count}`).toBeUndefined();
    }
    expect(open(outside, withMacOutside(Buffer.alloc(16, 16)))).toBeUndefined();
    expect(open(outside, withMacOutside(Buffer.alloc(16, 255)))).toBeUndefined();
  });

  it('does not open when the MAC is wrong in any octet, or is that of the other order', () => {
    for (let i = 0; i < 32; i++) {
      const wrong = Buffer.from(code);
      wrong[i] = (wrong[i] ?? 0) ^ 1;
      expect(open(inside, withMacInside(wrong, padding(inner.length + 32)))).toBeUndefined();
    }
    expect(open(outside, withMacInside(code, padding(inner.length + 32)))).toBeUndefined();
    expect(open(inside, withMacOutside(Buffer.concat([inner, padding(inner.length)])))).toBeUndefined();
  });

  it('does not open when it is too short or not whole blocks', () => {
    for (let octets = 0; octets < 160; octets++) {
      for (const keys of [inside, outside]) expect(open(keys, Buffer.alloc(octets, 0x5a))).toBeUndefined();
    }
  });
});

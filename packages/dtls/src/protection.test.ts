import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Opened, openRecord, protectionOverhead, sealRecord } from './protection.ts';
import { ContentType, MAX_PLAINTEXT, RECORD_HEADER_LENGTH, readRecord } from './record.ts';
import { type EpochKeys, RecordKeys } from './record-keys.ts';
import { SUITES, type Suite } from './suites.ts';

const CONNECTION_ID = Buffer.from('c1d0c1d1c1d2', 'hex');
const NO_CONNECTION_ID = new Uint8Array(0);
const PLAINTEXT = Buffer.from('a message of a device');

/** The keys of both ends; all octets of the material differ. */
function keysOf(suite: Suite, encryptThenMac: boolean): { readonly ours: RecordKeys; readonly peers: RecordKeys } {
  const { macKeyLength, keyLength, fixedIvLength } = suite.cipher;
  const material: number[] = [];
  const swapped: number[] = [];
  for (const length of [macKeyLength, keyLength, fixedIvLength]) {
    const pair = Array.from({ length: 2 * length }, (_, i) => material.length + i);
    material.push(...pair);
    swapped.push(...pair.slice(length), ...pair.slice(0, length));
  }
  const keys = (octets: readonly number[]): EpochKeys => ({ suite, encryptThenMac, material: Uint8Array.from(octets) });
  return { ours: new RecordKeys(keys(material)), peers: new RecordKeys(keys(swapped)) };
}

const CASES = SUITES.flatMap((suite) =>
  (suite.cipher.kind === 'cbc' ? [false, true] : [false]).flatMap((encryptThenMac) =>
    [NO_CONNECTION_ID, CONNECTION_ID].map((connectionId) => ({
      suite,
      encryptThenMac,
      connectionId,
      title: `${suite.name}${encryptThenMac ? ', MAC outside' : ''}${connectionId.length > 0 ? ', Connection ID' : ''}`,
    })),
  ),
);

describe.each(CASES)('records of $title', ({ suite, encryptThenMac, connectionId }) => {
  const { ours, peers } = keysOf(suite, encryptThenMac);
  const seal = (sequence: number, content: Uint8Array, type: number = ContentType.APPLICATION_DATA): Uint8Array =>
    sealRecord(ours, type, 1, sequence, content, connectionId);
  const openWith = (keys: RecordKeys, bytes: Uint8Array): Opened | undefined => {
    const record = readRecord(bytes, 0, connectionId.length);
    return record && openRecord(keys, record);
  };
  const open = (bytes: Uint8Array): Opened | undefined => openWith(peers, bytes);

  it('come back, whatever they carry', () => {
    const contents = fc.uint8Array({ maxLength: 1200, size: 'max' });
    fc.assert(
      fc.property(fc.maxSafeNat(), contents, fc.constantFrom(20, 21, 22, 23), (number, content, type) => {
        const bytes = seal(number % 2 ** 48, content, type);
        expect(bytes.length).toBeLessThanOrEqual(content.length + protectionOverhead(ours, connectionId.length));
        const opened = open(bytes);
        expect(opened?.type).toBe(type);
        expect(Buffer.from(opened?.content ?? [255]).equals(content)).toBe(true);
      }),
      { numRuns: 50 },
    );
  });

  it('hold as much as is allowed and no more', () => {
    const most = MAX_PLAINTEXT - (connectionId.length > 0 ? 1 : 0);
    expect(open(seal(1, Buffer.alloc(most, 0x5a)))?.content).toHaveLength(most);
    expect(open(seal(2, Buffer.alloc(most + 1, 0x5a)))).toBeUndefined();
  });

  it('say in their header what they are', () => {
    const bytes = Buffer.from(seal(0x0102030405, PLAINTEXT));
    const rest = bytes.length - RECORD_HEADER_LENGTH - connectionId.length;
    const length = rest.toString(16).padStart(4, '0');
    const type = connectionId.length > 0 ? '19' : '17';
    const header = `${type}fefd00010001020304 05${Buffer.from(connectionId).toString('hex')}${length}`.replace(' ', '');
    expect(bytes.subarray(0, bytes.length - rest).toString('hex')).toBe(header);
  });

  it('differ for the same content', () => {
    const [first, second] = [seal(1, PLAINTEXT), seal(2, PLAINTEXT)].map((bytes) =>
      Buffer.from(bytes.subarray(RECORD_HEADER_LENGTH + connectionId.length + (suite.cipher.kind === 'cbc' ? 0 : 8))),
    );
    for (let block = 0; block < 16; block += 8) {
      expect(first?.subarray(block, block + 8)).not.toEqual(second?.subarray(block, block + 8));
    }
  });

  it('do not open once any bit is flipped', () => {
    const bytes = seal(7, PLAINTEXT);
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      const flipped = Uint8Array.from(bytes);
      flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      expect(open(flipped), `bit ${bit}`).toBeUndefined();
    }
  });

  it('do not open once they are cut anywhere', () => {
    const bytes = seal(7, PLAINTEXT);
    const headerLength = RECORD_HEADER_LENGTH + connectionId.length;
    for (let length = 0; length < bytes.length; length++) {
      const cut = Buffer.from(bytes.subarray(0, length));
      expect(open(cut), `${length} octets`).toBeUndefined();
      if (length >= headerLength) cut.writeUInt16BE(length - headerLength, headerLength - 2);
      expect(open(cut), `${length} octets`).toBeUndefined();
    }
  });

  it('do not open with other keys, nor with our own', () => {
    const bytes = seal(7, PLAINTEXT);
    expect(openWith(ours, bytes)).toBeUndefined();
    const material = Uint8Array.from(peers.material, (octet) => octet ^ 1);
    expect(openWith(new RecordKeys({ suite, encryptThenMac, material }), bytes)).toBeUndefined();
  });
});

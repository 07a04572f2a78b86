import { describe, expect, it } from 'vitest';
import { ContentType, readRecord } from './record.ts';

const NAMED = Buffer.from('19fefd0001000000000007c0ffee0004deadbeef', 'hex');

describe('a record with a Connection ID', () => {
  it('is read as RFC 9146 §4 lays it out', () => {
    const record = readRecord(NAMED, 0, 3);
    expect(record?.fragment).toEqual(NAMED.subarray(16));
    expect(record).toMatchObject({
      type: ContentType.TLS12_CID,
      epoch: 1,
      sequence: 7,
      connectionId: NAMED.subarray(11, 14),
      bytes: NAMED,
      headerLength: 16,
    });
  });

  it('is none where no Connection IDs are given out, nor when it is cut', () => {
    expect(readRecord(NAMED, 0)).toBeUndefined();
    for (let length = 0; length < NAMED.length; length++) {
      expect(readRecord(NAMED.subarray(0, length), 0, 3)).toBeUndefined();
    }
  });

  it('stands beside others in a datagram', () => {
    const plain = Buffer.from('17fefd00010000000000080001ff', 'hex');
    const datagram = Buffer.concat([plain, NAMED, plain]);
    const second = readRecord(datagram, plain.length, 3);
    expect(second?.connectionId).toEqual(NAMED.subarray(11, 14));
    const third = readRecord(datagram, plain.length + NAMED.length, 3);
    expect(third).toMatchObject({ type: ContentType.APPLICATION_DATA, sequence: 8, connectionId: undefined });
  });
});

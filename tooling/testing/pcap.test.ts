import { expect, it } from 'vitest';
import { pcapOf } from './pcap.ts';

it('a capture holds each datagram with its time, addresses and checksum', () => {
  const capture = pcapOf([
    {
      at: 1_800_000_000_250,
      from: { host: '192.0.2.1', port: 40_000 },
      to: { host: '192.0.2.200', port: 5684 },
      payload: Buffer.from('hello'),
    },
  ]);
  expect(capture.toString('hex')).toBe(
    [
      'd4c3b2a1 0200 0400 00000000 00000000 ffff0000 65000000',
      '00d2496b 90d00300 21000000 21000000',
      '4500 0021 0000 0000 4011 f602 c0000201 c00002c8',
      '9c40 1634 000d 0000 68656c6c6f',
    ]
      .join('')
      .replaceAll(' ', ''),
  );
});

import { describe, expect, it } from 'vitest';
import { addressKey } from './effects.ts';
import { decodeSession, decodeSnapshot, encodeSession, encodeSnapshot } from './snapshot.ts';
import { SUITES } from './suites.ts';
import { sessionEnds } from './test-sessions.ts';

describe('a session in octets', () => {
  it.each(SUITES)('comes back as it was: $name', (suite) => {
    for (const encryptThenMac of [false, true]) {
      const { client, server } = sessionEnds({
        suite,
        connectionId: Buffer.from('0badcafe', 'hex'),
        server: { candidate: { address: addressKey('192.0.2.1:50000'), budget: 99 }, sendBytes: 512 },
      });
      for (const state of [client, server]) {
        const whole = { ...state, keys: { ...state.keys, encryptThenMac } };
        expect(decodeSession(encodeSession(whole))).toEqual({
          ...whole,
          connectionId: Uint8Array.from(whole.connectionId),
          peerConnectionId: Uint8Array.from(whole.peerConnectionId),
          keys: { ...whole.keys, material: Uint8Array.from(whole.keys.material) },
        });
      }
    }
  });

  it('is refused when it is cut anywhere, or goes on', () => {
    const bytes = encodeSession(sessionEnds().server);
    for (let length = 0; length < bytes.length; length++) {
      expect(typeof decodeSession(bytes.subarray(0, length))).toBe('string');
    }
    expect(typeof decodeSession(Buffer.concat([bytes, Buffer.alloc(1)]))).toBe('string');
  });

  it('is refused with a suite that is unknown, keys that do not fit, or records that are too large', () => {
    const { server } = sessionEnds();
    const { keys } = server;
    const unknown = { ...keys, suite: { ...keys.suite, id: 0x1301 } };
    expect(decodeSession(encodeSession({ ...server, keys: unknown }))).toContain('0x1301');
    const short = { ...keys, material: keys.material.subarray(1) };
    expect(decodeSession(encodeSession({ ...server, keys: short }))).toContain('keys');
    expect(decodeSession(encodeSession({ ...server, sendBytes: 16_385 }))).toContain('record');
  });

  it('takes no more than 256 octets with its place in the table, for a device with a key and a Connection ID', () => {
    const { server } = sessionEnds({
      name: 'x'.repeat(16),
      identity: `psk:${Buffer.from('urn:dev:os:0023C7-000001').toString('hex')}`,
      connectionId: Buffer.alloc(8),
      clientAddress: addressKey('0|203.0.113.254|65535'),
    });
    expect(encodeSession(server).length).toBeLessThanOrEqual(186);
  });
});

describe('a snapshot', () => {
  const session = encodeSession(sessionEnds().server);

  it('comes back as it was', () => {
    for (const [sendFrom, received] of [
      [0, -1],
      [2 ** 48 - 1, 2 ** 48 - 2],
    ] as const) {
      expect(decodeSnapshot(encodeSnapshot({ sendFrom, received, session }))).toEqual({ sendFrom, received, session });
    }
  });

  it('is refused when it is cut anywhere, goes on, or has another version', () => {
    const bytes = encodeSnapshot({ sendFrom: 1, received: 2, session });
    for (let length = 0; length < bytes.length; length++) {
      expect(decodeSnapshot(bytes.subarray(0, length))).toBeUndefined();
    }
    expect(decodeSnapshot(Buffer.concat([bytes, Buffer.alloc(1)]))).toBeUndefined();
    bytes[0] = 2;
    expect(decodeSnapshot(bytes)).toBeUndefined();
  });

  it('holds these octets in version 1', () => {
    const { server } = sessionEnds({ name: 's', connectionId: Buffer.from('c1', 'hex') });
    const bytes = encodeSnapshot({
      sendFrom: 5,
      received: 6,
      session: encodeSession({ ...server, keys: { ...server.keys, material: Buffer.alloc(40, 0xaa) } }),
    });
    expect(Buffer.from(bytes).toString('hex')).toBe(
      `010000000000050000000000070059${[
        '0173',
        `000f${Buffer.from('192.0.2.1:40000').toString('hex')}`,
        '01c1',
        `0006${Buffer.from('psk:73').toString('hex')}`,
        `05${Buffer.from('key 1').toString('hex')}`,
        '00',
        '00',
        'c0a8',
        '4000',
        '4000',
        `28${'aa'.repeat(40)}`,
        '0000',
        '000000',
      ].join('')}`,
    );
  });
});

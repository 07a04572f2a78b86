import { createSecretKey, generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { DtlsEffect } from './effects.ts';
import { unfragmented } from './fragments.ts';
import { encodeBody, Version } from './messages.ts';
import { ContentType, plaintextRecord } from './record.ts';
import { alertIn, CLIENT_ADDRESS, effectsOf, IDENTITY, type Network, Pair, SERVER_ADDRESS } from './testing.ts';
import { attempt } from './testing-attempts.ts';
import { LONG_MS } from './testing-disturbance.ts';
import { CERTIFIED_CLIENT, CERTIFIED_SERVER } from './testing-peers.ts';

/** Datagrams of the server, as lengths by time, beside what was told to the caller. */
function serverView(pair: Pair): { sent: number[]; refusals: DtlsEffect[] } {
  return {
    sent: effectsOf(pair.serverEffects, 'send').map(({ datagram }) => datagram.length),
    refusals: effectsOf(pair.serverEffects, 'refused'),
  };
}

describe('a wrong key and an unknown identity', () => {
  const wrongKey = attempt({ keys: { [IDENTITY.toString()]: Buffer.alloc(16, 1) } });
  const unknown = attempt({ keys: {} });

  it('look the same to the peer: silence', () => {
    const fromServer = (pair: Pair): string[] =>
      effectsOf(pair.serverEffects, 'send').map(({ datagram }) => Buffer.from(datagram).toString('hex'));
    expect(fromServer(wrongKey)).toEqual(fromServer(unknown));
    expect(fromServer(wrongKey)).toHaveLength(2);
    expect(effectsOf(wrongKey.clientEffects, 'refused')).toEqual(effectsOf(unknown.clientEffects, 'refused'));
    expect(effectsOf(unknown.clientEffects, 'refused')).toMatchObject([{ check: 'timeout' }]);
  });

  it('are told apart, once each, to the operator only', () => {
    const identity = { kind: 'psk', identity: Uint8Array.from(IDENTITY) };
    const expected = { kind: 'refused', address: CLIENT_ADDRESS, identity };
    expect(serverView(wrongKey).refusals).toMatchObject([{ ...expected, check: 'wrong-key' }]);
    expect(serverView(unknown).refusals).toMatchObject([{ ...expected, check: 'unknown-identity' }]);
  });

  it('leave nothing behind', () => {
    for (const pair of [wrongKey, unknown]) {
      expect(pair.server.sizes()).toMatchObject({ halfOpen: 0, sessions: 0, lookups: 0, deadlines: 0 });
      expect(effectsOf(pair.serverEffects, 'established')).toEqual([]);
    }
  });

  it('of a forger do not keep the true client of the address from getting in', () => {
    // The Finished travels alone, and late.
    const network: Network = (datagram) => [datagram.length === 53 && datagram[0] === ContentType.HANDSHAKE ? 100 : 1];
    const pair = new Pair({ shared: { mtu: 80 }, network });
    pair.client.connect(0);
    pair.run(50);
    expect(pair.server.sizes()).toMatchObject({ halfOpen: 1, lookups: 0 });
    const forged = Buffer.from(`16fefd0001000000000000${'0028'}${'00'.repeat(40)}`, 'hex');
    pair.server.receive(CLIENT_ADDRESS, forged, pair.now);
    expect(effectsOf(pair.server.drain(), 'refused')).toMatchObject([{ check: 'wrong-key' }]);
    pair.run(1_000);
    expect(effectsOf(pair.serverEffects, 'established')).toHaveLength(1);
    expect(effectsOf(pair.clientEffects, 'established')).toHaveLength(1);
  });

  it.each([
    ['an empty key', new Uint8Array(0)],
    ['an empty KeyObject', createSecretKey(new Uint8Array(0))],
    ['a key that is too long', new Uint8Array(2 ** 16)],
    ['a KeyObject that is too long', createSecretKey(new Uint8Array(2 ** 16))],
    ['a private key', generateKeyPairSync('ed25519').privateKey],
  ])('%s counts as unknown', (_, key) => {
    const pair = new Pair();
    const before = pair.server.pskFound.bind(pair.server);
    pair.server.pskFound = (lookup, __, now) => before(lookup, { key, credential: '' }, now);
    pair.client.connect(0);
    pair.run(10);
    expect(serverView(pair).refusals).toMatchObject([{ check: 'unknown-identity' }]);
  });
});

describe('a message that is longer than the limit', () => {
  it('is told to the operator, once', () => {
    const limits = { handshakeMessageBytes: 400 };
    const pair = new Pair({
      client: { identity: CERTIFIED_CLIENT },
      server: { identities: [CERTIFIED_SERVER], limits },
    });
    pair.client.connect(0);
    pair.run(LONG_MS);
    const { refusals } = serverView(pair);
    expect(refusals).toMatchObject([{ check: 'limit', detail: expect.stringContaining('handshakeMessageBytes') }]);
    expect(pair.server.sizes()).toMatchObject({ halfOpen: 0, reassemblyBytes: 0 });
  });
});

describe('a suite that the credential does not allow', () => {
  it('gets silence, as a wrong key does, and is told to the operator', () => {
    const pair = new Pair();
    const answer = pair.server.pskFound.bind(pair.server);
    const suites = ['TLS_PSK_WITH_AES_256_GCM_SHA384'];
    pair.server.pskFound = (lookup, found, now) => answer(lookup, found && { ...found, suites }, now);
    pair.client.connect(0);
    pair.run(LONG_MS);
    const { sent, refusals } = serverView(pair);
    expect(refusals).toMatchObject([{ check: 'no-common-suite' }]);
    expect(sent).toHaveLength(2);
    expect(effectsOf(pair.serverEffects, 'established')).toEqual([]);
    expect(effectsOf(pair.clientEffects, 'refused')).toMatchObject([{ check: 'timeout' }]);
  });

  it('is none of those that it names', () => {
    const pair = new Pair({ shared: { suites: ['TLS_PSK_WITH_AES_128_CCM_8'] } });
    const answer = pair.server.pskFound.bind(pair.server);
    const suites = ['TLS_PSK_WITH_AES_128_CCM_8'];
    pair.server.pskFound = (lookup, found, now) => answer(lookup, found && { ...found, suites }, now);
    pair.client.connect(0);
    pair.run(100);
    expect(effectsOf(pair.serverEffects, 'established')).toHaveLength(1);
  });
});

describe('what is negotiated', () => {
  it.each(['TLS_PSK_WITH_AES_128_CCM_8', 'TLS_PSK_WITH_AES_128_GCM_SHA256'] as const)(
    'is %s if nothing else is allowed',
    (suite) => {
      const pair = new Pair({ shared: { suites: [suite] } });
      pair.client.connect(0);
      pair.run(100);
      expect(effectsOf(pair.serverEffects, 'established')).toMatchObject([{ suite, extendedMasterSecret: true }]);
      expect(effectsOf(pair.clientEffects, 'established')).toMatchObject([{ suite, extendedMasterSecret: true }]);
    },
  );

  it('is the server’s preference', () => {
    const pair = new Pair({ server: { suites: ['TLS_PSK_WITH_AES_128_GCM_SHA256', 'TLS_PSK_WITH_AES_128_CCM_8'] } });
    pair.client.connect(0);
    pair.run(100);
    expect(effectsOf(pair.clientEffects, 'established')).toMatchObject([{ suite: 'TLS_PSK_WITH_AES_128_GCM_SHA256' }]);
  });
});

describe('a client', () => {
  /** What it makes of one ServerHello. */
  function onServerHello(change: { [field: string]: unknown }): readonly DtlsEffect[] {
    const pair = new Pair();
    pair.client.connect(0);
    pair.client.drain();
    const body = encodeBody('server-hello', {
      version: Version.DTLS_1_2,
      random: Buffer.alloc(32, 7),
      sessionId: new Uint8Array(0),
      cipherSuite: 0xc0a8,
      compressionMethod: 0,
      extensions: [],
      ...change,
    });
    const datagram = plaintextRecord(ContentType.HANDSHAKE, 0, unfragmented({ type: 2, messageSequence: 0, body }));
    pair.client.receive(SERVER_ADDRESS, datagram, 1);
    return pair.client.drain();
  }

  it('accepts nothing that it did not offer', () => {
    expect(onServerHello({})).toEqual([]);
    expect(alertIn(onServerHello({ version: Version.DTLS_1_0 }))).toBe('protocol_version');
    expect(alertIn(onServerHello({ cipherSuite: 0x00ae }))).toBe('illegal_parameter');
    expect(alertIn(onServerHello({ compressionMethod: 1 }))).toBe('illegal_parameter');
    const ems = { type: 23, data: new Uint8Array(0) };
    expect(alertIn(onServerHello({ extensions: [{ type: 54, data: Uint8Array.of(0) }] }))).toBe(
      'unsupported_extension',
    );
    expect(alertIn(onServerHello({ extensions: [ems, ems] }))).toBe('illegal_parameter');
    expect(alertIn(onServerHello({ extensions: [{ type: 23, data: Uint8Array.of(0) }] }))).toBe('decode_error');
    expect(alertIn(onServerHello({ extensions: [{ type: 0xff01, data: Uint8Array.of(1, 2) }] }))).toBe(
      'handshake_failure',
    );
    expect(onServerHello({ extensions: [ems, { type: 0xff01, data: Uint8Array.of(0) }] })).toEqual([]);
  });
});

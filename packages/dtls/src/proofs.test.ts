/** Handshakes with somebody who does not hold what it shows. */
import { describe, expect, it } from 'vitest';
import { readFragments } from './fragments.ts';
import { HANDSHAKE_MESSAGES, type HandshakeKind } from './messages.ts';
import type { ClientIdentity, ServerIdentity } from './options.ts';
import { ContentType, readRecord } from './record.ts';
import { effectsOf, type Network } from './testing.ts';
import { attempt, CERTIFICATES, ECDHE_PSK, expectNoSession, RAW_KEYS, refusalsOf } from './testing-attempts.ts';
import { merge } from './testing-modes.ts';
import { CERTIFIED_CLIENT, CERTIFIED_SERVER, RAW_CLIENT, RAW_SERVER, rawKey } from './testing-peers.ts';
import { issue } from './x509/testing.ts';

/** The first body octet of a plaintext handshake message in a datagram that holds nothing else, and its type. */
function messageIn(datagram: Uint8Array): HandshakeKind | undefined {
  const record = readRecord(datagram, 0);
  if (record?.type !== ContentType.HANDSHAKE || record.epoch !== 0) return undefined;
  const type = readFragments(record.fragment)?.[0]?.type;
  return (Object.keys(HANDSHAKE_MESSAGES) as HandshakeKind[]).find((kind) => HANDSHAKE_MESSAGES[kind].type === type);
}

describe('a client without a proof', () => {
  const stranger = rawKey();

  it.each([
    ['raw key', RAW_KEYS, { ...RAW_CLIENT, privateKey: stranger.privateKey } as ClientIdentity],
    ['certificate', CERTIFICATES, { ...CERTIFIED_CLIENT, privateKey: stranger.privateKey } as ClientIdentity],
  ])('of its %s is refused', (_, options, identity) => {
    const pair = attempt(merge(options, { client: { identity } }));
    expect(refusalsOf(pair.serverEffects)).toMatchObject([{ check: 'bad-signature' }]);
    expect(refusalsOf(pair.clientEffects)).toMatchObject([
      { check: 'alert', detail: expect.stringContaining('decrypt_error') },
    ]);
    expect(effectsOf(pair.serverEffects, 'findPeer')).toEqual([]);
    expectNoSession(pair);
  });

  it.each(['certificate', 'client-key-exchange', 'certificate-verify'] as const)(
    'never gets in without %s',
    (missing) => {
      const network: Network = (datagram, from) => (from === 'client' && messageIn(datagram) === missing ? [] : [1]);
      const pair = attempt(merge(RAW_KEYS, { network, shared: { mtu: 80 } }));
      expect(refusalsOf(pair.serverEffects)).toHaveLength(1);
      expectNoSession(pair);
    },
  );

  it.each([RAW_KEYS, CERTIFICATES, ECDHE_PSK, {}])('never gets in without Finished', (options) => {
    const network: Network = (datagram, from) => (from === 'client' && readRecord(datagram, 0)?.epoch === 1 ? [] : [1]);
    const pair = attempt(merge(options, { network, shared: { mtu: 90 } }));
    expect(refusalsOf(pair.serverEffects)).toHaveLength(1);
    expectNoSession(pair);
  });

  it('and without a certificate is refused', () => {
    const identity: ClientIdentity = { kind: 'certificate', chain: [], privateKey: stranger.privateKey };
    const pair = attempt(merge(CERTIFICATES, { client: { identity } }));
    expect(refusalsOf(pair.serverEffects)).toMatchObject([{ check: 'no-certificate' }]);
    expectNoSession(pair);
  });

  it('that nobody vouches for is refused, with what it presented', () => {
    const self = issue({ subject: 'device-1' });
    const identity: ClientIdentity = { kind: 'certificate', chain: self.chain, privateKey: self.privateKey };
    const pair = attempt(merge(CERTIFICATES, { client: { identity } }));
    expect(effectsOf(pair.serverEffects, 'refused')).toMatchObject([
      {
        check: 'unknown-ca',
        identity: { kind: 'certificate', chain: [Uint8Array.from(self.certificate)] },
        serverName: 'server.example',
        suite: 'TLS_ECDHE_ECDSA_WITH_AES_128_CCM_8',
        alert: 'unknown_ca',
      },
    ]);
    expectNoSession(pair);
  });

  it('whose certificate is garbage is refused', () => {
    const identity: ClientIdentity = {
      kind: 'certificate',
      chain: [Buffer.alloc(40, 1)],
      privateKey: stranger.privateKey,
    };
    const pair = attempt(merge(CERTIFICATES, { client: { identity } }));
    expect(refusalsOf(pair.serverEffects)).toMatchObject([{ check: 'bad-certificate' }]);
    expectNoSession(pair);
  });

  it('whose credential does not allow the suite is refused', () => {
    const admitPeer = () =>
      ({ ok: true, credential: 'c', suites: ['TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384'] }) as const;
    const pair = attempt(merge(RAW_KEYS, { admitPeer }));
    expect(refusalsOf(pair.serverEffects)).toMatchObject([{ check: 'no-common-suite' }]);
    expectNoSession(pair);
  });
});

describe('a server without a proof', () => {
  const stranger = rawKey();

  it.each([
    ['raw key', RAW_KEYS, { ...RAW_SERVER, privateKey: stranger.privateKey } as ServerIdentity],
    ['certificate', CERTIFICATES, { ...CERTIFIED_SERVER, privateKey: stranger.privateKey } as ServerIdentity],
  ])('of its %s is refused', (_, options, identity) => {
    const pair = attempt(merge(options, { server: { identities: [identity] } }));
    expect(refusalsOf(pair.clientEffects)).toMatchObject([{ check: 'bad-signature' }]);
    expectNoSession(pair);
  });

  it('with another raw key than the one expected is refused', () => {
    const { publicKey, privateKey } = stranger;
    const pair = attempt(merge(RAW_KEYS, { server: { identities: [{ rawKey: publicKey, privateKey }] } }));
    expect(refusalsOf(pair.clientEffects)).toMatchObject([{ check: 'wrong-server' }]);
    expectNoSession(pair);
  });

  it('that the caller does not trust is refused', () => {
    const self = issue({ subject: 'server.example' });
    const identities = [{ certificates: self.chain, privateKey: self.privateKey }];
    const pair = attempt(merge(CERTIFICATES, { server: { identities } }));
    expect(refusalsOf(pair.clientEffects)).toMatchObject([{ check: 'unknown-ca' }]);
    expectNoSession(pair);
  });
});

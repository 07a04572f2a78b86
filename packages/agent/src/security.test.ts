import {
  addressKey,
  CertificateUsage,
  computeNow,
  DtlsServer,
  type ServerIdentity,
  type ServerOptions,
} from '@reeve/dtls';
import { describe, expect, it } from 'vitest';
import { seededBytes } from '../../../tooling/testing/fuzz.ts';
import { RAW_CLIENT, RAW_SERVER, rawKey } from '../../dtls/src/testing-peers.ts';
import { certificateOf, testPki } from '../../dtls/src/x509/testing.ts';
import type { LinkEffect } from './link.ts';
import { DeviceModel } from './model.ts';
import { type SecurityOptions, securityInstance } from './objects/security.ts';
import { linkOf } from './security.ts';

const CLIENT = addressKey('client');
const { device, root, server: certified } = testPki();
const CERTIFIED_SERVER: ServerIdentity = { certificates: certified.chain, privateKey: certified.privateKey };
const uri = 'coaps://server.example';
const ANCHORS = [certificateOf(root)];

/** Connects the link of a Security object, and says something. @returns what the link told, and what the server heard */
function converse(options: SecurityOptions, server: Partial<ServerOptions>, { anchors = ANCHORS } = {}) {
  const model = new DeviceModel([securityInstance(options)]);
  const parts = { random: seededBytes(1), retransmit: {}, trustAnchors: anchors, wallClock: () => 0 };
  const link = linkOf(0, model, parts);
  const dtls = new DtlsServer({ random: seededBytes(2), ...server });
  const told: LinkEffect[] = [];
  const heard: string[] = [];
  let serverName: string | undefined;
  link.connect(0);
  for (let turn = 0; turn < 20; turn++) {
    for (const effect of link.drain(0)) {
      if (effect.kind === 'send') dtls.receive(CLIENT, effect.datagram, 0);
      else told.push(effect);
      if (effect.kind === 'up') link.send(Buffer.from('register'));
    }
    for (const effect of dtls.drain()) {
      if (effect.kind === 'send') link.receive(effect.datagram, 0);
      else if (effect.kind === 'compute') dtls.computed(effect.job, computeNow(effect.task), 0);
      else if (effect.kind === 'findPsk')
        dtls.pskFound(effect.lookup, { key: Buffer.alloc(16, 1), credential: 'c' }, 0);
      else if (effect.kind === 'findPeer') {
        serverName = effect.serverName;
        dtls.peerFound(effect.lookup, { ok: true, credential: 'c' }, 0);
      } else if (effect.kind === 'received') heard.push(Buffer.from(effect.data).toString());
    }
  }
  return { up: told.some(({ kind }) => kind === 'up'), told, heard, serverName };
}

describe('the link of a Security object', () => {
  it('with a pre-shared key', () => {
    const psk = { identity: Buffer.from('truck'), key: Buffer.alloc(16, 1) };
    expect(converse({ uri, psk }, {})).toMatchObject({ up: true, heard: ['register'] });
  });

  it('with raw public keys; another server than the expected one is refused', () => {
    if (RAW_CLIENT.kind !== 'raw-key') throw new Error('not a raw key');
    const { publicKey, privateKey, serverKey } = RAW_CLIENT;
    const rawKeys = { publicKey, privateKey };
    expect(converse({ uri, rawKey: { ...rawKeys, serverKey } }, { identities: [RAW_SERVER] })).toMatchObject({
      up: true,
      heard: ['register'],
    });
    const other = converse(
      { uri, rawKey: { ...rawKeys, serverKey: rawKey().publicKey } },
      { identities: [RAW_SERVER] },
    );
    expect(other.told).toMatchObject([{ kind: 'down' }]);
  });

  const [serverCertificate = new Uint8Array(0)] = certified.chain;
  const rootCertificate = certificateOf(root).der;
  it.each([
    ["the server's own certificate (usage 3)", CertificateUsage.DOMAIN_ISSUED_CERTIFICATE, serverCertificate, true],
    ['an authority as anchor (usage 2)', CertificateUsage.TRUST_ANCHOR_ASSERTION, rootCertificate, true],
    [
      'its own certificate and a path (usage 1)',
      CertificateUsage.SERVICE_CERTIFICATE_CONSTRAINT,
      serverCertificate,
      true,
    ],
    ['a path by an authority (usage 0)', CertificateUsage.CA_CONSTRAINT, rootCertificate, true],
    ['another certificate (usage 3)', CertificateUsage.DOMAIN_ISSUED_CERTIFICATE, rootCertificate, false],
    ['another authority (usage 0)', CertificateUsage.CA_CONSTRAINT, serverCertificate, false],
  ])('with a certificate, which knows the server by %s', (_, usage, data, up) => {
    const certificate = { chain: device.chain, privateKey: device.privateKey, server: { usage, data } };
    const result = converse({ uri, certificate }, { identities: [CERTIFIED_SERVER] });
    expect(result).toMatchObject({ up, heard: up ? ['register'] : [] });
    if (up) expect(result.serverName).toBe('server.example');
  });

  it('needs credentials that fit the scheme, one kind of them, and certificates that are some', () => {
    expect(() => securityInstance({ uri })).toThrow('needs a key');
    const psk = { identity: Buffer.from('truck'), key: Buffer.alloc(16, 1) };
    expect(() => securityInstance({ uri: 'coap://server.example', psk })).toThrow('takes no key');
    const certificate = {
      chain: [Buffer.from('no')],
      privateKey: device.privateKey,
      server: { data: rootCertificate },
    };
    expect(() => securityInstance({ uri, psk, certificate })).toThrow('one kind');
    expect(() => converse({ uri, certificate }, {})).toThrow('no certificate');
  });
});

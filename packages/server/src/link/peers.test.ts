import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import type { ClientIdentity } from '@reeve/dtls';
import { describe, expect, it } from 'vitest';
import { testPki } from '../../../dtls/src/x509/testing.ts';
import { proofs } from '../registry/proofs.ts';
import type { LinkIdentity } from './port.ts';
import { CREDENTIAL, TestOwner } from './test-owner.ts';

const spki = (key: KeyObject) => key.export({ format: 'der', type: 'spki' });
const pkcs8 = (key: KeyObject) => key.export({ format: 'der', type: 'pkcs8' });

const serverKey = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const deviceKey = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const pki = testPki();

const RAW_SERVER: LinkIdentity = { rawKey: spki(serverKey.publicKey), privateKey: pkcs8(serverKey.privateKey) };
const CERTIFIED_SERVER: LinkIdentity = { certificates: pki.server.chain, privateKey: pkcs8(pki.server.privateKey) };

const RAW: ClientIdentity = {
  kind: 'raw-key',
  publicKey: spki(deviceKey.publicKey),
  privateKey: deviceKey.privateKey,
  serverKey: spki(serverKey.publicKey),
};
const CERTIFIED: ClientIdentity = { kind: 'certificate', chain: pki.device.chain, privateKey: pki.device.privateKey };

function opened(): TestOwner {
  const test = new TestOwner();
  test.post({ kind: 'identities', identities: [RAW_SERVER, CERTIFIED_SERVER] });
  return test;
}

describe('a device without a pre-shared key', () => {
  it.each([
    ['raw key', RAW, proofs.rawKey(spki(deviceKey.publicKey))],
    ['certificate', CERTIFIED, proofs.certificate(pki.device.certificate)],
  ])('is admitted by its %s once it has proved it, and named by it', (_, credential, identity) => {
    const test = opened();
    const device = test.connect({ credential });
    expect(test.last('find-peer')).toMatchObject({ ingress: 0, presented: { kind: credential.kind } });
    expect(test.last('session-opened').session).toMatchObject({ identity, credential: CREDENTIAL });
    test.register(device);
    expect(test.of('register')).toHaveLength(1);
  });

  it('shows its whole chain to whoever decides', () => {
    const test = opened();
    test.connect({ credential: CERTIFIED });
    const { presented } = test.last('find-peer');
    const chain = presented.kind === 'certificate' ? presented.chain.map((der) => Buffer.from(der)) : [];
    expect(chain).toEqual(pki.device.chain.map((der) => Buffer.from(der)));
  });

  it('that nobody knows is refused by the check that failed', () => {
    const test = opened();
    test.verdict = { ok: false, check: 'revoked', detail: 'it is revoked', alert: 'certificate_revoked' };
    const device = test.connect({ credential: CERTIFIED });
    expect(test.of('session-opened')).toEqual([]);
    expect(test.last('refused')).toMatchObject({ check: 'revoked', detail: 'it is revoked' });
    expect(device.session).toBeUndefined();
  });

  it('is refused while the server has no identity of that kind, and admitted as soon as it has one', () => {
    const test = new TestOwner();
    expect(test.connect({ credential: CERTIFIED }).session).toBeUndefined();
    test.post({ kind: 'identities', identities: [CERTIFIED_SERVER] });
    expect(test.connect({ credential: CERTIFIED, port: 40_001 }).session).toBeDefined();
  });

  it('is closed with its credential', () => {
    const test = opened();
    const device = test.connect({ credential: RAW });
    test.post({ kind: 'close-identity', identity: proofs.rawKey(spki(deviceKey.publicKey)) });
    test.settle();
    expect(device.dtlsEffects.at(-1)).toMatchObject({ kind: 'closed', reason: 'peer' });
    expect(test.owner.sizes().sessions).toBe(0);
  });
});

describe('a device that comes back with a ticket', () => {
  it.each([
    ['resumes while what admitted it is good', true],
    ['shakes hands anew if that is gone', false],
  ])('%s', (_, good) => {
    const test = opened();
    test.resumes = good;
    const device = test.connect({ credential: CERTIFIED, resumes: true });
    device.dtls?.connect(test.now);
    test.settle();
    expect(test.of('find-resumed')).toMatchObject([
      { identity: proofs.certificate(pki.device.certificate), credential: CREDENTIAL },
    ]);
    expect(test.of('find-peer')).toHaveLength(good ? 1 : 2);
    expect(test.of('session-opened').map(({ session }) => session.credential)).toEqual([CREDENTIAL, CREDENTIAL]);
  });
});

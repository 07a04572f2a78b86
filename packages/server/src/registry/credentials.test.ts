import { identityLabel } from '@reeve/dtls';
import { describe, expect, it } from 'vitest';
import { newId } from '../ids.ts';
import type { Row } from '../store/tables.ts';
import { openTestCore, organisationId, START } from '../test-core.ts';
import { isLabel, proofs, readIdentity, showIdentity } from './proofs.ts';

describe('an identity', () => {
  it.each([
    ['urn:imei:1234', Buffer.from('urn:imei:1234').toString('hex')],
    ['Zürich', Buffer.from('Zürich').toString('hex')],
    ['hex:00ff', '00ff'],
    ['hex:', ''],
    ['hex:6865783a3030', Buffer.from('hex:00').toString('hex')],
    ['hex:610a', '610a'],
  ])('%s is shown so, and read back', (shown, hex) => {
    expect(showIdentity(proofs.psk(hex))).toBe(shown);
    expect(readIdentity(shown)).toBe(proofs.psk(hex));
  });

  it('in capital hex digits is the same bytes', () => {
    expect(readIdentity('HEX:00FF')).toBe(proofs.psk('00ff'));
  });

  it('that only looks like hex is text', () => {
    expect(readIdentity('hex:0')).toBe(proofs.psk(Buffer.from('hex:0').toString('hex')));
  });
});

describe('a proof for people', () => {
  it('is the digest of a key or certificate, and the name of a named one', () => {
    const digest = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';
    const nothing = new Uint8Array();
    for (const proof of [proofs.rawKey(nothing), proofs.certificate(nothing), proofs.certifiedKey(nothing)]) {
      expect(showIdentity(proof)).toBe(`sha256:${digest}`);
    }
    expect(showIdentity(proofs.certifiedName(newId.authority(), 'urn:imei:1'))).toBe('urn:imei:1');
  });

  it('is what sessions are labelled with', () => {
    const bytes = Buffer.from('some bytes');
    const labels = [
      identityLabel({ kind: 'psk', identity: bytes }),
      identityLabel({ kind: 'raw-key', publicKey: bytes }),
      identityLabel({ kind: 'certificate', chain: [bytes] }),
    ];
    expect(labels).toEqual([proofs.psk(bytes.toString('hex')), proofs.rawKey(bytes), proofs.certificate(bytes)]);
    expect(labels.map(isLabel)).toEqual([true, true, true]);
    expect(isLabel(proofs.certifiedKey(bytes))).toBe(false);
  });
});

describe('credentials', () => {
  const proof = proofs.psk('00ff80');
  const row = (more: Partial<Row<'credentials'>> = {}): Row<'credentials'> => ({
    organisationId,
    deviceId: newId.device(),
    credentialId: newId.credential(),
    kind: 'psk',
    purpose: 'management',
    proof,
    validFrom: START,
    validUntil: START + 1_000,
    createdAt: START,
    ...more,
  });
  const key = Buffer.from('secret key of 16');

  it('are found by what is shown, only while they are valid', async () => {
    const { credentials } = await openTestCore();
    const one = row();
    credentials.put(one);
    expect(credentials.find(proof, START - 1)).toBeUndefined();
    expect(credentials.find(proof, START)).toBe(one);
    expect(credentials.find(proof, START + 999)).toBe(one);
    expect(credentials.find(proof, START + 1_000)).toBeUndefined();
    expect(credentials.find(proofs.psk('00ff81'), START)).toBeUndefined();
    expect(credentials.isGood(one.credentialId, START)).toBe(true);
    expect(credentials.isGood(one.credentialId, START + 1_000)).toBe(false);
    expect(credentials.deviceOf({ identity: proof })).toBe(one.deviceId);
  });

  it('are many to one device, and the one that admitted a session tells whose it is', async () => {
    const { credentials } = await openTestCore();
    const first = row();
    const second = row({ deviceId: first.deviceId, proof: proofs.rawKey(key) });
    credentials.put(first);
    credentials.put(second);
    expect(credentials.of(first.deviceId)).toEqual([first, second]);
    expect(credentials.deviceOf({ identity: 'x509:00', credential: second.credentialId })).toBe(first.deviceId);
    credentials.remove(first);
    expect(credentials.of(first.deviceId)).toEqual([second]);
    expect(credentials.deviceOf({ identity: proof, credential: first.credentialId })).toBeUndefined();
  });

  it('tell once that their time is over', async () => {
    const { credentials } = await openTestCore();
    const one = row();
    credentials.put(one);
    credentials.put(row({ proof: proofs.psk('01'), validUntil: START + 2_000 }));
    expect(credentials.over(START + 999)).toEqual([]);
    expect(credentials.over(START + 1_000)).toEqual([one]);
    credentials.told([one]);
    expect(credentials.over(START + 1_999)).toEqual([]);
  });

  it('are sealed at rest, and loaded again', async () => {
    const core = await openTestCore();
    const device = await core.add('truck-1');
    const [stored] = await core.store.list('credentials');
    if (!stored?.sealedKey) throw new Error('not stored');
    const opened = core.credentials.key(stored);
    expect(opened).toHaveLength(16);
    expect(Buffer.from(stored.sealedKey).includes(Buffer.from(opened ?? []))).toBe(false);
    const again = await openTestCore({ store: core.store });
    expect(again.credentials.key(stored)).toEqual(opened);
    expect(again.credentials.of(device.row.deviceId)).toHaveLength(1);
  });

  it('that do not open count as none', async () => {
    const core = await openTestCore();
    await core.add('truck-1');
    const [stored] = await core.store.list('credentials');
    if (!stored) throw new Error('not stored');
    expect(core.credentials.key({ ...stored, credentialId: newId.credential() })).toBeUndefined();
    expect(core.credentials.key(row({ kind: 'raw-key' }))).toBeUndefined();
  });
});

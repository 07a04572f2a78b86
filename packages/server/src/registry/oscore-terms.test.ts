import type { CredentialAdd, OscoreTerms } from '@reeve/contract';
import { describe, expect, it } from 'vitest';
import { call, openTestCore, type TestCore } from '../test-core.ts';

const SECRET = '000102030405060708090a0b0c0d0e0f';

const add = (core: TestCore, oscore?: OscoreTerms, key?: string, device = 'truck-1') => {
  const body: CredentialAdd = { kind: 'oscore', ...(oscore ? { oscore } : {}), ...(key === undefined ? {} : { key }) };
  return core.handlers['credentials.add'](call({ params: { device }, body }));
};

async function withDevice() {
  const core = await openTestCore();
  await core.add('truck-1');
  return core;
}

describe('a credential of OSCORE', () => {
  it('is told as the device has it, but for its secret', async () => {
    const core = await withDevice();
    const terms = { senderId: '0A', recipientId: '', salt: '9E7C', idContext: '37CB', aead: 30, hmac: 7 };
    const { credential, key, setup } = await add(core, terms, SECRET);
    expect(key).toBeUndefined();
    expect(credential).toMatchObject({ kind: 'oscore', identity: 'hex:0a in hex:37cb' });
    expect(setup.flatMap(({ path, value }) => (path?.startsWith('/21') ? [[path, value]] : []))).toEqual([
      ['/21/x/1', '0a'],
      ['/21/x/2', ''],
      ['/21/x/3', '30'],
      ['/21/x/4', '7'],
      ['/21/x/5', '9e7c'],
      ['/21/x/6', '37cb'],
    ]);
    expect(setup).toContainEqual({ about: 'security mode', path: '/0/x/2', value: '3 (no DTLS)' });
    expect(JSON.stringify([credential, setup])).not.toContain(SECRET);
  });

  it('keeps its secret sealed', async () => {
    const core = await withDevice();
    const { credential } = await add(core, { senderId: '0a' }, SECRET);
    const row = core.credentials.behind({ credential: credential.credentialId as never });
    expect(row?.sealedKey && Buffer.from(row.sealedKey).toString('hex')).not.toContain(SECRET);
    expect(row && Buffer.from(core.credentials.key(row) ?? []).toString('hex')).toBe(SECRET);
  });

  it('begins with numbers of its own where people bring the secret, which may have been used before', async () => {
    const core = await withDevice();
    const limit = (id: string) => core.credentials.behind({ credential: id as never })?.sendLimit;
    const made = await add(core, { senderId: '01' });
    expect(limit(made.credential.credentialId)).toBe(0);
    const first = await add(core, { senderId: '02' }, SECRET);
    const second = await add(core, { senderId: '03' }, SECRET);
    const limits = [first, second].map(({ credential }) => limit(credential.credentialId));
    expect(new Set([0, ...limits]).size).toBe(3);
  });

  it('keeps its ids when it is rotated', async () => {
    const core = await withDevice();
    const { credential } = await add(core, { senderId: '0a', aead: 11 }, SECRET);
    const params = { device: 'truck-1', id: credential.credentialId };
    const rotated = await core.handlers['credentials.rotate'](call({ params, body: {} }));
    expect(rotated.key).toMatch(/^[0-9a-f]{32}$/);
    expect(rotated.credential).toMatchObject({ kind: 'oscore', identity: 'hex:0a' });
    expect(rotated.setup).toContainEqual({ about: 'AEAD algorithm', path: '/21/x/3', value: '11' });
    expect(core.sentOf('close-identity')).toEqual([{ kind: 'close-identity', identity: 'oscore:0a' }]);
  });

  it.each<[string, OscoreTerms]>([
    ['equal ids', { senderId: '00' }],
    ['an id that is too long for the cipher', { senderId: '0102', aead: 12 }],
    ['an unknown cipher', { aead: 4 }],
    ['an unknown HMAC', { hmac: 1 }],
  ])('is refused with %s', async (_name, terms) => {
    await expect(add(await withDevice(), terms)).rejects.toMatchObject({ code: 'invalid-request' });
  });

  it('has a Sender ID of its own', async () => {
    const core = await withDevice();
    await core.add('truck-2');
    await add(core, { senderId: '0a' });
    await expect(add(core, { senderId: '0A' }, undefined, 'truck-2')).rejects.toMatchObject({ code: 'identity-taken' });
    await add(core, { senderId: '0a', idContext: '01' }, undefined, 'truck-2');
  });
});

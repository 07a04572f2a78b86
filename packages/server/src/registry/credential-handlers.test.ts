import { generateKeyPairSync } from 'node:crypto';
import { Code } from '@reeve/coap';
import type { CredentialAdd } from '@reeve/contract';
import { describe, expect, it } from 'vitest';
import { issue, spkiOf } from '../../../dtls/src/x509/testing.ts';
import type { CredentialId } from '../ids.ts';
import { StoreError } from '../store/port.ts';
import { watchedStore } from '../store/test-watched.ts';
import { call, openTestCore, START, sessionOf, type TestCore } from '../test-core.ts';
import { expireCredentials } from './credential-handlers.ts';
import { proofs, readIdentity } from './proofs.ts';

const add = (core: TestCore, body: CredentialAdd, device = 'truck-1') =>
  core.handlers['credentials.add'](call({ params: { device }, body }));
const list = async (core: TestCore) =>
  (await core.handlers['credentials.list'](call({ params: { device: 'truck-1' } }))).items;
const remove = (core: TestCore, id: string) =>
  core.handlers['credentials.remove'](call({ params: { device: 'truck-1', id } }));
const rawKey = () => spkiOf(generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey);

async function withDevice() {
  const core = await openTestCore();
  const device = await core.add('truck-1');
  return { core, device };
}

describe('credentials of a device', () => {
  it('are added beside the ones that are there, so that keys are exchanged without a gap', async () => {
    const { core, device } = await withDevice();
    const session = sessionOf('truck-1');
    await core.register(session);
    const registrationId = device.registration?.registrationId;
    if (!registrationId) throw new Error('not registered');
    const key = rawKey();
    const { credential, setup } = await add(core, { kind: 'raw-key', publicKey: key.toString('base64') });
    expect(core.sentOf('close-identity')).toEqual([]);
    expect(setup).toContainEqual({
      about: 'server public key, base64',
      path: '/0/x/4',
      value: core.trust.identities.view().rawKey.publicKey,
    });
    // The new one speaks for the same registration, and the old one goes.
    const next = sessionOf(undefined, {
      transport: 'coaps',
      identity: proofs.rawKey(key),
      credential: credential.credentialId as CredentialId,
    });
    expect(await core.update(next, registrationId)).toBe(Code.Changed);
    const [old] = await list(core);
    await remove(core, old?.credentialId ?? '');
    expect(core.sentOf('close-identity')).toEqual([{ kind: 'close-identity', identity: session.identity }]);
    expect(await core.update(session, registrationId)).toBe(Code.NotFound);
    expect(await core.update(next, registrationId)).toBe(Code.Changed);
    expect((await core.journal('credential.removed')).map(({ actor }) => actor)).toEqual([
      { kind: 'person', name: 'ana' },
    ]);
  });

  it('are rotated: the new one takes the place, the old one and its sessions are gone, tickets too', async () => {
    const { core, device } = await withDevice();
    await core.register(sessionOf('truck-1'));
    const [old] = await list(core);
    const rotated = await core.handlers['credentials.rotate'](
      call({ params: { device: 'truck-1', id: old?.credentialId ?? '' }, body: {} }),
    );
    expect(rotated).toMatchObject({
      key: expect.stringMatching(/^[0-9a-f]{32}$/),
      credential: { identity: 'truck-1' },
    });
    expect(core.sentOf('close-identity')).toEqual([{ kind: 'close-identity', identity: readIdentity('truck-1') }]);
    expect(device.session).toBeUndefined();
    const resumes = (id = '') => core.trust.admission.resumes(readIdentity('truck-1'), id as CredentialId, START);
    expect(resumes(old?.credentialId)).toBe(false);
    expect(resumes(rotated.credential.credentialId)).toBe(true);
    const [entry] = await core.journal('credential.rotated');
    expect(entry?.payload).toMatchObject({ replaced: old?.credentialId, kind: 'psk' });
    const again = await openTestCore({ store: core.store });
    expect(again.credentials.of(device.row.deviceId)).toHaveLength(1);
  });

  it('keep the identity of a PSK when they are rotated, whatever bytes it has, and the suites', async () => {
    const { core } = await withDevice();
    const suites = ['TLS_PSK_WITH_AES_128_CCM_8'];
    const { credential } = await add(core, { kind: 'psk', identity: 'hex:00ff', suites });
    const rotated = await core.handlers['credentials.rotate'](
      call({ params: { device: 'truck-1', id: credential.credentialId }, body: {} }),
    );
    expect(rotated.credential).toMatchObject({ identity: 'hex:00ff', suites });
  });

  it('never show a key again, by whatever route', async () => {
    const { core } = await withDevice();
    const brought = '00112233445566778899aabbccddeeff';
    const made = (await add(core, { kind: 'psk', identity: 'a' })).key ?? '';
    const given = await add(core, { kind: 'psk', identity: 'b', key: brought });
    const later = JSON.stringify([
      given,
      await list(core),
      await core.handlers['devices.show'](call({ params: { device: 'truck-1' } })),
      await core.journal(),
    ]);
    expect(made).toMatch(/^[0-9a-f]{32}$/);
    for (const secret of [made, brought, 'sealedKey']) expect(later).not.toContain(secret);
    expect(JSON.stringify(await core.store.list('credentials'))).not.toContain(Buffer.from(brought, 'hex').toString());
  });

  it.each(['raw-key', 'certificate'] as const)('of kind %s speak for their own endpoint name only', async (kind) => {
    const { core } = await withDevice();
    await core.add('truck-2');
    const key = rawKey();
    const identity = issue({ subject: 'truck-2' });
    const [label, body] =
      kind === 'raw-key'
        ? [proofs.rawKey(key), { kind, publicKey: key.toString('base64') }]
        : [proofs.certificate(identity.certificate), { kind, certificate: identity.pem.certificate }];
    const { credential } = await add(core, body);
    const session = sessionOf(undefined, {
      transport: 'coaps',
      identity: label,
      credential: credential.credentialId as CredentialId,
    });
    expect(await core.register(session, { endpoint: 'truck-2' })).toBe(Code.BadRequest);
    expect(core.failedHandshakes.list()).toMatchObject([{ check: 'endpoint-mismatch', identity: label }]);
    expect(await core.register(session, { endpoint: 'truck-1' })).toBe(Code.Created);
    expect(await core.register(session, { endpoint: undefined } as never)).toBe(Code.Created);
  });

  it('end by themselves when their time is over, with their sessions', async () => {
    const { core } = await withDevice();
    const { credential } = await add(core, { kind: 'psk', identity: 'a', validUntil: START + 1000 });
    expect(credential).toMatchObject({ validUntil: START + 1000 });
    await core.register(sessionOf('a'));
    for (const at of [START + 999, START + 1000, START + 2000]) await expireCredentials(core, at);
    expect(core.sentOf('close-identity')).toEqual([{ kind: 'close-identity', identity: readIdentity('a') }]);
    expect(await core.journal('credential.expired')).toHaveLength(1);
    expect(core.trust.admission.psk(Buffer.from('a').toString('hex'), START + 1000)).toBeUndefined();
    // A restart does not tell it again.
    const again = await openTestCore({ store: core.store, time: { now: START + 3000 } });
    await expireCredentials(again, START + 3000);
    expect(await again.journal('credential.expired')).toHaveLength(1);
  });

  it('end even if nothing can be saved, and that is told later', async () => {
    const { store, control } = watchedStore();
    const core = await openTestCore({ store });
    await core.add('truck-1');
    for (const identity of ['a', 'b']) await add(core, { kind: 'psk', identity, validUntil: START + 1000 });
    control.failure = new StoreError('full', 'no room');
    await expect(expireCredentials(core, START + 1000)).rejects.toMatchObject({ kind: 'full' });
    expect(core.sentOf('close-identity')).toHaveLength(2);
    control.failure = undefined;
    await expireCredentials(core, START + 2000);
    expect(await core.journal('credential.expired')).toHaveLength(2);
  });

  it('end that a device comes without one', async () => {
    const core = await openTestCore({ noSec: true });
    const device = await core.add('truck-1', { noSec: true });
    const plain = sessionOf(undefined);
    expect(await core.register(plain)).toBe(Code.Created);
    await add(core, { kind: 'psk' });
    expect(device.row.noSec).toBe(0);
    expect(await core.register(plain)).toBe(Code.BadRequest);
  });

  it('are of one device: what another has is taken, twice at once too', async () => {
    const { core } = await withDevice();
    await core.add('truck-2');
    await expect(add(core, { kind: 'psk', identity: 'truck-2' })).rejects.toMatchObject({ code: 'identity-taken' });
    const publicKey = rawKey().toString('base64');
    const both = await Promise.allSettled([
      add(core, { kind: 'raw-key', publicKey }),
      add(core, { kind: 'raw-key', publicKey }, 'truck-2'),
    ]);
    expect(both.map(({ status }) => status)).toEqual(['fulfilled', 'rejected']);
    expect(both[1]).toMatchObject({ reason: { code: 'identity-taken' } });
  });

  it('are bounded', async () => {
    const { core } = await withDevice();
    for (let n = 1; n < 8; n++) await add(core, { kind: 'psk', identity: `id-${n}` });
    await expect(add(core, { kind: 'psk', identity: 'more' })).rejects.toMatchObject({ code: 'too-many' });
  });

  it.each<[CredentialAdd, string]>([
    [{ kind: 'raw-key' }, 'body/publicKey'],
    [{ kind: 'certificate' }, 'body/authority'],
    [{ kind: 'psk', publicKey: 'x' }, 'body/publicKey'],
    [{ kind: 'raw-key', publicKey: 'x', key: '00'.repeat(16) }, 'body/key'],
    [{ kind: 'certificate', certificate: 'x', authority: 'y' }, 'body/authority'],
    [{ kind: 'psk', validFrom: 2, validUntil: 1 }, 'body/validUntil'],
    [{ kind: 'psk', suites: ['TLS_NULL'] }, 'body/suites'],
  ])('%j is refused, and says where', async (body, at) => {
    const { core } = await withDevice();
    await expect(add(core, body)).rejects.toMatchObject({ code: 'invalid-request', places: [{ at }] });
  });
});

describe('an authority', () => {
  const root = issue({ subject: 'Fleet root', ca: true });
  const trust = (core: TestCore, name = 'fleet', identity = root) =>
    core.handlers['authorities.add'](call({ body: { certificate: identity.pem.certificate, name } }));

  it('goes with the credentials under it, and their sessions', async () => {
    const { core } = await withDevice();
    await trust(core);
    await add(core, { kind: 'certificate', authority: 'fleet' });
    const device = issue({ subject: 'truck-1', issuer: root });
    await core.trust.admission.peer({ kind: 'certificate', chain: device.chain }, 0, START);
    await core.handlers['authorities.remove'](call({ params: { id: 'fleet' } }));
    expect(core.sentOf('close-identity')).toEqual([
      { kind: 'close-identity', identity: proofs.certificate(device.certificate) },
    ]);
    expect((await list(core)).map(({ kind }) => kind)).toEqual(['psk']);
    for (const table of ['authorities', 'seenCertificates', 'revocationLists'] as const) {
      expect(await core.store.count(table)).toBe(0);
    }
    const [entry] = await core.journal('authority.removed');
    expect(entry).toMatchObject({ actor: { name: 'ana' }, payload: { name: 'fleet', credentials: 1 } });
  });

  it('whose certificates tell devices otherwise has everybody show theirs again', async () => {
    const { core } = await withDevice();
    await trust(core);
    await add(core, { kind: 'certificate', authority: 'fleet' });
    const device = issue({ subject: 'truck-1', issuer: root });
    await core.trust.admission.peer({ kind: 'certificate', chain: device.chain }, 0, START);
    const changed = await core.handlers['authorities.change'](
      call({ params: { id: 'fleet' }, body: { mapping: 'uri' } }),
    );
    expect(changed).toMatchObject({ mapping: 'uri', devices: 1 });
    expect(core.sentOf('close-identity')).toHaveLength(1);
    const again = await openTestCore({ store: core.store });
    expect((await again.handlers['authorities.list'](call())).items).toMatchObject([{ name: 'fleet', mapping: 'uri' }]);
  });

  it('is refused if it is none, twice the same, or under a name that is taken', async () => {
    const core = await openTestCore();
    await trust(core);
    await expect(trust(core, 'again')).rejects.toMatchObject({ code: 'name-taken' });
    await expect(trust(core, 'fleet', issue({ subject: 'x', ca: true }))).rejects.toMatchObject({ code: 'name-taken' });
    await expect(trust(core, 'leaf', issue({ subject: 'x' }))).rejects.toMatchObject({
      code: 'invalid-request',
      places: [{ at: 'body/certificate', message: expect.stringContaining('basicConstraints') }],
    });
    const old = issue({ subject: 'old', ca: true, notAfter: START - 1 });
    await expect(trust(core, 'old', old)).rejects.toMatchObject({ code: 'invalid-request' });
  });

  it('is called by its common name if nobody says otherwise', async () => {
    const core = await openTestCore();
    const body = { certificate: issue({ subject: '*Fleet/Root', ca: true }).pem.certificate };
    expect(await core.handlers['authorities.add'](call({ body }))).toMatchObject({ name: 'Fleet-Root' });
  });
});

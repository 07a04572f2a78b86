import { createPublicKey, generateKeyPairSync } from 'node:crypto';
import type { AuthorityAdd, CredentialAdd } from '@reeve/contract';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  type CertificateSpec,
  issue,
  issueCrl,
  pem,
  spkiOf,
  type TestIdentity,
} from '../../../dtls/src/x509/testing.ts';
import type { CredentialId } from '../ids.ts';
import { proofs } from '../registry/proofs.ts';
import { call, openTestCore, START, type TestCore } from '../test-core.ts';

const DAY = 86_400_000;

let root: TestIdentity;
let other: TestIdentity;
beforeAll(() => {
  root = issue({ subject: 'Fleet root', ca: true });
  other = issue({ subject: 'Other root', ca: true });
});

const leaf = (spec: CertificateSpec = {}) => issue({ subject: 'truck-1', issuer: root, ...spec });

const trust = (core: TestCore, ca: TestIdentity, more: Partial<AuthorityAdd> = {}) =>
  core.handlers['authorities.add'](call({ body: { certificate: ca.pem.certificate, name: 'fleet', ...more } }));
const give = (core: TestCore, device: string, body: CredentialAdd) =>
  core.handlers['credentials.add'](call({ params: { device }, body }));
const show = (core: TestCore, { chain }: Pick<TestIdentity, 'chain'>, ingress = 0) =>
  core.trust.admission.peer({ kind: 'certificate', chain }, ingress, core.time.now);

async function withAuthority(more: Partial<AuthorityAdd> = {}) {
  const core = await openTestCore({ time: { now: START } });
  await core.add('truck-1');
  await core.add('truck-2');
  await trust(core, root, more);
  return core;
}

describe('a raw public key', () => {
  it('admits the device that has it, in PEM or base64, and nobody else', async () => {
    const core = await openTestCore();
    const device = await core.add('truck-1');
    const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const spki = spkiOf(publicKey);
    const { credential, key } = await give(core, 'truck-1', { kind: 'raw-key', publicKey: pem('PUBLIC KEY', spki) });
    expect(key).toBeUndefined();
    expect(await core.trust.admission.peer({ kind: 'raw-key', publicKey: spki }, 0, START)).toEqual({
      ok: true,
      credential: credential.credentialId,
    });
    const session = { identity: proofs.rawKey(spki), credential: credential.credentialId as never };
    expect(core.credentials.deviceOf(session)).toBe(device.row.deviceId);
    const stranger = spkiOf(generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey);
    expect(await core.trust.admission.peer({ kind: 'raw-key', publicKey: stranger }, 0, START)).toMatchObject({
      ok: false,
      check: 'unknown-identity',
    });
    await core.add('truck-2');
    await expect(give(core, 'truck-2', { kind: 'raw-key', publicKey: spki.toString('base64') })).rejects.toMatchObject({
      code: 'identity-taken',
    });
  });

  it.each([
    ['an RSA key', () => spkiOf(generateKeyPairSync('rsa', { modulusLength: 2048 }).publicKey).toString('base64')],
    ['a certificate', () => root.pem.certificate],
    ['a private key', () => root.pem.privateKey],
    ['no key at all', () => 'nonsense'],
    ['a key cut short', () => root.publicKey.subarray(0, -1).toString('base64')],
  ])('is not %s', async (_, publicKey) => {
    const core = await openTestCore();
    await core.add('truck-1');
    const refused = give(core, 'truck-1', { kind: 'raw-key', publicKey: publicKey() });
    await expect(refused).rejects.toMatchObject({ code: 'invalid-request', places: [{ at: 'body/publicKey' }] });
  });
});

describe('a certificate that people gave us', () => {
  it('admits exactly itself, in its time', async () => {
    const core = await openTestCore();
    const mine = issue({ subject: 'anything', notBefore: START, notAfter: START + DAY });
    await core.add('truck-1');
    const { credential } = await give(core, 'truck-1', { kind: 'certificate', certificate: mine.pem.certificate });
    expect(credential.identity).toMatch(/^sha256:[0-9a-f]{64}$/);
    expect(await show(core, mine)).toEqual({ ok: true, credential: credential.credentialId });
    expect(await show(core, issue({ subject: 'anything' }))).toMatchObject({ ok: false, check: 'unknown-ca' });
    core.time.now = START + DAY + 1;
    expect(await show(core, mine)).toMatchObject({ check: 'expired-certificate', alert: 'certificate_expired' });
    core.time.now = START - 1;
    expect(await show(core, mine)).toMatchObject({ check: 'not-yet-valid' });
  });

  it('admits any other of the same key if that was said', async () => {
    const core = await openTestCore();
    const first = issue({ subject: 'a' });
    const keys = { publicKey: undefined as never, privateKey: first.privateKey };
    await core.add('truck-1');
    await give(core, 'truck-1', { kind: 'certificate', certificate: first.pem.certificate, sameKey: true });
    expect(await show(core, first)).toMatchObject({ ok: true });
    const renewed = issue({ subject: 'b', keys: { ...keys, publicKey: createPublicKey(first.privateKey) } });
    expect(await show(core, renewed)).toMatchObject({ ok: true });
  });
});

describe('a certificate under an authority', () => {
  it.each([
    ['cn', { subject: 'truck-1' }],
    ['dns', { subject: 'whatever', dns: ['other.example', 'truck-1'] }],
    ['uri', { subject: 'whatever', uris: ['truck-1'] }],
  ] as const)('tells its device by its %s', async (mapping, spec) => {
    const core = await withAuthority({ mapping });
    const { credential } = await give(core, 'truck-1', { kind: 'certificate', authority: 'fleet' });
    expect(credential).toMatchObject({ identity: 'truck-1', authority: 'fleet' });
    expect(await show(core, leaf(spec))).toEqual({ ok: true, credential: credential.credentialId });
    expect(await show(core, leaf({ subject: 'other', dns: ['x'], uris: ['y'] }))).toMatchObject({
      ok: false,
      check: 'unknown-identity',
    });
  });

  it('comes through intermediates that the device shows', async () => {
    const core = await withAuthority();
    await give(core, 'truck-1', { kind: 'certificate', authority: 'fleet' });
    const middle = issue({ subject: 'Fleet intermediate', ca: true, issuer: root });
    expect(await show(core, leaf({ issuer: middle }))).toMatchObject({ ok: true });
  });

  it('admits no device that has no such credential, whatever name it bears', async () => {
    const core = await withAuthority();
    expect(await show(core, leaf())).toMatchObject({ ok: false, check: 'unknown-identity' });
    const elsewhere = issue({ subject: 'truck-1', issuer: other });
    await give(core, 'truck-1', { kind: 'certificate', authority: 'fleet' });
    expect(await show(core, elsewhere)).toMatchObject({ ok: false, check: 'unknown-ca', alert: 'unknown_ca' });
  });

  it('is whose it was when the authority renews its certificate, before and after the old one ends', async () => {
    const core = await openTestCore();
    const old = issue({ subject: 'Fleet root', ca: true, notBefore: START - DAY, notAfter: START + DAY });
    const keys = { privateKey: old.privateKey, publicKey: createPublicKey(old.privateKey) };
    const renewed = issue({ subject: 'Fleet root', ca: true, keys, notBefore: START - DAY, notAfter: START + 9 * DAY });
    await trust(core, old);
    await trust(core, renewed, { name: 'renewed' });
    for (const [device, authority] of Object.entries({ 'truck-1': 'fleet', 'truck-2': 'renewed' })) {
      await core.add(device);
      await give(core, device, { kind: 'certificate', authority });
    }
    for (const at of [START, START + 2 * DAY]) {
      core.time.now = at;
      for (const subject of ['truck-1', 'truck-2']) {
        expect(await show(core, issue({ subject, issuer: old })), subject).toMatchObject({ ok: true });
      }
    }
  });

  it('of another name than the endpoint, and with suites, is what was asked for', async () => {
    const core = await withAuthority();
    const suites = ['TLS_ECDHE_ECDSA_WITH_AES_128_CCM_8'];
    const { credential } = await give(core, 'truck-1', {
      kind: 'certificate',
      authority: 'fleet',
      name: 'SN-77',
      suites,
    });
    expect(await show(core, leaf({ subject: 'SN-77' }))).toEqual({
      ok: true,
      credential: credential.credentialId,
      suites,
    });
    expect(await show(core, leaf())).toMatchObject({ ok: false });
  });

  it('with the names of two devices is nobody', async () => {
    const core = await withAuthority({ mapping: 'dns' });
    await give(core, 'truck-1', { kind: 'certificate', authority: 'fleet' });
    await give(core, 'truck-2', { kind: 'certificate', authority: 'fleet' });
    const verdict = await show(core, leaf({ dns: ['truck-1', 'truck-2'] }));
    expect(verdict).toMatchObject({ ok: false, detail: expect.stringContaining('several devices') });
  });

  it('that has expired is admitted only for the device, and only until the date that a person said', async () => {
    const core = await withAuthority();
    await give(core, 'truck-1', { kind: 'certificate', authority: 'fleet' });
    await give(core, 'truck-2', { kind: 'certificate', authority: 'fleet' });
    const old = { notBefore: START - 2 * DAY, notAfter: START - DAY };
    expect(await show(core, leaf(old))).toMatchObject({ ok: false, check: 'expired-certificate' });
    await core.handlers['admissions.set'](
      call({ params: { device: 'truck-1' }, body: { until: START + DAY, reason: 'the new one is on its way' } }),
    );
    const mine = leaf(old);
    expect(await show(core, mine)).toMatchObject({ ok: true });
    expect(await show(core, leaf({ ...old, subject: 'truck-2' }))).toMatchObject({ check: 'expired-certificate' });
    core.sent.length = 0;
    core.time.now = START + DAY;
    expect(await show(core, mine)).toMatchObject({ check: 'expired-certificate' });
    core.trust.expire(core.time.now);
    expect(core.sentOf('close-identity')).toEqual([
      { kind: 'close-identity', identity: proofs.certificate(mine.certificate) },
    ]);
    const [entry] = await core.journal('certificate.admitted');
    expect(entry).toMatchObject({ actor: { name: 'ana' }, payload: { reason: 'the new one is on its way' } });
  });

  it('is refused while the list is stale, on a socket that says so', async () => {
    const core = await openTestCore({ trusting: { staleLists: (ingress) => (ingress === 1 ? 'refuse' : 'accept') } });
    await core.add('truck-1');
    const list = issueCrl({ issuer: root, thisUpdate: START - 10 * DAY, nextUpdate: START - DAY });
    await trust(core, root, { revocation: { list: pem('X509 CRL', list) } });
    await give(core, 'truck-1', { kind: 'certificate', authority: 'fleet' });
    const mine = leaf();
    const verdict = await show(core, mine, 0);
    expect(verdict).toMatchObject({ ok: true });
    expect(await show(core, leaf(), 1)).toMatchObject({ ok: false, check: 'crl-stale' });
    const { credential } = verdict.ok ? verdict : { credential: '' as CredentialId };
    for (const [ingress, good] of [true, false].entries()) {
      const identity = proofs.certificate(mine.certificate);
      await core.deliver({ kind: 'find-resumed', lookup: ingress, ingress, identity, credential });
      expect(core.sentOf('resumed').at(-1)).toEqual({ kind: 'resumed', lookup: ingress, good });
    }
  });
});

describe('what admitted a session', () => {
  it('may come back as long as it would be admitted', async () => {
    const core = await withAuthority();
    const { credential } = await give(core, 'truck-1', { kind: 'certificate', authority: 'fleet' });
    const mine = leaf({ notAfter: START + DAY });
    const identity = proofs.certificate(mine.certificate);
    const resumes = (now = START) => core.trust.admission.resumes(identity, credential.credentialId as never, now);
    expect(resumes()).toBe(false);
    await show(core, mine);
    expect(resumes()).toBe(true);
    expect(resumes(START + DAY + 1)).toBe(false);
    const again = await openTestCore({ store: core.store });
    expect(again.trust.admission.resumes(identity, credential.credentialId as never, START)).toBe(true);
    await core.handlers['credentials.remove'](call({ params: { device: 'truck-1', id: credential.credentialId } }));
    expect(resumes()).toBe(false);
    expect(core.sentOf('close-identity')).toEqual([{ kind: 'close-identity', identity }]);
  });

  it('has to be shown again once the authority tells devices by another name', async () => {
    const core = await withAuthority();
    const { credential } = await give(core, 'truck-1', { kind: 'certificate', authority: 'fleet' });
    const mine = leaf();
    await show(core, mine);
    const identity = proofs.certificate(mine.certificate);
    await core.handlers['authorities.change'](call({ params: { id: 'fleet' }, body: { mapping: 'dns' } }));
    expect(core.sentOf('close-identity')).toEqual([{ kind: 'close-identity', identity }]);
    expect(core.trust.admission.resumes(identity, credential.credentialId as never, START)).toBe(false);
    expect(await core.store.count('seenCertificates')).toBe(0);
  });

  it('is bounded: the certificate seen longest ago makes room, and its session ends', async () => {
    const core = await withAuthority();
    await give(core, 'truck-1', { kind: 'certificate', authority: 'fleet' });
    const shown = Array.from({ length: 5 }, () => leaf());
    for (const each of shown) {
      core.time.now += 1;
      expect(await show(core, each)).toMatchObject({ ok: true });
    }
    expect(await core.store.count('seenCertificates')).toBe(4);
    const [first] = shown;
    expect(core.sentOf('close-identity')).toEqual([
      { kind: 'close-identity', identity: proofs.certificate(first?.certificate ?? Buffer.alloc(0)) },
    ]);
  });

  it('ends with the certificate, unless that is admitted nonetheless', async () => {
    const core = await withAuthority();
    const shown = new Map<string, TestIdentity>();
    for (const device of ['truck-1', 'truck-2']) {
      await give(core, device, { kind: 'certificate', authority: 'fleet' });
      const mine = leaf({ subject: device, notAfter: START + DAY });
      shown.set(device, mine);
      expect(await show(core, mine)).toMatchObject({ ok: true });
    }
    await core.handlers['admissions.set'](
      call({ params: { device: 'truck-1' }, body: { until: START + 2 * DAY, reason: 'the new one is on its way' } }),
    );
    const ended = () =>
      core
        .sentOf('close-identity')
        .map(
          ({ identity }) => [...shown].find(([, { certificate }]) => proofs.certificate(certificate) === identity)?.[0],
        );
    core.trust.expire(START + DAY);
    expect(ended()).toEqual([]);
    core.trust.expire(START + DAY + 1);
    expect(ended()).toEqual(['truck-2']);
    core.trust.expire(START + 2 * DAY);
    core.trust.expire(START + 3 * DAY);
    expect(ended()).toEqual(['truck-2', 'truck-1']);
  });

  it('does not admit if the credential goes while the path is checked', async () => {
    let release: () => void = () => {};
    const checking = new Promise<void>((resolve) => {
      release = resolve;
    });
    const core = await openTestCore({ trusting: { verify: async () => checking.then(() => true) } });
    await core.add('truck-1');
    await trust(core, root);
    const { credential } = await give(core, 'truck-1', { kind: 'certificate', authority: 'fleet' });
    const verdict = show(core, leaf());
    await core.handlers['credentials.remove'](call({ params: { device: 'truck-1', id: credential.credentialId } }));
    release();
    expect(await verdict).toMatchObject({ ok: false });
  });
});

describe('checks of signatures', () => {
  it('are bounded: what finds no room is refused at once', async () => {
    const release: (() => void)[] = [];
    const verify = () => new Promise<boolean>((resolve) => release.push(() => resolve(true)));
    const core = await openTestCore({ trusting: { verify } });
    await core.add('truck-1');
    await trust(core, root);
    await give(core, 'truck-1', { kind: 'certificate', authority: 'fleet' });
    const mine = leaf();
    const verdicts = Array.from({ length: 300 }, () => show(core, mine));
    await new Promise((resolve) => setImmediate(resolve));
    expect(release).toHaveLength(8);
    while (release.length > 0) {
      release.shift()?.();
      await new Promise((resolve) => setImmediate(resolve));
    }
    const settled = await Promise.all(verdicts);
    expect(settled.filter(({ ok }) => ok)).toHaveLength(8 + 256);
    expect(settled.find(({ ok }) => !ok)).toMatchObject({ check: 'limit' });
  });
});

import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type CrlSpec, issue, issueCrl, pem, type TestIdentity } from '../../../dtls/src/x509/testing.ts';
import { proofs } from '../registry/proofs.ts';
import { openMemoryStore } from '../store/memory/store.ts';
import { type Store, StoreError } from '../store/port.ts';
import { watchedStore } from '../store/test-watched.ts';
import { call, openTestCore, rest, START, sessionOf, type TestCore } from '../test-core.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const SERIAL = 4711;

let root: TestIdentity;
let device: TestIdentity;
let server: Server;
let url = '';
/** What the server has under the URL; a number is a status. */
let served: Buffer | number;
let asked = 0;

beforeAll(async () => {
  root = issue({ subject: 'Fleet root', ca: true });
  device = issue({ subject: 'truck-1', issuer: root, serial: SERIAL });
  server = createServer((_, response) => {
    asked += 1;
    if (typeof served === 'number') response.writeHead(served).end();
    else response.end(served);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/fleet.crl`;
});
afterAll(() => new Promise((resolve) => server.close(resolve)));
beforeEach(() => {
  asked = 0;
  served = list();
});

const list = (more: Partial<CrlSpec> = {}) =>
  issueCrl({ issuer: root, thisUpdate: START, nextUpdate: START + 30 * DAY, ...more });
const withDevice = (more: Partial<CrlSpec> = {}) => list({ revoked: [{ serial: SERIAL }], number: 2, ...more });

/** A server with the authority, whose list is fetched, and with the device, which has shown its certificate. */
async function opened(store: Store = openMemoryStore()) {
  const core = await openTestCore({ store, trusting: { fetch: globalThis.fetch } });
  if (core.fleet.size > 0) return core;
  await core.add('truck-1');
  const body = { certificate: root.pem.certificate, name: 'fleet', revocation: { url } };
  await core.handlers['authorities.add'](call({ body }));
  await core.handlers['credentials.add'](
    call({ params: { device: 'truck-1' }, body: { kind: 'certificate', authority: 'fleet' } }),
  );
  expect(await admits(core)).toMatchObject({ ok: true });
  core.sent.length = 0;
  return core;
}

const admits = (core: TestCore) =>
  core.trust.admission.peer({ kind: 'certificate', chain: device.chain }, 0, core.time.now);
const status = async (core: TestCore) => (await core.handlers['authorities.list'](call())).items[0]?.revocation;

/** Lets an instant come, and what is due then happen. */
async function at(core: TestCore, now: number): Promise<void> {
  core.time.now = now;
  const before = asked;
  await core.trust.refresh.tick(now);
  for (let turn = 0; turn < 200 && asked === before; turn++) await rest();
  for (let turn = 0; turn < 20; turn++) await rest();
}

describe('the revocation list of an authority', () => {
  it('is fetched when it is named, and again when half of its time is over, at most a day later', async () => {
    const core = await opened();
    expect(asked).toBe(1);
    expect(await status(core)).toEqual({
      url,
      state: 'fresh',
      revoked: 0,
      issuedAt: START,
      dueAt: START + 30 * DAY,
      fetchedAt: START,
      nextFetchAt: START + DAY,
    });
    await core.trust.refresh.tick(START + DAY - 1);
    expect(asked).toBe(1);
    served = list({ thisUpdate: START + DAY, nextUpdate: START + DAY + 4 * HOUR, number: 2 });
    await at(core, START + DAY);
    expect(asked).toBe(2);
    expect(await status(core)).toMatchObject({ issuedAt: START + DAY, nextFetchAt: START + DAY + 2 * HOUR });
    expect((await core.journal('revocation.updated')).map(({ payload }) => payload)).toMatchObject([
      { name: 'fleet', issuedAt: START },
      { name: 'fleet', issuedAt: START + DAY },
    ]);
  });

  it('ends the sessions of a certificate that it names, and admits it no more', async () => {
    const core = await opened();
    served = withDevice();
    await at(core, START + DAY);
    const identity = proofs.certificate(device.certificate);
    expect(core.sentOf('close-identity')).toEqual([{ kind: 'close-identity', identity }]);
    expect(await admits(core)).toMatchObject({ ok: false, check: 'revoked', alert: 'certificate_revoked' });
    // A handshake that was admitted a moment before comes to nothing.
    const [{ credentialId: credential } = {}] = await core.store.list('seenCertificates');
    const session = sessionOf(undefined, { transport: 'coaps', identity, ...(credential ? { credential } : {}) });
    await core.deliver({ kind: 'session-opened', at: core.time.now, session });
    expect(core.sentOf('close-session')).toEqual([{ kind: 'close-session', sessionId: session.sessionId }]);
    const [entry] = await core.journal('certificate.revoked');
    expect(entry).toMatchObject({
      deviceId: expect.any(String),
      payload: { subject: 'CN=truck-1', authority: 'fleet' },
    });
    // The next one names it still, which is no news.
    served = withDevice({ thisUpdate: START + DAY, number: 3 });
    await at(core, START + 3 * DAY);
    expect(asked).toBe(3);
    expect(core.sentOf('close-identity')).toHaveLength(1);
    // After a restart, before anything was fetched, the session is not let back.
    const again = await opened(core.store);
    const [seen] = await again.store.list('seenCertificates');
    expect(seen && again.trust.admission.resumes(identity, seen.credentialId, START)).toBe(false);
  });

  it('is tried again later and later while it cannot be fetched, and people are told once', async () => {
    served = 503;
    const core = await openTestCore({ trusting: { fetch: globalThis.fetch } });
    const body = { certificate: root.pem.certificate, name: 'fleet', revocation: { url } };
    await core.handlers['authorities.add'](call({ body }));
    const waits: number[] = [];
    for (let round = 0; round < 11; round++) {
      const { nextFetchAt = 0, lastError } = (await status(core)) ?? {};
      expect(lastError).toBe('answered 503');
      waits.push((nextFetchAt - core.time.now) / 60_000);
      await at(core, nextFetchAt);
    }
    expect(waits).toEqual([1, 2, 4, 8, 16, 32, 64, 128, 256, 360, 360]);
    expect(await core.journal('revocation.alarm')).toMatchObject([
      { payload: { name: 'fleet', reason: 'its revocation list could not be fetched: answered 503' } },
    ]);
    expect(core.trust.warnings(core.time.now)).toEqual(['The revocation list of fleet could not be fetched yet.']);
    served = list();
    await at(core, (await status(core))?.nextFetchAt ?? 0);
    expect(await status(core)).toMatchObject({ state: 'fresh' });
    expect((await status(core))?.lastError).toBeUndefined();
  });

  it('tells people 7 days before it is stale, and when it is, once each, also across a restart', async () => {
    const core = await opened();
    served = 404;
    const alarms = async (of: TestCore) =>
      (await of.journal('revocation.alarm')).map(({ payload }) => ('reason' in payload ? payload.reason : ''));
    await core.trust.refresh.tick(START + 23 * DAY);
    expect(await alarms(core)).toEqual([]);
    core.time.now = START + 23 * DAY + 1;
    await at(core, core.time.now);
    await core.trust.refresh.tick(core.time.now);
    expect(await alarms(core)).toEqual([
      expect.stringMatching(/will be stale from 2027-02-14T.*; fetching it failed: answered 404$/),
    ]);
    expect(core.trust.warnings(core.time.now)).toEqual(['The revocation list of fleet will be stale soon.']);
    const again = await openTestCore({ store: core.store, time: core.time, trusting: { fetch: globalThis.fetch } });
    await at(again, START + 30 * DAY + 1);
    await again.trust.refresh.tick(again.time.now);
    await again.trust.refresh.tick(again.time.now + 1);
    expect(await alarms(again)).toEqual([
      expect.stringContaining('will be stale from'),
      expect.stringMatching(/is stale since .*; fetching it failed: answered 404/),
    ]);
    // It counts nonetheless.
    expect(await admits(again)).toMatchObject({ ok: true });
    await again.trust.refresh.close();
  });

  it.each([
    ['of another authority', () => issueCrl({ issuer: issue({ subject: 'Other', ca: true }) }), 'no CA here'],
    ['with a wrong signature', () => Buffer.concat([list().subarray(0, -1), Buffer.of(1)]), 'signature'],
    ['older than the one that is here', () => list({ thisUpdate: START - DAY }), 'older than the one'],
    ['that is none', () => Buffer.from('<html>'), 'neither PEM nor DER'],
    ['beyond the bound', () => Buffer.alloc(8 * 1024 * 1024 + 1, 0x30), 'longer than'],
  ])('%s is not taken: the one before counts', async (_, made, error) => {
    const core = await opened();
    served = made();
    await at(core, START + DAY);
    expect(await status(core)).toMatchObject({
      state: 'fresh',
      issuedAt: START,
      lastError: expect.stringContaining(error),
    });
    expect(await admits(core)).toMatchObject({ ok: true });
  });

  it('is not asked for again and again while the disk is full', async () => {
    const { store, control } = watchedStore();
    const core = await opened(store);
    control.failure = new StoreError('full', 'no room');
    served = withDevice();
    await at(core, START + DAY);
    for (let second = 1; second < 5; second++) await at(core, START + DAY + second * 1000);
    expect(asked).toBe(2);
    control.failure = undefined;
    await at(core, START + DAY + 60_000);
    expect(await admits(core)).toMatchObject({ ok: false, check: 'revoked' });
  });

  it('may be brought by people, and is refused at once if it is none of the authority', async () => {
    const core = await opened();
    const set = (bytes: Buffer) =>
      core.handlers['authorities.change'](
        call({ params: { id: 'fleet' }, body: { revocation: { list: pem('X509 CRL', bytes) } } }),
      );
    await expect(set(issueCrl({ issuer: issue({ subject: 'x', ca: true }) }))).rejects.toMatchObject({
      code: 'invalid-request',
      places: [{ at: 'body/revocation/list' }],
    });
    const changed = await set(withDevice());
    expect(changed.revocation).toMatchObject({ state: 'fresh', revoked: 1 });
    expect(changed.revocation?.url).toBeUndefined();
    expect(core.sentOf('close-identity')).toHaveLength(1);
    await core.trust.refresh.tick(START + 300 * DAY);
    expect(asked).toBe(1);
  });

  it('is not asked any more once people say so', async () => {
    const core = await opened();
    served = withDevice();
    await at(core, START + DAY);
    const changed = await core.handlers['authorities.change'](
      call({ params: { id: 'fleet' }, body: { revocation: null } }),
    );
    expect(changed.revocation).toBeUndefined();
    expect(await core.store.count('revocationLists')).toBe(0);
    expect(await admits(core)).toMatchObject({ ok: true });
  });

  it.each([
    ['another URL', { url: 'http://other.example/fleet.crl' }],
    ['none', null],
  ])('that comes once people have named %s is not taken', async (_, revocation) => {
    const answers: ((response: Response) => void)[] = [];
    const fetched: string[] = [];
    const core = await openTestCore({
      trusting: {
        fetch: (from) => {
          fetched.push(String(from));
          return new Promise((resolve) => answers.push(resolve));
        },
      },
    });
    const body = { certificate: root.pem.certificate, name: 'fleet', revocation: { url } };
    const adding = core.handlers['authorities.add'](call({ body }));
    await rest();
    const changing = core.handlers['authorities.change'](call({ params: { id: 'fleet' }, body: { revocation } }));
    await rest();
    for (const answer of answers) answer(new Response(Uint8Array.from(list())));
    await Promise.all([adding, changing]);
    const named = revocation ? { url: revocation.url, state: 'fresh' } : undefined;
    expect(await status(core)).toEqual(named && expect.objectContaining(named));
    expect(fetched).toEqual(named ? [url, named.url] : [url]);
    expect(await core.store.list('revocationLists')).toEqual(
      named ? [expect.objectContaining({ url: named.url })] : [],
    );
  });

  it('counts even if what it ends could not be told', async () => {
    const { store } = watchedStore();
    const failing: Store = {
      ...store,
      commit: (batch) => {
        if (batch.journal?.some(({ type }) => type === 'certificate.revoked'))
          return Promise.reject(new StoreError('full', 'no room'));
        return store.commit(batch);
      },
    };
    const core = await opened(failing);
    served = withDevice();
    await at(core, START + DAY);
    expect(await admits(core)).toMatchObject({ ok: false, check: 'revoked' });
    expect(await admits(await opened(core.store))).toMatchObject({ ok: false, check: 'revoked' });
  });

  it('is given up when no answer comes in time, and when the server stops', async () => {
    let late: () => void = () => {};
    const core = await openTestCore({
      trusting: {
        fetch: (_, init) =>
          new Promise((_resolve, reject) => init?.signal?.addEventListener('abort', () => reject(new Error('x')))),
        after: (_, run) => {
          late = run;
          return () => {};
        },
      },
    });
    const adding = core.handlers['authorities.add'](
      call({ body: { certificate: root.pem.certificate, revocation: { url } } }),
    );
    await rest();
    late();
    expect((await adding).revocation).toMatchObject({ state: 'none', lastError: 'no answer within 30 s' });
    core.time.now += HOUR;
    await core.trust.refresh.tick(core.time.now);
    await core.trust.refresh.close();
    expect((await status(core))?.lastError).toBe('no answer within 30 s');
  });
});

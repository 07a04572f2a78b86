import { describe, expect, it } from 'vitest';
import type { BootstrapId, DeviceId } from '../ids.ts';
import type { SessionInfo } from '../link/port.ts';
import { readIdentity } from '../registry/proofs.ts';
import { openMemoryStore } from '../store/memory/store.ts';
import { call, openTestCore, START, sessionOf, type TestCore } from '../test-core.ts';
import { bootstrapLimits } from './limits.ts';
import {
  answered,
  ask,
  BOOTSTRAP_INGRESS,
  bootstrapSession,
  coreWithDevice,
  newest,
  short,
  text,
  trusting,
  willing,
  written,
} from './test-bootstrap.ts';

describe('a device that asks to be bootstrapped', () => {
  it('P41: may Send, if its version has that', async () => {
    const { core, deviceId } = await coreWithDevice();
    await ask(core, bootstrapSession(core, deviceId));
    core.script.bootstrap = (operation) => (operation.kind === 'discover' ? answered(0x84) : willing(operation));
    await ask(core, bootstrapSession(core, deviceId));
    expect(written(core, '/1/0').map((values) => values[23])).toEqual([false, undefined]);
  });

  it('BS-9, SE-1: is asked what it has, and given an account with a key of its own, security first', async () => {
    const { core, deviceId } = await coreWithDevice();
    expect(await ask(core, bootstrapSession(core, deviceId))).toBe(0x44);
    expect(core.bootstrapped.map(short)).toEqual([
      'discover /',
      'delete /0',
      'delete /1',
      'write /0/0',
      'write /1/0',
      'finish',
    ]);
    const made = core.credentials.of(deviceId).find(({ purpose }) => purpose === 'management');
    const [security] = written(core, '/0/0');
    expect(security).toMatchObject({ 0: 'coaps://192.0.2.200:5684', 1: false, 2: 0, 10: 1 });
    expect(readIdentity(text(security?.[3]))).toBe(made?.proof);
    expect(made && Buffer.from(core.credentials.key(made) ?? []).toString('base64')).toBe(security?.[5]);
    expect(written(core, '/1/0')).toEqual([{ 0: 1, 1: 86_400, 6: true, 7: 'U', 23: false }]);
  });

  it.each([
    ['psk', 'TU', 'coaps+tcp://192.0.2.200:5684'],
    ['oscore', 'T', 'coap+tcp://192.0.2.200:5683'],
    ['psk', 'UT', 'coaps://192.0.2.200:5684'],
  ] as const)('BS-6: is sent over what comes first in its binding: %s with %s', async (security, binding, uri) => {
    const { core, deviceId } = await coreWithDevice();
    const template = { accounts: [{ shortServerId: 7, security, binding }] };
    await core.handlers['bootstrap.set-template'](call({ params: { name: 'default' }, body: template }));
    expect(await ask(core, bootstrapSession(core, deviceId))).toBe(0x44);
    expect(written(core, '/0/0').at(0) ?? written(core, '/0/1').at(0)).toMatchObject({ 0: uri });
  });

  it('BS-6, SE-3: is given a context of OSCORE that nobody else has, and an account that points at it', async () => {
    const { core, deviceId } = await coreWithDevice();
    const template = { accounts: [{ shortServerId: 7, security: 'oscore' as const }] };
    await core.handlers['bootstrap.set-template'](call({ params: { name: 'default' }, body: template }));
    core.script.bootstrap = (operation) =>
      operation.kind === 'discover'
        ? answered(0x45, {
            kind: 'nodes',
            nodes: [
              { path: '/0/0', attributes: {} },
              { path: '/21/0', attributes: {} },
              { path: '/21/4', attributes: { ssid: '7' } },
            ],
          })
        : willing(operation);
    expect(await ask(core, bootstrapSession(core, deviceId))).toBe(0x44);
    expect(core.bootstrapped.map(short)).toEqual([
      'discover /',
      'delete /0',
      'delete /1',
      'delete /21',
      'write /21/1',
      'write /0/1',
      'write /1/0',
      'finish',
    ]);
    const made = core.credentials.of(deviceId).find(({ kind }) => kind === 'oscore');
    const [context] = written(core, '/21/1');
    expect(written(core, '/0/1')).toMatchObject([{ 0: 'coap://192.0.2.200:5683', 2: 3, 10: 7, 17: '21:1' }]);
    expect(Buffer.from(String(context?.[1]), 'base64').toString('hex')).toBe(made?.oscore?.senderId);
    expect(Buffer.from(String(context?.[2]), 'base64').toString('hex')).toBe(made?.oscore?.recipientId);
    expect(made && Buffer.from(core.credentials.key(made) ?? []).toString('base64')).toBe(context?.[0]);
    expect(context).toMatchObject({ 3: 10, 4: 5 });
    expect(context).not.toHaveProperty('5');
  });

  it('BS-3, BS-4: keeps the account of the bootstrap server, wherever it is', async () => {
    const { core, deviceId } = await coreWithDevice();
    const session = bootstrapSession(core, deviceId);
    await ask(core, session);
    expect(core.bootstrapped.map(short)).not.toContain('write /0/1');
    core.bootstrapped.length = 0;
    // One that can't say what it has: by custom its bootstrap account is the first.
    core.script.bootstrap = (operation) => (operation.kind === 'discover' ? answered(0x84) : willing(operation));
    await ask(core, session);
    expect(core.bootstrapped.map(short)).toContain('write /0/1');
    expect(core.bootstrapped.map(short)).not.toContain('write /0/0');
  });

  it('shows what was asked and answered, step by step, and no secrets', async () => {
    const { core, deviceId } = await coreWithDevice();
    await ask(core, bootstrapSession(core, deviceId));
    const session = await newest(core);
    expect(session).toMatchObject({
      state: 'finished',
      endpoint: 'truck-1',
      group: 'default',
      version: '1.1',
      pack: false,
    });
    expect(session.steps.map(({ operation, code, result }) => [operation, code, result])).toEqual([
      ['request', undefined, 'done'],
      ['discover', '2.05', 'done'],
      ['delete', '2.02', 'done'],
      ['delete', '2.02', 'done'],
      ['write', '2.04', 'done'],
      ['write', '2.04', 'done'],
      ['finish', '2.04', 'done'],
    ]);
    const made = core.credentials.of(deviceId).find(({ purpose }) => purpose === 'management');
    const key = made && Buffer.from(core.credentials.key(made) ?? []);
    expect(JSON.stringify(session)).not.toContain(key?.toString('base64'));
    expect(JSON.stringify(session)).not.toContain(key?.toString('hex'));
    expect((await core.journal('bootstrap.started', 'bootstrap.finished')).map(({ type }) => type)).toEqual([
      'bootstrap.started',
      'bootstrap.finished',
    ]);
  });

  it('BS-13: gets 4.00 under another name, and without a name of ours', async () => {
    const { core, deviceId } = await coreWithDevice();
    expect(await ask(core, bootstrapSession(core, deviceId), { endpoint: 'truck-2' })).toBe(0x80);
    expect(await ask(core, sessionOf(undefined, { ingress: BOOTSTRAP_INGRESS }))).toBe(0x80);
    expect(core.bootstrapped).toEqual([]);
    await core.failedHandshakes.flush(START);
    const { items } = await core.handlers['handshakes.list'](call({ query: {} }));
    expect(items.map(({ check }) => check).sort()).toEqual(['endpoint-mismatch', 'nosec-not-allowed']);
  });

  it('is answered only after what it is given is stored', async () => {
    const { core, deviceId } = await coreWithDevice();
    const { store } = core;
    const commit = store.commit.bind(store);
    store.commit = () => Promise.reject(new Error('full'));
    expect(await ask(core, bootstrapSession(core, deviceId))).toBe(0xa3);
    expect(core.bootstrapped).toEqual([]);
    expect(core.credentials.of(deviceId)).toHaveLength(1);
    store.commit = commit;
    expect(await ask(core, bootstrapSession(core, deviceId))).toBe(0x44);
  });

  it('over DTLS is cut off if its credential went meanwhile, and its session is nobody else’s business', async () => {
    const { core, deviceId } = await coreWithDevice();
    const session = bootstrapSession(core, deviceId);
    const opened = { kind: 'session-opened', at: START, session } as const;
    await core.deliver(opened, { kind: 'reserve', sessionId: session.sessionId, upTo: 2048 });
    expect(core.sentOf('bind')).toEqual([]);
    expect(core.sentOf('reserved')).toEqual([{ kind: 'reserved', sessionId: session.sessionId, upTo: 2048 }]);
    expect(await core.store.count('dtlsSessions')).toBe(0);
    await core.handlers['devices.remove'](call({ params: { device: 'truck-1' } }));
    const late = sessionOf('truck-1', {
      ingress: BOOTSTRAP_INGRESS,
      ...(session.credential && { credential: session.credential }),
    });
    await core.deliver({ ...opened, session: late });
    expect(core.sentOf('close-session')).toContainEqual({ kind: 'close-session', sessionId: late.sessionId });
  });

  it('SE-2: with a key for it is not bootstrapped without, even where it is given an account without security', async () => {
    const { core, deviceId } = await coreWithDevice({ noSec: true });
    const setTemplate = (security: 'none' | 'psk') =>
      core.handlers['bootstrap.set-template'](
        call({ params: { name: 'default' }, body: { accounts: [{ shortServerId: 1, security }] } }),
      );
    await setTemplate('none');
    expect(await ask(core, bootstrapSession(core, deviceId))).toBe(0x44);
    expect((await core.journal('device.changed')).map(({ payload }) => payload)).toEqual([{ fields: ['noSec'] }]);
    await setTemplate('psk');
    core.bootstrapped.length = 0;
    const plain = sessionOf(undefined, { ingress: BOOTSTRAP_INGRESS });
    expect(await ask(core, plain)).toBe(0x80);
    expect(core.bootstrapped).toEqual([]);
    expect(await core.register(sessionOf(undefined))).toBe(0x41);
  });

  it.each(['one after the other', 'together'])('finds no room among too many that come %s', async (how) => {
    const { core } = await coreWithDevice();
    core.script.bootstrap = () => undefined;
    const devices = Array.from({ length: bootstrapLimits.atOnce + 1 }, (_, index) => `many-${index}`);
    const asked: (() => Promise<number | undefined>)[] = [];
    for (const endpoint of devices) {
      const credential = { kind: 'psk', purpose: 'bootstrap' } as const;
      const { device } = await core.handlers['devices.add'](call({ body: { endpoint, credential } }));
      const row = core.credentials.of(device.deviceId as DeviceId)[0];
      const session = sessionOf(endpoint, { ingress: BOOTSTRAP_INGRESS, ...(row && { credential: row.credentialId }) });
      asked.push(() => ask(core, session, { endpoint }));
    }
    const codes: (number | undefined)[] = [];
    if (how === 'together') codes.push(...(await Promise.all(asked.map((each) => each()))));
    else for (const each of asked) codes.push(await each());
    expect(codes.filter((code) => code === 0x44)).toHaveLength(bootstrapLimits.atOnce);
    expect(codes.at(-1)).toBe(0xa3);
  });

  it('P40: that asks again in the midst of it begins anew', async () => {
    const { core, deviceId } = await coreWithDevice();
    core.script.bootstrap = () => undefined;
    await ask(core, bootstrapSession(core, deviceId));
    core.script.bootstrap = willing;
    core.time.now += 1000;
    expect(await ask(core, bootstrapSession(core, deviceId))).toBe(0x44);
    const { items } = await core.handlers['bootstrap.list'](call({ query: {} }));
    expect(items.map(({ state, reason }) => [state, reason])).toEqual([
      ['finished', undefined],
      ['failed', 'the device began anew'],
    ]);
  });

  it('BS-7: that finds its configuration inconsistent is shown to have said so', async () => {
    const { core, deviceId } = await coreWithDevice();
    core.script.bootstrap = (operation) => (operation.kind === 'finish' ? answered(0x86) : willing(operation));
    await ask(core, bootstrapSession(core, deviceId));
    expect(await newest(core)).toMatchObject({ state: 'failed', reason: expect.stringContaining('inconsistent') });
  });

  it('is on record as interrupted after a restart of the server', async () => {
    const store = openMemoryStore();
    const { core, deviceId } = await coreWithDevice({ store });
    core.script.bootstrap = () => undefined;
    await ask(core, bootstrapSession(core, deviceId));
    const again = await openTestCore({ store, trusting });
    expect(await newest(again)).toMatchObject({ state: 'failed', reason: 'the server was interrupted' });
  });

  it('is on record as long as it is to be kept, and the old ones are never read all at once', async () => {
    const store = openMemoryStore();
    const { core, deviceId } = await coreWithDevice({ store });
    await ask(core, bootstrapSession(core, deviceId));
    const session = await newest(core);
    const row = await store.get('bootstraps', { bootstrapId: session.bootstrapId as BootstrapId });
    if (!row) throw new Error('no session');
    const count = 2 * bootstrapLimits.prunedAtOnce;
    const old = Array.from({ length: count }, (_, n) => ({ ...row, bootstrapId: `old-${n}` as BootstrapId }));
    await store.commit({
      changes: old.map((each) => ({ put: 'bootstraps', row: { ...each, startedAt: START - 1 } })),
    });
    const limits: (number | undefined)[] = [];
    const list = store.list.bind(store);
    store.list = (table, query) => {
      limits.push(query?.limit);
      return list(table, query);
    };
    await core.bootstrapping.bootstrap.prune(START);
    expect(await store.count('bootstraps')).toBe(1);
    expect(new Set(limits)).toEqual(new Set([bootstrapLimits.prunedAtOnce]));
  });
});

describe('a device that asks for everything at once', () => {
  const askForPack = async (core: TestCore, session: SessionInfo, endpoint = 'truck-1', format = 112) => {
    const exchange = core.exchange();
    const kept = ['/0/0', '/21/0'];
    const at = core.time.now;
    await core.deliver({ kind: 'bootstrap-pack-request', at, session, exchange, endpoint, format, kept });
    return {
      pack: core.sentOf('pack').find((each) => each.exchange === exchange),
      code: core.answerTo(exchange)?.code,
    };
  };

  it('1.2-int-12, BS-8: is given accounts beside its bootstrap account, and nothing is asked of it', async () => {
    const { core, deviceId } = await coreWithDevice();
    const { pack } = await askForPack(core, bootstrapSession(core, deviceId));
    expect(pack?.format).toBe(112);
    const paths = pack?.records.map(({ path }) => path) ?? [];
    expect(paths).toContain('/0/1/5');
    expect(paths).toContain('/1/0/7');
    expect(paths.filter((path) => path.startsWith('/0/0/'))).toEqual([]);
    expect(core.bootstrapped).toEqual([]);
    expect(await newest(core)).toMatchObject({ state: 'finished', pack: true });
  });

  it('gets none if no pack can hold it, and the record says why', async () => {
    const { core, deviceId } = await coreWithDevice();
    const text = 0;
    expect(await askForPack(core, bootstrapSession(core, deviceId), 'truck-1', text)).toEqual({
      pack: undefined,
      code: 0xa3,
    });
    const { state, steps, ...row } = await newest(core);
    expect(state).toBe('failed');
    expect(JSON.stringify([steps, row])).toContain('no pack can hold it: ');
    expect(JSON.stringify(steps)).not.toContain('2.05');
  });

  it('under another name gets 4.00', async () => {
    const { core, deviceId } = await coreWithDevice();
    expect(await askForPack(core, bootstrapSession(core, deviceId), 'truck-2')).toEqual({
      pack: undefined,
      code: 0x80,
    });
  });
});

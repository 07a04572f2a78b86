import { describe, expect, it } from 'vitest';
import type { DeviceId } from '../ids.ts';
import type { BootstrapLinkOperation } from '../link/bootstrap-port.ts';
import type { RequestOutcome, SessionInfo } from '../link/port.ts';
import { readIdentity } from '../registry/proofs.ts';
import { openMemoryStore } from '../store/memory/store.ts';
import { call, openTestCore, rest, START, sessionOf, type TestCore } from '../test-core.ts';
import { bootstrapLimits } from './limits.ts';

const BOOTSTRAP_INGRESS = 1;
const trusting = {
  purposeOf: (ingress: number) => (ingress === BOOTSTRAP_INGRESS ? 'bootstrap' : 'management'),
} as const;

const answered = (code: number, body: Extract<RequestOutcome, { kind: 'answered' }>['body'] = { kind: 'empty' }) =>
  ({ kind: 'answered', code, body }) as const;
const SUCCESS = { discover: 0x45, read: 0x45, write: 0x44, delete: 0x42, finish: 0x44 } as const;

/** A device that takes everything, and says what it has. */
const willing = (operation: BootstrapLinkOperation): RequestOutcome =>
  operation.kind === 'discover'
    ? answered(0x45, {
        kind: 'nodes',
        nodes: [
          { path: '/', attributes: { lwm2m: '1.1' } },
          { path: '/0/0', attributes: { ssid: '1' } },
          { path: '/0/1', attributes: {} },
          { path: '/3/0', attributes: {} },
        ],
      })
    : answered(SUCCESS[operation.kind]);

async function coreWithDevice(options: Parameters<typeof openTestCore>[0] = {}) {
  const core = await openTestCore({ trusting, ...options });
  const added = await core.handlers['devices.add'](
    call({ body: { endpoint: 'truck-1', credential: { kind: 'psk', purpose: 'bootstrap' } as const } }),
  );
  core.script.bootstrap = willing;
  return { core, deviceId: added.device.deviceId as DeviceId, added };
}

/** A session on the bootstrap socket, admitted as the device's bootstrap credential says. */
function bootstrapSession(core: TestCore, deviceId: DeviceId): SessionInfo {
  const row = core.credentials.of(deviceId).find(({ purpose }) => purpose === 'bootstrap');
  return sessionOf('truck-1', { ingress: BOOTSTRAP_INGRESS, ...(row ? { credential: row.credentialId } : {}) });
}

async function ask(core: TestCore, session: SessionInfo, more: { endpoint?: string; preferredFormat?: number } = {}) {
  const exchange = core.exchange();
  await core.deliver({
    kind: 'bootstrap-request',
    at: core.time.now,
    session,
    exchange,
    endpoint: 'truck-1',
    ...more,
  });
  await rest();
  return core.answerTo(exchange)?.code;
}

const newest = async (core: TestCore) => {
  const { items } = await core.handlers['bootstrap.list'](call({ query: {} }));
  const [session] = items;
  if (!session) throw new Error('no session');
  return session;
};
const short = (operation: BootstrapLinkOperation) =>
  operation.kind === 'finish' ? 'finish' : `${operation.kind} ${operation.path}`;
const written = (core: TestCore, path: string) =>
  core.bootstrapped.flatMap((operation) =>
    operation.kind === 'write' && operation.path === path
      ? [
          Object.fromEntries(
            operation.records.map((record) => [record.path.slice(path.length + 1), record.stored.value]),
          ),
        ]
      : [],
  );
const text = (value: unknown) => Buffer.from(String(value), 'base64').toString();

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

  it('that is told to come back finds no room among too many', async () => {
    const { core } = await coreWithDevice();
    core.script.bootstrap = () => undefined;
    const devices = Array.from({ length: bootstrapLimits.atOnce + 1 }, (_, index) => `many-${index}`);
    const codes: (number | undefined)[] = [];
    for (const endpoint of devices) {
      const credential = { kind: 'psk', purpose: 'bootstrap' } as const;
      const { device } = await core.handlers['devices.add'](call({ body: { endpoint, credential } }));
      const row = core.credentials.of(device.deviceId as DeviceId)[0];
      const session = sessionOf(endpoint, { ingress: BOOTSTRAP_INGRESS, ...(row && { credential: row.credentialId }) });
      codes.push(await ask(core, session, { endpoint }));
    }
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
});

describe('a device that asks for everything at once', () => {
  const askForPack = async (core: TestCore, session: SessionInfo, endpoint = 'truck-1') => {
    const exchange = core.exchange();
    const kept = ['/0/0', '/21/0'];
    const at = core.time.now;
    await core.deliver({ kind: 'bootstrap-pack-request', at, session, exchange, endpoint, format: 112, kept });
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

  it('under another name gets 4.00', async () => {
    const { core, deviceId } = await coreWithDevice();
    expect(await askForPack(core, bootstrapSession(core, deviceId), 'truck-2')).toEqual({
      pack: undefined,
      code: 0x80,
    });
  });
});

describe('the templates of groups', () => {
  const set = (core: TestCore, name: string, body: object) =>
    core.handlers['bootstrap.set-template'](
      call({ params: { name }, body: { accounts: [{ shortServerId: 1 }], ...body } }),
    );

  it('are chosen by the label of the device, and the default one for all others', async () => {
    const { core, deviceId } = await coreWithDevice();
    await set(core, 'trucks', { accounts: [{ shortServerId: 7, lifetime: 60 }] });
    await set(core, 'default', { accounts: [{ shortServerId: 3 }] });
    await ask(core, bootstrapSession(core, deviceId));
    await core.handlers['devices.change'](
      call({ params: { device: 'truck-1' }, body: { labels: { group: 'trucks' } } }),
    );
    await ask(core, bootstrapSession(core, deviceId));
    await core.handlers['bootstrap.remove-template'](call({ params: { name: 'trucks' } }));
    await ask(core, bootstrapSession(core, deviceId));
    expect(written(core, '/1/0').map((values) => [values[0], values[1]])).toEqual([
      [3, 86_400],
      [7, 60],
      [3, 86_400],
    ]);
  });

  it('write what else a device is to have', async () => {
    const { core, deviceId } = await coreWithDevice();
    const resources = [{ path: '/3/0/14', value: '+01:00' }];
    await set(core, 'default', { resources, clear: 'all', discover: false });
    await ask(core, bootstrapSession(core, deviceId));
    expect(core.bootstrapped.map(short)).toEqual(['delete /', 'write /0/1', 'write /1/0', 'write /3/0/14', 'finish']);
  });

  it.each([
    [
      { accounts: [{ shortServerId: 1 }, { shortServerId: 1, uri: 'coap://a', security: 'none' }] },
      'accounts/1/shortServerId',
    ],
    [{ accounts: [{ shortServerId: 1 }, { shortServerId: 2 }] }, 'accounts'],
    [{ accounts: [{ shortServerId: 1, uri: 'coaps://a' }] }, 'accounts/0/security'],
    [{ access: [{ objectId: 5, instanceId: 0, owner: 9, rights: {} }] }, 'access/0'],
    [{ resources: [{ path: '/0/1/5', value: 'x' }] }, 'resources/0'],
    [{ resources: [{ path: '/1/0/1', value: 'soon' }] }, 'resources/0'],
    [{ resources: [{ path: '/3/0', value: 1 }] }, 'resources/0'],
    [{ values: [{ path: '/3/0/13/0', value: 1 }] }, 'values/0'],
  ])('that make no sense are refused: %j', async (body, at) => {
    const core = await openTestCore({ trusting });
    await expect(set(core, 'trucks', body)).rejects.toMatchObject({
      code: 'invalid-request',
      places: [{ at: `body/${at}` }],
    });
    const { items } = await core.handlers['bootstrap.templates'](call());
    expect(items.map(({ name, builtIn }) => [name, builtIn])).toEqual([['default', true]]);
  });
});

describe('the key that a device is given', () => {
  /** Registers with whatever of its management credentials is the given one. */
  async function register(core: TestCore, deviceId: DeviceId, index: number): Promise<number | undefined> {
    const row = core.credentials.of(deviceId).filter(({ purpose }) => purpose === 'management')[index];
    if (!row) throw new Error('no such credential');
    return core.register({ ...sessionOf('x'), identity: row.proof, credential: row.credentialId });
  }
  const managing = (core: TestCore, deviceId: DeviceId) =>
    core.credentials.of(deviceId).filter(({ purpose }) => purpose === 'management');

  it('is given again until the device has registered with it', async () => {
    const { core, deviceId } = await coreWithDevice();
    await ask(core, bootstrapSession(core, deviceId));
    await ask(core, bootstrapSession(core, deviceId));
    expect(managing(core, deviceId)).toHaveLength(1);
    const [first, second] = written(core, '/0/0');
    expect(first?.[5]).toBe(second?.[5]);
  });

  it('is another one after that, and the one before stays good until the device comes with the new one', async () => {
    const { core, deviceId } = await coreWithDevice();
    await ask(core, bootstrapSession(core, deviceId));
    expect(await register(core, deviceId, 0)).toBe(0x41);
    const [first] = managing(core, deviceId);
    await ask(core, bootstrapSession(core, deviceId));
    expect(managing(core, deviceId)).toHaveLength(2);
    // Its bootstrap was interrupted: it comes with the old key.
    expect(await register(core, deviceId, 0)).toBe(0x41);
    expect(managing(core, deviceId)).toHaveLength(2);
    expect(await register(core, deviceId, 1)).toBe(0x41);
    await rest();
    expect(managing(core, deviceId)).toHaveLength(1);
    expect(managing(core, deviceId)).not.toContain(first);
    const [, second] = written(core, '/0/0');
    expect(managing(core, deviceId)[0]?.proof).toBe(readIdentity(text(second?.[3])));
  });

  it('is confirmed at the next start if the server died before it was', async () => {
    const store = openMemoryStore();
    const { core, deviceId } = await coreWithDevice({ store });
    await ask(core, bootstrapSession(core, deviceId));
    await register(core, deviceId, 0);
    await ask(core, bootstrapSession(core, deviceId));
    core.bootstrapping.bootstrap.registered = () => {};
    await register(core, deviceId, 1);
    expect(managing(core, deviceId)).toHaveLength(2);
    const again = await openTestCore({ store, trusting });
    expect(managing(again, deviceId)).toHaveLength(1);
  });

  it('BS-7: for the bootstrap server is exchanged last, and the old one stays good until the new one is used', async () => {
    const { core, deviceId } = await coreWithDevice();
    await core.handlers['bootstrap.set-template'](
      call({
        params: { name: 'default' },
        body: { accounts: [{ shortServerId: 1 }], renewBootstrapKey: true },
      }),
    );
    const bootstrapping = () => core.credentials.of(deviceId).filter(({ purpose }) => purpose === 'bootstrap');
    const first = bootstrapSession(core, deviceId);
    await ask(core, first);
    expect(core.bootstrapped.map(short).slice(-3)).toEqual(['write /0/1/3', 'write /0/1/5', 'finish']);
    expect(bootstrapping()).toHaveLength(2);
    // It never came into force: the old key bootstraps, and the same new one is given.
    await ask(core, first);
    expect(bootstrapping()).toHaveLength(2);
    const renewed = bootstrapping().find(({ credentialId }) => credentialId !== first.credential);
    if (!renewed) throw new Error('no other key');
    const { credentialId, proof } = renewed;
    await ask(core, { ...sessionOf('x', { ingress: BOOTSTRAP_INGRESS }), identity: proof, credential: credentialId });
    expect(bootstrapping().map((row) => row.credentialId)).toContain(credentialId);
    expect(bootstrapping().map((row) => row.credentialId)).not.toContain(first.credential);
    expect(core.sentOf('close-identity').map(({ identity }) => identity)).toEqual([first.identity]);
  });

  it('BS-4: for the bootstrap server is left alone where nobody says which account that is', async () => {
    const { core, deviceId } = await coreWithDevice();
    const body = { accounts: [{ shortServerId: 1 }], renewBootstrapKey: true, discover: false };
    await core.handlers['bootstrap.set-template'](call({ params: { name: 'default' }, body }));
    await ask(core, bootstrapSession(core, deviceId));
    expect(core.bootstrapped.map(short)).toEqual(['delete /0', 'delete /1', 'write /0/1', 'write /1/0', 'finish']);
  });

  it('does not bootstrap, and the bootstrap key does not register', async () => {
    const { core, deviceId } = await coreWithDevice();
    await ask(core, bootstrapSession(core, deviceId));
    const hex = (proof = '') => proof.slice('psk:'.length);
    const [made] = managing(core, deviceId);
    const { admission } = core.trust;
    expect(admission.psk(hex(made?.proof), START, 0)).toBeDefined();
    expect(admission.psk(hex(made?.proof), START, BOOTSTRAP_INGRESS)).toBeUndefined();
    expect(admission.psk(hex(readIdentity('truck-1')), START, 0)).toBeUndefined();
    expect(admission.psk(hex(readIdentity('truck-1')), START, BOOTSTRAP_INGRESS)).toBeDefined();
    // Even a session that was admitted by it does not speak for a registration.
    expect(await core.register(bootstrapSession(core, deviceId))).toBe(0x80);
  });
});

import { Code } from '@reeve/coap';
import { describe, expect, it } from 'vitest';
import type { StoredValue } from '../store/tables.ts';
import { call, deviceWith, openTestCore, rest, START, sessionOf, type TestCore } from '../test-core.ts';
import type { Device } from './fleet.ts';
import { readIdentity } from './proofs.ts';

const integer = (value: number): StoredValue => ({ type: 'integer', value });

const list = (core: TestCore, query: { search?: string; after?: string; limit?: number } = {}) =>
  core.handlers['devices.list'](call({ query }));
const show = (core: TestCore, device: string) => core.handlers['devices.show'](call({ params: { device } }));
const change = (core: TestCore, device: string, body: Parameters<TestCore['handlers']['devices.change']>[0]['body']) =>
  core.handlers['devices.change'](call({ params: { device }, body }));

/** The key of a PSK identity in hex, as a handshake gets it. */
function keyOf(core: TestCore, identity: string): string | undefined {
  const found = core.trust.admission.psk(readIdentity(identity).slice('psk:'.length), START);
  return found && Buffer.from(found.key).toString('hex');
}

describe('adding a device', () => {
  it('makes a key, shows it once, and never again', async () => {
    const core = await openTestCore();
    const added = await core.handlers['devices.add'](call({ body: { endpoint: 'truck-1' } }));
    expect(added).toMatchObject({ identity: 'truck-1', key: expect.stringMatching(/^[0-9a-f]{32}$/) });
    const { key = '' } = added;
    expect(keyOf(core, 'truck-1')).toBe(key);
    const later = [
      await list(core),
      await show(core, 'truck-1'),
      await change(core, 'truck-1', { labels: { fleet: 'trucks' } }),
      await core.handlers['devices.timeline'](call({ params: { device: 'truck-1' }, query: {} })),
      await core.journal(),
    ];
    expect(JSON.stringify(later)).not.toContain(key);
    expect(JSON.stringify(later)).not.toContain('sealedKey');
  });

  it('with a key does not show it', async () => {
    const core = await openTestCore();
    const key = '00112233445566778899aabbccddeeff';
    const added = await core.handlers['devices.add'](
      call({ body: { endpoint: 'truck-1', identity: 'hex:00ff', key } }),
    );
    expect(added.identity).toBe('hex:00ff');
    expect(JSON.stringify(added)).not.toContain(key);
    expect(keyOf(core, 'hex:00ff')).toBe(key);
  });

  it('tells the journal of the device and the credential', async () => {
    const core = await openTestCore();
    await core.add('truck-1');
    expect((await core.journal()).map(({ type }) => type)).toEqual(['device.added', 'credential.set']);
  });

  it('refuses a name or identity that is taken, and NoSec while it is off', async () => {
    const core = await openTestCore();
    const add = (body: { endpoint: string; identity?: string; noSec?: boolean }) =>
      core.handlers['devices.add'](call({ body }));
    await add({ endpoint: 'truck-1' });
    await expect(add({ endpoint: 'truck-1', identity: 'other' })).rejects.toMatchObject({ code: 'endpoint-taken' });
    await expect(add({ endpoint: 'truck-2', identity: 'truck-1' })).rejects.toMatchObject({ code: 'identity-taken' });
    await expect(add({ endpoint: 'truck-2', noSec: true })).rejects.toMatchObject({ code: 'nosec-off' });
    expect(core.fleet.size).toBe(1);
  });

  it('that only sends frames has no credential, and no other way in', async () => {
    const core = await openTestCore({ noSec: true });
    const add = (body: { endpoint: string; framesOnly: true; identity?: string; noSec?: boolean; gateway?: string }) =>
      core.handlers['devices.add'](call({ body }));
    const answer = await add({ endpoint: 'tank-1', framesOnly: true });
    expect([answer.key, answer.identity, answer.setup]).toEqual([undefined, undefined, []]);
    expect((await core.journal()).map(({ type }) => type)).toEqual(['device.added']);
    for (const more of [{ identity: 'x' }, { noSec: true }]) {
      const both = add({ endpoint: 'tank-2', framesOnly: true, ...more });
      await expect(both).rejects.toMatchObject({ code: 'invalid-request', places: [{ at: 'body/framesOnly' }] });
    }
  });

  it('twice at once succeeds once, and says what is taken', async () => {
    const core = await openTestCore();
    const add = (body: { endpoint: string; identity?: string }) => core.handlers['devices.add'](call({ body }));
    const sameName = await Promise.allSettled([
      add({ endpoint: 'a', identity: '1' }),
      add({ endpoint: 'a', identity: '2' }),
    ]);
    expect(sameName.map(({ status }) => status)).toEqual(['fulfilled', 'rejected']);
    expect(sameName[1]).toMatchObject({ reason: { code: 'endpoint-taken' } });
    const sameIdentity = await Promise.allSettled([
      add({ endpoint: 'b', identity: '3' }),
      add({ endpoint: 'c', identity: '3' }),
    ]);
    expect(sameIdentity[1]).toMatchObject({ reason: { code: 'identity-taken' } });
    expect(core.fleet.size).toBe(2);
  });
});

describe('changing a device', () => {
  it('sets and removes what is said of it', async () => {
    const core = await openTestCore();
    await core.add('truck-1', { labels: { fleet: 'trucks' } });
    expect(await change(core, 'truck-1', { site: 'Reno', owner: 'Ada', labels: { color: 'red' } })).toMatchObject({
      site: 'Reno',
      owner: 'Ada',
      labels: { color: 'red' },
    });
    const changed = await change(core, 'truck-1', { site: null });
    expect(changed.site).toBeUndefined();
    expect(changed.owner).toBe('Ada');
    const again = await openTestCore({ store: core.store });
    expect(await show(again, 'truck-1')).toMatchObject({ owner: 'Ada', labels: { color: 'red' } });
    expect((await core.journal('device.changed')).map(({ payload }) => payload)).toEqual([
      { fields: ['site', 'owner', 'labels'] },
      { fields: ['site'] },
    ]);
  });
});

describe('a new key', () => {
  it('takes the place of the old one, and ends its session', async () => {
    const core = await openTestCore();
    await core.add('truck-1');
    const session = sessionOf('truck-1');
    await core.register(session);
    const before = keyOf(core, 'truck-1');
    const set = await core.handlers['devices.key'](call({ params: { device: 'truck-1' }, body: {} }));
    expect(set.key).toMatch(/^[0-9a-f]{32}$/);
    expect(keyOf(core, 'truck-1')).not.toEqual(before);
    expect(core.sentOf('close-identity')).toEqual([{ kind: 'close-identity', identity: session.identity }]);
    expect(await core.store.count('credentials')).toBe(1);
  });

  it('ends that the device comes without one', async () => {
    const core = await openTestCore({ noSec: true });
    const device = await core.add('truck-1', { noSec: true });
    const plain = sessionOf(undefined);
    expect(await core.register(plain)).toBe(Code.Created);
    const registrationId = device.registration?.registrationId;
    if (!registrationId) throw new Error('not registered');
    await core.handlers['devices.key'](call({ params: { device: 'truck-1' }, body: {} }));
    expect(core.sentOf('unbind').at(-1)).toEqual({ kind: 'unbind', registrationId });
    expect(await core.update(plain, registrationId)).toBe(Code.NotFound);
    expect(await core.register(plain)).toBe(Code.BadRequest);
    expect(core.failedHandshakes.list().map(({ check }) => check)).toEqual(['nosec-not-allowed', 'identity-change']);
    expect(await core.register(sessionOf('truck-1'))).toBe(Code.Created);
    expect(await core.register(plain)).toBe(Code.BadRequest);
    expect(device.registration?.identity).toBe(readIdentity('truck-1'));
  });

  it('may have another identity, unless it is taken', async () => {
    const core = await openTestCore();
    await core.add('truck-1');
    await core.add('truck-2');
    const set = (identity: string) =>
      core.handlers['devices.key'](call({ params: { device: 'truck-1' }, body: { identity } }));
    await expect(set('truck-2')).rejects.toMatchObject({ code: 'identity-taken' });
    expect(await set('new')).toMatchObject({ identity: 'new' });
    expect(core.credentials.deviceOf({ identity: readIdentity('truck-1') })).toBeUndefined();
  });
});

describe('removing a device', () => {
  it('leaves nothing of it, and its messages are strangers’', async () => {
    const core = await openTestCore();
    const device = await core.add('truck-1');
    const session = sessionOf('truck-1');
    core.script.behaviour = deviceWith({ '/3/0/9': integer(80) });
    await core.register(session);
    const registrationId = device.registration?.registrationId;
    if (!registrationId) throw new Error('not registered');
    await core.handlers['devices.observe'](call({ params: { device: 'truck-1' }, body: { path: '/3/0/9' } }));
    await rest();
    const tables = [
      'devices',
      'credentials',
      'registrations',
      'contacts',
      'wantedObservations',
      'observations',
      'values',
    ] as const;
    for (const table of tables) expect([table, await core.store.count(table)]).toEqual([table, 1]);
    await core.handlers['devices.remove'](call({ params: { device: 'truck-1' } }));
    for (const table of tables) expect([table, await core.store.count(table)]).toEqual([table, 0]);
    expect(core.sentOf('close-identity')).toEqual([{ kind: 'close-identity', identity: session.identity }]);
    expect(core.sentOf('unbind').at(-1)).toEqual({ kind: 'unbind', registrationId });
    expect(core.fleet.size).toBe(0);
    await expect(show(core, 'truck-1')).rejects.toMatchObject({ code: 'no-such-device' });
    expect(keyOf(core, 'truck-1')).toBeUndefined();
    expect(await core.update(session, registrationId)).toBe(132);
  });
});

describe('the list', () => {
  it('comes in pages by name, and finds by text or label', async () => {
    const core = await openTestCore();
    for (const endpoint of ['c', 'a', 'e', 'b', 'd']) {
      await core.add(endpoint, { labels: { group: endpoint < 'c' ? 'low' : 'high' } });
    }
    const first = await list(core, { limit: 2 });
    expect(first.items.map(({ endpoint }) => endpoint)).toEqual(['a', 'b']);
    expect(first.next).toBe('b');
    const second = await list(core, { limit: 3, after: 'b' });
    expect(second.items.map(({ endpoint }) => endpoint)).toEqual(['c', 'd', 'e']);
    expect(second.next).toBeUndefined();
    expect((await list(core, { after: 'e' })).items).toEqual([]);
    const found = async (search: string) => (await list(core, { search })).items.map(({ endpoint }) => endpoint);
    expect(await found('group=low')).toEqual(['a', 'b']);
    expect(await found('LOW')).toEqual(['a', 'b']);
    expect(await found('group=nothing')).toEqual([]);
    expect(await found('B')).toEqual(['b']);
  });

  it('shows what is known of each device', async () => {
    const core = await openTestCore();
    const device = await core.add('truck-1');
    core.script.behaviour = deviceWith({ '/3/0/9': integer(80) });
    await core.register(sessionOf('truck-1'));
    await core.handlers['devices.observe'](call({ params: { device: 'truck-1' }, body: { path: '/3/0/9' } }));
    await rest();
    expect((await list(core)).items).toMatchObject([
      { deviceId: device.row.deviceId, endpoint: 'truck-1', battery: 80, secure: true, presence: { state: 'awake' } },
    ]);
  });
});

describe('a device', () => {
  it('is found by id as by name', async () => {
    const core = await openTestCore();
    const { row } = await core.add('truck-1');
    expect((await show(core, row.deviceId)).endpoint).toBe('truck-1');
    await expect(show(core, 'nobody')).rejects.toMatchObject({ code: 'no-such-device' });
  });

  it('has settings of its downlink that outlive a restart and can be taken away', async () => {
    const core = await openTestCore();
    const device = await core.add('truck-1');
    await change(core, 'truck-1', { awakeSeconds: 10, downlinkBytesPerDay: 2000 });
    const again = await openTestCore({ store: core.store });
    expect(again.fleet.get(device.row.deviceId)?.row).toMatchObject({ awakeSeconds: 10, downlinkBytesPerDay: 2000 });
    await change(core, 'truck-1', { awakeSeconds: null });
    expect(device.row).not.toHaveProperty('awakeSeconds');
    expect(device.row.downlinkBytesPerDay).toBe(2000);
    const [entry] = await core.journal('device.changed');
    expect(entry?.payload).toEqual({ fields: ['awakeSeconds', 'downlinkBytesPerDay'] });
  });

  it('shows registration, objects, values and observations', async () => {
    const core = await openTestCore();
    await core.add('truck-1');
    core.script.behaviour = deviceWith({ '/3/0/9': integer(80) });
    await core.register(sessionOf('truck-1'));
    const observe = { params: { device: 'truck-1' }, body: { path: '/3/0/9' } };
    expect(await core.handlers['devices.observe'](call(observe))).toMatchObject({
      path: '/3/0/9',
      wantedBy: ['ana'],
      state: 'requested',
    });
    await rest();
    const shown = await show(core, 'truck-1');
    expect(shown).toMatchObject({
      verdict: { tone: 'unknown', text: 'Registered; no policy applies' },
      registration: { lifetime: 300, version: '1.1', queueMode: false, identity: 'truck-1' },
      credentials: [{ kind: 'psk', identity: 'truck-1' }],
      observations: [{ path: '/3/0/9', state: 'live' }],
      values: [{ path: '/3/0/9', name: 'Battery Level', value: 80, text: '80 %', clock: 'none' }],
    });
    expect(shown.objects.find(({ objectId }) => objectId === 3)).toMatchObject({ name: 'Device', instances: [0] });
    await core.handlers['devices.unobserve'](call({ params: { device: 'truck-1' }, query: { path: '/3/0/9' } }));
    await rest();
    expect((await show(core, 'truck-1')).observations).toEqual([]);
    expect(core.performed('cancel-observe')).toEqual(['/3/0/9']);
  });

  it.each([
    ['has never registered', 'unknown', 'Has never registered', async () => {}],
    [
      'only sends frames, and none so far',
      'unknown',
      'Has sent no frame yet',
      async (_: TestCore, device: Device) => {
        device.frames = {};
      },
    ],
    [
      'only sends frames',
      'unknown',
      'Sends frames; no policy applies',
      async ({ time }: TestCore, device: Device) => {
        device.frames = { lastAt: time.now };
      },
    ],
    [
      'is silent',
      'attention',
      'Not heard of for 10 min',
      async (core: TestCore) => {
        await core.register(sessionOf('truck-1'));
        core.time.now += 600_000;
      },
    ],
  ] as const)('that %s is said to be so in one line', async (_, tone, text, happen) => {
    const core = await openTestCore();
    const device = await core.add('truck-1');
    await happen(core, device);
    expect((await show(core, 'truck-1')).verdict).toEqual({ tone, text });
  });

  it('has a timeline, newest first, in pages', async () => {
    const core = await openTestCore();
    await core.add('truck-1');
    for (let n = 0; n < 3; n++) await change(core, 'truck-1', { site: `site ${n}` });
    const timeline = (query: { limit?: number; before?: number }) =>
      core.handlers['devices.timeline'](call({ params: { device: 'truck-1' }, query }));
    const first = await timeline({ limit: 3 });
    expect(first.items.map(({ seq }) => seq)).toEqual([5, 4, 3]);
    expect(first.next).toBe('3');
    const rest_ = await timeline({ limit: 3, before: 3 });
    expect(rest_.items.map(({ type, text }) => [type, text])).toEqual([
      ['credential.set', 'words for credential.set'],
      ['device.added', 'words for device.added'],
    ]);
    expect(rest_.next).toBeUndefined();
  });

  it('has the history of each value', async () => {
    const core = await openTestCore();
    const device = await core.add('truck-1');
    const sample = { deviceId: device.row.deviceId, path: '/3/0/9', stored: integer(1) };
    await core.store.commit({
      samples: [1, 2, 3].map((at) => ({ ...sample, at, receivedAt: at + 1, stored: integer(at) })),
    });
    expect(
      await core.handlers['devices.history'](
        call({ params: { device: 'truck-1' }, query: { path: '/3/0/9', from: 2 } }),
      ),
    ).toEqual({
      path: '/3/0/9',
      at: [2, 3],
      receivedAt: [3, 4],
      value: [2, 3],
    });
  });
});

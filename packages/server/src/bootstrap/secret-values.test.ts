import type { BootstrapTemplate, CommandOperation } from '@reeve/contract';
import { expect, it } from 'vitest';
import { type DeviceId, newId } from '../ids.ts';
import { openMemoryStore } from '../store/memory/store.ts';
import type { Store } from '../store/port.ts';
import { call, openTestCore, rest, sessionOf, type TestCore } from '../test-core.ts';
import { ask, bootstrapSession, coreWithDevice } from './test-bootstrap.ts';

/** What nobody is to read, of a resource that is only written, and of one that nobody knows. */
const OPAQUE = Buffer.from('hunter2!').toString('base64');
const PIN = 'pin-4711';

const hidden = (path: string) => ({ path, value: null, secret: true });
const params = { name: 'default' };

const setTemplate = (core: TestCore, more: Partial<BootstrapTemplate>) =>
  core.handlers['bootstrap.set-template'](call({ params, body: { accounts: [{ shortServerId: 1 }], ...more } }));

async function expectHidden(store: Store): Promise<void> {
  const rows = [await store.list('bootstrapTemplates', {}), await store.list('deployments', {})];
  const all = JSON.stringify([rows, await store.journal({})], (_, value) =>
    value instanceof Uint8Array ? Buffer.from(value).toString('latin1') : value,
  );
  expect([OPAQUE, PIN].filter((secret) => all.includes(secret))).toEqual([]);
}

/** The values that the device was given while it was bootstrapped, by path, beside its accounts. */
const given = ({ bootstrapped }: TestCore) =>
  bootstrapped.flatMap((operation) => {
    if (operation.kind !== 'write' || /^\/[012]\//.test(operation.path)) return [];
    return operation.records.map(({ path, stored }) => [path, stored.value]);
  });

/** A queue that keeps what is written. */
function fakeQueue() {
  const values: unknown[] = [];
  const draft = ({ operation }: { operation: CommandOperation }) => {
    if ('values' in operation) values.push(...operation.values.map(({ path, value }) => [path, value]));
    return { commandId: newId.command(), batch: { changes: [], journal: [] } };
  };
  return { values, draft };
}

it('secrets of a template are given to devices while they are bootstrapped, and shown to nobody', async () => {
  const { core, deviceId } = await coreWithDevice();
  const resources = [
    { path: '/5/0/0', value: OPAQUE },
    { path: '/33000/0/1', value: PIN, secret: true as const },
    { path: '/3/0/14', value: '+01:00' },
  ];
  const made = await setTemplate(core, { resources });
  const shown = await core.handlers['bootstrap.template'](call({ params }));
  for (const { template } of [made, shown]) {
    expect(template).toEqual({
      accounts: [{ shortServerId: 1 }],
      resources: [hidden('/5/0/0'), hidden('/33000/0/1'), resources[2]],
    });
  }
  await expectHidden(core.store);
  await ask(core, bootstrapSession(core, deviceId));
  expect(given(core)).toEqual(resources.map(({ path, value }) => [path, value]));
  const { items } = await core.handlers['bootstrap.list'](call({ query: {} }));
  expect(items[0]?.state).toBe('finished');
  expect(JSON.stringify(items)).not.toMatch(new RegExp(`${OPAQUE}|${PIN}`));
});

it('secrets of a template stay where it is set again as it is shown, and only there', async () => {
  const { core, deviceId } = await coreWithDevice();
  const { template } = await setTemplate(core, { resources: [{ path: '/5/0/0', value: OPAQUE }] });
  await setTemplate(core, template);
  await ask(core, bootstrapSession(core, deviceId));
  expect(given(core)).toEqual([['/5/0/0', OPAQUE]]);
  await expect(setTemplate(core, { resources: [{ path: '/9/0/2', value: null, secret: true }] })).rejects.toMatchObject(
    { places: [{ at: 'body/resources/0', message: expect.stringContaining('missing') }] },
  );
});

it('secrets of a deployment are sealed until they are queued, over a restart too, and gone then', async () => {
  const store = openMemoryStore();
  const core = await openTestCore({ store });
  await setTemplate(core, { values: [{ path: '/33000/0/1', value: 'pin-{label.pin}', secret: true }] });
  const body = { endpoint: 'truck-1', labels: { pin: '4711' }, values: [{ path: '/5/0/0', value: OPAQUE }] };
  const { device } = await core.handlers['devices.add'](call({ body }));
  const key = { deviceId: device.deviceId as DeviceId };
  expect(await store.get('deployments', key)).toMatchObject({ values: [hidden('/5/0/0')] });
  await expectHidden(store);
  await core.register(sessionOf('truck-1'));
  const queue = fakeQueue();
  await (await openTestCore({ store })).bootstrapping.deployments.resume(queue);
  await rest();
  expect(queue.values).toEqual([
    ['/33000/0/1', PIN],
    ['/5/0/0', OPAQUE],
  ]);
  const row = await store.get('deployments', key);
  expect(row?.values).toEqual([hidden('/33000/0/1'), hidden('/5/0/0')]);
  expect(row?.sealedValues).toBeUndefined();
  await expectHidden(store);
});

it('secrets of a deployment that do not open are told once, and written when they were set again', async () => {
  const store = openMemoryStore();
  const core = await openTestCore({ store });
  const secret = { path: '/33000/0/1', value: PIN, secret: true } as const;
  await setTemplate(core, { values: [secret] });
  await core.handlers['devices.add'](call({ body: { endpoint: 'truck-1' } }));
  const [kept] = await store.list('bootstrapTemplates', {});
  if (!kept) throw new Error('no template is kept');
  const sealedValues = Buffer.alloc(60, 1).toString('base64');
  const row = { ...kept, template: { ...kept.template, sealedValues } };
  await store.commit({ changes: [{ put: 'bootstrapTemplates', row }] });

  const restarted = await openTestCore({ store });
  const { deployments } = restarted.bootstrapping;
  const queue = fakeQueue();
  await restarted.register(sessionOf('truck-1'));
  const [device] = restarted.fleet.all();
  if (!device) throw new Error('there is no device');
  const told = async () => (await restarted.journal('deployment.unreadable')).map(({ payload }) => payload);
  deployments.registered(device, queue);
  deployments.registered(device, queue);
  await rest();
  expect([queue.values, await told()]).toEqual([[], [{ group: 'default' }]]);
  await (await openTestCore({ store })).bootstrapping.deployments.resume(queue);
  expect([queue.values, await told()]).toEqual([[], [{ group: 'default' }]]);

  await setTemplate(restarted, { values: [secret] });
  await deployments.resume(queue);
  expect(queue.values).toEqual([[secret.path, PIN]]);
});

it('secrets of the device itself that do not open are told so', async () => {
  const store = openMemoryStore();
  const core = await openTestCore({ store });
  const values = [{ path: '/5/0/0', value: OPAQUE }];
  await core.handlers['devices.add'](call({ body: { endpoint: 'truck-1', values } }));
  const [kept] = await store.list('deployments', {});
  if (!kept) throw new Error('no values are kept');
  await core.register(sessionOf('truck-1'));
  await store.commit({ changes: [{ put: 'deployments', row: { ...kept, sealedValues: Buffer.alloc(60, 1) } }] });
  const queue = fakeQueue();
  const restarted = await openTestCore({ store });
  await restarted.bootstrapping.deployments.resume(queue);
  expect(queue.values).toEqual([]);
  expect((await restarted.journal('deployment.unreadable')).map(({ payload }) => payload)).toEqual([{}]);
  expect(await store.get('deployments', { deviceId: kept.deviceId })).toMatchObject({ values: kept.values });
});

import type { SetValue } from '@reeve/contract';
import { describe, expect, it } from 'vitest';
import { type CommandId, type DeviceId, newId } from '../ids.ts';
import type { Device } from '../registry/fleet.ts';
import { openMemoryStore } from '../store/memory/store.ts';
import { Models } from '../telemetry/models.ts';
import { call, openTestCore, rest, sessionOf, type TestCore } from '../test-core.ts';
import { filled } from './placeholders.ts';

/** A queue that keeps what it is to hold. */
function fakeQueue() {
  const written: SetValue[] = [];
  return {
    written,
    draft: ({ operation }: { operation: { kind: string } }) => {
      if ('values' in operation) written.push(...(operation.values as SetValue[]));
      return { commandId: newId.command() as CommandId, batch: { changes: [], journal: [] } };
    },
  };
}

async function coreWithDevice(values: SetValue[] | undefined, store = openMemoryStore()) {
  const core = await openTestCore({ store });
  const body = { endpoint: 'truck-1', site: 'Reno', labels: { group: 'trucks', zone: 'Europe/Vienna' } };
  const { device } = await core.handlers['devices.add'](call({ body: { ...body, ...(values ? { values } : {}) } }));
  return { core, device: core.fleet.get(device.deviceId as DeviceId) as Device };
}

const template = (core: TestCore, values: SetValue[]) =>
  core.handlers['bootstrap.set-template'](
    call({ params: { name: 'trucks' }, body: { accounts: [{ shortServerId: 1 }], values } }),
  );

describe('the values of a deployment', () => {
  const own = [{ path: '/3/0/15', value: 'Europe/Rome' }];
  const ofGroup = [
    { path: '/3/0/15', value: '{label.zone}' },
    { path: '/3/0/14', value: '+01:00' },
  ];

  it('are no words of JavaScript where a label is not there', async () => {
    const { device } = await coreWithDevice(undefined);
    const value = { path: '/3/0/15', value: '{label.constructor}' };
    expect(filled(value, device.row, new Models(), undefined)).toBeUndefined();
  });

  it('are queued once after the first registration: those of the group, and its own before them', async () => {
    const { core, device } = await coreWithDevice(own);
    await template(core, ofGroup);
    const { deployments } = core.bootstrapping;
    const queue = fakeQueue();
    deployments.registered(device, queue);
    await rest();
    expect(queue.written).toEqual([]);
    await core.register(sessionOf('truck-1'));
    deployments.registered(device, queue);
    deployments.registered(device, queue);
    await rest();
    expect(queue.written).toEqual([
      { path: '/3/0/15', value: 'Europe/Rome' },
      { path: '/3/0/14', value: '+01:00' },
    ]);
    const [entry] = await core.journal('deployment.queued');
    expect(entry?.payload).toEqual({ paths: ['/3/0/15', '/3/0/14'] });
  });

  it('are queued at the next start if the server died before they were, and not once more after that', async () => {
    const store = openMemoryStore();
    const { core } = await coreWithDevice(own, store);
    await core.register(sessionOf('truck-1'));
    const queue = fakeQueue();
    await (await openTestCore({ store })).bootstrapping.deployments.resume(queue);
    await (await openTestCore({ store })).bootstrapping.deployments.resume(queue);
    expect(queue.written).toEqual(own);
  });

  it('that make no sense are refused with their place', async () => {
    await expect(coreWithDevice([{ path: '/3/0', value: 1 }])).rejects.toMatchObject({
      code: 'invalid-request',
      places: [{ at: 'body/values/0' }],
    });
    await expect(coreWithDevice([{ path: '/0/0/5', value: 'x' }])).rejects.toMatchObject({ code: 'invalid-request' });
  });
});

describe('placeholders', () => {
  const models = new Models();
  const fill = async (value: SetValue) => {
    const { device } = await coreWithDevice(undefined);
    return filled(value, device.row, models, undefined);
  };

  it('become what is known of the device', async () => {
    expect(await fill({ path: '/3/0/15', value: '{label.zone}' })).toEqual({ path: '/3/0/15', value: 'Europe/Vienna' });
    expect(await fill({ path: '/33000/0/1', value: '{endpoint} at {site}' })).toEqual({
      path: '/33000/0/1',
      value: 'truck-1 at Reno',
    });
  });

  it('that nothing is known for leave the value out', async () => {
    expect(await fill({ path: '/3/0/15', value: '{label.none}' })).toBeUndefined();
  });

  it('and texts become numbers and booleans where the resource is one', async () => {
    expect(await fill({ path: '/1/0/1', value: '300' })).toEqual({ path: '/1/0/1', value: 300 });
    expect(await fill({ path: '/1/0/6', value: 'true' })).toEqual({ path: '/1/0/6', value: true });
    expect(await fill({ path: '/1/0/1', value: 'soon' })).toEqual({ path: '/1/0/1', value: 'soon' });
  });
});

import { describe, expect, it } from 'vitest';
import { call, openTestCore, type TestCore } from '../test-core.ts';
import { ask, bootstrapSession, coreWithDevice, short, trusting, written } from './test-bootstrap.ts';

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
    [{ accounts: [{ shortServerId: 1, uri: 'coaps://a', keys: {} }] }, 'accounts/0/keys'],
    [{ accounts: [{ shortServerId: 1, keys: { identity: 'a', key: '00' } }] }, 'accounts/0/keys'],
    [{ accounts: [{ shortServerId: 1, uri: 'coap://a', keys: { identity: 'a', key: '00' } }] }, 'accounts/0/uri'],
    [
      { accounts: [{ shortServerId: 1, uri: 'coaps://a', keys: { identity: 'a', key: '00', salt: '00' } }] },
      'accounts/0/keys',
    ],
    [
      {
        accounts: [
          {
            ...{ shortServerId: 1, uri: 'coaps://a', security: 'raw-key' },
            keys: { publicKey: 'AAAA', privateKey: 'AAAA', serverPublicKey: 'AAAA' },
          },
        ],
      },
      'accounts/0/keys',
    ],
    [{ access: [{ objectId: 5, instanceId: 0, owner: 9, rights: {} }] }, 'access/0'],
    [{ accounts: [{ shortServerId: 1, security: 'raw-key', binding: 'T' }] }, 'accounts/0/security'],
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

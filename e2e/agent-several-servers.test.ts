import {
  accessControlInstance,
  type ClientOptions,
  type ObjectInstance,
  Right,
  securityInstance,
  serverInstance,
} from '@reeve/agent';
import type { CommandOperation } from '@reeve/contract';
import { path } from '@reeve/lwm2m';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { leshanAvailable, startLeshanServer } from '../peers/leshan/driver.ts';
import { TestServer, until } from './harness.ts';
import { RunningClient, truckInstance } from './running-client.ts';

const BATTERY = '/3/0/9';
const ALL = Right.read | Right.write | Right.execute | Right.delete;

/** Our client with two servers at a time. */
describe('the LwM2M client with several servers', { timeout: 60_000 }, () => {
  const open: RunningClient[] = [];
  let first: TestServer;

  beforeAll(async () => {
    first = await TestServer.start({ bootstrap: true, noSec: true });
  }, 60_000);
  afterAll(async () => {
    for (const one of open) one.close();
    await first?.close();
  });

  async function start(endpoint: string, objects: readonly ObjectInstance[], options: Partial<ClientOptions> = {}) {
    const running = await RunningClient.start(endpoint, [truckInstance(), ...objects], options);
    open.push(running);
    const { client } = running;
    const states = () => [...client.registrations.values()].map(({ kind }) => kind);
    await until('it is registered with both', async () => states().join() === 'registered,registered');
    return { client, states, running };
  }

  /** What one of our servers does with a device. */
  const manager = (server: TestServer, device: string) => ({
    perform: (operation: CommandOperation) =>
      server.api('commands.create', { params: { device }, query: { wait: 20 }, body: { operation } }),
    show: () => server.api('devices.show', { params: { device } }),
    observe: (target: string) => server.api('devices.observe', { params: { device }, body: { path: target } }),
  });

  it('1.0-int-950: registers with two, given by bootstrap, and does for each what that one may', async () => {
    const device = 'agent-of-two';
    const second = await TestServer.start({ noSec: true });
    try {
      const credential = { kind: 'psk', purpose: 'bootstrap' } as const;
      const { key } = await first.api('devices.add', { body: { endpoint: device, credential } });
      await second.api('devices.add', { body: { endpoint: device, noSec: true } });
      await first.api('bootstrap.set-template', {
        params: { name: 'default' },
        body: {
          accounts: [
            { shortServerId: 1, lifetime: 120 },
            { shortServerId: 2, lifetime: 240, uri: second.coap, security: 'none' },
          ],
          access: [
            { objectId: 3, instanceId: 0, owner: 1, rights: { 2: Right.read } },
            { objectId: 1, instanceId: 0, owner: 1, rights: {} },
            { objectId: 1, instanceId: 1, owner: 2, rights: {} },
          ],
        },
      });
      const psk = { identity: Buffer.from(device), key: Buffer.from(key ?? '', 'hex') };
      const { client, states, running } = await start(device, [], { bootstrap: { uri: first.bootstrap, psk } });

      const [one, two] = [manager(first, device), manager(second, device)];
      expect((await one.show()).registration).toMatchObject({ lifetime: 120, security: 'psk' });
      expect((await two.show()).registration).toMatchObject({ lifetime: 240 });
      for (const each of [one, two]) {
        expect(await each.perform({ kind: 'read', path: BATTERY })).toMatchObject({ code: '2.05' });
        await each.observe(BATTERY);
        await until('it observes', async () => (await each.show()).observations.some(({ state }) => state === 'live'));
      }
      expect(await one.perform({ kind: 'execute', path: '/3/0/4' })).toMatchObject({ code: '2.04' });
      expect(await two.perform({ kind: 'execute', path: '/3/0/4' })).toMatchObject({ code: '4.01' });

      running.run((now) => client.set(path(3, 0), { 9: 41 }, now));
      for (const each of [one, two]) {
        await until('it is told', async () => {
          const { values } = await each.show();
          return values.some((value) => value.path === BATTERY && value.value === 41);
        });
      }
      // One that is lost does not end what is with the other.
      await second.close();
      running.run((now) => client.update(now));
      await until('the other is missed', async () => states()[1] !== 'registered' && states()[1] !== 'updating');
      expect(await one.perform({ kind: 'read', path: BATTERY })).toMatchObject({ code: '2.05' });
      expect(states()[0]).toBe('registered');
    } finally {
      await second.close();
    }
  });

  it.skipIf(!leshanAvailable())('1.0-int-950: and with one of them that nobody here wrote', async () => {
    const leshan = await startLeshanServer({});
    try {
      const endpoint = 'agent-of-both';
      await first.api('devices.add', { body: { endpoint, noSec: true } });
      const { client, running } = await start(endpoint, [
        ...[securityInstance({ uri: first.coap }, 0), serverInstance({ lifetime: 60 }, 0)],
        ...[
          securityInstance({ uri: leshan.coap, shortServerId: 2 }, 1),
          serverInstance({ shortServerId: 2, lifetime: 90, muteSend: false }, 1),
        ],
        accessControlInstance({ objectId: 3, instanceId: 0, rights: { 0: ALL } }, 0),
        accessControlInstance({ objectId: 1, instanceId: 1, owner: 2 }, 1),
      ]);
      const of = (event: { readonly endpoint?: string }) => event.endpoint === endpoint;
      expect(await leshan.waitFor((event) => event.event === 'registered' && of(event))).toMatchObject({
        lifetime: 90,
      });
      expect(await leshan.request('read', endpoint, BATTERY)).toMatchObject({ code: 205, value: 80 });
      expect(await leshan.request('read', endpoint, '/1/0/1')).toMatchObject({ code: 401 });
      expect(await leshan.request('write', endpoint, '/1/1/1', '120')).toMatchObject({ code: 204 });
      expect(await leshan.waitFor((event) => event.event === 'updated' && of(event))).toMatchObject({ lifetime: 120 });
      const reeve = manager(first, endpoint);
      expect(await reeve.perform({ kind: 'read', path: BATTERY })).toMatchObject({ code: '2.05' });
      expect(await reeve.perform({ kind: 'read', path: '/1/1/1' })).toMatchObject({ code: '4.01' });
      expect((await reeve.show()).registration).toMatchObject({ lifetime: 60 });
      running.run((now) => client.stop(now));
      await leshan.waitFor((event) => event.event === 'unregistered' && of(event));
      await until('it is gone', async () => (await reeve.show()).presence.state === 'deregistered');
    } finally {
      await leshan.stop();
    }
  });
});

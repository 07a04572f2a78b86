import { randomBytes } from 'node:crypto';
import { readCsvDevices } from '@reeve/contract';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { until } from './harness.ts';
import { InProcessServer } from './in-process.ts';
import { RunningClient, truckInstance } from './running-client.ts';

const hex = () => randomBytes(16).toString('hex');

/** Two servers: devices are bootstrapped by the one, and given what they register with at both. */
describe('a server elsewhere', { timeout: 60_000 }, () => {
  const open: RunningClient[] = [];
  let server: InProcessServer;
  let elsewhere: InProcessServer;

  beforeAll(async () => {
    server = await InProcessServer.start({ listen: ['coaps', { transport: 'coaps', bootstrap: true }] });
    elsewhere = await InProcessServer.start({ listen: ['coaps'] });
  });
  afterAll(async () => {
    for (const client of open) client.close();
    await server?.[Symbol.asyncDispose]();
    await elsewhere?.[Symbol.asyncDispose]();
  });

  it('takes devices by the keys of each, which came by CSV', async () => {
    const uri = `coaps://127.0.0.1:${elsewhere.portOf('coaps')}`;
    const body = { accounts: [{ shortServerId: 1 }, { shortServerId: 9, uri }] };
    await server.api('bootstrap.set-template', { params: { name: 'meters' }, body });
    const meters = ['meter-1', 'meter-2'].map((endpoint) => ({ endpoint, factory: hex(), own: hex() }));
    const lines = meters.map(({ endpoint, factory, own }) => `${endpoint},${factory},meters,id-${endpoint},${own}`);
    const csv = ['name,key,group,account.9.identity,account.9.key', ...lines].join('\n');
    const read = readCsvDevices(csv, 'bootstrap');
    if (!read.ok) throw new Error(read.errors.join());
    await server.api('devices.import', { body: { devices: read.entries.map(({ device }) => device) } });

    for (const { endpoint, factory, own } of meters) {
      await elsewhere.api('devices.add', { body: { endpoint, identity: `id-${endpoint}`, key: own } });
      const uriOfBootstrap = `coaps://127.0.0.1:${server.portOf('coaps', true)}`;
      const psk = { identity: Buffer.from(endpoint), key: Buffer.from(factory, 'hex') };
      const running = await RunningClient.start(endpoint, [truckInstance()], {
        bootstrap: { uri: uriOfBootstrap, psk },
      });
      open.push(running);
      const params = { device: endpoint };
      const registered = (at: InProcessServer) =>
        until('it is registered', async () => (await at.api('devices.show', { params })).registration);
      expect((await registered(server)).identity).not.toBe(`id-${endpoint}`);
      expect((await registered(elsewhere)).identity).toBe(`id-${endpoint}`);
    }
  });
});

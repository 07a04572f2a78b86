import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { leshanAvailable, startLeshanDevice } from '../peers/leshan/driver.ts';
import { TestServer, until } from './harness.ts';

/** Devices from the factory to registered, with a foreign client. */
describe.skipIf(!leshanAvailable())('a Leshan device that knows the bootstrap server alone', () => {
  let server: TestServer;

  beforeAll(async () => {
    server = await TestServer.start({ bootstrap: true });
  });
  afterAll(() => server?.close());

  const sessions = async (device: string, state: 'finished' | 'failed') =>
    (await server.api('bootstrap.list', { query: { device, state } })).items;

  it('int-0, BS-9: is given an account, registers with a key of its own, and gets another one when asked', async () => {
    const endpoint = 'leshan-1';
    const { key = '', setup } = await server.api('devices.add', {
      body: { endpoint, credential: { kind: 'psk', purpose: 'bootstrap' } },
    });
    expect(setup).toContainEqual({ about: 'bootstrap server', path: '/0/x/0', value: server.bootstrap });
    const psk = { identity: endpoint, key: Buffer.from(key, 'hex') };
    const device = await startLeshanDevice({ server: server.bootstrap, bootstrap: true, endpoint, psk, period: 1 });
    try {
      await device.waitFor((event) => event.event === 'registered');
      const [session] = await sessions(endpoint, 'finished');
      expect(session?.steps.map(({ operation, path, code }) => [operation, path, code])).toEqual([
        ['request', undefined, undefined],
        ['discover', '/', '2.05'],
        ['delete', '/0', '2.02'],
        ['delete', '/1', '2.02'],
        ['write', '/0/1', '2.04'],
        ['write', '/1/0', '2.04'],
        ['finish', undefined, '2.04'],
      ]);
      const managing = async () => {
        const { credentials } = await server.api('devices.show', { params: { device: endpoint } });
        return credentials.filter(({ purpose }) => purpose === 'management').map(({ identity }) => identity);
      };
      const [before] = await managing();
      const { registration } = await server.api('devices.show', { params: { device: endpoint } });
      expect(registration?.identity).toBe(before);

      // int-5: the server has it bootstrapped again, which exchanges its key.
      await server.api('commands.create', {
        params: { device: endpoint },
        body: { operation: { kind: 'execute', path: '/1/0/9' } },
      });
      const after = await until('the key is exchanged', async () => {
        const identities = await managing();
        return identities.length === 1 && identities[0] !== before && identities[0];
      });
      const registered = await until('it registered with it', async () => {
        const detail = await server.api('devices.show', { params: { device: endpoint } });
        return detail.registration?.identity === after && detail.registration;
      });
      expect(registered.identity).not.toBe(before);
    } finally {
      await device.kill();
    }
  });
});

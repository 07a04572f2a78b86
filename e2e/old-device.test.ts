import { randomBytes } from 'node:crypto';
import type { CommandOperation } from '@reeve/contract';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { leshan15Available, startOldDevice } from '../peers/leshan-1.5/driver.ts';
import { until } from './harness.ts';
import { InProcessServer } from './in-process.ts';

const key = randomBytes(16);

/** Our server and a device of LwM2M 1.0 that nobody here wrote, over both transports of 1.0. */
describe.skipIf(!leshan15Available())('a device of LwM2M 1.0', { timeout: 60_000 }, () => {
  let server: InProcessServer;
  beforeAll(async () => {
    server = await InProcessServer.start({ listen: ['coap', 'coaps'] });
  });
  afterAll(async () => {
    await server?.[Symbol.asyncDispose]();
  });

  it.each(['coap', 'coaps'] as const)('is registered, read, written, observed and executed over %s', async (scheme) => {
    const device = `old-${scheme}`;
    const secured = scheme === 'coaps';
    const credential = { kind: 'psk', identity: device, key: key.toString('hex') } as const;
    await server.api('devices.add', { body: { endpoint: device, ...(secured ? { credential } : { noSec: true }) } });
    const old = await startOldDevice({
      server: `${scheme}://127.0.0.1:${server.portOf(scheme)}`,
      endpoint: device,
      ...(secured && { psk: { identity: device, key } }),
    });
    try {
      await old.waitFor(({ event }) => event === 'registered');
      const { registration } = await server.api('devices.show', { params: { device } });
      expect(registration).toMatchObject({ version: '1.0', binding: 'U', lifetime: 300 });

      const command = (operation: CommandOperation) =>
        server.api('commands.create', { params: { device }, query: { wait: 20 }, body: { operation } });
      const read = async (path: string) => {
        const { code, values = [] } = await command({ kind: 'read', path });
        return [code, Object.fromEntries(values.map((one) => [one.path, one.value]))];
      };
      const whole = {
        '/3/0/0': 'Leshan 1.5',
        '/3/0/6/0': 1,
        '/3/0/6/1': 5,
        '/3/0/7/1': 5000,
        '/3/0/9': 80,
        '/3/0/11/0': 0,
        '/3/0/13': 1_367_491_215,
        '/3/0/14': '+02:00',
      };
      expect(await read('/3/0')).toEqual(['2.05', expect.objectContaining(whole)]);
      expect(await read('/3/0/7')).toEqual(['2.05', { '/3/0/7/0': 3800, '/3/0/7/1': 5000 }]);
      expect(await read('/0/0')).toEqual([expect.stringMatching(/^4\.0[145]$/), {}]);

      const values = [{ path: '/3/0/14', value: '+01:00' }];
      const written = await command({ kind: 'write', mode: 'replace', path: '/3/0/14', values });
      expect(written).toMatchObject({ code: '2.04' });
      expect(await old.waitFor(({ event }) => event === 'write')).toMatchObject({ path: '/3/0/14' });
      expect(await read('/3/0/14')).toEqual(['2.05', { '/3/0/14': '+01:00' }]);
      expect(await command({ kind: 'execute', path: '/3/0/4' })).toMatchObject({ code: '2.04' });
      await old.waitFor(({ event }) => event === 'execute');

      await server.api('devices.observe', { params: { device }, body: { path: '/3/0/9' } });
      const show = () => server.api('devices.show', { params: { device } });
      await until('the observation holds', async () => (await show()).observations[0]?.state === 'live');
      old.battery(40);
      const level = async () => (await show()).values.find(({ path }) => path === '/3/0/9')?.value;
      await until('the battery is told', async () => (await level()) === 40);
    } finally {
      await old.stop();
    }
    await until('it has taken its leave', async () => {
      const { registration } = await server.api('devices.show', { params: { device } });
      return registration === undefined;
    });
  });
});

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type LeshanDevice, leshanAvailable, startLeshanDevice } from '../peers/leshan/driver.ts';
import { until } from './harness.ts';
import { InProcessServer } from './in-process.ts';

/** What else a device of LwM2M 1.1 that nobody here wrote does at our server. */
describe.skipIf(!leshanAvailable())('a Leshan device', { timeout: 60_000 }, () => {
  const params = { device: 'truck-1' };
  let server: InProcessServer;
  let device: LeshanDevice;
  beforeAll(async () => {
    server = await InProcessServer.start({ listen: ['coap'] });
    await server.api('devices.add', { body: { endpoint: params.device, noSec: true } });
    const uri = `coap://127.0.0.1:${server.portOf('coap')}`;
    device = await startLeshanDevice({ server: uri, endpoint: params.device, queueMode: true });
    await device.waitFor(({ event }) => event === 'registered');
  });
  afterAll(async () => {
    await device?.stop();
    await server?.[Symbol.asyncDispose]();
  });

  it('registers in queue mode', async () => {
    const { registration } = await server.api('devices.show', { params });
    expect(registration).toMatchObject({ queueMode: true, version: '1.1' });
  });

  it('Sends values of several times at once, and none of them is lost', async () => {
    for (const level of [79, 78, 77]) {
      device.battery(level);
      device.collect('/3/0/9');
      // Its answer comes in a millisecond of its own, and so does the next value.
      await device.state();
    }
    device.sendCollected();
    const series = await until('three values', async () => {
      const { value } = await server.api('devices.history', { params, query: { path: '/3/0/9' } });
      return value.at(-1) === 77 ? value : undefined;
    });
    // The server may have read the level before.
    expect(series.slice(-3)).toEqual([79, 78, 77]);
  });
});

import { describe, expect, it } from 'vitest';
import { demoFleet } from './scenarios.ts';
import { simulate } from './simulate.ts';
import { KEY, startTestServer } from './testing.ts';
import type { DeviceEvent } from './virtual-device.ts';

const pskOf = (endpoint: string) => ({ identity: Buffer.from(endpoint), key: KEY });

describe.each([{ secure: false }, { secure: true }])('over UDP (secure: $secure)', ({ secure }) => {
  it('a fleet registers, drives and takes its leave', async () => {
    const server = await startTestServer(secure);
    const events: [string, DeviceEvent][] = [];
    const trucks = demoFleet(8, 1);
    const simulation = await simulate({
      server: server.uri,
      devices: trucks.map((truck) => ({ ...truck, ...(secure && { psk: pskOf(truck.endpoint) }) })),
      onEvent: (endpoint, event) => events.push([endpoint, event]),
    });
    await expect.poll(() => server.registered.size, { timeout: 10_000 }).toBe(8);
    await expect.poll(() => server.notifications.length, { timeout: 10_000 }).toBeGreaterThan(8);
    await simulation.stop();
    expect(server.deregistered.toSorted()).toEqual([...server.registered.values()].sort());
    expect(events.filter(([, { kind }]) => kind === 'deregistered')).toHaveLength(8);
    server.close();
  });
});

it('refuses a secure server without a key, and a name that is none', async () => {
  const device = { endpoint: 'a', position: { latitude: 36, longitude: -120 } };
  await expect(simulate({ server: 'coaps://127.0.0.1', devices: [device] })).rejects.toThrow('needs a key');
  await expect(simulate({ server: 'coap://host.invalid', devices: [device] })).rejects.toThrow();
});

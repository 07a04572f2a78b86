import { describe, expect, it } from 'vitest';
import { LoadGenerator } from './load.ts';
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

  it.each(['update', 'notification'] as const)('a load of kind %s counts what was acknowledged', async (operation) => {
    const server = await startTestServer(secure);
    const load = new LoadGenerator({
      server: server.uri,
      operation,
      outstanding: 4,
      devices: Array.from({ length: 10 }, (_, index) => {
        const endpoint = `load-${index}`;
        return { endpoint, ...(secure && { psk: pskOf(endpoint) }) };
      }),
    });
    await load.start();
    expect(load.ready).toBe(10);
    expect(load.ledger.counts).toEqual({ register: 10, update: 0, notification: 0 });
    load.run();
    await expect.poll(() => load.ledger.counts[operation], { timeout: 10_000 }).toBeGreaterThan(100);
    load.close();
    server.close();
    const losses = load.ledger.compare((endpoint) => ({
      registrationId: server.registered.get(endpoint) ?? '',
      latitude: 90,
    }));
    expect(losses).toEqual([]);
    expect(load.ledger.compare(() => ({ registrationId: '', latitude: 0 }))).toHaveLength(
      operation === 'update' ? 10 : 20,
    );
  });
});

it('refuses a secure server without a key, and a name that is none', async () => {
  const device = { endpoint: 'a', position: { latitude: 36, longitude: -120 } };
  await expect(simulate({ server: 'coaps://127.0.0.1', devices: [device] })).rejects.toThrow('needs a key');
  await expect(simulate({ server: 'coap://host.invalid', devices: [device] })).rejects.toThrow();
});

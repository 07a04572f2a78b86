import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { path } from '@reeve/lwm2m';
import { type DeviceEvent, Fleet } from '@reeve/simulator';
import { afterEach, describe, expect, it } from 'vitest';
import { leshanAvailable, startLeshanDevice } from '../peers/leshan/driver.ts';
import { TestServer, until } from './harness.ts';
import { Relay } from './relay.ts';

const ENDPOINT = 'truck-1';
const BATTERY = '/3/0/9';
const params = { device: ENDPOINT };
/** Long enough for an answer that must not come. */
const SILENCE_MS = 700;

const open: { close(): unknown }[] = [];
afterEach(async () => {
  for (const one of open.splice(0).reverse()) await one.close();
});

/** A server, and a relay before it that the device takes for the server. */
async function begin(link: 'main' | 'worker') {
  const server = await TestServer.start({ link });
  open.push(server);
  const key = randomBytes(16);
  await server.api('devices.add', { body: { endpoint: ENDPOINT, key: key.toString('hex') } });
  const relay = await Relay.open(server.ready.coapsPort);
  open.push(relay);
  const { api } = server;
  const battery = async () => {
    const { value } = await api('devices.history', { params, query: { path: BATTERY } });
    return value;
  };
  return {
    server,
    relay,
    key,
    api,
    battery,
    serverUri: `coaps://127.0.0.1:${relay.port}`,
    /** Waits until the device is registered and its battery is observed. */
    observed: () =>
      until('the battery is observed', async () => {
        const { observations } = await api('devices.show', { params });
        return observations.some((one) => one.path === BATTERY && one.state === 'live');
      }),
    /** Waits until the newest value of the battery is this one. */
    reported: (level: number) => until(`the battery is at ${level}`, async () => (await battery()).at(-1) === level),
    /** The server asks first. */
    ask: () =>
      api('commands.create', { params, query: { wait: 10 }, body: { operation: { kind: 'read', path: BATTERY } } }),
    registrations: async () => {
      const { items } = await api('devices.timeline', { params, query: {} });
      return items.filter(({ type }) => type === 'registration.registered').length;
    },
    restart: async () => {
      await server.kill();
      await server.restart();
    },
  };
}

describe('A restart of the server is not noticed', () => {
  for (const link of ['main', 'worker'] as const) {
    it(`by a device of ours: neither side shakes hands again, and no record counts twice (link: ${link})`, async () => {
      const { relay, key, api, battery, serverUri, observed, reported, ask, registrations, restart } =
        await begin(link);
      const events: DeviceEvent['kind'][] = [];
      const fleet = new Fleet((event) => events.push(event.kind));
      open.push(fleet);
      const psk = { identity: Buffer.from(ENDPOINT), key };
      const position = { latitude: 39, longitude: -120 };
      const { device, run } = await fleet.add({ endpoint: ENDPOINT, serverUri, psk, position });
      const drain = (level: number) => run((now) => device.client.set(path(3, 0), { 9: level }, now));
      await until('the device is registered', async () => events.includes('registered'));
      await api('devices.observe', { params, body: { path: BATTERY } });
      await observed();
      drain(70);
      await reported(70);
      const captured = relay.sent.at(-1) ?? expect.fail();
      const hellos = relay.clientHellos;
      expect(hellos).toBeGreaterThan(0);

      await restart();
      const said = relay.sent.length;
      const { state, values } = await ask();
      expect([state, values?.[0]?.value]).toEqual(['answered', 70]);
      // Not before it was asked.
      expect(relay.sent.length).toBe(said + 1);

      drain(60);
      await reported(60);
      events.length = 0;
      run((now) => device.client.update(now));
      await until('the Update is answered', async () => events.includes('updated'));

      const answers = relay.answers;
      const before = await battery();
      relay.replay(captured);
      await sleep(SILENCE_MS);
      expect(await battery()).toEqual(before);
      expect(relay.answers).toBe(answers);

      await restart();
      relay.replay(relay.sent.at(-1) ?? expect.fail());
      relay.replay(captured);
      await sleep(SILENCE_MS);
      expect(relay.answers).toBe(answers);
      drain(50);
      await reported(50);
      expect(await registrations()).toBe(1);
      expect(relay.clientHellos).toBe(hellos);
      expect(events).not.toContain('reconnecting');
    });
  }

  it.skipIf(!leshanAvailable())('by a Leshan device, not even if it has another address afterwards', async () => {
    const { relay, key, api, serverUri, observed, reported, ask, registrations, restart } = await begin('main');
    const device = await startLeshanDevice({
      server: serverUri,
      endpoint: ENDPOINT,
      psk: { identity: ENDPOINT, key },
      defaultTimers: true,
      period: 3600,
    });
    open.push({ close: () => device.kill() });
    await device.waitFor(({ event }) => event === 'registered');
    await api('devices.observe', { params, body: { path: BATTERY } });
    await observed();
    device.battery(70);
    await reported(70);
    const hellos = relay.clientHellos;

    await restart();
    expect((await ask()).state).toBe('answered');
    device.battery(60);
    await reported(60);

    await restart();
    await relay.move();
    device.battery(50);
    await reported(50);
    await until('the new address is proved', async () => {
      const { registration } = await api('devices.show', { params });
      return registration?.address === `127.0.0.1:${relay.outerPort}`;
    });
    await restart();
    expect((await ask()).state).toBe('answered');
    expect(relay.clientHellos).toBe(hellos);
    expect(await registrations()).toBe(1);
  });
});

describe('A session', () => {
  it('ends with its key: the device is told, shakes hands again, and the journal tells of it once', async () => {
    const { relay, key, api, serverUri, restart } = await begin('main');
    const events: DeviceEvent['kind'][] = [];
    const fleet = new Fleet((event) => events.push(event.kind));
    open.push(fleet);
    const position = { latitude: 39, longitude: -120 };
    await fleet.add({ endpoint: ENDPOINT, serverUri, psk: { identity: Buffer.from(ENDPOINT), key }, position });
    await until('the device is registered', async () => events.includes('registered'));
    const hellos = relay.clientHellos;
    await api('devices.key', { params, body: {} });
    await until('the device shakes hands', async () => relay.clientHellos > hellos);
    await until('the journal says so', async () => {
      const { items } = await api('devices.timeline', { params, query: {} });
      return items.some(({ type, text }) => type === 'session.ended' && text.includes(ENDPOINT));
    });
    await restart();
    const { items } = await api('devices.timeline', { params, query: {} });
    expect(items.filter(({ type }) => type === 'session.ended')).toHaveLength(1);
  });
});

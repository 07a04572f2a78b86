import { createSecretKey } from 'node:crypto';
import { oscoreInstance, securityInstance, serverInstance } from '@reeve/agent';
import { oscoreValueOf } from '@reeve/coap';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { TestServer, until } from './harness.ts';
import { type OscoreWire, oscoreWire } from './oscore-wire.ts';
import { RunningClient, truckInstance } from './running-client.ts';
import { ScriptedDevice } from './scripted-device.ts';
import { udpWire } from './wires.ts';

const SECRET = '000102030405060708090a0b0c0d0e0f';
const params = { device: 'truck-1' };
const values = { '/3/0/0': 'Reeve', '/3/0/9': '80' };

const open: AsyncDisposable[] = [];
afterEach(async () => {
  for (const one of open.splice(0).reverse()) await one[Symbol.asyncDispose]();
});

describe.each(['main', 'worker'] as const)('OSCORE on a socket of its own, with the link in the %s thread', (link) => {
  let server: TestServer;

  beforeAll(async () => {
    server = await TestServer.start({ link, oscore: true });
  });
  afterAll(() => server?.close());
  afterEach(() => server.api('devices.remove', { params }).catch(() => {}));

  const add = async (ids: { senderId?: string; recipientId?: string; salt?: string } = {}) =>
    server.api('devices.add', {
      body: { endpoint: 'truck-1', credential: { kind: 'oscore', key: SECRET, oscore: { senderId: '0a', ...ids } } },
    });
  const device = async (wire: OscoreWire) => {
    const made = new ScriptedDevice('truck-1', wire, values);
    open.push(made);
    return made;
  };
  const connect = (proof: Partial<Parameters<typeof oscoreWire>[1]> = {}) =>
    oscoreWire(server.ready.coapPort, { secret: SECRET, senderId: '0a', recipientId: '00', ...proof });
  const read = (path: string) =>
    server.api('commands.create', { params, query: { wait: 10 }, body: { operation: { kind: 'read', path } } });
  const timeline = async () => (await server.api('devices.timeline', { params, query: {} })).items;
  /** How often messages failed a check. */
  const refusals = async (check: string) =>
    (await server.api('handshakes.list', { query: { check } })).items.reduce((sum, { count }) => sum + count, 0);
  /** Waits until something more than that `play` sets going failed a check. */
  const refused = async (check: string, play: () => Promise<unknown>) => {
    const before = await refusals(check);
    void play().catch(() => {});
    await until('it is recorded', async () => (await refusals(check)) > before);
  };
  const textsOf = (wire: OscoreWire) => wire.received.map(({ payload }) => new TextDecoder().decode(payload));

  it('shows what to set on the device, and its own secret once', async () => {
    const body = { endpoint: 'truck-1', credential: { kind: 'oscore' } } as const;
    const { key, setup } = await server.api('devices.add', { body });
    expect(key).toMatch(/^[0-9a-f]{32}$/);
    const at = (path: string) => setup.find((each) => each.path === path)?.value;
    expect(at('/21/x/1')).toMatch(/^[0-9a-f]{14}$/);
    expect(at('/21/x/2')).toBe('00');
    const { items } = await server.api('credentials.list', { params });
    expect(items).toMatchObject([{ kind: 'oscore', identity: `hex:${at('/21/x/1')}` }]);
    expect(JSON.stringify(items)).not.toContain(key);
  });

  it('hears nobody who does not use it', async () => {
    await add();
    const wire = await udpWire(server.ready.coapPort);
    const heard: Uint8Array[] = [];
    const plain = new ScriptedDevice('truck-1', wire, values);
    open.push(plain);
    wire.onBytes = (bytes) => heard.push(bytes);
    void plain.register().catch(() => {});
    // The socket takes one message after the other.
    const truck = await device(await connect());
    expect(await truck.register()).toBe('2.01');
    expect(heard).toEqual([]);
  });

  it('refuses another secret, and shows that it did', async () => {
    await add();
    const wire = await connect({ secret: 'ff'.repeat(16) });
    const stranger = await device(wire);
    await refused('wrong-key', () => stranger.register());
    await until('it is told', async () => textsOf(wire).includes('Decryption failed'));
    expect(await timeline()).not.toContainEqual(expect.objectContaining({ type: 'registration.registered' }));
  });

  it('refuses ids that it does not know', async () => {
    const wire = await connect({ senderId: '77' });
    const stranger = await device(wire);
    await refused('unknown-identity', () => stranger.register());
    await until('it is told', async () => textsOf(wire).includes('Security context not found'));
  });

  it('ends with its credential', async () => {
    const { device: added } = await add();
    const truck = await device(await connect());
    expect(await truck.register()).toBe('2.01');
    const [credential] = (await server.api('credentials.list', { params })).items;
    const fresh = await server.api('credentials.rotate', {
      params: { ...params, id: credential?.credentialId ?? '' },
      body: {},
    });
    const { senderId, recipientId } = { senderId: '0a', recipientId: '00' };
    await refused('wrong-key', () => truck.update('lt=600'));
    const renewed = await device(await connect({ secret: fresh.key ?? '', senderId, recipientId }));
    expect(await renewed.register()).toBe('2.01');
    expect(added.endpoint).toBe('truck-1');
  });

  it.each([false, true])('goes on after the server was killed, deriving new keys: %s', async (rederive) => {
    await add();
    const wire = await connect({ rederive });
    const truck = await device(wire);
    expect(await truck.register()).toBe('2.01');
    await server.api('devices.observe', { params, body: { path: '/3/0/9' } });
    const latest = async () =>
      (await server.api('devices.show', { params })).values.find(({ path }) => path === '/3/0/9')?.value;
    await until('it is observed', async () => (await latest()) === 80);
    for (let i = 0; i < 2; i++) {
      await server.kill();
      await server.restart();
      expect(await truck.update('lt=600')).toBe('2.04');
      expect(await read('/3/0/0')).toMatchObject({ code: '2.05', values: [{ value: 'Reeve' }] });
      const level = String(70 - i);
      await until(`the battery is at ${level}`, async () => {
        truck.set('/3/0/9', level);
        return String(await latest()) === level;
      });
    }
    // Under each keys no number was sent with twice, but for the same bytes.
    const numbers = wire.received.flatMap((message) => {
      const partialIv = oscoreValueOf(message)?.partialIv;
      return partialIv
        ? [`${Buffer.from(partialIv).toString('hex')} ${Buffer.from(message.payload).toString('hex')}`]
        : [];
    });
    const distinct = new Set(numbers);
    expect(new Set([...distinct].map((each) => each.split(' ')[0])).size).toBe(distinct.size);
    expect(distinct.size).toBeGreaterThan(4);
    expect((await timeline()).filter(({ type }) => type === 'registration.registered')).toHaveLength(1);
  });

  it("manages the project's own client, which derives new keys", async () => {
    await add();
    const running = await RunningClient.start('truck-1', [
      truckInstance(),
      securityInstance({ uri: server.coap, oscore: 0 }),
      serverInstance(),
      oscoreInstance({
        masterSecret: createSecretKey(Buffer.from(SECRET, 'hex')),
        senderId: Buffer.from('0a', 'hex'),
        recipientId: Buffer.from('00', 'hex'),
      }),
    ]);
    open.push({ [Symbol.asyncDispose]: async () => running.close() });
    await running.registered();
    expect(await read('/3/0/0')).toMatchObject({ code: '2.05', values: [{ value: 'Reeve' }] });
    expect((await server.api('devices.show', { params })).registration).toMatchObject({ security: 'oscore' });
  });
});

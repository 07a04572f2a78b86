import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { issue, pem, type TestIdentity } from '../packages/dtls/src/x509/testing.ts';
import {
  generatedPsk,
  type LeshanDevice,
  type LeshanDeviceOptions,
  type LeshanServer,
  leshanAvailable,
  startLeshanDevice,
  startLeshanServer,
} from '../peers/leshan/driver.ts';

/** The two peers against each other: what later tests rely on, seen without a part of ours between them. */
describe.skipIf(!leshanAvailable())('Leshan device and Leshan server', () => {
  const psk = { identity: 'truck-psk', key: randomBytes(16) };
  let server: LeshanServer;

  beforeAll(async () => {
    server = await startLeshanServer({ psks: [psk] });
  });
  afterAll(() => server?.stop());

  for (const { scheme, endpoint, security } of [
    { scheme: 'coap', endpoint: 'truck-open', security: {} },
    { scheme: 'coaps', endpoint: psk.identity, security: { psk } },
  ] as const) {
    describe(`over ${scheme}`, () => {
      let device: LeshanDevice;

      beforeAll(async () => {
        device = await startDevice({ server: server[scheme], endpoint, ...security });
      });
      afterAll(() => device?.kill());

      it('registers its objects and keeps itself registered', async () => {
        const { location } = await device.waitFor((event) => event.event === 'registered');
        const registered = await server.waitFor((event) => event.event === 'registered');
        expect(registered).toMatchObject({ endpoint, id: location.replace('/rd/', ''), lifetime: 300 });
        expect(registered.links.map((link) => /<([^>]*)>/.exec(link)?.[1])).toEqual(
          expect.arrayContaining(['/1/0', '/3/0', '/6/0', '/8/0']),
        );
        await device.waitFor((event) => event.event === 'updated');
        expect(await server.waitFor((event) => event.event === 'updated')).toMatchObject({
          endpoint,
          id: registered.id,
        });
      });

      it('tells what it is', async () => {
        const { code, value } = await server.request('read', endpoint, '/3/0');
        expect(code).toBe(205);
        expect(value).toMatchObject({ 1: 'Truck', 2: `SN-${endpoint}`, 3: '1.2.3', 9: 80, 11: { 0: 0 }, 16: 'U' });
        expect(value).not.toHaveProperty('4');
      });

      it('tells a fix in one notification, and again when repeated', async () => {
        expect(await server.request('observe', endpoint, '/6/0')).toMatchObject({ code: 205 });
        device.fix(39.529, -119.813);
        const first = await notification('/6/0');
        expect(first).toMatchObject({ 0: 39.529, 1: -119.813, 5: expect.any(Number) });
        expect(first).not.toHaveProperty('3');
        device.repeat();
        expect(await notification('/6/0')).toEqual(first);
        device.fix(39.328, -120.183, 12.5);
        const second = await notification('/6/0');
        expect(second).toMatchObject({ 0: 39.328, 1: -120.183, 3: 12.5 });
        expect(Object(second)[5]).toBeGreaterThanOrEqual(Object(first)[5] + 1000);
        expect(
          server.history.filter(
            (event) => event.event === 'notification' && event.path === '/6/0' && event.endpoint === endpoint,
          ),
        ).toHaveLength(3);
      });

      it('notifies battery and firmware', async () => {
        await server.request('observe', endpoint, '/3/0/9');
        await server.request('observe', endpoint, '/3/0/3');
        device.battery(15);
        expect(await notification('/3/0/9')).toBe(15);
        device.firmware('6.6.6');
        expect(await notification('/3/0/3')).toBe('6.6.6');
      });

      it('locks, unlocks and wipes, and counts what it was told', async () => {
        expect(await server.request('read', endpoint, '/8/0')).toMatchObject({
          value: { 0: 0, 2: { 0: 'routes', 1: 'credentials' }, 5: 0 },
        });
        expect(await server.request('write', endpoint, '/8/0/0', '2')).toMatchObject({ code: 204 });
        expect(await device.waitFor((event) => event.event === 'lock-state')).toMatchObject({ state: 2, writes: 1 });
        expect(await server.request('read', endpoint, '/8/0/5')).toMatchObject({ value: 2 });
        expect(await server.request('write', endpoint, '/8/0/0', '0')).toMatchObject({ code: 204 });
        expect(await server.request('read', endpoint, '/8/0/5')).toMatchObject({ value: 3 });
        expect(await server.request('write', endpoint, '/8/0/0', '3')).toMatchObject({ code: 400 });
        expect(await server.request('write', endpoint, '/8/0/5', '1')).toMatchObject({ code: 405 });
        expect(await server.request('execute', endpoint, '/8/0/3')).toMatchObject({ code: 204 });
        expect(await device.state()).toMatchObject({
          lock: 0,
          result: 4,
          writes: { '/8/0/0': 3 },
          executes: { '/8/0/3': 1 },
        });
      });

      it('takes its leave', async () => {
        await device.stop();
        expect(device.history.at(-1)).toEqual({ event: 'deregistered' });
        expect(await server.waitFor((event) => event.event === 'unregistered')).toMatchObject({
          endpoint,
          expired: false,
        });
      });

      /** The value of the next notification of this path. */
      async function notification(path: string) {
        const { value } = await server.waitFor((event) => event.event === 'notification');
        expect(server.history.findLast((event) => event.event === 'notification')).toMatchObject({ endpoint, path });
        return value;
      }
    });
  }

  it.each(['raw keys', 'certificates'] as const)('trust each other by %s, with Connection IDs', async (kind) => {
    const endpoint = 'truck-known';
    const root = issue({ subject: 'root', ca: true });
    const folder = mkdtempSync(join(tmpdir(), 'leshan-pair-'));
    const file = (name: string, text: string): string => {
      writeFileSync(join(folder, name), text);
      return join(folder, name);
    };
    const filesOf = (name: string, { publicKey, pem: texts }: TestIdentity) => ({
      privateKey: file(`${name}.key`, texts.privateKey),
      publicKey: file(`${name}.pub`, pem('PUBLIC KEY', publicKey)),
      certificate: file(`${name}.pem`, texts.certificate),
    });
    const ours = filesOf('server', issue({ subject: 'localhost', ips: [Uint8Array.of(127, 0, 0, 1)], issuer: root }));
    const theirs = filesOf('device', issue({ subject: endpoint, issuer: root }));
    const { certificate: trust } = filesOf('root', root);
    const known = await startLeshanServer(
      kind === 'raw keys'
        ? { rawKey: { ...ours, device: { endpoint, publicKey: theirs.publicKey } } }
        : { certificate: { ...ours, trust, device: { endpoint } } },
    );
    const device = await startDevice({
      ...{ server: known.coaps, endpoint, connectionId: 4 },
      ...(kind === 'raw keys'
        ? { rawKey: { ...theirs, serverKey: ours.publicKey } }
        : { certificate: { ...theirs, serverCertificate: ours.certificate } }),
    });
    await device.waitFor((event) => event.event === 'registered');
    expect(await known.request('read', endpoint, '/3/0/1')).toMatchObject({ code: 205, value: 'Truck' });
    await device.stop();
    await known.stop();
    rmSync(folder, { recursive: true });
  });

  it('knows the generated keys of a benchmark and observes every device', async () => {
    const bench = await startLeshanServer({ devices: 2, observe: '/6/0' });
    const psk = generatedPsk(1);
    const endpoint = psk.identity;
    const device = await startDevice({ server: bench.coaps, endpoint, psk, defaultTimers: true, lifetime: 60 });
    expect(await bench.waitFor((event) => event.event === 'registered')).toMatchObject({ endpoint, lifetime: 60 });
    await bench.waitFor((event) => event.event === 'observing');
    device.fix(36.17, -115.14);
    expect(await bench.waitFor((event) => event.event === 'notification')).toMatchObject({
      endpoint,
      path: '/6/0',
      value: { 0: 36.17, 1: -115.14 },
    });
    await device.stop();
    await bench.stop();
  });

  it('says nothing of its own accord when quiet', async () => {
    const quiet = await startLeshanServer({ quiet: true });
    const device = await startDevice({ server: quiet.coap, endpoint: 'truck-quiet' });
    await device.waitFor((event) => event.event === 'registered');
    expect(await quiet.request('read', 'truck-quiet', '/3/0/9')).toMatchObject({ code: 205, value: 80 });
    expect(quiet.history.map(({ event }) => event)).toEqual(['listening', 'response']);
    await device.stop();
    await quiet.stop();
  });

  it('comes back by itself after the sudden death of its server', async () => {
    const mortal = await startLeshanServer({ psks: [psk] });
    const device = await startDevice({ server: mortal.coaps, endpoint: psk.identity, psk });
    await device.waitFor((event) => event.event === 'registered');
    await mortal.kill();
    await device.waitFor((event) => event.event === 'update-failed');
    const successor = await startLeshanServer({ psks: [psk], coapsPort: Number(new URL(mortal.coaps).port) });
    await device.waitFor((event) => event.event === 'registered');
    await device.stop();
    await successor.stop();
  });

  it('does not register with a wrong key, and a device says so', async () => {
    const device = await startDevice({
      server: server.coaps,
      endpoint: psk.identity,
      psk: { ...psk, key: randomBytes(16) },
    });
    await device.waitFor((event) => event.event === 'registration-failed');
    await device.kill();
  });
});

function startDevice(options: LeshanDeviceOptions): Promise<LeshanDevice> {
  return startLeshanDevice({ period: 1, ...options });
}

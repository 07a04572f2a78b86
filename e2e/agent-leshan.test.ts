import { randomBytes } from 'node:crypto';
import {
  type ClientEvent,
  type LwM2mClient,
  locationInstance,
  lockInstance,
  securityInstance,
  serverInstance,
} from '@reeve/agent';
import { path } from '@reeve/lwm2m';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type LeshanServer, leshanAvailable, startLeshanServer } from '../peers/leshan/driver.ts';
import { until } from './harness.ts';
import { RunningClient, truckInstance } from './running-client.ts';

const LOCATION = path(6, 0);

/** Our client against a server that nobody here wrote. */
describe.skipIf(!leshanAvailable())('the LwM2M client and a Leshan server', () => {
  const psk = { identity: 'agent-psk', key: randomBytes(16) };
  let server: LeshanServer;

  beforeAll(async () => {
    server = await startLeshanServer({ psks: [psk] });
  });
  afterAll(() => server?.stop());

  for (const { scheme, endpoint, security } of [
    { scheme: 'coap', endpoint: 'agent-open', security: {} },
    {
      scheme: 'coaps',
      endpoint: psk.identity,
      security: { psk: { identity: Buffer.from(psk.identity), key: psk.key } },
    },
  ] as const) {
    describe(`over ${scheme}`, () => {
      let running: RunningClient;
      let client: LwM2mClient;
      let events: readonly ClientEvent[];

      beforeAll(async () => {
        running = await RunningClient.start(endpoint, [
          securityInstance({ uri: server[scheme], ...security }),
          serverInstance({ lifetime: 60 }),
          truckInstance(),
          locationInstance({ latitude: 39.328, longitude: -120.183, radius: 5, timestamp: 1_790_000_000 }),
          lockInstance({ wipeItems: ['routes', 'credentials'] }),
        ]);
        ({ client, events } = running);
      });
      afterAll(() => running?.close());

      it('registers', async () => {
        const registered = await server.waitFor((event) => event.event === 'registered');
        expect(registered).toMatchObject({ endpoint, lifetime: 60, version: '1.1' });
        expect(registered.links.map((link) => /<([^>]*)>/.exec(link)?.[1])).toEqual(
          expect.arrayContaining(['/1/0', '/3/0', '/6/0', '/8/0']),
        );
        await running.registered();
        expect(events[0]).toMatchObject({ kind: 'registered', location: ['rd', registered.id] });
      });

      it('is read', async () => {
        expect(await server.request('read', endpoint, '/3/0')).toMatchObject({
          code: 205,
          value: { 0: 'Reeve', 1: 'Truck', 3: '1.2.3', 9: 80, 11: { 0: 0 }, 16: 'U' },
        });
        expect(await server.request('read', endpoint, '/3/0/9')).toMatchObject({ code: 205, value: 80 });
        expect(await server.request('read', endpoint, '/6/0/0')).toMatchObject({ code: 205, value: 39.328 });
        expect(await server.request('read', endpoint, '/0/0/5')).toMatchObject({ code: 401 });
        expect(await server.request('read', endpoint, '/3/0/2')).toMatchObject({ code: 404 });
      });

      it('is written and executed', async () => {
        expect(await server.request('write', endpoint, '/8/0/0', '2')).toMatchObject({ code: 204 });
        expect(await server.request('read', endpoint, '/8/0')).toMatchObject({ value: { 0: 2, 5: 2 } });
        expect(await server.request('write', endpoint, '/8/0/0', '3')).toMatchObject({ code: 400 });
        expect(await server.request('write', endpoint, '/8/0/5', '1')).toMatchObject({ code: 405 });
        expect(await server.request('execute', endpoint, '/8/0/3')).toMatchObject({ code: 204 });
        expect(await server.request('read', endpoint, '/8/0/5')).toMatchObject({ value: 4 });
      });

      it('tells its whole fix in one notification', async () => {
        expect(await server.request('observe', endpoint, '/6/0')).toMatchObject({ code: 205 });
        running.run((now) => client.set(LOCATION, { 0: 39.529, 1: -119.813, 5: 1_790_000_060 }, now));
        const notification = await server.waitFor((event) => event.event === 'notification');
        expect(notification).toMatchObject({ endpoint, path: '/6/0', value: { 0: 39.529, 1: -119.813, 3: 5 } });
      });

      it('updates when its lifetime is written and when triggered', async () => {
        expect(await server.request('write', endpoint, '/1/0/1', '120')).toMatchObject({ code: 204 });
        expect(await server.waitFor((event) => event.event === 'updated')).toMatchObject({ endpoint, lifetime: 120 });
        expect(await server.request('execute', endpoint, '/1/0/8')).toMatchObject({ code: 204 });
        expect(await server.waitFor((event) => event.event === 'updated')).toMatchObject({ endpoint, lifetime: 120 });
      });

      it('takes its leave', async () => {
        running.run((now) => client.stop(now));
        expect(await server.waitFor((event) => event.event === 'unregistered')).toMatchObject({
          endpoint,
          expired: false,
        });
        await until('it knows', async () => events.at(-1)?.kind === 'deregistered');
        expect(events.at(-1)).toMatchObject({ acknowledged: true });
      });
    });
  }

  it('TR-2, int-103: is in queue mode, and leaves a server alone that disables itself for a second', async () => {
    const endpoint = 'agent-disabled';
    const objects = [
      securityInstance({ uri: server.coap }),
      serverInstance({ lifetime: 60, disableTimeout: 1 }),
      truckInstance(),
    ];
    const running = await RunningClient.start(endpoint, objects, { queueMode: true });
    const { client, events } = running;
    const registered = (event: { readonly event: string; readonly endpoint?: string }) =>
      event.event === 'registered' && event.endpoint === endpoint;
    expect(await server.waitFor(registered)).toMatchObject({ version: '1.1' });
    expect(await server.request('execute', endpoint, '/1/0/4')).toMatchObject({ code: 204 });
    expect(await server.waitFor((event) => event.event === 'unregistered')).toMatchObject({ endpoint });
    await server.waitFor(registered);
    await until('it knows', async () => events.filter(({ kind }) => kind === 'registered').length === 2);
    expect(events.map(({ kind }) => kind)).toEqual(['registered', 'executed', 'disabled', 'registered']);
    running.run((now) => client.stop(now));
    running.close();
  });
});

import type { CommandOperation } from '@reeve/contract';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { ScriptedDevice } from '../conformance/scripted-device.ts';
import { hexOf } from '../conformance/wire.ts';
import { TestServer, until } from './harness.ts';

const LINKS = '</>;rt="oma.lwm2m";ct="110",</1/0>,</3/0>,</3303/0>,</3303/1>';
const SENML_JSON = 110;

/** Devices that can't answer for the whole of what they are asked, played by raw messages without DTLS. */
describe('a device that has to be asked in pieces', () => {
  let server: TestServer;
  let device: ScriptedDevice;

  beforeAll(async () => {
    server = await TestServer.start({ noSec: true });
  });
  afterEach(() => device?.close());
  afterAll(() => server?.close());

  const begin = async (endpoint: string) => {
    device = await ScriptedDevice.open(server, endpoint);
    await device.register({ links: LINKS });
  };
  /** It is asked for a path, and has a number there. */
  const tells = async (path: string, v: number) => {
    const payload = hexOf(JSON.stringify([{ n: path.split('/').length < 4 ? `${path}/5700` : path, v }]));
    device.answer(await device.hear({ code: '0.01', path }), { code: '2.05', format: SENML_JSON, payload });
  };
  const learned = async () =>
    (await server.api('devices.show', { params: { device: device.endpoint } })).registration ?? expect.fail();

  it('P12: is read instance by instance where the whole of an object is too much for it', async () => {
    await begin('crammed');
    const whole = { kind: 'read', path: '/3303' } as const;
    const first = await device.command(whole, async () => {
      device.answer(await device.hear({ code: '0.01', path: '/3303' }), { code: '5.00' });
      await tells('/3303/0', 20);
      await tells('/3303/1', 21);
    });
    expect(first).toMatchObject({ state: 'answered', code: '2.05', values: [{ value: 20 }, { value: 21 }] });
    await until('it is learned', async () => (await learned()).readByInstance?.includes(3303));
    const params = { device: device.endpoint };
    expect(await server.api('commands.cost', { params, body: { operation: whole } })).toMatchObject({ datagrams: 2 });
    const second = await device.command(whole, async () => {
      await tells('/3303/0', 22);
      await tells('/3303/1', 23);
    });
    expect(second).toMatchObject({ state: 'answered', values: [{ value: 22 }, { value: 23 }] });
  });

  it('P29: is asked for one path at a time where it takes no FETCH, over a restart of the server too', async () => {
    await begin('fetchless');
    const several: CommandOperation = { kind: 'read-composite', paths: ['/3/0/9', '/3/0/10'] };
    const first = await device.command(several, async () => {
      device.answer(await device.hear({ code: '0.05' }), { code: '5.01' });
      await tells('/3/0/9', 80);
      await tells('/3/0/10', 15);
    });
    expect(first).toMatchObject({ state: 'answered', values: [{ value: 80 }, { value: 15 }] });
    await until('it is learned', async () => (await learned()).noFetch);
    await server.kill();
    await server.restart();
    expect(await learned()).toMatchObject({ noFetch: true });
  });

  it('P29: is written one value after the other where it takes no iPATCH, and says what became of each', async () => {
    await begin('patchless');
    const values = [
      { path: '/1/0/1', value: 600 },
      { path: '/3/0/14', value: '+02:00' },
    ];
    const operation: CommandOperation = { kind: 'write-composite', values, inPieces: true };
    const pieces = async (second: string) => {
      device.answer(await device.hear({ code: '0.03', path: '/1/0/1' }), { code: '2.04' });
      device.answer(await device.hear({ code: '0.03', path: '/3/0/14' }), { code: second });
    };
    const first = await device.command(operation, async () => {
      device.answer(await device.hear({ code: '0.07' }), { code: '4.05' });
      await pieces('4.00');
    });
    expect(first).toMatchObject({
      ...{ state: 'failed', code: '4.00' },
      pieces: [
        { path: '/1/0/1', written: true, text: 'answered 2.04' },
        { path: '/3/0/14', written: false, text: 'answered 4.00' },
      ],
    });
    expect(await learned()).toMatchObject({ lifetime: 600 });
    await until('it is learned', async () => (await learned()).noIpatch);
    const second = await device.command(operation, () => pieces('2.04'));
    expect(second).toMatchObject({ state: 'answered', code: '2.04', pieces: [{ written: true }, { written: true }] });
  });

  it('P12: is observed instance by instance where the whole is too much for it, and so are those that come later', async () => {
    await begin('crammed-watched');
    const observes = async (path: string, v: number) => {
      const payload = hexOf(JSON.stringify([{ n: `${path}/5700`, v }]));
      const asked = await device.hear({ code: '0.01', path, observe: 0 });
      device.answer(asked, { code: '2.05', format: SENML_JSON, observe: 1, payload });
    };
    await device.observed('/3303', async () => {
      device.answer(await device.hear({ code: '0.01', path: '/3303', observe: 0 }), { code: '5.00' });
      await observes('/3303/0', 20);
      await observes('/3303/1', 21);
    });
    const state = async () => (await device.shown()).observations[0]?.state;
    await until('both are observed', async () => (await state()) === 'live');
    await until('it is learned', async () => (await learned()).readByInstance?.includes(3303));
    const links = hexOf(`${LINKS},</3303/2>`);
    await device.ask({ code: '0.02', path: device.location, format: 40, payload: links }, { code: '2.04' });
    await observes('/3303/2', 22);
    const create: CommandOperation = { kind: 'create', path: '/3303', instanceId: 3, values: [] };
    await device.command(create, async () => {
      device.answer(await device.hear({ code: '0.02', path: '/3303' }), { code: '2.01' });
      await observes('/3303/3', 23);
    });
    const shown = async () => Object.entries(await device.values()).filter(([path]) => path.startsWith('/3303'));
    await until('all have values', async () => (await shown()).length === 4);
    await until('all are observed', async () => (await state()) === 'live');
    expect((await device.shown()).observations).toMatchObject([{ path: '/3303', state: 'live' }]);
  });

  it('P29: is observed path by path where it takes no FETCH', async () => {
    await begin('unobserved');
    const path = '/3/0/9 /3/0/10';
    await device.observed(path, async () => {
      device.answer(await device.hear({ code: '0.05', observe: 0 }), { code: '4.05' });
      for (const each of ['/3/0/9', '/3/0/10']) {
        const payload = hexOf(JSON.stringify([{ n: each, v: 5 }]));
        const asked = await device.hear({ code: '0.01', path: each, observe: 0 });
        device.answer(asked, { code: '2.05', format: SENML_JSON, observe: 1, payload });
      }
    });
    const shown = () => server.api('devices.show', { params: { device: device.endpoint } });
    await until('both are observed', async () => (await shown()).observations[0]?.state === 'live');
    expect((await shown()).observations).toMatchObject([{ path, state: 'live' }]);
    await until('it is learned', async () => (await learned()).noFetch);
  });
});

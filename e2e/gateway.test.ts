import type { CommandOperation } from '@reeve/contract';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ScriptedDevice } from '../conformance/scripted-device.ts';
import { hexOf, textOf, type WireMessage } from '../conformance/wire.ts';
import { TestServer, until } from './harness.ts';

const JSON_FORMAT = 110;
const CBOR_FORMAT = 11_544;
const LINKS = '</gw>;rt="oma.lwm2m";ct="110 11544",</gw/1/0>,</gw/3/0>,</gw/25>;ver=2.0,</gw/25/0>,</gw/25/1>';

/** One instance of the Gateway object in SenML JSON. */
const listed = (instance: number, endpoint: string, prefix: string, objects = '</3/0>,</3303/0>') =>
  [endpoint, prefix, undefined, objects].flatMap((vs, resource) =>
    vs === undefined ? [] : [{ n: `/gw/25/${instance}/${resource}`, vs }],
  );

/** A gateway whose every octet is written here, with thermometers behind it. */
describe('A gateway', () => {
  let server: TestServer;
  let gateway: ScriptedDevice;
  beforeAll(async () => {
    server = await TestServer.start({ noSec: true });
    gateway = await ScriptedDevice.open(server, 'gw-1');
    for (const endpoint of ['meter-1', 'meter-2']) {
      await server.api('devices.add', { body: { endpoint, gateway: 'gw-1' } });
    }
    await server.api('devices.add', { body: { endpoint: 'truck', noSec: true } });
  });
  afterAll(async () => {
    gateway?.close();
    await server?.close();
  });

  const shown = (device: string) => server.api('devices.show', { params: { device } });
  const values = async (device: string) =>
    Object.fromEntries((await shown(device)).values.map(({ path, value }) => [path, value]));
  const stateOf = async (device: string) => (await shown(device)).presence.state;
  const answerJson = (request: WireMessage, records: unknown, more: Partial<WireMessage> = {}) =>
    gateway.answer(request, { code: '2.05', format: JSON_FORMAT, payload: hexOf(JSON.stringify(records)), ...more });

  /** Has the server do an operation on a device behind the gateway, whose part of it the script plays. */
  const command = async (device: string, operation: CommandOperation, play: () => Promise<void>) => {
    const done = server.api('commands.create', { params: { device }, query: { wait: 20 }, body: { operation } });
    const [finished] = await Promise.all([done, play()]);
    return finished;
  };
  const register = async (...devices: ReturnType<typeof listed>[]) => {
    const { location } = await gateway.ask(
      {
        code: '0.02',
        path: '/rd',
        query: ['ep=gw-1', 'lt=86400', 'lwm2m=1.1', 'b=U'],
        format: 40,
        payload: hexOf(LINKS),
      },
      { code: '2.01' },
    );
    gateway.location = location ?? '';
    gateway.answer(await gateway.hear({ code: '0.01', path: '/gw/3/0' }), { code: '4.04' });
    answerJson(await gateway.hear({ code: '0.01', path: '/gw/25', accept: JSON_FORMAT }), devices.flat());
  };

  it('is asked who is behind it, and those are devices of their own', async () => {
    expect(await stateOf('meter-1')).toBe('never');
    await register(listed(0, 'meter-1', 'd01'), listed(1, 'meter-2', 'd02', '</d02/3/0>'));
    for (const prefix of ['d01', 'd02']) {
      const asked = await gateway.hear({ code: '0.01', path: `/gw/${prefix}/3/0` });
      answerJson(asked, [{ n: `/gw/${prefix}/3/0/1`, vs: `thermometer ${prefix}` }]);
    }
    await until('both say what they are', async () => (await shown('meter-2')).model === 'thermometer d02');
    const { presence, gateway: of, objects, registration } = await shown('meter-1');
    expect({ of, presence: presence.state }).toEqual({ of: 'gw-1', presence: 'awake' });
    expect(objects.map(({ objectId }) => objectId)).toEqual([3, 3303]);
    expect(registration?.lifetime).toBe(0);
    expect((await shown('meter-2')).objects.map(({ objectId }) => objectId)).toEqual([3]);
    expect((await shown('gw-1')).behind).toEqual([
      { endpoint: 'meter-1', prefix: 'd01' },
      { endpoint: 'meter-2', prefix: 'd02' },
    ]);
  });

  it('passes on what they are asked, with the prefix after its alternate path', async () => {
    const read = await command('meter-1', { kind: 'read', path: '/3303/0/5700' }, async () => {
      const asked = await gateway.hear({ code: '0.01', path: '/gw/d01/3303/0/5700' });
      gateway.answer(asked, { code: '2.05', format: 0, payload: hexOf('21.5') });
    });
    expect(read).toMatchObject({ state: 'answered', values: [{ path: '/3303/0/5700', value: 21.5 }] });
    const written = await command(
      'meter-2',
      { kind: 'write', mode: 'partial', path: '/3/0', values: [{ path: '/3/0/14', value: '+01:00' }] },
      async () => {
        const asked = await gateway.hear({ code: '0.02', path: '/gw/d02/3/0', format: JSON_FORMAT });
        expect(JSON.parse(textOf(asked.payload))).toEqual([{ bn: '/gw/d02/3/0/', n: '14', vs: '+01:00' }]);
        gateway.answer(asked, { code: '2.04' });
      },
    );
    expect(written.state).toBe('answered');
    // Discover is answered without the prefix (Gateway §6.2).
    const discovered = await command('meter-1', { kind: 'discover', path: '/3303' }, async () => {
      const asked = await gateway.hear({ code: '0.01', path: '/gw/d01/3303', accept: 40 });
      gateway.answer(asked, { code: '2.05', format: 40, payload: hexOf('</3303/0>,</3303/0/5700>') });
    });
    expect(discovered.nodes?.map(({ path }) => path)).toEqual(['/3303/0', '/3303/0/5700']);
    // A gateway may have lost one of them.
    const lost = await command('meter-2', { kind: 'read', path: '/3/0/0' }, async () => {
      gateway.answer(await gateway.hear({ path: '/gw/d02/3/0/0' }), { code: '4.04' });
    });
    expect(lost).toMatchObject({ state: 'failed', code: '4.04' });
  });

  it('notifies for them, also after a restart of the server', async () => {
    const path = '/3303/0';
    const wanted = server.api('devices.observe', { params: { device: 'meter-1' }, body: { path } });
    const asked = await gateway.hear({ code: '0.01', path: '/gw/d01/3303/0', observe: 0 });
    answerJson(asked, [{ n: '/gw/d01/3303/0/5700', v: 20 }], { observe: 1 });
    await wanted;
    await until('observed', async () => (await shown('meter-1')).observations[0]?.state === 'live');
    let token = asked.token ?? '';
    const notify = (observe: number, payload: string, format: number) =>
      gateway.ask({ code: '2.05', token, observe, format, payload }, { code: '0.00', token: '' });
    await notify(2, hexOf(JSON.stringify([{ bn: '/gw/d01/3303/0/', n: '5700', v: 22 }])), JSON_FORMAT);
    expect(await values('meter-1')).toMatchObject({ '/3303/0/5700': 22 });
    await server.kill();
    await server.restart();
    await gateway.ask({ code: '0.02', path: gateway.location }, { code: '2.04' });
    // It is asked again who is behind it, and for what was observed: it comes over a session that is new to the server.
    const asks = new Map<string | undefined, WireMessage>();
    while (asks.size < 3) {
      const one = await gateway.hear({ code: '0.01' });
      asks.set(one.path, one);
      if (one.path === '/gw/3/0') gateway.answer(one, { code: '4.04' });
      else if (one.path === '/gw/25') answerJson(one, [...listed(0, 'meter-1', 'd01'), ...listed(1, 'meter-2', 'd02')]);
      else answerJson(one, [{ n: '/gw/d01/3303/0/5700', v: 22 }], { observe: 1 });
    }
    const again = asks.get('/gw/d01/3303/0');
    expect(again).toMatchObject({ observe: 0 });
    token = again?.token ?? '';
    await until('the objects of meter-2', async () => (await shown('meter-2')).objects.length === 2);
    // {["d01", 3303, 0]: {5700: 23}}
    await notify(3, 'a18363643031190ce700a119164417', CBOR_FORMAT);
    expect(await values('meter-1')).toMatchObject({ '/3303/0/5700': 23 });
    expect(await values('gw-1')).not.toHaveProperty('/3303/0/5700');
  });

  it('LC-4: sends for them and for itself at once', async () => {
    // {["d01", 3303, 0]: {5700: 24}, ["d02", 3303, 0]: {5700: 7}, [3, 0, 9]: 90}
    const both = 'a38363643031190ce700a11916441818' + '8363643032190ce700a119164407' + '83030009185a';
    await gateway.ask({ code: '0.02', path: '/dp', format: CBOR_FORMAT, payload: both }, { code: '2.04' });
    expect(await values('meter-1')).toMatchObject({ '/3303/0/5700': 24 });
    expect(await values('meter-2')).toMatchObject({ '/3303/0/5700': 7 });
    expect(await values('gw-1')).toMatchObject({ '/3/0/9': 90 });
    const unknown = hexOf(JSON.stringify([{ n: '/gw/d03/3303/0/5700', v: 1 }]));
    await gateway.ask({ code: '0.02', path: '/dp', format: JSON_FORMAT, payload: unknown }, { code: '4.04' });
  });

  it('ends a registration by naming a device no more, and brings nobody whom it may not', async () => {
    const device = { device: 'gw-1' };
    const reread = server.api('commands.create', {
      params: device,
      query: { wait: 20 },
      body: { operation: { kind: 'read', path: '/25' } },
    });
    const asked = await gateway.hear({ code: '0.01', path: '/gw/25' });
    answerJson(asked, [...listed(0, 'meter-1', 'd01'), ...listed(1, 'truck', 'd02'), ...listed(2, 'stranger', 'd03')]);
    await reread;
    expect(await stateOf('meter-2')).toBe('deregistered');
    expect(await stateOf('meter-1')).toBe('awake');
    expect(await stateOf('truck')).toBe('never');
    const { items } = await server.api('handshakes.list', { query: {} });
    expect(items.map(({ check, endpoint }) => [check, endpoint]).sort()).toEqual([
      ['endpoint-mismatch', 'truck'],
      // The Send above that named nobody whom the gateway had told of.
      ['malformed', undefined],
      ['unknown-endpoint', 'stranger'],
    ]);
  });

  it('brings devices by itself once it may', async () => {
    const params = { device: 'gw-1' };
    await server.api('devices.change', { params, body: { admitsBehind: true } });
    answerJson(await gateway.hear({ path: '/gw/25' }), [
      ...listed(0, 'meter-1', 'd01'),
      ...listed(2, 'stranger', 'd03'),
    ]);
    gateway.answer(await gateway.hear({ path: '/gw/d03/3/0' }), { code: '4.04' });
    expect(await stateOf('stranger')).toBe('awake');
  });

  it('takes them along when it goes', async () => {
    await gateway.ask({ code: '0.04', path: gateway.location }, { code: '2.02' });
    expect(await stateOf('meter-1')).toBe('deregistered');
    expect(await stateOf('stranger')).toBe('deregistered');
    await expect(server.api('devices.remove', { params: { device: 'gw-1' } })).rejects.toThrow('behind it');
  });
});

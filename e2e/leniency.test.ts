import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { ScriptedDevice } from '../conformance/scripted-device.ts';
import { hexOf, type WireMessage } from '../conformance/wire.ts';
import { TestServer, until } from './harness.ts';
import { ScriptedDevice as Device } from './scripted-device.ts';
import { dtlsWire } from './wires.ts';

const BLOCK1 = 27;
const SIZE1 = 60;
/** A whole block of 1024 octets; the option says number, that more come, and the size (RFC 7959 §2.2). */
const block = (number: number) => ({
  others: [[BLOCK1, ((number << 4) | 0xe).toString(16).padStart(number > 15 ? 4 : 2, '0')]] as const,
  payload: '2c'.repeat(1024),
});

/** What devices do that harms nobody is taken; what could is refused, and told. Played by raw messages without DTLS. */
describe('the server', () => {
  let server: TestServer;
  let device: ScriptedDevice;
  const open: ScriptedDevice[] = [];

  beforeAll(async () => {
    server = await TestServer.start({ noSec: true });
  });
  afterEach(() => {
    for (const one of open.splice(0)) one.close();
  });
  afterAll(() => server?.close());

  const begin = async (endpoint: string) => {
    device = await ScriptedDevice.open(server, endpoint);
    open.push(device);
  };
  /** Somebody at another address. */
  const stranger = async () => {
    const one = await ScriptedDevice.connect(server, device.endpoint, server.ready.coapPort);
    open.push(one);
    return one;
  };
  const registering = (query: readonly string[], links = '</1/0>,</3/0>'): Omit<WireMessage, 'type' | 'id'> => {
    return { code: '0.02', path: '/rd', query, format: 40, payload: hexOf(links) };
  };
  const registerAgain = async (query: readonly string[], links?: string) => {
    const { location = '' } = await device.ask(registering(query, links), { code: '2.01' });
    device.location = location;
  };
  /** A device that was never met is asked what it is. */
  const register = async (query: readonly string[], links?: string) => {
    await registerAgain(query, links);
    device.answer(await device.hear({ code: '0.01' }), { code: '4.04' });
  };
  /** How often a check failed: as the operator sees it, and as it is counted. */
  const told = async (check: string) => {
    const { items } = await server.api('handshakes.list', { query: { check } });
    const { failed } = await server.api('handshakes.counters', {});
    const seen = items.reduce((sum, { count }) => sum + count, 0);
    expect(failed.find((each) => each.check === check)?.count ?? 0).toBe(seen);
    return seen;
  };
  /** Runs a script, after which a check has failed once more, or `times`. */
  const refused = async (check: string, script: () => Promise<unknown>, times = 1) => {
    const before = await told(check);
    await script();
    await until(`${check} is told`, async () => (await told(check)) === before + times);
  };

  describe('takes', () => {
    it('RG-8: a registration of 1.0 that names neither version nor lifetime nor binding, and asks nothing before its 2.01', async () => {
      await begin('bare');
      await register(['ep=bare']);
      expect((await device.shown()).registration).toMatchObject({ version: '1.0', lifetime: 86_400, binding: 'U' });
    });

    it('RG-1: parameters in any order, some of which nobody knows, and queue mode within the binding', async () => {
      await begin('order');
      await register(['Q=', 'vendor=x', 'b=UQ', 'sms=4915112345678', 'lt=60', 'lwm2m=1.1', 'ep=order', 'flag']);
      expect((await device.shown()).registration).toMatchObject({
        ...{ lifetime: 60, binding: 'U', queueMode: true, sms: '4915112345678' },
        extra: { vendor: 'x', flag: '' },
      });
    });

    it('RG-2, P19: links with spaces, slashes at the end, repeated formats, and objects that are not to be listed', async () => {
      await begin('links');
      const links = '</>;rt="oma.lwm2m";ct=110;ct=112, </0/0>, </1/0/> ,</3/0>;ver="1.1";x="a,b;c",</21/0>';
      await register(['ep=links', 'lt=60', 'lwm2m=1.1'], links);
      expect((await device.shown()).objects.map(({ objectId }) => objectId)).toEqual([1, 3]);
      void device.command({ kind: 'read', path: '/3/0' }, async () => {}).catch(() => {});
      await device.hear({ path: '/3/0', accept: 112 });
    });

    it('RG-3: an alternate path, though the objects are listed without it', async () => {
      await begin('path');
      await register(['ep=path', 'lt=60', 'lwm2m=1.0'], '</lwm2m>;rt="oma.lwm2m",</1/0>,</3/0>');
      const read = await device.command({ kind: 'read', path: '/3/0/0' }, async () => {
        const request = await device.hear({ code: '0.01', path: '/lwm2m/3/0/0' });
        device.answer(request, { code: '2.05', format: 0, payload: hexOf('Wakaama') });
      });
      expect(read).toMatchObject({ values: [{ path: '/3/0/0', value: 'Wakaama' }] });
    });

    it('P20, P21, UP-1: an object list in an Update, without its format and without formats', async () => {
      await begin('update');
      await register(['ep=update', 'lt=60', 'lwm2m=1.1'], '</>;ct="112",</1/0>,</3/0>');
      await device.ask({ code: '0.02', path: device.location, payload: hexOf('</1/0>,</3303/0>') }, { code: '2.04' });
      expect((await device.shown()).objects.map(({ objectId }) => objectId)).toEqual([1, 3303]);
      void device.command({ kind: 'read', path: '/1/0' }, async () => {}).catch(() => {});
      await device.hear({ path: '/1/0', accept: 112 });
    });

    it('P3, UP-5: an Update of a device without DTLS from another address', async () => {
      await begin('mover');
      await register(['ep=mover', 'lt=60', 'lwm2m=1.1']);
      const moved = await stranger();
      await moved.ask({ code: '0.02', path: device.location }, { code: '2.04' });
      const read = moved.command({ kind: 'read', path: '/3/0/0' }, async () =>
        moved.answer(await moved.hear({ path: '/3/0/0' }), { code: '2.05', format: 0, payload: hexOf('moved') }),
      );
      expect(await read).toMatchObject({ values: [{ value: 'moved' }] });
    });

    it('FM-1, IR-5, P35: answers and notifications in another format than was asked for', async () => {
      await begin('format');
      await register(['ep=format', 'lt=60', 'lwm2m=1.1'], '</>;ct="112",</3/0>');
      let token = '';
      await device.observed('/3/0/9', async () => {
        const request = await device.hear({ code: '0.01', path: '/3/0/9', accept: 0, observe: 0 });
        token = request.token ?? '';
        const json = hexOf('[{"n":"/3/0/9","v":80}]');
        device.answer(request, { code: '2.05', observe: 1, format: 110, payload: json });
      });
      await until('the answer counts', async () => (await device.values())['/3/0/9'] === 80);
      const tlv = { format: 11_542, payload: 'c1094f' };
      await device.ask({ code: '2.05', observe: 2, token, ...tlv }, { code: '0.00', token: '' });
      await until('the notification counts', async () => (await device.values())['/3/0/9'] === 79);
    });

    it('P46, P49, IR-3: a Send without a token, of a device that calls itself 1.0', async () => {
      await begin('send');
      await register(['ep=send', 'lt=60', 'lwm2m=1.0']);
      const sent = { token: '', format: 110, payload: hexOf('[{"n":"/3/0/9","v":42}]') };
      await device.ask({ code: '0.02', path: '/dp', ...sent }, { code: '2.04' });
      expect((await device.values())['/3/0/9']).toBe(42);
    });
  });

  describe('refuses, and tells,', () => {
    it.each([
      ['P25: a version that it does not speak', ['ep=odd', 'lt=60', 'lwm2m=1.3'], '', '4.12', 'version'],
      ['RG-6: a registration of 1.1 without a lifetime', ['ep=odd', 'lwm2m=1.1'], '', '4.00', 'malformed'],
      ['LF-2: links without a comma', ['ep=odd', 'lt=60', 'lwm2m=1.1'], '</1/0></3/0>', '4.00', 'malformed'],
      ['a name that nobody has', ['ep=nobody', 'lt=60', 'lwm2m=1.1'], '</1/0>', '4.00', 'unknown-endpoint'],
      [
        'more objects than there can be',
        ['ep=odd', 'lt=60', 'lwm2m=1.1'],
        Array.from({ length: 4097 }, (_, id) => `</${id}>`).join(),
        '4.00',
        'malformed',
      ],
    ])('%s', async (_, query, links, code, check) => {
      await begin(`odd-${code}-${check}-${links.length}`);
      const whole = registering(query, links);
      await refused(check, async () => {
        if (links.length <= 1024) return device.ask(whole, { code });
        const bytes = Buffer.from(links);
        const last = Math.floor(bytes.length / 1024);
        for (let number = 0; number <= last; number++) {
          const payload = bytes.subarray(number * 1024, (number + 1) * 1024).toString('hex');
          const option = ((number << 4) | (number < last ? 0xe : 6)).toString(16).padStart(number > 15 ? 4 : 2, '0');
          const part = { ...whole, payload, others: [[BLOCK1, option]] as const };
          await device.ask(part, { code: number < last ? '2.31' : code });
        }
        return undefined;
      });
    });

    it('a registration without DTLS under the name of a device that has a key', async () => {
      await begin('thief');
      await server.api('devices.add', { body: { endpoint: 'keyed' } });
      await refused('nosec-not-allowed', () =>
        device.ask(registering(['ep=keyed', 'lt=60', 'lwm2m=1.1']), { code: '4.00' }),
      );
      expect((await server.api('devices.show', { params: { device: 'keyed' } })).registration).toBeUndefined();
    });

    it('P2: an Update and a De-register of a registration that is over', async () => {
      await begin('twice');
      await register(['ep=twice', 'lt=60', 'lwm2m=1.1']);
      const former = device.location;
      await registerAgain(['ep=twice', 'lt=60', 'lwm2m=1.1']);
      await refused('stale-registration', () => device.ask({ code: '0.02', path: former }, { code: '4.04' }));
      await refused('stale-registration', () => device.ask({ code: '0.04', path: former }, { code: '4.04' }));
      expect((await device.shown()).presence.state).toBe('awake');
    });

    it('P3: notifications, answers and Sends of somebody at another address', async () => {
      await begin('owner');
      await register(['ep=owner', 'lt=60', 'lwm2m=1.1']);
      let token = '';
      await device.observed('/3/0/9', async () => {
        const request = await device.hear({ code: '0.01', path: '/3/0/9', observe: 0 });
        token = request.token ?? '';
        device.answer(request, { code: '2.05', observe: 1, format: 0, payload: hexOf('80') });
      });
      await until('it is observed', async () => (await device.values())['/3/0/9'] === 80);
      const other = await stranger();
      const forged = { token, format: 0, payload: hexOf('7') };
      await refused('unasked', async () => {
        other.say({ type: 'CON', code: '2.05', observe: 2, ...forged });
        await other.hear({ type: 'RST', code: '0.00' });
      });
      await refused('unasked', async () => {
        other.say({ type: 'CON', code: '2.05', ...forged });
        await other.hear({ type: 'RST', code: '0.00' });
      });
      await refused('unasked', async () => other.say({ type: 'NON', code: '2.05', ...forged }));
      await refused('unasked', async () => other.say({ type: 'ACK', code: '2.05', ...forged }));
      const send = { code: '0.02', path: '/dp', format: 110, payload: hexOf('[{"n":"/3/0/9","v":7}]') } as const;
      await refused('stale-registration', () => other.ask(send, { code: '4.04' }));
      await device.ask(
        { code: '2.05', observe: 2, token, format: 0, payload: hexOf('79') },
        { code: '0.00', token: '' },
      );
      await until('its own counts', async () => (await device.values())['/3/0/9'] === 79);
    });

    it('P10: a body that never ends, and one that is said to be too long', async () => {
      await begin('endless');
      const whole = registering(['ep=endless', 'lt=60', 'lwm2m=1.1'], '');
      await refused('limit', async () => {
        let answer: WireMessage = { type: 'ACK', code: '2.31', id: 0 };
        for (let number = 0; answer.code === '2.31' && number < 1000; number++) {
          answer = await device.ask({ ...whole, ...block(number) }, {});
        }
        expect(answer.code).toBe('4.13');
      });
      await refused('limit', async () => {
        const { others } = block(0);
        const size = [SIZE1, 'ffffff'] as const;
        await device.ask({ ...whole, ...block(0), others: [...others, size] }, { code: '4.13' });
      });
    });

    it('P10: a body with a gap', async () => {
      await begin('gap');
      const whole = registering(['ep=gap', 'lt=60', 'lwm2m=1.1'], '');
      await refused('block-wise', async () => {
        await device.ask({ ...whole, ...block(0) }, { code: '2.31' });
        await device.ask({ ...whole, ...block(2) }, { code: '4.08' });
      });
    });
  });

  it('SE-2: refuses a device that speaks for another, whatever key of its own it has, and tells', async () => {
    const key = Buffer.from('000102030405060708090a0b0c0d0e0f', 'hex');
    const connect = async (identity: string, endpoint = identity) =>
      new Device(
        endpoint,
        await dtlsWire(server.ready.coapsPort, { kind: 'psk', identity, key }, new Uint8Array()),
        {},
      );
    for (const endpoint of ['owner-1', 'thief-1']) {
      const credential = { kind: 'psk', identity: endpoint, key: key.toString('hex') } as const;
      await server.api('devices.add', { body: { endpoint, credential } });
    }
    await using owner = await connect('owner-1');
    expect(await owner.register()).toBe('2.01');
    await using thief = await connect('thief-1', 'owner-1');
    await refused('endpoint-mismatch', async () => expect(await thief.register()).toBe('4.00'));
    thief.location = owner.location;
    await refused('identity-change', async () => expect(await thief.update('lt=1')).toBe('4.04'));
    await refused('identity-change', async () => expect(await thief.deregister()).toBe('4.04'));
    expect(await owner.update()).toBe('2.04');
    const { registration } = await server.api('devices.show', { params: { device: 'owner-1' } });
    expect(registration).toMatchObject({ lifetime: 300, identity: 'owner-1' });
  });

  it('observes so much of a device and no more, whoever asks for it', async () => {
    await begin('observed');
    await register(['ep=observed', 'lt=60', 'lwm2m=1.1']);
    const params = { device: 'observed' };
    const observe = (id: number) => server.api('devices.observe', { params, body: { path: `/3/0/${id}` } });
    for (let id = 0; id < 100; id++) await observe(id);
    await expect(observe(100)).rejects.toMatchObject({ problem: { code: 'too-many' } });
  });
});

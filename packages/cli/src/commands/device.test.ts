import { describe, expect, it } from 'vitest';
import { NOW, run } from '../testing.ts';
import { detail, summary } from '../testing-answers.ts';

describe('device add', () => {
  const setup = [{ about: 'PSK identity', path: '/0/x/3', value: 'truck-1' }];
  const added = { device: summary, identity: 'truck-1', key: '00112233445566778899aabbccddeeff', setup };

  it('prints a made key alone on stdout, and how to set it beside', async () => {
    const { code, out, err, calls } = await run(
      ['device', 'add', 'truck-1', '--label', 'fleet=trucks', '--label', 'a=b', '--site', 'x'],
      { 'devices.add': added },
    );
    expect({ code, out }).toEqual({ code: 0, out: added.key });
    expect(err).toMatch(/^ {2}PSK identity \(\/0\/x\/3\) +truck-1$/m);
    const body = { endpoint: 'truck-1', labels: { fleet: 'trucks', a: 'b' }, site: 'x' };
    expect(calls).toEqual([{ name: 'devices.add', args: { body } }]);
  });

  it('takes a key from stdin, in the forms that tools print, and never shows it', async () => {
    const { out, err, calls } = await run(
      ['device', 'add', 'truck-1', '--key-file', '-'],
      { 'devices.add': { device: summary, identity: 'truck-1', setup } },
      { input: '00:11:22:33 44556677\n8899AABBCCDDEEFF\n' },
    );
    const credential = { kind: 'psk', key: '00112233445566778899AABBCCDDEEFF' };
    expect(calls[0]?.args).toEqual({ body: { endpoint: 'truck-1', credential } });
    expect(err).toContain('the key that you gave');
    expect(out + err).not.toMatch(/44556677/);
  });

  it.each(['', '0011', 'not hex at all, but long enough to be a key', '00'.repeat(65)])(
    'refuses the key "%s"',
    async (input) => {
      const { code, err, calls } = await run(['device', 'add', 'x', '--key-file', '-'], {}, { input });
      expect({ code, calls }).toEqual({ code: 2, calls: [] });
      expect(err).toContain('stdin holds no key');
    },
  );

  it('says that a file is not there', async () => {
    const { code, err } = await run(['device', 'add', 'x', '--key-file', '/none/key']);
    expect(code).toBe(2);
    expect(err).toContain('Cannot read /none/key');
  });

  it('asks for no credential of one behind a gateway', async () => {
    const added = { 'devices.add': { device: { ...summary, gateway: 'gw-1' }, setup: [] } };
    const { calls, err } = await run(['device', 'add', 'truck-1', '--gateway', 'gw-1'], added);
    expect(calls.at(-1)?.args).toEqual({ body: { endpoint: 'truck-1', gateway: 'gw-1' } });
    expect(err).toContain('It comes when gw-1 names it');
    const { out } = await run(['device', 'show', 'gw-1'], {
      'devices.show': {
        ...detail,
        admitsBehind: true,
        behind: [{ endpoint: 'm-1', prefix: 'd01' }, { endpoint: 'm-2' }],
      },
      'handshakes.list': { items: [] },
    });
    expect(out).toContain('m-1 (d01), m-2, and whom else it names');
    expect(await run(['device', 'add', 'x', '--gateway', 'gw-1', '--identity', 'y'], added)).toMatchObject({ code: 2 });
  });

  it('asks for no credential of one without DTLS, not even for the bootstrap server', async () => {
    const { code, err } = await run(['device', 'add', 'truck-1', '--nosec', '--bootstrap'], {});
    expect({ code, err }).toMatchObject({ code: 2, err: expect.stringContaining('Leave --bootstrap away') });
  });

  it('asks for no credential of one that only sends frames', async () => {
    const added = { 'devices.add': { device: summary, setup: [] } };
    const { calls, err } = await run(['device', 'add', 'truck-1', '--frames'], added);
    expect(calls.at(-1)?.args).toEqual({ body: { endpoint: 'truck-1', framesOnly: true } });
    expect(err).toBe('Added truck-1. Next: reeve frame set truck-1 --link LINK --layout LAYOUT');
    expect(await run(['device', 'add', 'truck-1', '--frames', '--identity', 'y'], added)).toMatchObject({ code: 2 });
  });
});

describe('device set', () => {
  it('keeps the labels that are not named', async () => {
    const { calls } = await run(['device', 'set', 'truck-1', '--label', 'a=b', '--unlabel', 'depot', '--site', ''], {
      'devices.show': detail,
      'devices.change': summary,
    });
    const body = { site: null, labels: { fleet: 'trucks', a: 'b' } };
    expect(calls.at(-1)).toEqual({ name: 'devices.change', args: { params: { device: 'truck-1' }, body } });
  });
});

describe('the downlink of a device', () => {
  const changed = { 'devices.change': summary };

  it('is set, and taken away by nothing', async () => {
    const { calls } = await run(['device', 'set', 'truck-1', '--awake', '10', '--downlink', ''], changed);
    expect(calls.at(-1)?.args).toMatchObject({ body: { awakeSeconds: 10, downlinkBytesPerDay: null } });
    const { code, err } = await run(['device', 'set', 'truck-1', '--awake', 'long'], changed);
    expect({ code, err }).toMatchObject({ code: 2, err: expect.stringContaining('--awake takes a whole number') });
  });

  it('says where SMS reach it, for what it is woken, and whether it brings devices', async () => {
    const set = ['--sms', '+4915112345678', '--wake', 'normal', '--admit-behind', 'yes'];
    const { calls } = await run(['device', 'set', 'truck-1', ...set], changed);
    const body = { smsNumber: '+4915112345678', wake: 'normal', admitsBehind: true };
    expect(calls.at(-1)?.args).toEqual({ params: { device: 'truck-1' }, body });
    const again = await run(['device', 'set', 'truck-1', '--sms', '', '--wake', '', '--admit-behind', 'no'], changed);
    expect(again.calls.at(-1)?.args).toMatchObject({ body: { smsNumber: null, wake: null, admitsBehind: false } });
    expect(await run(['device', 'set', 'truck-1', '--wake', 'always'], changed)).toMatchObject({
      code: 2,
      err: expect.stringContaining('--wake takes urgent, normal, never'),
    });
  });

  it('says that nothing can be sent to one whose connection ended', async () => {
    const registration = {
      registeredAt: NOW,
      lifetime: 300,
      version: '1.1',
      binding: 'T',
      queueMode: false,
      address: 'x',
    };
    const shown = (more: object) =>
      run(['device', 'show', 'truck-1'], {
        'devices.show': { ...detail, registration: { ...registration, ...more } },
        'handshakes.list': { items: [] },
      });
    expect((await shown({})).out).toContain('nothing can be sent until it is heard');
    expect((await shown({ transport: 'coaps+tcp' })).out).not.toContain('nothing can be sent');
  });

  it.each([
    [{}, 300, 'lifetime 300 s'],
    [{}, 0, 'without an end'],
    [{ gateway: 'gw-1' }, 0, 'as long as that of its gateway'],
  ])('says how long a registration lasts', async (behind, lifetime, said) => {
    const registration = { registeredAt: NOW, lifetime, version: '1.1', binding: 'U', queueMode: false, address: 'x' };
    const { out } = await run(['device', 'show', 'truck-1'], {
      'devices.show': { ...detail, ...behind, registration },
      'handshakes.list': { items: [] },
    });
    expect(out).toContain(`LwM2M 1.1, ${said}`);
  });

  it('tells why commands wait, and what is left of the day', async () => {
    const waiting = { reason: 'site', text: 'paced: site depot-3' } as const;
    const downlink = { awakeSeconds: 93, queuedCommands: 2, waiting, bytesPerDay: 2000, bytesToday: 150 };
    const { out } = await run(['device', 'show', 'truck-1'], {
      'devices.show': { ...detail, downlink },
      'handshakes.list': { items: [] },
    });
    expect(out).toContain('2 commands queued: paced: site depot-3; 150 of 2000 bytes today');
  });
});

describe('lists', () => {
  it('is a table for people, cut to the terminal', async () => {
    const { out } = await run(['device', 'ls'], { 'devices.list': { items: [summary] } }, { width: 80 });
    const [head = '', row = ''] = out.split('\n');
    expect(head).toMatch(/^ENDPOINT +PRESENCE +LAST CONTACT/);
    expect(row).toMatch(/^truck-1 +awake +12 s ago/);
    expect(row.length).toBeLessThanOrEqual(80);
  });

  it("is the API's JSON for programs", async () => {
    const page = { items: [summary], next: 'truck-1' };
    const { out, err } = await run(['device', 'ls', '--json', '--limit', '1'], { 'devices.list': page });
    expect(JSON.parse(out)).toEqual(page);
    expect(err).toBe('');
  });

  it('says how to go on, and what to do when there is nothing', async () => {
    const more = await run(['device', 'ls'], { 'devices.list': { items: [summary], next: 'truck-1' } });
    expect(more.err).toBe('There are more: --after truck-1');
    const none = await run(['device', 'ls'], { 'devices.list': { items: [] } });
    expect(none).toMatchObject({ out: '', err: 'No devices. Add one: reeve device add ENDPOINT' });
  });
});

describe('device show', () => {
  it('keeps what devices say from steering the terminal', async () => {
    const { out } = await run(['device', 'show', 'truck-1'], {
      'devices.show': detail,
      'handshakes.list': { items: [] },
    });
    expect(out).toContain('truck-1: Breaks \ufffd[2Jeverything');
    expect(out).not.toContain('\u001b');
  });
});

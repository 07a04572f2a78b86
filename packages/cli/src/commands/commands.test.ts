import type { Command, DeviceDetail, DeviceSummary } from '@reeve/contract';
import { describe, expect, it } from 'vitest';
import { NOW, problem, run } from '../testing.ts';

const summary: DeviceSummary = {
  deviceId: 'dev-1',
  endpoint: 'truck-1',
  labels: { fleet: 'trucks', depot: 'west' },
  presence: { state: 'awake', lastContactAt: NOW - 12_000 },
  openIncidents: 2,
  ruleState: 'cannot-evaluate',
  lock: { state: 'unknown', holders: [] },
};

const detail: DeviceDetail = {
  ...summary,
  verdict: { tone: 'bad', text: 'Breaks \u001b[2Jeverything' },
  createdAt: NOW,
  objects: [
    {
      objectId: 3,
      name: 'Device',
      instances: [0],
      resources: [{ resourceId: 14, name: 'UTC Offset', operations: 'RW', type: 'string', multiple: false }],
    },
  ],
  values: [],
  observations: [],
  rules: [],
  credentials: [],
  sessions: [],
  downlink: { awakeSeconds: 93, queuedCommands: 0 },
};

const commandIn = (state: Command['state'], ...texts: string[]): Command => ({
  commandId: 'cmd-1',
  deviceId: 'dev-1',
  endpoint: 'truck-1',
  operation: { kind: 'read', path: '/3/0/9' },
  state,
  priority: 'normal',
  actor: { kind: 'token', name: 'x' },
  createdAt: NOW,
  expiresAt: NOW + 1000,
  receipts: texts.map((text) => ({ at: NOW, step: state, text })),
});

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

  it('is that of the gateway that it is behind', async () => {
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

  it('tells why commands wait, and what is left of the day', async () => {
    const waiting = { reason: 'site', text: 'paced: site depot-3' } as const;
    const downlink = { awakeSeconds: 93, queuedCommands: 2, waiting, bytesPerDay: 2000, bytesToday: 150 };
    const { out } = await run(['device', 'show', 'truck-1'], {
      'devices.show': { ...detail, downlink },
      'handshakes.list': { items: [] },
    });
    expect(out).toContain('2 commands queued: paced: site depot-3; 150 of 2000 bytes today');
  });

  it('takes commands in the order of their priority', async () => {
    const queued: Command = {
      ...commandIn('queued', 'queued'),
      priority: 'urgent',
      waiting: { reason: 'asleep', text: 'asleep until heard' },
    };
    const answers = { 'commands.create': queued, 'commands.show': queued };
    const { out, calls } = await run(['device', 'read', 'truck-1', '/3/0/9', '--priority', 'urgent'], answers);
    expect(calls[0]?.args).toMatchObject({ body: { priority: 'urgent' } });
    expect(out).toContain('queued: asleep until heard');
    const shown = await run(['command', 'show', 'cmd-1'], answers);
    expect(shown.out).toMatch(/waits +asleep until heard/);
    expect(shown.out).toMatch(/priority +urgent/);
  });

  it('says of a cancelled command that is under way what becomes of it', async () => {
    const { out } = await run(['command', 'cancel', 'cmd-1'], {
      'commands.cancel': { ...commandIn('sent', 'sent'), cancelledBy: 'ada' },
    });
    expect(out).toBe('cmd-1: under way; it is not sent again');
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

it('device show keeps what devices say from steering the terminal', async () => {
  const { out } = await run(['device', 'show', 'truck-1'], {
    'devices.show': detail,
    'handshakes.list': { items: [] },
  });
  expect(out).toContain('truck-1: Breaks \ufffd[2Jeverything');
  expect(out).not.toContain('\u001b');
});

describe('operations', () => {
  const value = { path: '/3/0/9', type: 'integer', value: 81, text: '81 %', receivedAt: NOW, clock: 'none' };

  it('waits for the outcome and prints the value', async () => {
    const outcomes = [commandIn('sent', 'sent'), { ...commandIn('answered', 'answered 2.05'), values: [value] }];
    const { code, out, calls } = await run(['device', 'read', 'truck-1', '/3/0/9'], {
      'commands.create': commandIn('queued', 'queued'),
      'commands.show': () => outcomes.shift(),
    });
    expect({ code, out }).toEqual({ code: 0, out: '81 %' });
    expect(calls.map(({ name }) => name)).toEqual(['commands.create', 'commands.show', 'commands.show']);
  });

  it('does not wait for a device that is not there, and says how to follow', async () => {
    const queued = commandIn('queued', "queued until the device's next contact");
    const { code, out, calls } = await run(['device', 'read', 'truck-1', '/3/0/9'], {
      'commands.create': queued,
      'commands.show': queued,
    });
    expect(code).toBe(0);
    expect(out).toContain("queued until the device's next contact");
    expect(out).toContain('reeve command show cmd-1');
    expect(calls).toHaveLength(2);
  });

  it.each([
    [{ ...commandIn('failed', 'answered 4.05'), code: '4.05' }, 'the device refused: 4.05'],
    [commandIn('outcome-unknown', 'sent, and not answered'), 'outcome-unknown: sent, and not answered'],
    [commandIn('expired', 'the device was not heard of in time'), 'expired: '],
  ])('fails with exit code 1', async (outcome, text) => {
    const { code, out } = await run(['device', 'exec', 'truck-1', '/3/0/4'], { 'commands.create': outcome });
    expect(code).toBe(1);
    expect(out).toContain(text);
  });

  it('writes what is typed in the type of the resource', async () => {
    const answers = { 'devices.show': detail, 'commands.create': { ...commandIn('answered', ''), code: '2.04' } };
    const { code, out, calls } = await run(['device', 'write', 'truck-1', '/3/0/14', '+01:00'], answers);
    expect({ code, out }).toEqual({ code: 0, out: 'done (2.04)' });
    const values = [{ path: '/3/0/14', value: '+01:00' }];
    const operation = { kind: 'write', mode: 'replace', path: '/3/0/14', values };
    expect(calls.at(-1)?.args).toEqual({ params: { device: 'truck-1' }, body: { operation } });
    const number = await run(['device', 'write', 'truck-1', '/3/0/14', '42'], answers);
    expect(number.calls.at(-1)?.args).toMatchObject({ body: { operation: { values: [{ value: '42' }] } } });
  });
});

describe('several paths at once', () => {
  const cost = { bytes: 95, datagrams: 1, answerBytes: 40, wakeUps: 0 };
  const answers = { 'devices.show': detail, 'commands.cost': cost, 'commands.create': commandIn('answered', '') };
  const asked = (calls: readonly { name: string; args: unknown }[]) =>
    calls.flatMap(({ name, args }) => (name === 'commands.create' ? [args] : []));

  it('are read as one, and what that costs is said before', async () => {
    const { err, calls } = await run(['device', 'read', 'truck-1', '/3/0/9', '/6/0', '--wait', '0'], answers);
    const operation = { kind: 'read-composite', paths: ['/3/0/9', '/6/0'] };
    expect(asked(calls)).toMatchObject([{ body: { operation } }]);
    expect(err).toBe('costs 95 bytes in one datagram; about 40 bytes of values come back');
  });

  it('are written as one, with what is to be removed', async () => {
    const words = ['device', 'write', 'truck-1', '/3/0/14', '+01:00', '--also', '/3/0/15=CET', '--remove', '/3/0/6/1'];
    const { calls } = await run(words, answers);
    const values = [
      { path: '/3/0/14', value: '+01:00' },
      { path: '/3/0/15', value: 'CET' },
      { path: '/3/0/6/1', value: null },
    ];
    expect(asked(calls)).toMatchObject([{ body: { operation: { kind: 'write-composite', values } } }]);
  });

  it('are not sent if only the cost is asked for', async () => {
    const waiting = { reason: 'asleep', text: 'asleep until heard' };
    const { out, calls } = await run(['device', 'read', 'truck-1', '/3', '--cost'], {
      'commands.cost': { bytes: 2100, datagrams: 3, wakeUps: 1, waiting },
    });
    expect(out).toBe('costs 2100 bytes in 3 datagrams; sent when the device wakes up next');
    expect(calls.map(({ name }) => name)).toEqual(['commands.cost']);
  });

  it('are observed as one, with parameters, and no longer', async () => {
    const path = '/3/0/9 /6/0?pmin=5&con=1';
    const words = ['device', 'observe', 'truck-1', '/3/0/9', '/6/0', '--pmin', '5', '--con', 'yes'];
    const { out, calls } = await run(words, { 'devices.observe': { path, state: 'live', wantedBy: [], since: NOW } });
    expect(out).toBe(`${path}: live`);
    expect(calls[0]?.args).toEqual({ params: { device: 'truck-1' }, body: { path } });
    const stopped = await run([...words, '--stop'], { 'devices.unobserve': undefined });
    expect(stopped.calls[0]).toMatchObject({ name: 'devices.unobserve', args: { query: { path } } });
  });

  it.each([
    [['device', 'read', 'truck-1'], 'PATH… is missing'],
    [['device', 'read', 'truck-1', '/3', 'x'], '"x" is no path'],
    [['device', 'write', 'truck-1', '/3/0/14', 'x', '--also', '/3/0/15'], 'PATH=VALUE'],
  ])('%j is not understood', async (words, text) => {
    const { code, err } = await run(words, answers);
    expect(code).toBe(2);
    expect(err).toContain(text);
  });
});

describe('what a device has, and when it tells', () => {
  const nodes = [
    { path: '/3/0', attributes: { pmin: '10' } },
    { path: '/3/0/9', name: 'Battery Level', attributes: { gt: '50', st: '' } },
  ];

  it('lists what a Discover found', async () => {
    const { out, calls } = await run(['device', 'discover', 'truck-1', '/3/0', '--depth', '3'], {
      'commands.create': { ...commandIn('answered', ''), code: '2.05', nodes },
    });
    const operation = { kind: 'discover', path: '/3/0', depth: 3 };
    expect(calls.at(-1)?.args).toEqual({ params: { device: 'truck-1' }, body: { operation } });
    expect(out.split('\n').map((line) => line.trimEnd())).toEqual([
      'PATH    NAME           ATTRIBUTES',
      '/3/0                   pmin=10',
      '/3/0/9  Battery Level  gt=50 st',
    ]);
  });

  it('attaches attributes and takes them away', async () => {
    const words = ['--pmin', '5', '--gt=-1.5', '--edge', 'rising', '--con', 'no', '--unset', 'lt', '--unset', 'hqmax'];
    const { out, calls } = await run(['device', 'attributes', 'truck-1', '/3/0/9', ...words], {
      'commands.create': { ...commandIn('answered', ''), code: '2.04' },
    });
    expect(out).toBe('done (2.04)');
    const attributes = { pmin: 5, gt: -1.5, edge: 1, con: 0, lt: null, hqmax: null };
    const operation = { kind: 'write-attributes', path: '/3/0/9', attributes };
    expect(calls.at(-1)?.args).toEqual({ params: { device: 'truck-1' }, body: { operation } });
  });

  it.each([
    [[], 'No attribute is given'],
    [['--unset', 'x'], '"x" is none of pmin, pmax'],
    [['--gt', 'much'], '"much" is no number'],
  ])('refuses %j', async (words, text) => {
    const { code, err, calls } = await run(['device', 'attributes', 'truck-1', '/3/0/9', ...words]);
    expect({ code, calls }).toEqual({ code: 2, calls: [] });
    expect(err).toContain(text);
  });
});

describe('instances', () => {
  const answers = (more: Partial<Command>) => ({
    'devices.show': detail,
    'commands.create': { ...commandIn('answered', ''), code: '2.01', ...more },
  });

  it('are created with values in the types of their resources', async () => {
    const operation = { kind: 'create', path: '/3', instanceId: 2, values: [{ path: '/14', value: '42' }] } as const;
    const words = ['device', 'create', 'truck-1', '/3/2', '--set', '14=42'];
    const { out, calls } = await run(words, answers({ operation: { ...operation, values: [] }, created: '/3/2' }));
    expect(out).toBe('created /3/2');
    expect(calls.at(-1)?.args).toEqual({ params: { device: 'truck-1' }, body: { operation } });
  });

  it('are numbered by the device, which may not say how', async () => {
    const operation = { kind: 'create', path: '/33000', values: [{ path: '/2/0', value: 5 }] } as const;
    const words = ['device', 'create', 'truck-1', '/33000', '--set', '2/0=5', '--repeatable'];
    const { out, calls } = await run(words, answers({ operation: { ...operation, values: [] } }));
    expect(out).toBe('created; the device did not say which instance');
    expect(calls.at(-1)?.args).toEqual({ params: { device: 'truck-1' }, body: { operation, repeatable: true } });
  });

  it('are deleted', async () => {
    const { out, calls } = await run(['device', 'delete', 'truck-1', '/3/2'], answers({ code: '2.02' }));
    expect(out).toBe('done (2.02)');
    expect(calls.at(-1)?.args).toMatchObject({ body: { operation: { kind: 'delete', path: '/3/2' } } });
  });

  it.each([
    [['device', 'create', 'truck-1', '/3/2/1'], 'no object or object instance'],
    [['device', 'create', 'truck-1', '/3', '--set', 'x=1'], 'RESOURCE=VALUE'],
  ])('are not made from %j', async (words, text) => {
    const { code, err } = await run(words, answers({}));
    expect(code).toBe(2);
    expect(err).toContain(text);
  });
});

describe('policy apply', () => {
  it('shows each error in its line, and exits with 4', async () => {
    const errors = [
      { at: 'line 1, column 3', message: 'line 1, column 3, treshold: unknown key; did you mean threshold?' },
    ];
    const { code, err } = await run(
      ['policy', 'apply', '-'],
      { 'policies.apply': problem(422, 'invalid-policy', 'x', errors) },
      { input: '- treshold: 1' },
    );
    expect(code).toBe(4);
    expect(err.split('\n')).toEqual([
      'stdin:1:3: treshold: unknown key; did you mean threshold?',
      '  1 | - treshold: 1',
      '        ^',
      'reeve: 1 error: nothing was changed',
    ]);
  });

  it('tells what it matches and what is lacking', async () => {
    const policy = { policyId: 'p', version: 2, mode: 'monitor', devices: { total: 1 } };
    const matches = [{ deviceId: 'd', endpoint: 'truck-1', lacks: ['object 8 (lock)', 'object 6'] }];
    const { out } = await run(['policy', 'apply', '-'], { 'policies.apply': { policy, created: false, matches } });
    expect(out).toBe(
      'Replaced p, version 2, mode monitor\nMatches 1 device:\n  truck-1  lacks: object 8 (lock); object 6',
    );
  });
});

it('simulate asks for a key before it speaks DTLS', async () => {
  const { code, err } = await run(['simulate', '--device', 'x']);
  expect(code).toBe(2);
  expect(err).toContain('--key-file');
});

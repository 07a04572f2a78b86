import type { Command } from '@reeve/contract';
import { describe, expect, it } from 'vitest';
import { NOW, run } from '../testing.ts';
import { commandIn, detail } from '../testing-answers.ts';

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

  it('prints several values with their names, units and ages, by path', async () => {
    const values = [
      { ...value, name: 'Battery Level', observedAt: NOW - 60_000 },
      { ...value, path: '/3/0/0', text: 'Reeve' },
    ];
    const read = ['device', 'read', 'truck-1', '/3/0'];
    const { out } = await run(read, { 'commands.create': { ...commandIn('answered', 'answered 2.05'), values } });
    expect(out.split('\n').map((line) => line.split(/ {2,}/).map((cell) => cell.trim()))).toEqual([
      ['PATH', 'NAME', 'VALUE', 'MEASURED'],
      ['/3/0/0', 'Reeve'],
      ['/3/0/9', 'Battery Level', '81 %', '1 min ago'],
    ]);
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

  it('says that a device has not answered yet', async () => {
    const sent = commandIn('sent', 'sent again (2)');
    const read = ['device', 'read', 'truck-1', '/3/0/9', '--wait', '0'];
    const { code, out } = await run(read, { 'commands.create': sent });
    expect([code, out.split('\n')[0]]).toEqual([0, 'sent again (2), and not answered yet']);
  });

  it.each([
    [{ ...commandIn('failed', 'answered 4.05'), code: '4.05' }, 'the device refused: 4.05 (method not allowed)'],
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
    const below = await run(['device', 'write', 'truck-1', '/3/0/14', '-5', '--wait', '0'], answers);
    expect(below.calls.at(-1)?.args).toMatchObject({ body: { operation: { values: [{ value: '-5' }] } } });
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

  it('are written one by one where that is said, and what became of each is told', async () => {
    const pieces = [
      { path: '/3/0/14', written: true, text: 'answered 2.04' },
      { path: '/3/0/15', written: false, text: 'answered 4.05' },
    ];
    const failed = commandIn('failed', 'answered 4.05; 1 of 2 values were written');
    const words = ['device', 'write', 'truck-1', '/3/0/14', '+01:00', '--also', '/3/0/15=CET', '--in-pieces'];
    const { code, out, calls } = await run(words, {
      ...answers,
      'commands.create': { ...failed, code: '4.05', pieces },
    });
    expect(asked(calls)).toMatchObject([{ body: { operation: { kind: 'write-composite', inPieces: true } } }]);
    expect({ code, lines: out.split('\n').map((line) => line.trimEnd()) }).toEqual({
      code: 1,
      lines: [
        'failed: answered 4.05; 1 of 2 values were written',
        'PATH     WRITTEN  OUTCOME',
        '/3/0/14  yes      answered 2.04',
        '/3/0/15  no       answered 4.05',
      ],
    });
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
    const words = [
      '--pmin',
      '5',
      '--gt',
      '-1.5',
      '--edge',
      'rising',
      '--con',
      'no',
      '--unset',
      'lt',
      '--unset',
      'hqmax',
    ];
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

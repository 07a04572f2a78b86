import type { CommandOperation } from '@reeve/contract';
import { describe, expect, it } from 'vitest';
import type { LinkOperation, RequestOutcome } from '../link/port.ts';
import { keptQuirks } from '../registry/quirks.ts';
import { noteHeard } from '../registry/reach.ts';
import { Models } from '../telemetry/models.ts';
import { costOf } from './cost.ts';
import { commandLimits } from './limits.ts';
import { answered, deviceId, openTestQueue, registrationOf, rest, START } from './test-commands.ts';

const several: CommandOperation = { kind: 'read-composite', paths: ['/3/0/9', '/3/0/0', '/6/0'] };
const thermometers: CommandOperation = { kind: 'read', path: '/3303' };
const objects = [
  { objectId: 3, instances: [0] },
  { objectId: 3303, instances: [0, 1, 7] },
];
const acknowledged: RequestOutcome = { kind: 'timeout', acknowledged: true };

const single = (operation: LinkOperation) =>
  answered(2.05, operation.kind === 'read' ? [{ path: operation.path, stored: { type: 'integer', value: 7 } }] : []);

/** A device that answers a FETCH so, and reads of single paths as the test says. */
function fetching(toFetch: RequestOutcome, read: (path: string) => RequestOutcome | undefined = () => undefined) {
  return (operation: LinkOperation): RequestOutcome => {
    if (operation.kind === 'read-composite') return toFetch;
    return ('path' in operation ? read(operation.path) : undefined) ?? single(operation);
  };
}

const kinds = (operations: readonly LinkOperation[]) =>
  operations.map((operation) => (operation.kind === 'read' ? operation.path : operation.kind));

describe('a device that takes no FETCH', () => {
  it.each([
    ['refuses it with 4.05', answered(4.05)],
    ['refuses it with 5.01', answered(5.01)],
    ['acknowledges it and says nothing more', acknowledged],
  ])('P29: and %s is asked for one path at a time, at once and from then on', async (_, toFetch) => {
    const test = await openTestQueue({ perform: fetching(toFetch) });
    const row = await test.add(several);
    await rest();
    const first = await test.row(row);
    expect(kinds(test.performed)).toEqual(['read-composite', '/3/0/9', '/3/0/0', '/6/0']);
    expect(first).toMatchObject({ state: 'answered', code: '2.05' });
    expect(first.values?.map(({ path }) => path)).toEqual(['/3/0/9', '/3/0/0', '/6/0']);
    expect(first.receipts.at(-1)?.text).toBe('answered 2.05, asked for in 3 requests');
    expect(test.device.session).toBeDefined();
    expect(test.device.registration?.quirks).toEqual({ noFetch: true });
    test.performed.length = 0;
    await test.add(several);
    await rest();
    expect(kinds(test.performed)).toEqual(['/3/0/9', '/3/0/0', '/6/0']);
  });

  it('P29: and leaves out what it does not have, as it would of a whole', async () => {
    const test = await openTestQueue({
      perform: fetching(answered(5.01), (path) => (path === '/6/0' ? answered(4.04) : undefined)),
    });
    const row = await test.add(several);
    await rest();
    expect((await test.row(row)).values?.map(({ path }) => path)).toEqual(['/3/0/9', '/3/0/0']);
    expect(test.device.registration?.quirks).toEqual({ noFetch: true });
  });

  it('P29: is not believed to be one for good if one of the paths is not to be read', async () => {
    const test = await openTestQueue({
      perform: fetching(answered(4.05), (path) => (path === '/6/0' ? answered(4.05) : undefined)),
    });
    const row = await test.add(several);
    await rest();
    expect(await test.row(row)).toMatchObject({ state: 'answered' });
    expect(test.device.registration?.quirks).toBeUndefined();
  });

  it('P29: and sleeps meanwhile is asked otherwise when it is heard, and not by another FETCH', async () => {
    const test = await openTestQueue({
      registration: { queueMode: 1 },
      perform: fetching(acknowledged, () => ({ kind: 'not-sent', reason: 'the device sleeps' })),
    });
    const row = await test.add(several);
    await rest();
    expect((await test.row(row)).state).toBe('queued');
    expect(kinds(test.performed)).toEqual(['read-composite', '/3/0/9']);
    expect(test.device.registration?.quirks).toBeUndefined();
    test.behaviour.perform = fetching(acknowledged);
    await test.heard();
    expect(kinds(test.performed).slice(2)).toEqual(['/3/0/9', '/3/0/0', '/6/0']);
    expect((await test.row(row)).state).toBe('answered');
    expect(test.device.registration?.quirks).toEqual({ noFetch: true });
  });

  it('P29: is still asked for the device as a whole as it has to be', async () => {
    const test = await openTestQueue({ perform: fetching(answered(4.05)) });
    const row = await test.add({ kind: 'read-composite', paths: ['/'] });
    await rest();
    expect(await test.row(row)).toMatchObject({ state: 'failed', code: '4.05' });
    expect(test.performed).toHaveLength(1);
  });

  it('P29: says one that did not even acknowledge nothing of that', async () => {
    const test = await openTestQueue({ perform: fetching({ kind: 'timeout' }) });
    await test.add(several);
    await rest();
    await test.heard();
    expect(kinds(test.performed)).toEqual(['read-composite', 'read-composite']);
  });
});

describe('an object that is too long for the answers of a device', () => {
  const crammed = (code: number) => (operation: LinkOperation) =>
    operation.kind === 'read' && operation.path === '/3303' ? answered(code) : single(operation);

  it.each([5, 4.13])('P12: after %d it is read instance by instance, at once and from then on', async (code) => {
    const test = await openTestQueue({ registration: { objects }, perform: crammed(code) });
    const row = await test.add(thermometers);
    await rest();
    expect(kinds(test.performed)).toEqual(['/3303', '/3303/0', '/3303/1', '/3303/7']);
    const read = await test.row(row);
    expect(read).toMatchObject({ state: 'answered', code: '2.05' });
    expect(read.values?.map(({ path }) => path)).toEqual(['/3303/0', '/3303/1', '/3303/7']);
    expect(test.reports).toMatchObject([{ path: '/3303', body: { records: [{}, {}, {}] } }]);
    expect(test.device.registration?.quirks).toEqual({ byInstance: [3303] });
    test.performed.length = 0;
    await test.add(thermometers);
    await test.add({ kind: 'read', path: '/3' });
    await rest();
    expect(kinds(test.performed)).toEqual(['/3303/0', '/3303/1', '/3303/7', '/3']);
  });

  const cut: RequestOutcome = {
    kind: 'answered',
    code: 0x45,
    body: { kind: 'records', records: [{ path: '/3303/0/1', stored: { type: 'integer', value: 1 } }], truncated: true },
  };

  it('P12: is read instance by instance after an answer that broke off', async () => {
    const test = await openTestQueue({
      registration: { objects },
      perform: (operation) => ('path' in operation && operation.path === '/3303' ? cut : single(operation)),
    });
    const row = await test.add(thermometers);
    await rest();
    expect((await test.row(row)).values).toHaveLength(3);
    expect(test.device.registration?.quirks).toEqual({ byInstance: [3303] });
  });

  it('P12: keeps the beginning of an answer if nothing better comes', async () => {
    const test = await openTestQueue({
      registration: { objects },
      perform: (operation) => ('path' in operation && operation.path === '/3303' ? cut : { kind: 'timeout' }),
    });
    const row = await test.add(thermometers);
    await rest();
    const { state, values } = await test.row(row);
    expect([state, values?.map(({ path }) => path)]).toEqual(['answered', ['/3303/0/1']]);
  });

  it('P12: is not, if its instances fail as well', async () => {
    const test = await openTestQueue({ registration: { objects }, perform: () => answered(5) });
    const row = await test.add(thermometers);
    await rest();
    expect(await test.row(row)).toMatchObject({ state: 'failed', code: '5.00' });
    expect(test.device.registration?.quirks).toBeUndefined();
    await test.add(thermometers);
    await rest();
    expect(kinds(test.performed)).toEqual(['/3303', '/3303/0', '/3303', '/3303/0']);
  });

  it('P12: is read anew from the first instance if the device falls asleep between two', async () => {
    const test = await openTestQueue({
      registration: { objects, queueMode: 1 },
      perform: (operation) =>
        operation.kind === 'read' && operation.path === '/3303/7' ? { kind: 'timeout' } : crammed(5)(operation),
    });
    const row = await test.add(thermometers);
    await rest();
    expect((await test.row(row)).state).toBe('queued');
    expect(kinds(test.performed)).toEqual(['/3303', '/3303/0', '/3303/1', '/3303/7']);
    test.behaviour.perform = crammed(5);
    noteHeard(test.device, START + 1);
    await test.heard(false);
    expect(await test.row(row)).toMatchObject({ state: 'answered', attempts: 2 });
  });

  it('P12: is read no further than memory allows, and says so', async () => {
    const long = { type: 'string', value: 'x'.repeat(commandLimits.joinedSize / 4) };
    const many = Array.from({ length: 1000 }, (_, instance) => instance);
    const test = await openTestQueue({
      registration: { objects: [{ objectId: 3303, instances: many }] },
      perform: (operation) => {
        if (!('path' in operation) || operation.path === '/3303') return answered(5);
        return answered(2.05, [{ path: `${operation.path}/5750`, stored: long }]);
      },
    });
    const row = await test.add(thermometers);
    await rest();
    expect(kinds(test.performed)).toEqual(['/3303', '/3303/0', '/3303/1', '/3303/2', '/3303/3']);
    expect(await test.row(row)).toMatchObject({ state: 'answered', values: [{}, {}, {}, {}] });
    expect(test.reports).toMatchObject([{ body: { truncated: true } }]);
  });

  it('P12: costs what its instances cost', async () => {
    const test = await openTestQueue({ registration: { objects }, perform: crammed(5) });
    const models = new Models();
    const cost = (operation: CommandOperation) =>
      costOf({
        ...{ operation, device: test.device, models, values: [], waiting: undefined },
        requestsFor: (of, asked) => test.queue.requestsFor(of, asked),
      });
    const whole = cost(thermometers);
    expect(whole.datagrams).toBe(1);
    await test.add(thermometers);
    await rest();
    expect(cost(thermometers).datagrams).toBe(3);
    expect(cost(thermometers).bytes).toBeGreaterThan(3 * whole.bytes);
  });
});

it('P12, P29: what was learned is believed of the next registration too, if that says the same', () => {
  const quirks = { noFetch: true } as const;
  const former = registrationOf(deviceId, { quirks, version: '1.1', contentFormats: [112] });
  expect(keptQuirks(former, { version: '1.1', contentFormats: [112] })).toEqual(quirks);
  expect(keptQuirks(former, { version: '1.2', contentFormats: [112] })).toBeUndefined();
  expect(keptQuirks(former, { version: '1.1', contentFormats: [112, 110] })).toBeUndefined();
  expect(keptQuirks(undefined, { version: '1.1', contentFormats: [] })).toBeUndefined();
});

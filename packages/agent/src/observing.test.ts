import { Code, contentFormat, Option, observeValue, option } from '@reeve/coap';
import { ContentFormat, decodeContent, path, ROOT_PATH } from '@reeve/lwm2m';
import { describe, expect, it } from 'vitest';
import { resourceType } from './enabler.ts';
import { objectInstance } from './instance.ts';
import { LIMITS } from './limits.ts';
import { World } from './testing.ts';

const DEVICE = path(3, 0);
const LOCATION = path(6, 0);
const BATTERY = ['3', '0', '9'];

function uri(segments: readonly string[]) {
  return segments.map((segment) => option(Option.UriPath, segment));
}

function observe(world: World, segments: readonly string[], accept: number = ContentFormat.tlv) {
  return world.ask({ code: Code.Get, options: [...uri(segments), option(Option.Accept, accept)], observe: 'register' });
}

function attach(world: World, segments: readonly string[], ...query: string[]) {
  const options = [...uri(segments), ...query.map((each) => option(Option.UriQuery, each))];
  expect(world.ask({ code: Code.Put, options }).code).toBe(Code.Changed);
}

/** The values of each notification so far, by path. */
function told(world: World) {
  return world.notifications.map(({ message }) => {
    const format = contentFormat(message) ?? -1;
    const decoded = decodeContent({ format, bytes: message.payload, path: LOCATION, resourceType });
    if (!decoded.ok) throw new Error(decoded.error.detail);
    return Object.fromEntries(decoded.records.map((record) => [record.path, record.value.value]));
  });
}

/** The battery levels told, and when. */
function levels(world: World) {
  return world.told('notified').map(({ at, records }) => [at / 1000, records[0]?.value.value]);
}

describe.each([{ secure: false }, { secure: true }])('an observation (secure: $secure)', ({ secure }) => {
  it.each([ContentFormat.tlv, ContentFormat.senmlJson, ContentFormat.senmlCbor])(
    'tells a whole object instance in one notification in format %i',
    (format) => {
      const world = new World({ secure }).register();
      const first = observe(world, ['6', '0'], format);
      expect(first.code).toBe(Code.Content);
      expect(observeValue(first)).toBeDefined();
      world.client.set(LOCATION, { 0: 39.529, 1: -119.813, 5: 1_790_000_060 }, world.now);
      world.settle();
      expect(world.notifications).toHaveLength(1);
      expect(contentFormat(world.notifications[0]?.message ?? first)).toBe(format);
      expect(told(world)).toEqual([{ '/6/0/0': 39.529, '/6/0/1': -119.813, '/6/0/3': 5, '/6/0/5': 1_790_000_060 }]);
      expect(world.notifications[0]).toMatchObject({ fresh: true, ends: false });
    },
  );

  it('says nothing when nothing changed', () => {
    const world = new World({ secure }).register();
    observe(world, BATTERY);
    world.client.set(DEVICE, { 9: 80 }, world.now);
    world.client.set(DEVICE, { 3: '1.2.4' }, world.now);
    world.client.touch(ROOT_PATH, world.now);
    expect(world.advance(100_000).notifications).toEqual([]);
  });

  it('ends when it is cancelled, and when the server registers anew', () => {
    const world = new World({ secure }).register();
    const { token } = observe(world, BATTERY);
    world.ask({ code: Code.Get, options: uri(BATTERY), observe: 'deregister', token: Uint8Array.from(token) });
    expect(world.told('unobserved')).toHaveLength(1);
    observe(world, BATTERY);
    const { answer } = world;
    world.answer = (request) => (request.path === 'rd/r1' ? Code.NotFound : answer(request));
    world.client.update(world.now);
    world.settle();
    world.client.set(DEVICE, { 9: 20 }, world.now);
    expect(world.settle().notifications).toEqual([]);
  });
});

describe('periods', () => {
  it('are those of /1/0/2 and /1/0/3 unless attributes say otherwise', () => {
    const world = new World({ server: { lifetime: 0, minimumPeriod: 10, maximumPeriod: 60 } }).register();
    observe(world, BATTERY);
    world.advance(3_000);
    world.client.set(DEVICE, { 9: 79 }, world.now);
    world.advance(2_000);
    world.client.set(DEVICE, { 9: 78 }, world.now);
    world.advance(100_000);
    expect(levels(world)).toEqual([
      [10, 78],
      [70, 78],
    ]);
    attach(world, ['3', '0'], 'pmax=20');
    attach(world, BATTERY, 'pmin=5');
    world.advance(20_000);
    expect(levels(world).slice(2)).toEqual([
      [105, 78],
      [125, 78],
    ]);
    world.client.set(DEVICE, { 9: 50 }, world.now);
    expect(levels(world.advance(5_000)).at(-1)).toEqual([130, 50]);
  });

  it('of a change that went back within the minimum period tell nothing', () => {
    const world = new World({ server: { minimumPeriod: 10 } }).register();
    observe(world, BATTERY);
    world.client.set(DEVICE, { 9: 10 }, world.now);
    world.advance(5_000);
    world.client.set(DEVICE, { 9: 80 }, world.now);
    expect(levels(world.advance(60_000))).toEqual([]);
  });

  it('AT-6: are not those that are attached below what is observed', () => {
    const world = new World().register();
    attach(world, BATTERY, 'pmin=60');
    world.ask({ code: Code.Get, options: uri(['3', '0']), observe: 'register' });
    world.client.set(DEVICE, { 9: 79 }, world.now);
    expect(world.advance(1_000).notifications).toHaveLength(1);
  });

  it('ignore a maximum below the minimum', () => {
    const world = new World({ server: { minimumPeriod: 10, maximumPeriod: 5 } }).register();
    observe(world, BATTERY);
    expect(levels(world.advance(100_000))).toEqual([]);
  });
});

/** The outcomes that OMA Core §5.1.2 gives for changes of a value. */
describe('AT-4: thresholds', () => {
  it.each([
    ['gt=45&st=10', 20, 35, true],
    ['gt=45&st=10', 45, 50, true],
    ['gt=45&st=10', 38, 49, true],
    ['gt=45&st=10', 50, 40, true],
    ['gt=45&st=10', 48, 42, true],
    ['gt=45&st=10', 35, 20, true],
    ['gt=45&st=10', 48, 55, false],
    ['lt=20&gt=85&st=10', 17, 24, true],
    ['lt=20&gt=85&st=10', 75, 90, true],
    ['lt=20&gt=85&st=10', 87, 99, true],
    ['lt=20', 25, 22, false],
    ['lt=20', 25, 19, true],
  ])('%s: from %i to %i', (attributes, from, to, notified) => {
    const world = new World().register();
    world.client.set(DEVICE, { 9: from }, world.now);
    attach(world, BATTERY, ...attributes.split('&'));
    observe(world, BATTERY);
    world.client.set(DEVICE, { 9: to }, world.now);
    expect(levels(world.settle())).toEqual(notified ? [[0, to]] : []);
  });
});

describe('confirmable notifications', () => {
  it('come every so often, and bring the next only after their ACK', () => {
    const world = new World({ client: { confirmEvery: 3 } }).register();
    observe(world, BATTERY);
    for (let level = 60; level > 54; level--) {
      world.client.set(DEVICE, { 9: level }, world.now);
      world.settle();
    }
    expect(world.notifications.map(({ confirmable }) => confirmable)).toEqual([false, false, true, false, false, true]);
    expect(world.told('acknowledged').map(({ records }) => records[0]?.value.value)).toEqual([58, 55]);
  });

  it('hold back what comes while they are under way, and tell the newest value then', () => {
    const world = new World({ server: { lifetime: 0 }, client: { confirmEvery: 1 } }).register();
    observe(world, BATTERY);
    world.dark = true;
    for (const level of [60, 50, 40]) world.client.set(DEVICE, { 9: level }, world.now);
    world.settle();
    world.dark = false;
    world.advance(10_000);
    expect(world.told('acknowledged').map(({ records }) => records[0]?.value.value)).toEqual([60, 40]);
  });

  it('OB-4: come at least once a day', () => {
    const world = new World({ server: { lifetime: 0, maximumPeriod: 3_600 }, client: { confirmEvery: 1_000 } });
    world.register();
    observe(world, BATTERY);
    world.advance(50 * 3_600_000);
    const confirmed = world.told('notified').filter(({ confirmable }) => confirmable);
    expect(confirmed.map(({ at }) => Math.round(at / 3_600_000))).toEqual([24, 48]);
  });

  it('that go unanswered end the observation and bring a new session', () => {
    const world = new World({ secure: true, client: { confirmEvery: 1 } }).register();
    observe(world, BATTERY);
    world.restartServer();
    world.client.set(DEVICE, { 9: 10 }, world.now);
    world.advance(100_000);
    expect(world.told('unobserved')).toHaveLength(1);
    expect(world.told('reconnecting')).toMatchObject([{ detail: 'a notification was not acknowledged' }]);
    expect(world.client.registration.kind).toBe('registered');
  });
});

it('says 4.04 when what is observed goes away', () => {
  const world = new World().register();
  observe(world, ['6', '0']);
  world.client.removeInstance(LOCATION, world.now);
  world.settle();
  expect(world.notifications.map(({ message, ends }) => [message.code, ends])).toEqual([[Code.NotFound, true]]);
});

it('answers one observation too many as a Read', () => {
  const world = new World().register();
  const registered = Array.from({ length: LIMITS.observations + 5 }, () => observeValue(observe(world, BATTERY)));
  expect(registered.filter((value) => value !== undefined)).toHaveLength(LIMITS.observations);
});

describe('attributes of 1.2', () => {
  const STORING = ['1', '0', '6'];
  const world12 = () => new World({ client: { version: '1.2' }, server: { lifetime: 0 } }).register();

  it('are refused before 1.2', () => {
    const options = [...uri(BATTERY), option(Option.UriQuery, 'con=1')];
    expect(new World().register().ask({ code: Code.Put, options }).code).toBe(Code.BadRequest);
  });

  it.each([
    ['edge=1', [true, true]],
    ['edge=0', [false, false]],
  ])('AT-3: %s tells turns in one direction', (query, values) => {
    const world = world12();
    attach(world, STORING, query);
    observe(world, STORING);
    for (const storing of [false, true, false, true]) {
      world.client.set(path(1, 0), { 6: storing }, world.now);
      world.settle();
    }
    expect(world.told('notified').map(({ records }) => records[0]?.value.value)).toEqual(values);
  });

  it('AT-7: con=1 makes every notification confirmable, also when it is attached above', () => {
    const world = world12();
    attach(world, ['3', '0'], 'con=1');
    observe(world, BATTERY);
    for (const level of [70, 60]) {
      world.client.set(DEVICE, { 9: level }, world.now);
      world.settle();
    }
    expect(world.told('notified').map(({ confirmable }) => confirmable)).toEqual([true, true]);
  });

  it('AT-3: epmax has a computed value looked at although nobody said that it changed', () => {
    let level = 80;
    const computed = { 0: { read: () => ({ type: 'float', value: level }) as const } };
    const sensor = objectInstance(6, 1, { values: { 1: 2, 5: 3 }, resources: computed });
    const world = new World({ objects: [sensor], server: { lifetime: 0 } }).register();
    attach(world, ['6', '1', '0'], 'epmax=30');
    observe(world, ['6', '1', '0']);
    level = 79;
    world.advance(29_000);
    expect(world.told('notified')).toEqual([]);
    world.advance(1_000);
    expect(world.told('notified')).toMatchObject([{ at: 30_000, records: [{ value: { value: 79 } }] }]);
  });
});

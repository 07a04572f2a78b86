import { type CoapMessage, Code, formatCode, Option, option } from '@reeve/coap';
import { ContentFormat, path } from '@reeve/lwm2m';
import { describe, expect, it } from 'vitest';
import type { ClientOptions } from './client-options.ts';
import { World, type WorldOptions } from './testing.ts';

const DEVICE = path(3, 0);
const BATTERY = ['3', '0', '9'].map((segment) => option(Option.UriPath, segment));

function begin({ client, ...options }: WorldOptions = {}): World {
  return new World({ ...options, client: { queueMode: true, ...client } }).register();
}

const observe = (world: World): CoapMessage => world.ask({ code: Code.Get, options: BATTERY, observe: 'register' });

describe('QM-1: queue mode', () => {
  it.each([
    ['1.2', ['b=U', 'Q']],
    ['1.1', ['b=U', 'Q']],
    ['1.0', ['b=UQ']],
  ] as const)('is said in the way of %s', (version, queries) => {
    expect(begin({ client: { version } }).requests[0]?.query.slice(3)).toEqual(queries);
  });

  it('sleeps MAX_TRANSMIT_WAIT after the last message, and hears nothing then', () => {
    const world = begin();
    expect(formatCode(world.advance(60_000).ask({ code: Code.Get, options: BATTERY }).code)).toBe('2.05');
    world.advance(92_000);
    expect(world.told('asleep')).toEqual([]);
    world.advance(1_000);
    expect(world.told('asleep')).toMatchObject([{ at: 153_000 }]);
    expect(() => world.ask({ code: Code.Get, options: BATTERY })).toThrow('no response');
  });

  it('wakes up for its Update, and is heard and hears', () => {
    const world = begin().advance(207_000);
    expect(world.requests[1]).toMatchObject({ path: 'rd/r1', at: 207_000 });
    expect(world.told('awake')).toMatchObject([{ at: 207_000 }]);
    expect(formatCode(world.ask({ code: Code.Get, options: BATTERY }).code)).toBe('2.05');
  });

  it('wakes up for a Send', () => {
    const world = begin({ server: { muteSend: false } }).advance(100_000);
    expect(world.client.send([path(3, 0, 9)], world.now)).toBeUndefined();
    expect(world.settle().told('sent')).toMatchObject([{ at: 100_000 }]);
    expect(world.told('awake')).toHaveLength(1);
  });

  it('listens for as long as it is told', () => {
    expect(
      begin({ client: { queueMode: 30_000 } })
        .advance(31_000)
        .told('asleep'),
    ).toMatchObject([{ at: 30_000 }]);
  });

  it('is not woken by a change of its values', () => {
    const world = begin();
    observe(world);
    world.advance(100_000);
    world.client.set(DEVICE, { 9: 50 }, world.now);
    world.settle();
    expect(world.client.nextWakeAt()).toBeGreaterThan(world.now);
  });
});

describe('IR-2: /1/x/6: what changes while the device sleeps', () => {
  it.each([
    [true, [50]],
    [false, []],
  ])('is told with the next Update if the server stores notifications: %s', (storing, levels) => {
    const world = begin({ server: { storing } });
    observe(world);
    world.advance(100_000);
    for (const level of [70, 60, 50]) world.client.set(DEVICE, { 9: level }, world.now);
    expect(world.settle().told('notified')).toEqual([]);
    world.advance(110_000);
    expect(world.told('notified').map(({ records }) => records[0]?.value.value)).toEqual(levels);
    world.client.set(DEVICE, { 9: 40 }, world.now);
    expect(world.settle().told('notified')).toHaveLength(levels.length + 1);
  });
});

describe('AT-7: hqmax', () => {
  function asleep(hqmax: string, accept: number, client: Partial<ClientOptions> = {}) {
    const world: World = begin({
      client: { version: '1.2', wallClock: () => 1_790_000_000_000 + world.now, ...client },
    });
    world.ask({ code: Code.Put, options: [...BATTERY, option(Option.UriQuery, hqmax)] });
    world.ask({ code: Code.Get, options: [...BATTERY, option(Option.Accept, accept)], observe: 'register' });
    world.advance(100_000);
    for (const level of [70, 60, 50]) {
      world.client.set(DEVICE, { 9: level }, world.now);
      world.advance(10_000);
    }
    expect(world.notifications).toEqual([]);
    world.advance(100_000);
    return world;
  }

  it('keeps the newest changes, which are told with their times', () => {
    const world = asleep('hqmax=2', ContentFormat.senmlJson);
    expect(world.notifications.map(({ message }) => JSON.parse(Buffer.from(message.payload).toString()))).toEqual([
      [
        { bn: '/3/0/9', t: 1_790_000_110, v: 60 },
        { t: 1_790_000_120, v: 50 },
      ],
    ]);
    world.client.set(DEVICE, { 9: 50 }, world.now);
    expect(world.settle().notifications).toHaveLength(1);
    world.client.set(DEVICE, { 9: 40 }, world.now);
    expect(world.settle().notifications).toHaveLength(2);
  });

  it('is the newest alone in a format without times, and for a device without a clock', () => {
    const values = (world: World) => world.notifications.map(({ message }) => Buffer.from(message.payload).toString());
    expect(values(asleep('hqmax=5', ContentFormat.text))).toEqual(['50']);
    const clockless = { version: '1.2', queueMode: true } as const;
    const world = new World({ client: clockless }).register();
    world.ask({ code: Code.Put, options: [...BATTERY, option(Option.UriQuery, 'hqmax=5')] });
    world.ask({
      code: Code.Get,
      options: [...BATTERY, option(Option.Accept, ContentFormat.text)],
      observe: 'register',
    });
    world.advance(100_000);
    for (const level of [70, 60]) world.client.set(DEVICE, { 9: level }, world.now);
    expect(values(world.advance(120_000))).toEqual(['60']);
  });

  it('is nothing where the server does not want notifications stored', () => {
    const world: World = begin({ server: { storing: false }, client: { version: '1.2', wallClock: () => world.now } });
    world.ask({ code: Code.Put, options: [...BATTERY, option(Option.UriQuery, 'hqmax=5')] });
    observe(world);
    world.advance(100_000);
    world.client.set(DEVICE, { 9: 10 }, world.now);
    expect(world.advance(120_000).notifications).toEqual([]);
  });
});

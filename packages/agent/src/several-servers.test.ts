import { Code, contentFormat, formatCode, Option, option } from '@reeve/coap';
import { ContentFormat, path } from '@reeve/lwm2m';
import { describe, expect, it } from 'vitest';
import { accessControlInstance, Right } from './objects/access-control.ts';
import { securityInstance } from './objects/security.ts';
import { type ServerOptions, serverInstance } from './objects/server.ts';
import type { TestServer } from './test-server.ts';
import { SECOND_URI, World, type WorldOptions } from './testing.ts';
import { FirmwareUpdate } from './updates/firmware.ts';
import { MemorySink } from './updates/testing.ts';

const ALL = Right.read | Right.write | Right.execute | Right.delete;
const DEVICE = path(3, 0);

interface Servers extends WorldOptions {
  /** How the client behaves towards the second one. */
  readonly second?: ServerOptions;
}

/** Two servers that may do everything with the objects 1 and 3. */
function several({ second, objects = [], ...options }: Servers = {}): World {
  const open = (objectId: number, instanceId: number, id: number) =>
    accessControlInstance({ objectId, instanceId, rights: { 0: ALL } }, id);
  return new World({
    ...options,
    objects: [
      securityInstance({ uri: SECOND_URI, shortServerId: 2 }, 1),
      serverInstance({ shortServerId: 2, lifetime: 1000, ...second }, 1),
      ...[open(1, 0, 0), open(1, 1, 1), open(3, 0, 2)],
      ...objects,
    ],
  });
}

const uri = (target: string) => target.split('/').map((segment) => option(Option.UriPath, segment));
const state = (world: World) => [...world.client.registrations.values()].map(({ kind }) => kind);
const observe = (world: World, server: TestServer, target: string) =>
  world.ask({ code: Code.Get, options: uri(target), observe: 'register' }, server);
const write = (world: World, server: TestServer, target: string, text: string) =>
  formatCode(
    world.ask(
      { code: Code.Put, options: [...uri(target), option(Option.ContentFormat, 0)], payload: Buffer.from(text) },
      server,
    ).code,
  );
const execute = (world: World, server: TestServer, target: string) =>
  formatCode(world.ask({ code: Code.Post, options: uri(target) }, server).code);
const paths = ({ requests }: TestServer) => requests.map((request) => request.path);
const unavailable = () => Code.ServiceUnavailable;

describe('a client with two servers', () => {
  it.each([{ secure: false }, { secure: true }, { stream: true }])('registers with both, as %o', (how) => {
    const world = several(how).register();
    expect(world.client.registrations).toMatchObject(
      new Map([
        [1, { kind: 'registered' }],
        [2, { kind: 'registered' }],
      ]),
    );
    expect(world.server.requests).toMatchObject([{ path: 'rd', query: expect.arrayContaining(['lt=300']) }]);
    expect(world.second.requests).toMatchObject([{ path: 'rd', query: expect.arrayContaining(['lt=1000']) }]);
    expect(world.second.requests[0]?.payload).toContain('</1/0>,</1/1>');
    expect(
      world
        .told('registered')
        .map(({ server }) => server)
        .sort(),
    ).toEqual([1, 2]);
  });

  it('takes no two accounts of one server', () => {
    expect(() =>
      several({ server: { shortServerId: 1 }, objects: [securityInstance({ uri: SECOND_URI }, 2)] }),
    ).toThrow('twice');
  });

  it('updates each in its own time', () => {
    const world = several().register().advance(908_000);
    expect(world.server.requests.slice(1).map(({ at }) => at)).toEqual([207_000, 414_000, 621_000, 828_000]);
    expect(world.second.requests.slice(1)).toMatchObject([{ path: 'rd/r1', payload: '', at: 907_000 }]);
  });

  it('tells a lifetime to the server that it is about, whoever wrote it', () => {
    const world = several().register();
    expect(write(world, world.server, '1/1/1', '60')).toBe('2.04');
    expect(world.second.requests.at(-1)).toMatchObject({ path: 'rd/r1', query: ['lt=60'] });
    expect(paths(world.server)).toEqual(['rd']);
  });

  it('tells a new instance to both', () => {
    const world = several().register();
    world.client.addInstance(accessControlInstance({ objectId: 6, instanceId: 0 }, 7), world.now);
    world.settle();
    for (const server of [world.server, world.second]) expect(server.requests[1]?.payload).toContain('</2/7>');
  });

  it('keeps observations and attributes apart', () => {
    const world = several().register();
    observe(world, world.server, '3/0/9');
    observe(world, world.second, '3/0/9');
    world.ask({ code: Code.Put, options: [...uri('3/0/9'), option(Option.UriQuery, 'pmin=30')] }, world.second);
    const discover = (server: TestServer) =>
      Buffer.from(
        world.ask({ code: Code.Get, options: [...uri('3/0/9'), option(Option.Accept, 40)] }, server).payload,
      ).toString();
    expect([discover(world.server), discover(world.second)]).toEqual(['</3/0/9>', '</3/0/9>;pmin=30']);
    world.client.set(DEVICE, { 9: 70 }, world.now);
    world.advance(29_000);
    expect([world.server.notifications.length, world.second.notifications.length]).toEqual([1, 0]);
    world.advance(1000);
    expect([world.server.notifications.length, world.second.notifications.length]).toEqual([1, 1]);
    expect(world.told('notified').map(({ server }) => server)).toEqual([1, 2]);
  });

  it('tells one what the other wrote', () => {
    const world = several().register();
    observe(world, world.second, '1/0/2');
    expect(write(world, world.server, '1/0/2', '5')).toBe('2.04');
    expect(world.second.notifications).toHaveLength(1);
  });

  it('TR-2: leaves the one alone that disables itself', () => {
    const world = several({ second: { disableTimeout: 60 } }).register();
    expect(execute(world, world.second, '1/1/4')).toBe('2.04');
    expect(world.second.requests.at(-1)).toMatchObject({ code: Code.Delete, path: 'rd/r1' });
    expect(state(world)).toEqual(['registered', 'disabled']);
    world.advance(60_000);
    expect(state(world)).toEqual(['registered', 'registered']);
    expect(paths(world.server)).toEqual(['rd']);
  });

  it('TR-1: updates at the one whose trigger is executed', () => {
    const world = several().register();
    expect(execute(world, world.server, '1/1/8')).toBe('2.04');
    expect([paths(world.server), paths(world.second)]).toEqual([['rd'], ['rd', 'rd/r1']]);
  });

  it('sends to one, or to all that want it', () => {
    const world = several({ second: { muteSend: false } }).register();
    const battery = [path(3, 0, 9)];
    expect(world.client.send(battery, world.now, 1)).toContain('wants no Send');
    expect(world.client.send(battery, world.now, 3)).toBe('there is no such server');
    expect(world.client.send(battery, world.now)).toBeUndefined();
    world.settle();
    expect([paths(world.server), paths(world.second)]).toEqual([['rd'], ['rd', 'dp']]);
    expect(world.told('sent')).toMatchObject([{ server: 2, paths: ['/3/0/9'] }]);
  });

  it('sleeps for each by itself', () => {
    const world = several({ client: { queueMode: true }, second: { lifetime: 200 } }).register();
    world.advance(110_000);
    expect(world.told('asleep').map(({ server }) => server)).toEqual([1, 2]);
    expect(world.told('awake').map(({ server }) => server)).toEqual([2]);
    const battery = { code: Code.Get, options: uri('3/0/9') };
    expect(formatCode(world.ask(battery, world.second).code)).toBe('2.05');
    expect(() => world.ask(battery)).toThrow('no response');
  });

  it('goes on with one when the other is lost, and takes its leave of both', () => {
    const world = several({ server: { retry: { count: 1 } } });
    world.answer = unavailable;
    world.register().advance(10_000);
    expect(state(world)).toEqual(['failed', 'registered']);
    expect(world.told('failed')).toMatchObject([{ server: 1, retryAt: undefined }]);
    world.client.stop(world.now);
    world.settle();
    expect(state(world)).toEqual(['idle', 'idle']);
    expect(world.second.requests.at(-1)?.code).toBe(Code.Delete);
  });

  it('fetches a package over the link to its server, once it is registered there', () => {
    const sink = new MemorySink();
    const world = several({
      client: { updates: [new FirmwareUpdate({ sink, install: () => 'started' })] },
      objects: [accessControlInstance({ objectId: 5, instanceId: 0, rights: { 1: ALL } }, 3)],
      second: { retry: { timer: 10 } },
    });
    world.second.answer = unavailable;
    world.register();
    expect(write(world, world.server, '5/0/1', `${SECOND_URI}/package`)).toBe('2.04');
    expect(world.told('fetch')).toEqual([]);
    world.second.answer = world.server.answer;
    world.second.respondTo = ({ code }) =>
      code === Code.Get ? { code: Code.Content, payload: Buffer.from('firmware') } : undefined;
    world.advance(10_000);
    expect(Buffer.from(sink.bytes).toString()).toBe('firmware');
    expect(paths(world.server)).toEqual(['rd']);
  });

  it('does what an SMS says with the server that allows it', () => {
    const world = several({ second: { smsTrigger: true } }).register();
    // Execute /1/0/8, and /1/1/8.
    for (const sms of ['50020001b13101300138', '50020002b13101310138']) {
      world.client.receiveSms(Buffer.from(sms, 'hex'), world.now);
      world.settle();
    }
    expect([paths(world.server), paths(world.second)]).toEqual([['rd'], ['rd', 'rd/r1']]);
  });
});

describe('the order of registrations', () => {
  it('is that of the priorities; a server without one does not wait', () => {
    const world = several({ server: { priority: 2 }, second: { priority: 1, initialDelay: 5 } }).register();
    expect(state(world)).toEqual(['idle', 'idle']);
    world.advance(5000);
    expect(world.told('registered')).toMatchObject([
      { server: 2, at: 5000 },
      { server: 1, at: 5000 },
    ]);
    expect(state(several({ second: { priority: 1, initialDelay: 5 } }).register())).toEqual(['registered', 'idle']);
  });

  it.each([
    [false, 'registered'],
    [true, 'idle'],
  ])('goes on behind a server that fails, unless that blocks it: %s', (failureBlock, expected) => {
    const retry = { count: 2, timer: 10 };
    const world = several({ server: { priority: 2 }, second: { priority: 1, failureBlock, retry } });
    world.second.answer = unavailable;
    world.register().advance(9_000);
    expect(state(world)).toEqual(['idle', 'waiting']);
    world.advance(2_000);
    expect(state(world)).toEqual([expected, 'failed']);
  });

  it('begins with those that are not registered when it begins again', () => {
    const world = several({ server: { priority: 1 }, second: { priority: 2, retry: { count: 1 } } });
    world.second.answer = unavailable;
    world.register();
    expect(state(world)).toEqual(['registered', 'failed']);
    world.second.answer = world.server.answer;
    world.register();
    expect(state(world)).toEqual(['registered', 'registered']);
    expect(paths(world.server)).toEqual(['rd']);
  });
});

describe('a bootstrap of a client with two servers', () => {
  const once = { retry: { count: 1 } };

  it('comes when registration has failed with both', () => {
    const world = several({ bootstrap: true, server: once, second: { retry: { count: 2, timer: 10 } } });
    world.server.answer = unavailable;
    world.second.answer = unavailable;
    world.register().advance(9_000);
    expect(world.told('bootstrapping')).toEqual([]);
    world.advance(2_000);
    expect(world.told('bootstrapping')).toMatchObject([{ at: 10_000 }]);
    expect(state(world)).toEqual(['idle', 'idle']);
  });

  it('does not come while one is registered, or where both forbid it', () => {
    const world = several({ bootstrap: true, server: once });
    world.server.answer = unavailable;
    expect(world.register().told('bootstrapping')).toEqual([]);
    const forbidden = { ...once, bootstrapOnFailure: false };
    const alone = several({ bootstrap: true, server: forbidden, second: forbidden });
    alone.server.answer = unavailable;
    alone.second.answer = unavailable;
    expect(alone.register().told('bootstrapping')).toEqual([]);
    expect(state(alone)).toEqual(['failed', 'failed']);
  });

  it('comes when one blocks the other', () => {
    const world = several({
      bootstrap: true,
      server: { ...once, priority: 1, failureBlock: true },
      second: { priority: 2 },
    });
    world.server.answer = unavailable;
    expect(world.register().told('bootstrapping')).toHaveLength(1);
  });

  it('ends what both observe, and both registrations begin anew', () => {
    const world = several({ bootstrap: true }).register();
    observe(world, world.second, '3/0/9');
    world.bootstrapServer.answer = unavailable;
    expect(execute(world, world.server, '1/0/9')).toBe('2.04');
    world.advance(70_000);
    expect([paths(world.server), paths(world.second)]).toEqual([
      ['rd', 'rd'],
      ['rd', 'rd'],
    ]);
    world.client.set(DEVICE, { 9: 3 }, world.now);
    expect(world.settle().second.notifications).toEqual([]);
  });
});

it('reads in the format that is asked for, at either server', () => {
  const world = several().register();
  const options = [...uri('3/0'), option(Option.Accept, ContentFormat.tlv)];
  for (const server of [world.server, world.second]) {
    expect(contentFormat(world.ask({ code: Code.Get, options }, server))).toBe(ContentFormat.tlv);
  }
});

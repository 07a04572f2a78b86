import { block1Option, type CoapMessage, Code, formatCode, Option, option } from '@reeve/coap';
import { ContentFormat, encodeContent, type LwM2mPath, path, type ResourceRecord } from '@reeve/lwm2m';
import { describe, expect, it } from 'vitest';
import { AccessControl } from './access-control.ts';
import { DeviceModel } from './model.ts';
import { type AccessControlOptions, accessControlInstance, Right } from './objects/access-control.ts';
import { securityInstance } from './objects/security.ts';
import { serverInstance } from './objects/server.ts';
import { SECOND_URI, World, type WorldOptions } from './testing.ts';
import { FirmwareUpdate } from './updates/firmware.ts';
import { MemorySink } from './updates/testing.ts';

const { read, write, execute, create } = Right;
const DEVICE = path(3, 0);
const LOCATION = path(6, 0);

describe('DM-7: what a server may do', () => {
  const rights = (options: Omit<AccessControlOptions, 'objectId' | 'instanceId'>, server: number): number => {
    const model = new DeviceModel([accessControlInstance({ objectId: 3, instanceId: 0, ...options })]);
    const permissions = new AccessControl(model, () => true).of(server);
    return Object.values(Right).reduce((sum, right) => sum + (permissions.permits(DEVICE, right) ? right : 0), 0);
  };

  it.each([
    ['as the owner: everything', { owner: 2 }, 2, 15],
    ['as the owner, but no more than is written of it', { owner: 2, rights: { 2: 1 } }, 2, 1],
    ['as is written of it', { owner: 1, rights: { 2: 6, 0: 1 } }, 2, 6],
    ['nothing, if that is written of it', { rights: { 2: 0, 0: 15 } }, 2, 0],
    ['as is written of all others', { owner: 1, rights: { 3: 15, 0: 5 } }, 2, 5],
    ['nothing, where nothing is written', { owner: 1, rights: { 1: 15 } }, 2, 0],
  ] as const)('%s', (_, options, server, expected) => {
    expect(rights(options, server)).toBe(expected);
  });

  it('is nothing with an instance that nobody says anything of', () => {
    const permissions = new AccessControl(new DeviceModel([]), () => true).of(1);
    expect(permissions.permits(DEVICE, read)).toBe(false);
  });

  it('is decided by object for Create, and not by what is said of an instance', () => {
    const model = new DeviceModel([
      accessControlInstance({ objectId: 3, instanceId: 0, rights: { 1: 31 } }, 0),
      accessControlInstance({ objectId: 6, rights: { 1: create } }, 1),
    ]);
    const permissions = new AccessControl(model, () => true).of(1);
    expect([permissions.permits(path(3), create), permissions.permits(path(6), create)]).toEqual([false, true]);
    expect(permissions.permits(LOCATION, read)).toBe(false);
  });

  it('is to read all access rights, and to write those of what it owns', () => {
    const model = new DeviceModel([accessControlInstance({ objectId: 3, instanceId: 0, owner: 2, rights: { 1: 31 } })]);
    const may = (server: number, right: Right) =>
      new AccessControl(model, () => true).of(server).permits(path(2, 0), right);
    expect([may(1, read), may(1, write), may(2, read), may(2, write)]).toEqual([true, false, true, true]);
    expect([may(2, Right.delete), may(2, execute)]).toEqual([false, false]);
  });

  it('is everything while it is the only one', () => {
    const permissions = new AccessControl(new DeviceModel([]), () => false).of(1);
    expect(Object.values(Right).every((right) => permissions.permits(DEVICE, right))).toBe(true);
  });
});

/** The first server owns the device, the second may do what is said; neither may do anything with the location. */
function begin(rights: number, { objects = [], ...options }: WorldOptions = {}): World {
  return new World({
    ...options,
    objects: [
      securityInstance({ uri: SECOND_URI, shortServerId: 2 }, 1),
      serverInstance({ shortServerId: 2, muteSend: false }, 1),
      accessControlInstance({ objectId: 3, instanceId: 0, owner: 1, rights: { 2: rights } }, 0),
      ...objects,
    ],
  }).register();
}

const uri = (target: string) => target.split('/').map((segment) => option(Option.UriPath, segment));

interface Asked {
  readonly query?: string;
  readonly format?: number;
  readonly payload?: string | Uint8Array;
  readonly observe?: 'register';
  readonly accept?: number;
}

/** What the second server is answered. */
function ask(world: World, code: number, target: string, { query, format, payload, observe, accept }: Asked = {}) {
  const options = [
    ...(target === '' ? [] : uri(target)),
    ...(format === undefined ? [] : [option(Option.ContentFormat, format)]),
    ...(query === undefined ? [] : [option(Option.UriQuery, query)]),
    ...(accept === undefined ? [] : [option(Option.Accept, accept)]),
  ];
  const spec = {
    code,
    options,
    ...(payload !== undefined && { payload: Buffer.from(payload) }),
    ...(observe && { observe }),
  };
  return world.ask(spec, world.second);
}
const codeOf = ({ code }: CoapMessage) => formatCode(code);
const textOf = ({ payload }: CoapMessage) => Buffer.from(payload).toString();
const senml = (records: readonly ResourceRecord[]) => {
  const content = encodeContent({ format: ContentFormat.senmlJson, path: path(), records });
  return content.ok ? content.bytes : expect.fail(content.error.detail);
};
const setTimezone = (target: LwM2mPath): ResourceRecord => ({
  path: target,
  value: { type: 'string', value: '+02:00' },
});

describe('DM-7: operations of a server without the right are answered 4.01', () => {
  it.each([
    ['Read', Code.Get, '3/0/9', {}, read, '2.05'],
    ['Observe', Code.Get, '3/0', { observe: 'register' }, read, '2.05'],
    ['Write-Attributes', Code.Put, '3/0', { query: 'pmin=1' }, read, '2.04'],
    ['Write', Code.Put, '1/0/1', { format: 0, payload: '60' }, write, '4.01'],
    ['Write', Code.Put, '3/0/16', { format: 0, payload: 'U' }, write, '4.05'],
    ['Execute', Code.Post, '3/0/4', {}, execute, '2.04'],
    ['Delete', Code.Delete, '3/0', {}, Right.delete, '4.05'],
  ] as const)('%s', (_, code, target, asked, right, permitted) => {
    expect(codeOf(ask(begin(15 - right), code, target, asked))).toBe('4.01');
    expect(codeOf(ask(begin(right), code, target, asked))).toBe(permitted);
  });

  it('but not Discover, which takes none', () => {
    const answer = ask(begin(0), Code.Get, '3', { accept: ContentFormat.linkFormat });
    expect([codeOf(answer), textOf(answer).startsWith('</3>,</3/0>')]).toEqual(['2.05', true]);
  });

  it('and what does not exist is still not there', () => {
    expect(codeOf(ask(begin(0), Code.Get, '3/1'))).toBe('4.04');
    expect(codeOf(ask(begin(0), Code.Get, '9/0'))).toBe('4.04');
  });

  it('and packages are not taken in parts either', () => {
    const firmware = () => ({ updates: [new FirmwareUpdate({ sink: new MemorySink(), install: () => 'started' })] });
    const part = (rights: number) => {
      const open = accessControlInstance({ objectId: 5, instanceId: 0, rights: { 2: rights } }, 1);
      const world = begin(0, { objects: [open], client: firmware() });
      const options = [...uri('5/0/0'), option(Option.ContentFormat, 42), block1Option({ num: 0, more: true, szx: 0 })];
      const answer = world.ask({ code: Code.Put, options, payload: Buffer.alloc(16), inParts: true }, world.second);
      return codeOf(answer);
    };
    expect([part(read), part(write)]).toEqual(['4.01', '2.31']);
  });

  it('and nothing is denied to the owner, or with one server', () => {
    const world = begin(0);
    expect(codeOf(world.ask({ code: Code.Get, options: uri('3/0/9') }))).toBe('2.05');
    expect(codeOf(world.ask({ code: Code.Get, options: uri('6/0/0') }))).toBe('4.01');
    const alone = new World().register();
    expect(codeOf(alone.ask({ code: Code.Get, options: uri('6/0/0') }))).toBe('2.05');
  });
});

describe('DM-7: of several instances', () => {
  const permitted = (...ids: readonly number[]) =>
    begin(read, {
      objects: ids.map((instanceId, index) =>
        accessControlInstance({ objectId: 1, instanceId, rights: { 2: read } }, index + 1),
      ),
    });

  it('a Read of the object gives those that may be read, and 4.01 where there is none', () => {
    const instances = (world: World) =>
      new Set(textOf(ask(world, Code.Get, '1', { accept: ContentFormat.senmlJson })).match(/"\d\//g));
    expect(instances(permitted(0, 1))).toEqual(new Set(['"0/', '"1/']));
    expect(instances(permitted(1))).toEqual(new Set(['"1/']));
    expect(codeOf(ask(permitted(), Code.Get, '1'))).toBe('4.01');
  });

  it('a Read-Composite gives what may be read, and 4.01 where that is nothing', () => {
    const composite = (world: World, ...targets: LwM2mPath[]) =>
      ask(world, Code.Fetch, '', {
        ...{ format: ContentFormat.senmlJson, accept: ContentFormat.senmlJson },
        payload: JSON.stringify(targets.map((n) => ({ n }))),
      });
    expect(textOf(composite(begin(read), path(3, 0, 9), path(6, 0, 0)))).toBe('[{"bn":"/","n":"3/0/9","v":80}]');
    expect(codeOf(composite(begin(read), path(6, 0, 0)))).toBe('4.01');
  });

  it('a Write-Composite is done where all may be written', () => {
    const composite = (world: World, ...targets: LwM2mPath[]) =>
      codeOf(
        ask(world, Code.Ipatch, '', {
          format: ContentFormat.senmlJson,
          payload: senml(targets.map((target) => ({ path: target, value: { type: 'integer', value: 60 } }))),
        }),
      );
    const open = (instanceId: number) =>
      accessControlInstance({ objectId: 1, instanceId, rights: { 2: write } }, instanceId + 1);
    expect(composite(begin(0, { objects: [open(0), open(1)] }), path(1, 0, 1), path(1, 1, 1))).toBe('2.04');
    const world = begin(0, { objects: [open(1)] });
    expect(composite(world, path(1, 1, 1), path(1, 0, 1))).toBe('4.01');
    expect(world.client.get(path(1, 1, 1)).value).toBe(300);
  });

  it('a Send tells what may be read', () => {
    const world = begin(read);
    world.client.send([path(3, 0, 9), path(6, 0, 0)], world.now);
    expect(world.settle().told('sent')).toMatchObject([{ server: 2, paths: ['/3/0/9'] }]);
    expect(world.client.send([path(6, 0, 0)], world.now, 2)).toBe('there is nothing to send');
    expect(world.client.send([setTimezone(path(1, 0, 15))], world.now, 2)).toContain('may not read');
  });
});

describe('access rights that change', () => {
  it('end an observation', () => {
    const world = begin(read);
    ask(world, Code.Get, '3/0/9', { observe: 'register' });
    const rights = { code: Code.Put, options: [...uri('2/0/2/2'), option(Option.ContentFormat, 0)] };
    expect(codeOf(world.ask({ ...rights, payload: Buffer.from('4') }))).toBe('2.04');
    world.settle();
    expect(world.second.notifications.map(({ message }) => formatCode(message.code))).toEqual(['4.01']);
    expect(world.told('unobserved')).toMatchObject([{ server: 2, path: '/3/0/9' }]);
  });

  it('are for the owner to change', () => {
    const world = begin(15);
    expect(codeOf(ask(world, Code.Put, '2/0/3', { format: 0, payload: '2' }))).toBe('4.01');
    expect(textOf(ask(world, Code.Get, '2/0/3'))).toBe('1');
  });
});

describe('DM-4: an instance that a server makes', () => {
  const creatable = { 16: () => ({}) };
  const make = (objects: WorldOptions['objects'] = []) => begin(0, { objects, client: { creatable } });
  const may = accessControlInstance({ objectId: 16, rights: { 2: create } }, 7);
  const identity = '[{"bn":"/16/4/0/","n":"0","vs":"device"}]';
  const created = (world: World) => ask(world, Code.Post, '16', { format: ContentFormat.senmlJson, payload: identity });

  it('takes the right to create, BS-10: given by an instance about the object', () => {
    expect(codeOf(created(make()))).toBe('4.01');
    expect(codeOf(created(make([may])))).toBe('2.01');
  });

  it('is its own, with all rights', () => {
    const world = make([may]);
    created(world);
    const resource = (id: number) => textOf(ask(world, Code.Get, `2/1/${id}`));
    expect([0, 1, 3].map(resource)).toEqual(['16', '4', '2']);
    expect(codeOf(ask(world, Code.Get, '16/4'))).toBe('2.05');
    expect(codeOf(world.ask({ code: Code.Get, options: uri('16/4') }))).toBe('4.01');
    for (const server of [world.server, world.second]) {
      expect(server.requests.at(-1)?.payload).toContain('</2/1>');
    }
  });

  it('takes what says who may use it along when it goes', () => {
    const world = make([may]);
    created(world);
    expect(codeOf(world.ask({ code: Code.Delete, options: uri('16/4') }))).toBe('4.01');
    expect(codeOf(ask(world, Code.Delete, '16/4'))).toBe('2.02');
    expect(codeOf(ask(world, Code.Get, '2/1'))).toBe('4.04');
    created(world);
    world.client.removeInstance(path(16, 4), world.now);
    expect(codeOf(ask(world, Code.Get, '2/1'))).toBe('4.04');
    expect(world.settle().second.requests.at(-1)?.payload).not.toContain('</2/1>');
  });

  it('leaves nothing behind with one server', () => {
    const world = new World({ client: { creatable } }).register();
    const spec = { options: [...uri('16'), option(Option.ContentFormat, ContentFormat.senmlJson)] };
    expect(codeOf(world.ask({ code: Code.Post, ...spec, payload: Buffer.from(identity) }))).toBe('2.01');
    expect(world.requests.at(-1)?.payload).not.toContain('</2');
  });
});
